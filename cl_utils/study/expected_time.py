"""About how long training takes, told before it begins: by runs of the same size that have rows.

In: params, and the manifests under results/. Out: one sentence, in a notebook for a run, on the
command line for a study. Only CPUs: a GPU trains many runs as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from cl_utils.curriculum.arms import arm_named
from cl_utils.errors import StudyError
from cl_utils.files import read_json
from cl_utils.manifests import MANIFEST, has_entries
from cl_utils.parallel import available_cores
from cl_utils.paths import REPOSITORY, home
from cl_utils.study.params import Params
from cl_utils.training.progress import time_text

SIZE: Final = ("recipe", "layers", "heads", "width", "context", "characters_per_step", "compile")
"""Parameters on which the pace of a training depends."""
SHOWN_LATER: Final = "the time left is shown once training has begun."
UNKNOWN: Final = f"No run of this size on a CPU is recorded yet: {SHOWN_LATER}"
ON_GPU: Final = f"How long it takes on a GPU is not estimated: {SHOWN_LATER}"
KINDS: Final = {"device": str, "params": dict, "characters": int, "machine": str}


@dataclass(frozen=True)
class Pace:
    """How fast recorded runs of one size were trained, the median of them."""

    characters_per_second: float
    runs: int
    machines: tuple[str, ...]

    @property
    def source(self) -> str:
        """Where the number is from, for a reader."""
        many = "run" if self.runs == 1 else "runs"
        return f"{self.runs} recorded {many} of this size ({' and '.join(self.machines)})"


def expected_training(params: Params, runs: int = 1) -> str:
    """Return about how long notebook 04 will train so many runs of these params."""
    if _device(params) != "cpu":
        return ON_GPU
    pace = pace_of(params, recorded())
    if pace is None:
        return UNKNOWN
    return f"About {time_text(runs * _seconds(params, pace))}, by {pace.source}."


def expected_study(params: Params) -> str:
    """Return about how long the runs of a study without rows will train, on all cores.

    "" where none is left, on a GPU, and where no run of their size is recorded.
    """
    if _device(params) != "cpu":
        return ""
    seconds, runs, manifests, sources = 0.0, 0, list(recorded()), []
    for recipe in params.recipes:
        own = params.model_copy(update={"recipe": recipe})
        pace = pace_of(own, manifests)
        if pace is None:
            return ""
        sources.append(pace.source)
        for arm, seeds in params.seeds.items():
            one = own.model_copy(update={"arm": arm})
            left = sum(not own.paths.evaluated(recipe, arm, seed).exists() for seed in seeds)
            seconds, runs = seconds + left * _seconds(one, pace), runs + left
    if not runs:
        return ""
    cores = available_cores()
    time, on = time_text(seconds / min(cores, runs)), "one core" if cores == 1 else f"{cores} cores"
    return (
        f"{runs} runs to train: about {time} on {on}, by {' and '.join(sources)}; "
        "data, evaluation and figures come on top."
    )


def pace_of(params: Params, manifests: Iterable[dict[str, Any]]) -> Pace | None:
    """Return the pace of recorded runs of this size on a CPU; None where there is none."""
    wanted = {name: getattr(params, name) for name in SIZE}
    alike = [
        each
        for each in manifests
        if each["device"] == "cpu" and wanted == {name: each["params"].get(name) for name in SIZE}
    ]
    if not alike:
        return None
    paces = [each["characters"] / each["training_seconds"] for each in alike]
    machines = tuple(sorted({each.get("processor") or each["machine"] for each in alike}))
    return Pace(median(paces), len(alike), machines)


def recorded() -> Iterable[dict[str, Any]]:
    """Yield what manifests of runs say of their training; one that cannot be read is left out.

    Each once, though another home may link to the committed ones.
    """
    folders = (each / "results" for each in (home(), REPOSITORY))
    found = (path for folder in folders for path in folder.glob(f"*/*/*/seed*/{MANIFEST}"))
    for path in dict.fromkeys(each.resolve() for each in found):
        manifest = _read(path)
        seconds = manifest.get("training_seconds")
        if has_entries(manifest, KINDS) and isinstance(seconds, int | float) and seconds > 0:
            yield manifest


def _device(params: Params) -> str:
    """Return cpu or cuda, where the models will be trained."""
    if params.device != "auto":
        return params.device
    from cl_utils.study.device import device_of  # late: torch takes two seconds

    return device_of(params)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path, "")
    except StudyError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(params: Params, pace: Pace) -> float:
    characters = params.steps * params.characters_per_step * arm_named(params.arm).budget
    return characters / pace.characters_per_second
