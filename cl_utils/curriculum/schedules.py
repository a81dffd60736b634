"""Schedules: which programs are drawn at which step. Static ones are data, adaptive ones policies.

In: the number of steps, for adaptive schedules also accuracies on fixed validation programs.
Out: a mix of pools for every step. A schedule never touches model, optimiser or files.

A pool is an interval of the training programs sorted by difficulty, named by what it holds: a
bucket ("easy"), the hardest share of one ("hardest-of-easy"), everything ("all"), or the easiest
share of everything ("easiest:0.25").
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

from cl_utils.curriculum.interface import HARDEST_SHARE, Mix, Schedule, ScheduleDefaults
from cl_utils.curriculum.mixes import PARTS, WHOLE, buckets_in, check_mix
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.names import shown

ALL: Mix = {WHOLE: 1.0}
SHORTEST = 40  # steps; a run that tries things out may take fewer, and stages of it none


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A share of the steps in which one mix is drawn; `name` is what the figures say."""

    name: str
    share: float
    mix: Mix


class Staged(ScheduleDefaults):
    """Stages one after another."""

    def __init__(self, steps: int, stages: tuple[Stage, ...]) -> None:
        """Raise StudyError for shares, mixes or lengths of stages that no run can follow."""
        super().__init__(steps)
        for stage in stages:
            if not isinstance(stage.share, int | float) or not stage.share > 0:
                raise StudyError(
                    f"stage {stage.name!r} has the share {shown(stage.share)}: give more than 0"
                )
            check_mix(stage.mix, f"the mix of stage {stage.name!r}")
        if not math.isclose(sum(stage.share for stage in stages), 1.0):
            raise StudyError(
                f"the shares of stages {[s.name for s in stages]} do not sum to 1: change one"
            )
        self.stages = stages
        ends = [round(steps * sum(s.share for s in stages[: i + 1])) for i in range(len(stages))]
        self.starts = [0, *ends[:-1]]
        if steps >= SHORTEST:
            self._check_lengths(ends)

    def _check_lengths(self, ends: list[int]) -> None:
        for stage, start, end in zip(self.stages, self.starts, ends, strict=True):
            if start == end:
                raise StudyError(
                    f"stage {stage.name!r} has the share {stage.share:g}, which is no step of "
                    f"{self.steps}: make it longer, or leave it out"
                )

    def _index(self, step: int) -> int:
        return sum(step >= start for start in self.starts) - 1

    def mix(self, step: int) -> Mix:
        """Return the current stage's mix."""
        return self.stages[self._index(step)].mix

    def stage(self, step: int) -> str:
        """Return the current stage's name."""
        return self.stages[self._index(step)].name

    def boundaries(self) -> list[int]:
        """Return the first step of every stage."""
        return self.starts


def check_sorting(stages: Staged, drawn: Schedule, whose: str) -> None:
    """Raise StudyError unless what `drawn` draws can be put in these stages, easiest first.

    Every stage but the last, which takes the rest, takes its share of buckets or their parts; so it
    has to name such, and programs of one of them have to be drawn. `whose`: the stages, in words.
    """
    mixes = [stage.mix for stage in drawn.stages] if isinstance(drawn, Staged) else [ALL]
    there = {bucket for mix in mixes for bucket in buckets_in(mix)}
    for stage in stages.stages[:-1]:
        for pool in stage.mix:
            if pool not in PARTS:
                raise StudyError(
                    f"{whose} stage {stage.name!r}, which is not the last, takes from {pool!r}: "
                    f"name one whose earlier stages take from {', '.join(BUCKETS)} or their parts"
                )
        taken = buckets_in(stage.mix)
        if not there.intersection(taken):
            raise StudyError(
                f"{whose} stage {stage.name!r} takes {' and '.join(taken)} programs, of which none "
                "are drawn: name another order, or a schedule that draws them"
            )


def union(*pools: str, hardest_share: float = HARDEST_SHARE) -> dict[str, float]:
    """Return the mix that draws every program of these pools equally often (equal buckets)."""
    sizes = {pool: _size(pool, hardest_share) for pool in pools}
    return {pool: size / sum(sizes.values()) for pool, size in sizes.items()}


def _size(pool: str, hardest_share: float) -> float:
    return hardest_share if pool.startswith("hardest-of-") else 1.0


