"""What a training may have beyond the study's recipes: neighbours, values, another order.

In: additions, a run and its programs. Out: a trainer that has them; without any it is the study's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import cast

from benchmarks.neighbours import with_neighbours
from benchmarks.value_head import (
    ValuedBatcher,
    objective_with_values,
    with_value_head,
    without_value_head,
)
from cl_utils.curriculum.arms import DRAWN
from cl_utils.curriculum.relabelling import relabelled
from cl_utils.data.corpus import Corpus
from cl_utils.data.corpus_values import values_along
from cl_utils.errors import StudyError
from cl_utils.seeds import stream
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.pools import Pools
from cl_utils.training.loss import objective
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.trainer import Run, Trained, Trainer


@dataclass(frozen=True, kw_only=True)
class Additions:
    """What is added to a run.

    by_characters: buckets and order are by the characters of the sources, not by difficulty.
    neighbours: how many characters before each one a block sees without attention.
    values: weight of the loss of the values along a program, beside that of its characters.
    """

    by_characters: bool = False
    neighbours: int = 0
    values: float = 0.0


class AddedTrainer(Trainer):
    """A trainer of a run with additions."""

    def __init__(self, additions: Additions, run: Run, train: Corpus, test: Corpus) -> None:
        super().__init__(run, by_source_length(train) if additions.by_characters else train, test)
        self.identity |= {"additions": added(additions)}
        if additions.neighbours:
            self.model = with_neighbours(self.model, additions.neighbours).to(self.device)
        if additions.values:
            self._ask_for_values(additions.values)
        else:
            self.objective = objective(self.model, run.recipe, self.device, run.compiled)
        self.optimisers = Optimisers(self.model, run.recipe)

    def _ask_for_values(self, weight: float) -> None:
        if self.run.recipe.batching != "aligned" or self.run.arm.order != DRAWN:
            raise StudyError(
                f"the arm {self.run.name} with the recipe {self.run.recipe.name} reads no drawn "
                "programs, whole and in a row, as values need: choose another arm or recipe"
            )
        run, corpus = self.run, cast("AlignedBatcher", self.batcher).corpus
        values = values_along(corpus)
        self.model = with_value_head(self.model, len(values.names))
        self.objective = objective_with_values(
            self.model, run.recipe, weight, self.device, run.compiled
        )
        self.batcher = ValuedBatcher(
            corpus,
            Pools(corpus, run.hardest_share),
            values=values,
            characters=run.characters_per_step,
            context=run.model.context,
            rng=stream(run.seed, "batches"),
            one_size=run.device != "cpu",
            device=run.device,
        )

    def result(self) -> Trained:
        """Return the finished run; its model has the head of the characters alone."""
        trained = super().result()
        return replace(trained, model=without_value_head(trained.model))


def added(additions: Additions) -> dict[str, object]:
    """Return the additions as plain values, without what else a subclass says."""
    return {field.name: getattr(additions, field.name) for field in fields(Additions)}


def by_source_length(corpus: Corpus) -> Corpus:
    """Return the programs sorted by the characters of their sources, in buckets as large as before.

    The buckets of the losses that a training prints are then these, too.
    """
    return relabelled(corpus, corpus.answers - corpus.offsets[:-1])
