"""From a run to its trainer: the parts that training needs, each made in one place.

In: a `Run` and the training and validation corpora. Out: a `Trainer`. A part that is given, such as
another probe, takes the place of the one that the run would get (docs/extending.md).
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import assert_never

import numpy as np
import torch

from cl_utils.code_fingerprint import module_fingerprint
from cl_utils.curriculum.arms import DRAWN, SHUFFLED, check_controls, schedule_named, schedule_of
from cl_utils.curriculum.interface import Schedule
from cl_utils.curriculum.orders import ORDERS
from cl_utils.curriculum.relabelling import apply_arm_controls
from cl_utils.curriculum.schedules import Staged
from cl_utils.data.corpus import Corpus
from cl_utils.data.value_codes import value_count, with_intermediate_values
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, build
from cl_utils.seeds import stream
from cl_utils.training.averaging import WeightAverage
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import Batcher
from cl_utils.training.batches.pools import Pools
from cl_utils.training.batches.reordered import (
    Arrange,
    ReorderedBatcher,
    ReorderedWindows,
    by_difficulty,
    in_stages,
)
from cl_utils.training.batches.windows import WindowBatcher
from cl_utils.training.loss import objective
from cl_utils.training.malloc import keep_freed_memory
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.probes import Probe
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trainer


def make_trainer(
    run: Run,
    train: Corpus,
    validation: Corpus,
    *,
    network: type[GPT] = GPT,
    optimisers: type[Optimisers] = Optimisers,
    probe: Probe | None = None,
) -> Trainer:
    """Return the trainer of a run before its first step.

    Everything that a checkpoint must agree with before it is continued stands in its identity: the
    run, its programs, those that an adaptive schedule is led by, the network, and the code. Raises
    StudyError for controls that exclude one another, short batches and a corpus without programs.
    """
    check_controls(run.arm, f"arm {run.name}")
    for name, corpus in (("training", train), ("validation", validation)):
        if not len(corpus):
            raise StudyError(f"there is no {name} program: give some")
    keep_freed_memory()
    train = apply_arm_controls(train, run.arm, run.seed)
    programs = _digest(train)
    device = torch.device(run.device)
    model = build(run.model, run.seed, network).to(device)
    if run.recipe.intermediate_value_weight:
        train = with_intermediate_values(train)
        model.add_auxiliary_head(value_count(train))
    return Trainer(
        run,
        model=model,
        new_optimisers=partial(optimisers, model, run.recipe),
        schedule=make_schedule(run),
        boundaries=restart_steps(run),
        batcher=make_batcher(run, train),
        objective=objective(model, run.recipe, device, run.compiled, precision=run.precision),
        probe=Probe(validation, device) if probe is None else probe,
        average=_average(run, model),
        identity={
            **asdict(run),
            "programs": programs,
            "validation": _digest(validation),
            "code": module_fingerprint(Path(__file__).with_name("loop.py")),
            "network": None if network is GPT else network.__qualname__,
        },
    )


def _average(run: Run, model: GPT) -> WeightAverage | None:
    averaged = round(run.budget * run.recipe.averaged_share)
    if not averaged:
        return None
    return WeightAverage(model, start=run.budget - averaged, end=run.budget)


def _digest(corpus: Corpus) -> str:
    ranks = b"" if corpus.ranks is None else corpus.ranks.tobytes()
    return sha256(corpus.tokens.tobytes() + corpus.buckets.tobytes() + ranks).hexdigest()[:16]


def make_schedule(run: Run) -> Schedule:
    """Return the schedule that a run follows, as its history names it."""
    share = run.hardest_share
    return schedule_of(run.arm, run.budget, hardest_share=share, recorded=run.recorded)


def restart_steps(run: Run) -> list[int]:
    """Return the steps at which a run takes new optimisers; the first is 0."""
    cycles = run.arm.restarts
    return schedule_named(cycles, run.budget).boundaries() if cycles else [0]


def make_batcher(run: Run, train: Corpus) -> Batcher:
    """Return the recipe's batcher, with its own random stream, in the order of the arm."""
    if run.recipe.intermediate_value_weight:
        train = with_intermediate_values(train)
    match run.recipe.batching:
        case "aligned":
            return _aligned(run, train)
        case "windows":
            return _windows(run, train)
        case other:
            assert_never(other)


def _aligned(run: Run, train: Corpus) -> Batcher:
    longest = int(train.lengths.max())
    if run.characters_per_step < longest:
        raise StudyError(
            f"characters_per_step={run.characters_per_step:,} does not hold the longest program, "
            f"which would be trained without its output: give at least {longest:,}"
        )
    batcher = (AlignedBatcher if run.arm.order == DRAWN else ReorderedBatcher)(
        train,
        Pools(train, run.hardest_share),
        characters=run.characters_per_step,
        context=run.model.context,
        rng=stream(run.seed, "batches"),
        static_shapes=run.device != "cpu",
        device=run.device,
    )
    if isinstance(batcher, ReorderedBatcher):
        batcher.reorder(*_order(run, train), exact=run.arm.order in ORDERS)
    return batcher


def _windows(run: Run, train: Corpus) -> Batcher:
    row_length, characters = run.model.context, run.characters_per_step
    if characters % row_length:
        raise StudyError(
            f"characters_per_step={characters} is not a multiple of the context "
            f"{row_length}: the recipe {run.recipe.name!r} reads whole windows"
        )
    batcher = (WindowBatcher if run.arm.order == DRAWN else ReorderedWindows)(
        train,
        Pools(train, run.hardest_share),
        rows=characters // row_length,
        row_length=row_length,
        rng=stream(run.seed, "batches"),
        device=run.device,
    )
    if isinstance(batcher, ReorderedWindows):
        batcher.reorder(*_order(run, train))
    return batcher


def _order(run: Run, corpus: Corpus) -> tuple[Schedule, np.random.Generator, Arrange | None]:
    """Return what an arm draws, the randomness of its order, and what arranges it otherwise."""
    share, order = run.hardest_share, run.arm.order
    drawn = schedule_named(run.arm.schedule, run.budget, hardest_share=share)
    arrange: Arrange | None = None
    if order in ORDERS:
        if run.arm.order_metric and corpus.ranks is None:
            raise StudyError(
                f"arm {run.name} sorts by {run.arm.order_metric}, which these programs lack: load "
                "them by study.run_files.load_training"
            )
        arrange = partial(by_difficulty, corpus=corpus, order=ORDERS[order])
    elif order != SHUFFLED:
        stages = schedule_named(order, run.budget, hardest_share=share)
        assert isinstance(stages, Staged)  # `arms` refuses any other
        characters = run.characters_per_step
        arrange = partial(in_stages, corpus=corpus, schedule=stages, characters=characters)
    return drawn, stream(run.seed, "order"), arrange