def baseline(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """All buckets, shuffled (paper: 120k iterations)."""
    return Staged(steps, (Stage(name="all", share=1.0, mix=ALL),))


def sequential(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Easy, then medium, then hard (paper: 40k iterations each)."""
    return Staged(steps, tuple(Stage(name=b, share=1 / 3, mix={b: 1.0}) for b in BUCKETS))


def incremental(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Easy; easy and medium; all (paper: 25k, 30k, 65k iterations)."""
    return Staged(
        steps,
        (
            Stage(name="easy", share=25 / 120, mix={"easy": 1.0}),
            Stage(name="easy + medium", share=30 / 120, mix=union("easy", "medium")),
            Stage(name="all", share=65 / 120, mix=ALL),
        ),
    )


def hybrid(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Easy; hardest of easy + medium; hardest of both + hard (paper: 20k, 30k, 70k iterations)."""
    second = union("hardest-of-easy", "medium", hardest_share=hardest_share)
    third = union("hardest-of-easy", "hardest-of-medium", "hard", hardest_share=hardest_share)
    return Staged(
        steps,
        (
            Stage(name="easy", share=20 / 120, mix={"easy": 1.0}),
            Stage(name="hardest easy + medium", share=30 / 120, mix=second),
            Stage(name="hardest of both + hard", share=70 / 120, mix=third),
        ),
    )


def combined(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Zaremba and Sutskever's "combined" (2014): every bucket at once, each in turn the most.

    The mixes of `adaptive.Mastery` in stages of fixed and equal length; the last 30 % draw all.
    """
    stages = [
        Stage(name=bucket, share=0.7 / len(BUCKETS), mix=focused(place))
        for place, bucket in enumerate(BUCKETS)
    ]
    return Staged(steps, (*stages, Stage(name="all", share=0.3, mix=ALL)))


def focused(current: int, floor: float = 0.05) -> dict[str, float]:
    """Return 1 / (2 (s + 1)) of each bucket before bucket s, the rest of it, `floor` of later ones.

    The weights of Zaremba and Sutskever's combined strategy for s = `current`, and a floor.
    """
    earlier = {bucket: 1 / (2 * (current + 1)) for bucket in BUCKETS[:current]}
    later = dict.fromkeys(BUCKETS[current + 1 :], floor)
    rest = 1 - sum(earlier.values()) - sum(later.values())
    return {**earlier, BUCKETS[current]: rest, **later}


def warmup(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Easy, medium, hard for 5 % of the steps each, then everything shuffled."""
    first = tuple(Stage(name=bucket, share=0.05, mix={bucket: 1.0}) for bucket in BUCKETS)
    return Staged(steps, (*first, Stage(name="all", share=0.85, mix=ALL)))


def stratified(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """A third of the programs from each bucket.

    With buckets of equal size this is the baseline with other random numbers: what it differs by
    is noise.
    """
    return Staged(steps, (Stage(name="thirds", share=1.0, mix=union(*BUCKETS)),))


def easy_only(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Easy programs alone."""
    return Staged(steps, (Stage(name="easy", share=1.0, mix={"easy": 1.0}),))


def hard_only(steps: int, *, hardest_share: float = HARDEST_SHARE) -> Staged:
    """Hard programs alone (an arm of the paper's)."""
    return Staged(steps, (Stage(name="hard", share=1.0, mix={"hard": 1.0}),))


class Replayed(ScheduleDefaults):
    """The mixes that another run drew, at the same steps: what it chose without its reasons."""

    def __init__(self, steps: int, recorded: Sequence[tuple[int, Mix]]) -> None:
        super().__init__(steps)
        self.starts = [start for start, _ in recorded]
        self.mixes = [mix for _, mix in recorded]
        if not recorded or self.starts[0] != 0 or self.starts[-1] >= steps:
            raise StudyError(
                f"recorded mixes that begin at the steps {self.starts[:3]}... are no record of "
                f"{steps} steps: train the adaptive arm of these params first"
            )
        for start, mix in recorded:
            try:
                check_mix(mix, f"the mix recorded at step {start}")
            except StudyError as error:
                again = "or train the adaptive arm of these params again"
                raise StudyError(f"{error}, {again}") from None

    def mix(self, step: int) -> Mix:
        """Return the recorded mix."""
        return self.mixes[bisect.bisect_right(self.starts, step) - 1]

    def stage(self, step: int) -> str:
        """Return "replayed"."""
        return "replayed"


class Competence(ScheduleDefaults):
    """The easiest share c(t) of all programs, growing with the square root of time.

    c(t) = min(1, sqrt(t (1 - c0^2) / T + c0^2)), Platanios et al. 2019, equation 7, with T the
    steps after which everything is drawn.
    """

    initial, full_after = 0.1, 0.4  # c0, and the share of the steps after which all is drawn

    def competence(self, step: int) -> float:
        """Return c(t) in [initial, 1]."""
        progress = step / (self.steps * self.full_after)
        return min(1.0, math.sqrt(progress * (1 - self.initial**2) + self.initial**2))

    def mix(self, step: int) -> Mix:
        """Return the pool of the easiest programs, renewed at every percent of the steps."""
        percent = max(1, self.steps // 100)
        share = self.competence(step // percent * percent)
        return ALL if share >= 1.0 else {f"easiest:{share:.4f}": 1.0}

    def stage(self, step: int) -> str:
        """Return "growing" until everything is drawn, then "all"."""
        return "all" if self.mix(step) is ALL else "growing"
