"""Where everything lives: the one place that knows folders and file names.

In: a profile, and for runs the recipe, arm and seed. Out: paths. Params and notebooks are the
repository's; runs, results and figures follow CURRICULUM_HOME when it is set (tests do).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = REPOSITORY / "notebooks"
PARAMS = REPOSITORY / "params"
MODELS = REPOSITORY / "models"
ARMS = PARAMS / "study" / "arms.yaml"
HOME_VARIABLE = "CURRICULUM_HOME"


def home() -> Path:
    """Return the folder that holds runs/, results/ and figures/."""
    return Path(os.environ.get(HOME_VARIABLE) or REPOSITORY)


def committed_results(profile: str) -> Path:
    """Return the rows of a profile that come with the repository, wherever `home` is."""
    return REPOSITORY / "results" / profile


def share_committed_results(folder: Path) -> None:
    """Let another home read the committed results, which are linked there and not to be written."""
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    for profile in sorted((REPOSITORY / "results").iterdir()):
        if profile.is_dir() and profile.name != "smoke" and not (results / profile.name).exists():
            (results / profile.name).symlink_to(profile, target_is_directory=True)


@dataclass(frozen=True)
class Paths:
    """The files of one profile."""

    profile: str

    @property
    def runs(self) -> Path:
        """Everything that can be made again: data, weights, executed notebooks."""
        return home() / "runs" / self.profile

    @property
    def programs(self) -> Path:
        """Programs with their outputs (notebook 01)."""
        return self.runs / "programs.parquet"

    @property
    def difficulty(self) -> Path:
        """Every metric of every program (notebook 02)."""
        return self.runs / "difficulty.parquet"

    def model_difficulty(self, recipe: str) -> Path:
        """Return the loss of small models on every program (notebook 08)."""
        return self.runs / f"model_difficulty-{recipe}.parquet"

    @property
    def buckets(self) -> Path:
        """Bucket and split of every program (notebook 03)."""
        return self.runs / "buckets.parquet"

    def corpus(self, split: str) -> Path:
        """Return the tokens of one split (notebook 03)."""
        return self.runs / "corpus" / f"{split}.safetensors"

    def run(self, recipe: str, arm: str, seed: int) -> Path:
        """Return the folder of a trained model (notebook 04)."""
        return self.runs / "training" / recipe / arm / f"seed{seed}"

    @property
    def results(self) -> Path:
        """Tracked tables (notebooks 02, 03 and 05)."""
        return home() / "results" / self.profile

    def counts(self, name: str) -> Path:
        """Return a table about the data themselves, for figures and README (notebooks 02, 03)."""
        return self.results / "data" / f"{name}.csv"

    @property
    def tested(self) -> Path:
        """What the test programs are, one table for all runs (notebook 03)."""
        return self.results / "data" / "tested.parquet"

    def result(self, recipe: str, arm: str, seed: int) -> Path:
        """Return the folder of a run's result rows (notebook 05)."""
        return self.results / recipe / arm / f"seed{seed}"

    def gallery(self, notebook: str, recipe: str) -> Path:
        """Return the list of the figures that a notebook drew."""
        return self.runs / "figures" / f"{notebook}-{recipe}.json"

    @property
    def figures(self) -> Path:
        """Figures (notebook 06)."""
        return home() / "figures" / self.profile
