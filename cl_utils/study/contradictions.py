"""Parameters that cannot go together, found before any work begins.

In: parameters of the right types. Out: nothing, or one sentence with the values and what to change.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from cl_utils.curriculum.arm_facts import facts_of
from cl_utils.curriculum.arms import (
    DRAWN,
    MANY,
    PERMUTED,
    REVERSED,
    SHUFFLED,
    STUDY,
    Arm,
    arm_named,
    arms,
    at_full_budget,
    schedule_named,
    with_budget,
)
from cl_utils.data.split import HELD_OUT
from cl_utils.difficulty.buckets import BUCKETS, thresholds
from cl_utils.difficulty.catalogue import BUCKET_METRICS, METRICS
from cl_utils.difficulty.overall_metric import DIFFICULTY_COLUMNS
from cl_utils.errors import StudyError
from cl_utils.names import check_once, listed, shown, unknown
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams
from cl_utils.tinypy.grammar import ALL, GRAMMAR, WHILE_LEVEL, ProgramStream
from cl_utils.training.recipes import RECIPES, recipe_named

BASELINE = "baseline"
NO_BUCKETS = {
    "nesting_depth": "programs of TinyPy nest no deeper than 1",
    "model_loss": "it is the loss of models that are trained on the buckets",
}
"""Why the metrics that are not among `BUCKET_METRICS` are not."""
_DEVIATIONS = 6.0
"""Standard deviations by which a part may exceed its share: classes are assigned by a hash."""


def check_data(params: DataParams) -> None:
    """Raise StudyError for levels, metrics and buckets that do not exist or exclude one another."""
    levels = [] if params.levels == ALL else list(params.levels)
    for level in levels:
        if level not in GRAMMAR:
            raise unknown("levels", level, GRAMMAR)
    check_once("levels", levels)
    if params.while_loops and levels and WHILE_LEVEL not in levels:
        raise StudyError(
            f"while_loops=True adds level {WHILE_LEVEL} to ALL alone: name it in levels="
            f"{shown(levels)}, or set while_loops to false"
        )
    ProgramStream(  # whose own checks know what a variant lacks; nothing is drawn
        params.levels,
        rng=np.random.default_rng(0),
        variant=params.variant,
        operand_max=params.operand_max,
        while_loops=params.while_loops,
    )
    if params.metric in METRICS and params.metric not in BUCKET_METRICS:
        raise StudyError(
            f"metric={params.metric!r} cannot make a study's buckets, since "
            f"{NO_BUCKETS[params.metric]}: choose one of {listed(BUCKET_METRICS)}"
        )
    if params.metric not in BUCKET_METRICS:
        raise unknown("metric", params.metric, BUCKET_METRICS)
    _check_buckets(params)


def _check_buckets(params: DataParams) -> None:
    if params.bucket_rule != "tertiles":
        lower, _ = thresholds(params.bucket_rule, [])
        if lower <= 0:
            raise StudyError(
                f"bucket_rule={shown(params.bucket_rule)} leaves no easy programs, since no metric "
                "is negative: raise the first threshold above 0"
            )
    if params.least_per_bucket == 0:
        return
    if params.bucket_rule == "tertiles":
        raise StudyError("least_per_bucket needs fixed thresholds: give bucket_rule as a list")
    if params.metric not in DIFFICULTY_COLUMNS:
        raise StudyError(
            f"metric={params.metric!r} is not known while programs are drawn: set least_per_bucket "
            f"to 0, or use one of {', '.join(DIFFICULTY_COLUMNS)}"
        )


def check_split(params: BucketParams) -> None:
    """Raise StudyError when a part of the split asks for more programs than can be there."""
    bucket = max(params.programs // len(BUCKETS), params.least_per_bucket)
    check_parts(params.wanted, natural=params.programs, bucket=bucket)
    drawn = params.programs + len(BUCKETS) * params.least_per_bucket
    per_bucket = params.training_programs + params.validation_programs + params.test_programs
    needed = len(BUCKETS) * per_bucket + 2 * params.natural_programs
    if needed > drawn:
        raise StudyError(
            f"the split needs {needed:,} programs, but at most {drawn:,} are drawn: raise programs "
            "or least_per_bucket, or lower training_programs and the parts held out"
        )


def check_parts(wanted: Mapping[str, int], *, natural: int, bucket: int) -> None:
    """Raise StudyError when a part cannot have so many programs.

    `natural`: programs drawn in the natural mix; `bucket`: the most that the smallest bucket has.
    A hash assigns the classes of programs to parts, so a part has about its share of a bucket.
    """
    for part, share in {"train": 1 - sum(HELD_OUT.values()), **HELD_OUT}.items():
        of = natural if part == "natural" else bucket
        most = math.ceil(share * of + _DEVIATIONS * math.sqrt(share * of))
        if wanted[part] > most:
            name = "training" if part == "train" else part
            where = "all" if part == "natural" else "each bucket"
            raise StudyError(
                f"{name}_programs={wanted[part]:,} of {where} cannot be: a split of "
                f"programs={natural:,} has at most {most:,}, so raise programs or least_per_bucket"
            )


def check_batches(
    recipe: str, batching: str, *, context: int, characters: int, programs: int, longest: int
) -> None:
    """Raise StudyError when the model's context or a step's characters do not fit the programs.

    `programs`: to train on, of a bucket; `longest`: the most characters of one. Every character but
    the first of a program is predicted from those before it, whatever the recipe trains on.
    """
    if longest - 1 > context:
        raise StudyError(
            f"context={context:,} does not hold programs of maximum_characters={longest:,}: raise "
            f"context to {longest - 1:,}, or lower maximum_characters to {context + 1:,}"
        )
    if batching != "windows":
        if characters < longest:
            raise StudyError(
                f"characters_per_step={characters:,} does not hold one program of "
                f"maximum_characters={longest:,}: raise characters_per_step to {longest:,} at least"
            )
        return
    if characters % context:
        raise StudyError(
            f"characters_per_step={characters:,} is not a multiple of context={context:,}: the "
            f"recipe {recipe} reads whole windows"
        )
    if programs * longest <= context:
        raise StudyError(
            f"training_programs={programs:,} of a bucket fill no window of context={context:,}: "
            f"raise training_programs, as the recipe {recipe} reads whole windows"
        )


def check_models(
    params: TrainingParams, recipes: Collection[str], seeds: Collection[str] = ()
) -> None:
    """Raise StudyError for recipes that do not exist, or cannot train these arms or programs.

    `seeds`: the study's arms.
    """
    for recipe in (params.recipe, *recipes):
        if recipe not in RECIPES:
            raise unknown("recipe", recipe, RECIPES)
    for recipe in params.heads if isinstance(params.heads, dict) else ():
        if recipe not in RECIPES:
            raise unknown("heads of recipe", recipe, RECIPES)
    check_once("recipes", recipes)
    for recipe in {params.recipe, *recipes}:
        check_batches(
            recipe,
            recipe_named(recipe).batching,
            context=params.context,
            characters=params.characters_per_step,
            programs=params.training_programs,
            longest=params.maximum_characters,
        )
    for recipe in recipes:
        _check_order(recipe, seeds)
    _check_order(params.recipe, [params.arm])
    if params.hardest_share * params.training_programs < 1:
        raise StudyError(
            f"hardest_share={params.hardest_share:g} of training_programs="
            f"{params.training_programs:,} is no program: raise one of them"
        )


def _check_order(recipe: str, names: Collection[str]) -> None:
    """Raise StudyError where a recipe that reads windows would train an arm in another order."""
    if recipe_named(recipe).batching != "windows":
        return
    for name in names:
        if name in arms() and arm_named(name).order not in (DRAWN, SHUFFLED):
            raise StudyError(
                f"arm {name} has order={arm_named(name).order!r}, but recipe {recipe} reads "
                "windows, which hold parts of several programs and cannot be sorted: leave one of "
                "them out"
            )


def check_arms(arm: str, seeds: Mapping[str, range]) -> None:
    """Raise StudyError for arms that do not exist, or name what does not: see `_check_arm`.

    A yoked arm has no seed that the one that it replays has not.
    """
    for name in (arm, *seeds):
        _check_arm(name, arm_named(name))
        source = arm_named(name).yoked_to
        if source:
            _check_replayed(name, source)
        if source and name in seeds and not {*seeds[name]} <= {*seeds.get(source, ())}:
            raise StudyError(f"arms: {name} replays {source}, so that arm needs the same seeds")
    if BASELINE not in seeds:
        raise StudyError(
            f"arms={shown(list(seeds))} lacks {BASELINE}, which tables and figures compare with: "
            "add it"
        )


def _check_replayed(name: str, source: str) -> None:
    """Raise StudyError unless the recorded mixes of an arm say all of what it draws."""
    replayed, replaying = arm_named(source), arm_named(name)
    if not schedule_named(replayed.schedule, MANY).adaptive or replayed.order != DRAWN:
        raise StudyError(
            f"arm {name} replays {source}, whose mixes are no decisions of its own: name an "
            "adaptive arm"
        )
    for field in ("labels", "outputs", "restarts"):
        ours, theirs = getattr(replaying, field), getattr(replayed, field)
        if ours != theirs:
            raise StudyError(
                f"arm {name} replays {source}, but has {field}={ours!r}, and that has {theirs!r}: "
                "give both the same"
            )


def _check_arm(name: str, arm: Arm) -> None:
    """Raise StudyError for what would be found only after training, or in the figures."""
    if arm.labels not in (known := (STUDY, PERMUTED, REVERSED, *METRICS)):
        raise unknown(f"arm {name}: labels", arm.labels, known)
    if arm.order_metric and arm.order_metric not in METRICS:
        raise unknown(f"arm {name}: order_metric", arm.order_metric, METRICS)
    facts_of(name)
    if round(100 * arm.budget) != round(100 * arm.budget, 9):  # figures name it in whole percents
        raise StudyError(f"arm {name}: budget={arm.budget:g} is no whole percent: round it")
    if arm.budget < 1:  # figures show, by budget, what the arm with all steps gains on the baseline
        at_full_budget(name)
        with_budget("baseline", arm.budget)
