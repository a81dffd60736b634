"""Many runs as one batched model on a GPU: what a step costs the processor does not grow with them.

In: trainers of whole-program recipes, all at the same step of as many. Out: the same training as in
a `BatchedModel`, up to rounding, for dozens of runs at once. Their batches are made on the device
in one go, and one update changes the weights of all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch

from cl_utils.errors import StudyError
from cl_utils.training.batched_runs import BatchedModel
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.joint import Choice, JointBatches
from cl_utils.training.compilation import backward
from cl_utils.training.joint_optimisers import JointOptimisers
from cl_utils.training.trainer import Trainer

AHEAD = 50  # steps whose programs are chosen at once, which takes a tenth of the time


class JointRuns(BatchedModel):
    """Trainers that take every step together, all to the same end."""

    by_block = True

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        super().__init__(trainers)
        batchers = [each.batcher for each in trainers if isinstance(each.batcher, AlignedBatcher)]
        if len(batchers) < len(trainers) or len({(t.step, t.steps) for t in trainers}) > 1:
            raise StudyError(
                "these runs do not read whole programs, or are not at the same step of as many: "
                "train them as a `BatchedModel`"
            )
        self.joint_batches = JointBatches(batchers, trainers[0].device)
        self.joint_optimisers = JointOptimisers([t.optimisers for t in trainers], self.shares)
        self.chosen: list[deque[Choice]] = [deque() for _ in trainers]

    @property
    def at_rest(self) -> bool:
        """Whether no choice is waiting, so that the members' states are whole."""
        return not any(self.chosen)

    def advance(self) -> None:
        """Train one step of every member."""
        choices = [self._choose(member) for member in range(len(self.trainers))]
        loss, totals = self.objective(self.joint_batches.expand(choices))
        backward(loss)
        self.joint_optimisers.step([trainer.rate_factor() for trainer in self.trainers])
        self._clear_gradients()
        theirs = totals.chunk(len(self.trainers), dim=1)
        for member, trainer in enumerate(self.trainers):
            trainer.record(theirs[member], self.joint_batches.begun(member, choices[member]))

    def _choose(self, member: int) -> Choice:
        trainer = self.trainers[member]
        before, mix = trainer.optimisers, trainer.begin_step()
        if trainer.optimisers is not before:
            self.joint_optimisers.restart(member)
        if not self.chosen[member]:
            assert isinstance(trainer.batcher, AlignedBatcher)
            self.chosen[member].extend(trainer.batcher.choose_many(mix, _alike(trainer)))
        programs, lengths = self.chosen[member].popleft()
        trainer.characters += int(np.sum(lengths))
        return programs, lengths

    def keep_states(self) -> None:
        """Bring the members' optimisers up to date, as checkpoints need them."""
        self.joint_optimisers.give_back([trainer.optimisers for trainer in self.trainers])

    def release(self) -> None:
        """Give every member weights and optimiser states of its own again."""
        self.keep_states()
        super().release()
        torch.cuda.empty_cache()


def _alike(trainer: Trainer) -> int:
    """Return how many steps from now on draw from the present mix, to the next multiple of `AHEAD`.

    What an adaptive schedule will draw is not known.
    """
    if trainer.schedule.adaptive:
        return 1
    first = trainer.step
    end = min(trainer.steps, (first // AHEAD + 1) * AHEAD)
    mix = trainer.schedule.mix(first)
    return next((k for k in range(first + 1, end) if trainer.schedule.mix(k) != mix), end) - first
