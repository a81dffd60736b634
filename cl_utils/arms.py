"""The names of the schedules: the contents page of what can be trained.

To add one, write a function steps -> Schedule (about ten lines in `schedules` or `adaptive`) and
enter it here; every invariant test, the params files and the figures then know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from cl_utils import adaptive, schedules
from cl_utils.errors import StudyError
from cl_utils.schedules import Schedule

SCHEDULES: Mapping[str, Callable[[int], Schedule]] = {
    "baseline": schedules.baseline,
    "sequential": schedules.sequential,
    "incremental": schedules.incremental,
    "hybrid": schedules.hybrid,
    "competence": schedules.Competence,
    "mastery": adaptive.Mastery,
}


def schedule_named(name: str, steps: int, *, hardest_share: float = 0.5) -> Schedule:
    """Return a schedule over `steps` steps; raise StudyError for a name that does not exist.

    `hardest_share`: which share of a bucket, its hardest programs, "hardest-of-" pools hold.
    """
    if name not in SCHEDULES:
        raise StudyError(f"schedule={name!r} does not exist: choose one of {list(SCHEDULES)}")
    make = SCHEDULES[name]
    if make is schedules.hybrid:
        make = partial(schedules.hybrid, hardest_share=hardest_share)
    return make(steps)
