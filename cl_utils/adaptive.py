"""Adaptive schedules: policies that move on when the model has learnt, not when the clock says so.

In: accuracies of the buckets on fixed validation programs. Out: the mix of the next steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from cl_utils.buckets import BUCKETS
from cl_utils.schedules import ALL, Mix, Schedule


class Mastery(Schedule):
    """Adaptive hybrid: stay with a bucket until it is mastered or no longer improves.

    Stage s (from 0) draws 1 / (2 (s + 1)) from each earlier bucket and the rest from the current
    one, every bucket at least `floor`. At each percent of the steps the current bucket is scored;
    the schedule advances after two scores in a row above `mastered`, or when the last three
    improved by less than `flat` on the best before, but not before `least_share` of the steps,
    since accuracy is flat at zero before learning sets in. A stage takes at most `most_share` of
    the steps, and the last `final_share` draw everything.
    """

    mastered, flat, floor = 0.9, 0.005, 0.05
    least_share, most_share, final_share = 0.1, 0.35, 0.3

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.current = 0
        self.entered = 0
        self.scores: list[float] = []

    def wanted(self, step: int) -> tuple[str, ...]:
        """Return the current bucket at every percent of the steps, while there is one to leave."""
        due = step % max(1, self.steps // 100) == 0
        open_end = self.current < len(BUCKETS) - 1 and self.mix(step) is not ALL
        return (BUCKETS[self.current],) if due and open_end else ()

    def mix(self, step: int) -> Mix:
        """Return the mix of the current stage, or everything near the end."""
        if step >= self.steps * (1 - self.final_share):
            return ALL
        earlier = {bucket: 1 / (2 * (self.current + 1)) for bucket in BUCKETS[: self.current]}
        later = dict.fromkeys(BUCKETS[self.current + 1 :], self.floor)
        rest = 1 - sum(earlier.values()) - sum(later.values())
        return {**earlier, BUCKETS[self.current]: rest, **later}

    def stage(self, step: int) -> str:
        """Return the bucket being mastered, or "all" near the end."""
        return "all" if self.mix(step) is ALL else BUCKETS[self.current]

    def observe(self, step: int, accuracy: Mapping[str, float]) -> None:
        """Advance when the current bucket is mastered, flat, or out of time."""
        self.scores.append(accuracy[BUCKETS[self.current]])
        if self._done(step):
            self.current, self.entered, self.scores = self.current + 1, step, []

    def _done(self, step: int) -> bool:
        spent = (step - self.entered) / self.steps
        mastered = len(self.scores) >= 2 and min(self.scores[-2:]) > self.mastered
        old, new = self.scores[:-3], self.scores[-3:]
        flat = spent >= self.least_share and bool(old) and max(new) - max(old) < self.flat
        return mastered or flat or spent >= self.most_share

    def state(self) -> dict[str, object]:
        """Return the stage, when it began and its scores."""
        return {"current": self.current, "entered": self.entered, "scores": list(self.scores)}

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from `state`."""
        self.__dict__.update(state)
