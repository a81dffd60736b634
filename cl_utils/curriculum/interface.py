"""What the training loop asks of a schedule, and what a schedule is made from.

In: what makes a schedule. Out: the protocol `Schedule`, a base class with the answers that most
schedules give, and a check that what was made is one.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from cl_utils.errors import StudyError
from cl_utils.names import shown

Mix = Mapping[str, float]  # pool -> share of the programs drawn; sums to 1
HARDEST_SHARE = 0.5  # of a bucket, that "hardest-of-" pools hold unless a study says otherwise


class ProbeResult(NamedTuple):
    """Results of a model on fixed validation programs of one bucket."""

    accuracy: float  # share of whole outputs right, 0 to 1
    output_loss: float  # nats a character of the outputs


class Schedule(Protocol):
    """What the training loop asks of every schedule; `ScheduleDefaults` answers most of it."""

    steps: int
    adaptive: bool  # whether what is drawn depends on what the model has learnt
    probe_programs: int  # of each bucket, on which an adaptive schedule has the model probed

    def mix(self, step: int) -> Mix:
        """Return the mix that step `step` (from 0) draws from."""

    def stage(self, step: int) -> str:
        """Return the name of the stage that `step` belongs to."""

    def boundaries(self) -> list[int]:
        """Return the steps at which a restarting optimiser starts again; the first is 0."""

    def buckets_to_probe(self, step: int) -> tuple[str, ...]:
        """Return the buckets on whose programs to probe the model after `step` steps."""

    def observe(self, step: int, seen: Mapping[str, ProbeResult]) -> None:
        """Take in the results of the probes that `buckets_to_probe` asked for."""

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint's state."""


class ScheduleFactory(Protocol):
    """What makes a schedule; every factory takes the study's share of hardest programs."""

    def __call__(self, steps: int, *, hardest_share: float) -> Schedule:
        """Return the schedule over so many steps."""


class ScheduleDefaults:
    """A schedule that probes nothing, restarts nowhere and has nothing to keep."""

    adaptive = False
    probe_programs = 256

    def __init__(self, steps: int, *, hardest_share: float = HARDEST_SHARE) -> None:
        self.steps, self.hardest_share = steps, hardest_share

    def boundaries(self) -> list[int]:
        """Return the one boundary that every run has, 0."""
        return [0]

    def buckets_to_probe(self, step: int) -> tuple[str, ...]:
        """Return no buckets."""
        return ()

    def observe(self, step: int, seen: Mapping[str, ProbeResult]) -> None:
        """Do nothing, since nothing is probed."""

    def state(self) -> dict[str, object]:
        """Return nothing to keep."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Do nothing: the step alone decides what is drawn."""


ASKED = (*Schedule.__annotations__, *(name for name in vars(Schedule) if not name.startswith("_")))
"""What a schedule has: the names in `Schedule`."""


def made_by(factory: ScheduleFactory, name: str, steps: int, hardest_share: float) -> Schedule:
    """Return the schedule that a factory makes; StudyError where it makes none.

    `name`: the schedule's, for the sentence.
    """
    try:
        inspect.signature(factory).bind(steps, hardest_share=hardest_share)
    except TypeError as error:
        raise StudyError(
            f"schedule {name!r} cannot be made ({error}): let it take (steps, *, hardest_share), "
            "even if it does not use both"
        ) from None
    made = factory(steps, hardest_share=hardest_share)
    lacking = [asked for asked in ASKED if not hasattr(made, asked)]
    if lacking:
        raise StudyError(
            f"schedule {name!r} is {shown(made)}, which has no {lacking[0]}: return a `Staged`, or "
            "what inherits from `ScheduleDefaults`"
        )
    if made.steps != steps:
        raise StudyError(
            f"schedule {name!r} has {shown(made.steps)} steps, not the {steps:,} that it was asked "
            "for: let it keep those that it is given"
        )
    return made
