"""Plans of training a model of the paper's size: budget, programs, and what else they change.

In: a plan and settings. Out: the run that it is, and a trainer for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import cast

from benchmarks.neighbours import with_neighbours
from benchmarks.settings import Settings
from benchmarks.value_head import (
    ValuedBatcher,
    objective_with_values,
    with_value_head,
    without_value_head,
)
from benchmarks.values import values_along
from cl_utils.arms import arm_named
from cl_utils.batching import AlignedBatcher, Pools
from cl_utils.controls import relabelled
from cl_utils.corpus import Corpus
from cl_utils.objective import objective
from cl_utils.optimisers import Optimisers
from cl_utils.params import read_params
from cl_utils.paths import PARAMS
from cl_utils.seeds import stream
from cl_utils.study import device_of
from cl_utils.trainer import Run, Trained, Trainer


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A training by the recipe `fast`, and in words how it differs from the other plans.

    programs: of each bucket, to train on.
    arm: of the study, with buckets and order by the characters of the sources if `by_characters`.
    neighbours: how many characters before each one a block sees without attention.
    values: weight of the loss of the values along a program, beside that of its characters.
    seeds: how many trainings, from seed 0 on; programs are the same for all.
    """

    words: str
    steps: int
    characters_per_step: int
    programs: int
    arm: str = "baseline"
    by_characters: bool = False
    neighbours: int = 0
    values: float = 0.0
    seeds: int = 1


FIRST = Plan(
    words="6,000 steps of 8,192 characters",
    steps=6_000,
    characters_per_step=8_192,
    programs=50_000,
)
SHORT_FIRST = Plan(
    words="24,000 steps of 4,096, short sources first, neighbours",
    steps=24_000,
    characters_per_step=4_096,
    programs=300_000,
    arm="competence",
    by_characters=True,
    neighbours=3,
)
SOONER = replace(
    SHORT_FIRST,
    words="7,000 steps of 4,096, short sources first, neighbours",
    steps=7_000,
    programs=100_000,
)
VALUES = replace(
    SHORT_FIRST,
    words="3,500 steps of 4,096, short sources first, neighbours, values",
    steps=3_500,
    programs=100_000,
    values=1.0,
    seeds=3,
)
PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "first": FIRST,
        "short-first": SHORT_FIRST,
        "short-first-sooner": SOONER,
        "values": VALUES,
    }
)
"""In the order they were tried; each is compared with the first that got as far."""


def run_of(plan: Plan, settings: Settings, seed: int = 0) -> Run:
    """Return the paper profile's model under a plan, for the GPU if there is one."""
    params = read_params(PARAMS / "paper.yaml", {"recipe": "fast"})
    run = params.run()
    return replace(
        run,
        name=plan.arm,
        arm=arm_named(plan.arm),
        seed=seed,
        device=device_of(params),
        compiled=not settings.quick,
        steps=settings.size(plan.steps, 20),
        characters_per_step=settings.size(plan.characters_per_step, 1_024),
    )


class PlanTrainer(Trainer):
    """A trainer with what a plan changes beyond a run."""

    def __init__(self, plan: Plan, run: Run, train: Corpus, test: Corpus) -> None:
        super().__init__(run, by_source_length(train) if plan.by_characters else train, test)
        self.identity |= {"plan": asdict(plan)}
        if plan.neighbours:
            self.model = with_neighbours(self.model, plan.neighbours).to(self.device)
        self.objective = objective(self.model, run.recipe, self.device, run.compiled)
        if plan.values:
            self._ask_for_values(plan.values)
        self.optimisers = Optimisers(self.model, run.recipe)

    def _ask_for_values(self, weight: float) -> None:
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


def by_source_length(corpus: Corpus) -> Corpus:
    """Return the programs sorted by the characters of their sources, in buckets as large as before.

    The buckets of the losses that a training prints are then these, too.
    """
    return relabelled(corpus, corpus.answers - corpus.offsets[:-1])
