"""Plans of training a model of the paper's size: budget, programs, and what else they change.

In: a plan and settings. Out: the run that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from benchmarks.settings import Settings
from cl_utils.curriculum.arms import arm_named
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.study.run_files import device_of
from cl_utils.training.recipes import FAST, STRONG, Recipe
from cl_utils.training.trainer import Run


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A training, and in words how it differs from the other plans.

    programs: of each bucket, to train on.
    arm: of the study.
    recipe: `fast`, with or without more.
    seeds: how many trainings, from seed 0 on; programs are the same for all.
    """

    words: str
    steps: int
    characters_per_step: int
    programs: int
    arm: str = "baseline"
    recipe: Recipe = FAST
    seeds: int = 1


FIRST = Plan(
    words="6,000 steps of 8,192 characters",
    steps=6_000,
    characters_per_step=8_192,
    programs=50_000,
)
SHORT_FIRST = Plan(
    words="24,000 steps of 4,096, short sources first, short convolution",
    steps=24_000,
    characters_per_step=4_096,
    programs=300_000,
    arm="competence-by-characters",
    recipe=replace(FAST, convolution=3),
)
SOONER = replace(
    SHORT_FIRST,
    words="7,000 steps of 4,096, short sources first, short convolution",
    steps=7_000,
    programs=100_000,
)
VALUES = replace(
    SHORT_FIRST,
    words="3,500 steps of 4,096, short sources first, recipe strong",
    steps=3_500,
    programs=100_000,
    recipe=STRONG,
    seeds=3,
)
ANY_ORDER = replace(
    VALUES,
    words="3,500 steps of 4,096, recipe strong",
    arm="baseline",
)
PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "first": FIRST,
        "short-first": SHORT_FIRST,
        "short-first-sooner": SOONER,
        "values": VALUES,
        "values-any-order": ANY_ORDER,
    }
)
"""In the order they were tried; each is compared with the first that got as far."""


def run_of(plan: Plan, settings: Settings, seed: int = 0) -> Run:
    """Return the paper profile's model under a plan, for the GPU if there is one."""
    params = read_params(PARAMS / "paper.yaml", {"recipe": plan.recipe.name})
    run = params.run()
    return replace(
        run,
        model=replace(run.model, convolution=plan.recipe.convolution),
        recipe=plan.recipe,
        name=plan.arm,
        arm=arm_named(plan.arm),
        seed=seed,
        device=device_of(params),
        compiled=not settings.quick,
        steps=settings.size(plan.steps, 20),
        characters_per_step=settings.size(plan.characters_per_step, 1_024),
    )
