"""Adaptive schedules: policies that move on when the model has learnt, not at fixed steps.

In: the results of probes on validation programs of the buckets. Out: the mix of the next steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import softmax

from cl_utils.curriculum.interface import HARDEST_SHARE, Mix, ProbeResult, ScheduleDefaults
from cl_utils.curriculum.schedules import ALL, focused
from cl_utils.difficulty.buckets import BUCKETS


class Mastery(ScheduleDefaults):
    """Adaptive hybrid: stay with a bucket until it is mastered or no longer improves.

    Stage s draws the mix of `schedules.focused`. At each percent of the steps the current bucket
    is scored; the schedule advances after two scores in a row above `mastered`, or when the last
    three improved by less than `flat` on the best before, but not before `least_share` of the
    steps, since accuracy is flat at zero before learning sets in. A stage takes at most
    `most_share` of the steps, and the last `final_share` draw everything.
    """

    adaptive = True
    mastered, flat = 0.9, 0.005
    least_share, most_share, final_share = 0.1, 0.35, 0.3

    def __init__(self, steps: int, *, hardest_share: float = HARDEST_SHARE) -> None:
        super().__init__(steps, hardest_share=hardest_share)
        self.current = 0
        self.entered = 0
        self.scores: list[float] = []

    def buckets_to_probe(self, step: int) -> tuple[str, ...]:
        """Return the current bucket at every percent of the steps, while there is one to leave."""
        due = step % max(1, self.steps // 100) == 0
        open_end = self.current < len(BUCKETS) - 1 and self.mix(step) is not ALL
        return (BUCKETS[self.current],) if due and open_end else ()

    def mix(self, step: int) -> Mix:
        """Return the mix of the current stage, or everything near the end."""
        if step >= self.steps * (1 - self.final_share):
            return ALL
        return focused(self.current)

    def stage(self, step: int) -> str:
        """Return the bucket being mastered, or "all" near the end."""
        return "all" if self.mix(step) is ALL else BUCKETS[self.current]

    def observe(self, step: int, seen: Mapping[str, ProbeResult]) -> None:
        """Advance when the current bucket is mastered, flat, or out of time."""
        self.scores.append(seen[BUCKETS[self.current]].accuracy)
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

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.current, self.entered = state["current"], state["entered"]
        self.scores = list(state["scores"])


class Progress(ScheduleDefaults):
    """Draws most where the loss falls fastest: the bandit of Matiisen et al. 2017, section 3.

    At each half percent of the steps the output loss L of every bucket is seen on a fixed probe;
    Q moves by `rate` towards |L before - L now| / (L now + `offset`), and a bucket's weight is
    (1 - `uniform`) softmax(Q / `temperature`) + `uniform` / 3. After `frozen_after` of the steps
    the weights stay as they are.
    """

    adaptive = True
    probe_programs = 64
    rate, offset, temperature, uniform, frozen_after = 0.1, 0.05, 0.01, 0.2, 0.8

    def __init__(self, steps: int, *, hardest_share: float = HARDEST_SHARE) -> None:
        super().__init__(steps, hardest_share=hardest_share)
        self.progress = [0.0] * len(BUCKETS)
        self.losses: list[float] = []

    def buckets_to_probe(self, step: int) -> tuple[str, ...]:
        """Return all buckets at every half percent of the steps, until the weights are frozen."""
        due = step % max(1, self.steps // 200) == 0
        return BUCKETS if due and step < self.steps * self.frozen_after else ()

    def mix(self, step: int) -> Mix:
        """Return the bandit's present weights."""
        share = (1 - self.uniform) * softmax(np.asarray(self.progress) / self.temperature)
        weights = share + self.uniform / len(BUCKETS)
        return dict(zip(BUCKETS, weights.tolist(), strict=True))

    def stage(self, step: int) -> str:
        """Return "choosing" while weights may change, then "frozen"."""
        return "frozen" if step >= self.steps * self.frozen_after else "choosing"

    def observe(self, step: int, seen: Mapping[str, ProbeResult]) -> None:
        """Credit every bucket with the relative change of its output loss."""
        losses = [seen[bucket].output_loss for bucket in BUCKETS]
        for place, (before, now) in enumerate(zip(self.losses, losses, strict=False)):
            reward = abs(before - now) / (now + self.offset)
            self.progress[place] += self.rate * (reward - self.progress[place])
        self.losses = losses

    def state(self) -> dict[str, object]:
        """Return the credits and the losses last seen."""
        return {"progress": list(self.progress), "losses": list(self.losses)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.progress, self.losses = list(state["progress"]), list(state["losses"])
