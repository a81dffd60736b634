"""Runs as one batched model, trained until all have their steps, time is up or somebody stops them.

In: trainers of one recipe, all at the same step. Out: the same trainers, with their steps taken. A
run that diverges is named and left out, and the others go on without it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence

from cl_utils.errors import StudyError
from cl_utils.training.batched_runs import BatchedModel
from cl_utils.training.joint_runs import JointRuns
from cl_utils.training.loop import Monitor, Report
from cl_utils.training.trainer import Trainer

CHECKPOINT_SECONDS = 300.0
"""Between checkpoints on the way: dozens of them are a gigabyte."""


class TimeIsUpError(Exception):
    """The sitting's minutes are over."""

    words = "time is up"


class StopAskedError(TimeIsUpError):
    """Somebody stopped it."""

    words = "stopped"


class RunsAtOnce:
    """The runs that still train; `leave_out` is told of one that diverges, and why it is said to.

    A `Monitor` keeps the history of each, and one of them speaks for all.
    """

    def __init__(
        self,
        trainers: Sequence[Trainer],
        report: Report,
        leave_out: Callable[[Trainer, str], None],
    ) -> None:
        self.monitors = [Monitor(trainer, None, quiet) for trainer in trainers]
        self.report, self.leave_out = report, leave_out
        self.model: BatchedModel | None = None
        self._begin()

    @property
    def trainers(self) -> list[Trainer]:
        """The runs that did not diverge, those that have their steps among them."""
        return [monitor.trainer for monitor in self.monitors]

    @property
    def learning(self) -> list[Monitor]:
        """Those that have steps left."""
        return [monitor for monitor in self.monitors if monitor.trainer.unfinished]

    def train(
        self,
        until: float,
        stopped: Callable[[], bool],
        keep: Callable[[Sequence[Trainer]], None],
    ) -> None:
        """Train to the end; raise TimeIsUpError when the states are whole after `until`.

        Or StopAskedError, once `stopped` says so. `keep` is called now and then, with whole states.
        """
        kept = time.monotonic()
        while self.learning:
            now = time.monotonic()
            if not isinstance(self.model, JointRuns) or self.model.at_rest:
                if (asked := stopped()) or now > until:
                    self._release()
                    raise StopAskedError if asked else TimeIsUpError
                if now - kept > CHECKPOINT_SECONDS:
                    if isinstance(self.model, JointRuns):
                        self.model.keep_states()
                    keep(self.trainers)
                    kept = now
            self._advance()
        self._release()

    def _begin(self) -> None:
        """Make the batched model of those that have steps left."""
        members = [monitor.trainer for monitor in self.learning]
        if members:
            aligned = members[0].run.recipe.batching == "aligned"
            self.model = JointRuns(members) if aligned else BatchedModel(members)
            self.learning[0].report = self.report

    def _release(self) -> None:
        if self.model is not None:
            self.model.release()
            self.model = None

    def _advance(self) -> None:
        """Train a step of all, and do what is due after it."""
        assert self.model is not None
        waiting, began = self.learning, time.perf_counter()
        self.model.advance()
        if any(monitor.due() for monitor in waiting):
            waiting[0].trainer.synchronize()
        seconds = (time.perf_counter() - began) / len(waiting)
        diverged = {}
        for monitor in waiting:
            try:
                monitor.tick(seconds)
                _check_mix(monitor.trainer)
            except StudyError as error:
                diverged[monitor] = str(error)
        if diverged:
            self._go_on_without(diverged)

    def _go_on_without(self, diverged: Mapping[Monitor, str]) -> None:
        """Leave runs out: the others go on in a model of their own, with what they have chosen."""
        before = self.model
        chosen = {}
        if isinstance(before, JointRuns):
            members = [id(trainer) for trainer in before.trainers]
            chosen = dict(zip(members, before.chosen, strict=True))
        self._release()
        self.monitors = [monitor for monitor in self.monitors if monitor not in diverged]
        for monitor, words in diverged.items():
            self.leave_out(monitor.trainer, words)
        self._begin()
        if isinstance(self.model, JointRuns):
            self.model.chosen = [chosen[id(trainer)] for trainer in self.model.trainers]


def _check_mix(trainer: Trainer) -> None:
    """Raise StudyError when an adaptive run's loss was no number, and now its mix is none either.

    It may be seen before the next row of the history, and nothing can be drawn from such a mix.
    """
    if trainer.unfinished and trainer.schedule.buckets_to_probe(trainer.step):
        if any(map(math.isnan, trainer.schedule.mix(trainer.step).values())):
            raise StudyError(
                f"the loss was not a number before step {trainer.step} of {trainer.run.name}, seed "
                f"{trainer.run.seed}: lower the recipe's learning rates"
            )


def quiet(line: object) -> None:
    """Say nothing."""
