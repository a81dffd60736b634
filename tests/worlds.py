"""A small world for the tests of the core: generated programs, bucketed, split, as two corpora.

In: nothing, the seed is fixed. Out: a `World`, made once a session by the fixture of that name in
conftest.py, small runs and models on it, and what several tests ask of a model or a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from cl_utils.curriculum.arms import arm_named
from cl_utils.curriculum.interface import Mix
from cl_utils.curriculum.schedules import ALL
from cl_utils.data.corpus import Corpus
from cl_utils.data.split import split
from cl_utils.difficulty.buckets import BUCKETS, bucket_of, difficulty_order, thresholds
from cl_utils.difficulty.overall_metric import measure
from cl_utils.model.gpt import GPT, ModelConfig
from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import generate
from cl_utils.tinypy.record import canonical_hash, stable_hash
from cl_utils.training.assembly import make_batcher
from cl_utils.training.batches.batch import Batch, Batcher
from cl_utils.training.batches.pools import Pools
from cl_utils.training.loop import Run, Trained, train
from cl_utils.training.recipes import RECIPES, Recipe, recipe_named

PROGRAMS = 1500
MAXIMUM_CHARACTERS = 96
WANTED = {"train": 150, "validation": 10, "test": 25, "natural": 40}  # the first three a bucket

MIXES: list[Mix] = [
    ALL,
    {"hard": 1.0},
    {"easy": 0.9, "medium": 0.05, "hard": 0.05},
    {"hardest-of-easy": 0.25, "hardest-of-medium": 0.25, "hard": 0.5},
    {"easiest:0.1000": 1.0},
]


@dataclass(frozen=True)
class World:
    """Programs with scores, buckets, hashes and split; the training and validation corpora."""

    programs: pd.DataFrame
    train: Corpus  # 150 programs per bucket, sorted by difficulty
    validation: Corpus  # 10 programs per bucket
    pools: Pools


def make_world() -> World:
    """Return the world: 1500 programs of all levels, their buckets of nearly equal size."""
    drawn = generate(PROGRAMS, rng=stream(0, "worlds"), maximum_characters=MAXIMUM_CHARACTERS)
    frame = pd.DataFrame(drawn.programs)
    frame["program_id"] = np.arange(PROGRAMS)
    frame["overall_metric"] = measure(frame["source"].tolist())["overall_metric"]
    limits = thresholds("tertiles", frame["overall_metric"])
    frame["bucket"] = bucket_of(frame["overall_metric"], limits)
    frame["canonical_hash"] = [canonical_hash(source) for source in frame["source"]]
    frame["text_hash"] = [stable_hash(source) for source in frame["source"]]
    frame["natural"] = frame["program_id"] < PROGRAMS // 2
    frame["split"] = split(frame, WANTED, seed=0)
    train, validation = (corpus_of_part(frame, part) for part in ("train", "validation"))
    return World(frame, train, validation, Pools(train))


def corpus_of_part(frame: pd.DataFrame, part: str) -> Corpus:
    """Return one part of the split as a corpus sorted by difficulty."""
    chosen = frame[frame["split"] == part]
    order = difficulty_order(chosen["overall_metric"], chosen["text_hash"])
    return Corpus.from_programs(chosen.iloc[order])


def handful(corpus: Corpus, per_bucket: int) -> Corpus:
    """Return the first programs of each bucket of a sorted corpus."""
    places = [np.flatnonzero(corpus.buckets == code)[:per_bucket] for code in range(len(BUCKETS))]
    return corpus.take(np.concatenate(places))


def kind_of(recipe: Recipe) -> tuple[object, ...]:
    """Return in what a recipe trains by other code: its name, rates and their decay left out."""
    trained = (recipe.blocks, recipe.batching, recipe.optimiser, recipe.precision)
    added = (recipe.convolution, recipe.intermediate_value_weight, recipe.averaged_share)
    return *trained, *(each > 0 for each in added)


ONE_A_KIND = [*{kind_of(each): each.name for each in reversed(RECIPES.values())}.values()][::-1]
"""Of recipes that differ in nothing but the learning rate, the first: for whole runs."""
WITHOUT_AVERAGE = [name for name in ONE_A_KIND if not RECIPES[name].averaged_share]
"""Those whose runs end with their last weights; of the mean of many test_averaging.py asks."""


def small_run(recipe: str, arm: str = "baseline", steps: int = 12, seed: int = 0) -> Run:
    """Return a run of a model with two layers of width 32 that takes milliseconds a step."""
    chosen = recipe_named(recipe)
    style = {"blocks": chosen.blocks, "convolution": chosen.convolution}
    model = ModelConfig(layers=2, heads=2, width=32, context=96, **style)  # type: ignore[arg-type]
    return Run(
        model=model,
        recipe=chosen,
        name=arm,
        arm=arm_named(arm),
        seed=seed,
        steps=steps,
        characters_per_step=4 * 96,
        compiled=False,
    )


def quiet(line: str) -> None:
    """Say nothing of a run's progress."""


def trained(run: Run, world: World, report: Callable[[str], None] = quiet) -> Trained:
    """Train a run on the world's corpora from its first step to its last."""
    return train(run, world.train, world.validation, report=report)


def batcher_of(world: World, recipe: str, seed: int = 0) -> Batcher:
    """Return the batcher of a recipe's small run."""
    return make_batcher(small_run(recipe, seed=seed), world.train)


def same_weights(first: GPT, second: GPT) -> bool:
    """Return whether two models agree in every bit of every weight."""
    ours, theirs = first.state_dict(), second.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)


def same_batch(first: Batch, second: Batch) -> bool:
    """Return whether two batches agree in everything."""

    def tensors(batch: Batch) -> list[torch.Tensor]:
        layout = () if batch.layout is None else (batch.layout.cells, *batch.layout.rows)
        values = batch.intermediate_values
        column = () if values is None else (values,)
        return [batch.inputs, batch.targets, batch.loss_groups, *column, *layout]

    pairs = zip(tensors(first), tensors(second), strict=True)
    return all(torch.equal(ours, theirs) for ours, theirs in pairs) and np.array_equal(
        first.programs, second.programs
    )


def texts(corpus: Corpus) -> list[str]:
    """Return the records of a corpus."""
    return [corpus.text(program) for program in range(len(corpus))]


def loss_groups_of(corpus: Corpus, program: int) -> NDArray[np.int64]:
    """Return the kind of each character of a program, counted from its prompt and its answer."""
    bucket = int(corpus.buckets[program])
    program_part = np.full(len(corpus.prompt(program)), bucket)
    output_part = np.full(len(corpus.answer(program)), bucket + 3)
    return np.concatenate([program_part, output_part])
