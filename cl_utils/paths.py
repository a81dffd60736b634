"""Where everything lives: the one place that knows folders and file names.

In: a profile, and for runs the recipe, arm and seed. Out: paths. Params and notebooks are the
repository's; runs, results and figures follow CURRICULUM_HOME when it is set (tests do). What was
made with other parameters than the profile's lies under runs/, in folders named after the changes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cl_utils.errors import StudyError
from cl_utils.names import check_name

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = REPOSITORY / "notebooks"
PARAMS = REPOSITORY / "params"
MODELS = REPOSITORY / "models"
UNTRACKED = ("smoke", "laptop")
"""The profiles whose rows .gitignore names: they are the user's, who may make them again."""
PAGES_OF = "study"
"""The profile whose results README and the generated pages of docs/ tell."""
ARMS = PARAMS / "study" / "arms.yaml"
HOME_VARIABLE = "CURRICULUM_HOME"
NUMBERED = re.compile(r"\d\d_\w+")


def home() -> Path:
    """Return the folder that holds runs/, results/ and figures/, without links in its path.

    So the repository is known under whatever name. Raises StudyError for a path that is not
    absolute: notebooks run in a folder of their own.
    """
    named = os.environ.get(HOME_VARIABLE)
    if named and not os.path.isabs(named):
        raise StudyError(f"{HOME_VARIABLE}={named} is no absolute path: write the whole of it")
    return Path(os.path.realpath(named)) if named else REPOSITORY


def notebooks() -> list[Path]:
    """Return the study's notebooks, by number; copies and scratch notebooks beside them are not."""
    return sorted(path for path in NOTEBOOKS.glob("*.ipynb") if NUMBERED.fullmatch(path.stem))


def params_file(profile: str) -> Path:
    """Return the file of a profile's parameters; StudyError for what cannot be a profile's name."""
    return PARAMS / f"{check_name('profile', profile)}.yaml"


def committed_results(profile: str) -> Path:
    """Return the rows of a profile that come with the repository, wherever `home` is."""
    return REPOSITORY / "results" / profile


def share_committed_results(folder: Path) -> None:
    """Let another home read the committed results, which are linked there and not to be written.

    Links into a repository that was moved since are made again.
    """
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    for profile in sorted((REPOSITORY / "results").iterdir()):
        link = results / profile.name
        if profile.is_dir() and profile.name not in UNTRACKED and not link.exists():
            if link.is_symlink():  # it leads nowhere
                link.unlink()
            link.symlink_to(profile, target_is_directory=True)


@dataclass(frozen=True)
class Place:
    """The folders of runs/ that hold what changed parameters make; "" where none was changed.

    Of what a stage makes, only the parameters that it depends on count: other steps train on the
    profile's own programs.
    """

    programs: str = ""
    split: str = ""
    training: str = ""
    rows: str = ""
    figures: str = ""


@dataclass(frozen=True)
class Paths:
    """The files of one profile, or those of its parameters with changes."""

    profile: str
    place: Place = Place()

    def __post_init__(self) -> None:
        check_name("profile", self.profile)

    def _runs(self, place: str) -> Path:
        return home() / "runs" / (place or self.profile)

    def _tracked(self, kind: str, place: str) -> Path:
        """Return a profile's folder of what is tracked; with changes it lies under runs/."""
        return (self._runs(place) if place else home()) / kind / self.profile

    @property
    def runs(self) -> Path:
        """Everything that can be made again: data, weights, executed notebooks."""
        return self._runs("")

    @property
    def programs(self) -> Path:
        """Programs with their outputs (notebook 01)."""
        return self._runs(self.place.programs) / "programs.parquet"

    @property
    def difficulty(self) -> Path:
        """Every metric of every program (notebook 02)."""
        return self._runs(self.place.programs) / "difficulty.parquet"

    def model_difficulty(self, recipe: str) -> Path:
        """Return the loss of small models on every program (notebook 08)."""
        return self._runs(self.place.training) / f"model_difficulty-{recipe}.parquet"

    @property
    def buckets(self) -> Path:
        """Bucket and split of every program (notebook 03)."""
        return self._runs(self.place.split) / "buckets.parquet"

    def corpus(self, split: str) -> Path:
        """Return the tokens of one split (notebook 03)."""
        return self._runs(self.place.split) / "corpus" / f"{split}.safetensors"

    @property
    def training(self) -> Path:
        """All trained models (notebook 04)."""
        return self._runs(self.place.training) / "training"

    def run(self, recipe: str, arm: str, seed: int) -> Path:
        """Return the folder of a trained model (notebook 04)."""
        return self.training / recipe / arm / f"seed{seed}"

    def evaluated(self, recipe: str, arm: str, seed: int) -> Path:
        """Return the file that says that a run has its rows (notebook 05)."""
        training = self._runs(self.place.rows) / "training"
        return training / recipe / arm / f"seed{seed}" / "evaluated.json"

    @property
    def results(self) -> Path:
        """Tracked tables (notebook 05)."""
        return self._tracked("results", self.place.rows)

    def counts(self, name: str) -> Path:
        """Return a table about the programs, for figures and README (notebooks 02, 03 and 08)."""
        place = self.place.split
        if name == "metric_agreement":
            place = self.place.programs
        elif name.startswith("model_loss"):
            place = self.place.training
        return self._tracked("results", place) / "data" / f"{name}.csv"

    @property
    def tested(self) -> Path:
        """What the test programs are, one table for all runs (notebook 03)."""
        return self._tracked("results", self.place.split) / "data" / "tested.parquet"

    @property
    def exams(self) -> Path:
        """Test programs beyond all that was trained on, one table for all runs (notebook 03)."""
        return self._tracked("results", self.place.split) / "data" / "exams.parquet"

    def result(self, recipe: str, arm: str, seed: int) -> Path:
        """Return the folder of a run's result rows (notebook 05)."""
        return self.results / recipe / arm / f"seed{seed}"

    def gallery(self, notebook: str, recipe: str) -> Path:
        """Return the list of the figures that a notebook drew."""
        return self._runs(self.place.figures) / "figures" / f"{notebook}-{recipe}.json"

    @property
    def figures(self) -> Path:
        """Figures (notebooks 06 and 09 to 14)."""
        return self._tracked("figures", self.place.figures)
