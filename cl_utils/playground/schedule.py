"""A schedule of somebody's own: up to three stages, what it draws, and how far it gets.

In: for each stage its length and how much of easy, medium and hard it draws, as weights. Out: the
schedule, a figure of what it draws, and a model that it trained beside one of the baseline, with
the same seed, steps and programs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from cl_utils.curriculum.arms import Arm, arm_named
from cl_utils.curriculum.schedules import Stage, Staged
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import Interrupted, StudyError
from cl_utils.figures.schedule import drawn_mix
from cl_utils.model.gpt import GPT
from cl_utils.report.page_table import PageTable
from cl_utils.report.readable import readable
from cl_utils.training.loop import train
from cl_utils.training.probes import Probe
from cl_utils.training.run import Run

Say = Callable[[Any], None]
RIGHT, LOSS = "right (%)", "nats per character"


class Weights(NamedTuple):
    """One stage, in weights: only their ratios count. A length of 0 leaves the stage out."""

    length: float
    easy: float
    medium: float
    hard: float


def edited(steps: int, stages: Sequence[Weights]) -> Staged:
    """Return the schedule that draws these stages over `steps` steps.

    Raises StudyError when no stage has a length, when one that has draws nothing or is too short
    for a step, and for numbers that are negative or not finite.
    """
    for place, stage in enumerate(stages, start=1):
        for name, value in Weights(*stage)._asdict().items():
            if not 0 <= value < math.inf:
                raise StudyError(
                    f"stage {place} has {name}={value}: give a finite number that is not negative"
                )
    kept = [Weights(*stage) for stage in stages if stage[0] > 0]
    if not kept:
        raise StudyError("no stage has a length: give one of them more than 0")
    total = sum(stage.length for stage in kept)
    made = (
        Stage(name=f"stage {place}", share=stage.length / total, mix=mix_of(stage, place))
        for place, stage in enumerate(kept, start=1)
    )
    return Staged(steps, tuple(made))


def mix_of(stage: Weights, place: int) -> dict[str, float]:
    """Return the share of each bucket that a stage draws, those of 0 left out."""
    weights = dict(zip(BUCKETS, stage[1:], strict=True))
    total = sum(weights.values())
    if total <= 0:
        raise StudyError(f"stage {place} draws nothing: give one of its buckets more than 0")
    return {bucket: weight / total for bucket, weight in weights.items() if weight > 0}


def mix_figure(steps: int, stages: Sequence[Weights]) -> Figure:
    """Return what these stages draw over the steps, stacked; raise StudyError as `edited` does."""
    schedule = edited(steps, stages)
    mixes = [schedule.mix(step) for step in range(steps)]
    shares = [[mix.get(bucket, 0.0) for bucket in BUCKETS] for mix in mixes]
    return drawn_mix(np.asarray(shares), schedule.boundaries())


def edited_run(run: Run, stages: Sequence[Weights]) -> Run:
    """Return the run that draws these stages, alike in all else; it replays them as a record."""
    schedule = edited(run.steps, stages)
    recorded = [(start, schedule.mix(start)) for start in schedule.boundaries()]
    return replace(run, name="yours", arm=Arm(yoked="yours"), recorded=recorded)


def trained_beside_baseline(
    run: Run,
    stages: Sequence[Weights],
    corpus: Corpus,
    validation: Corpus,
    *,
    steps: int | None = None,
    say: Say = lambda told: None,
) -> pd.DataFrame:
    """Train these stages and the baseline; return both on the validation programs, by bucket.

    Columns: the share of outputs right, and the loss of an output character, of each. The two
    differ in what they draw alone. `run` gives model, recipe, seed and, without `steps`, the steps.
    Raises Interrupted when somebody stopped it before these stages were trained.
    """
    steps = run.steps if steps is None else steps
    if steps < 1:
        raise StudyError(f"steps={steps}: train 1 or more")
    run = replace(run, steps=steps, name="baseline", arm=arm_named("baseline"))
    runs = [run, edited_run(run, stages)]
    measured: dict[str, pd.DataFrame] = {}
    for each in runs:
        trained = train(each, corpus, validation, report=say)
        if trained.stop_asked and each is not runs[-1]:
            raise Interrupted("stopped after the baseline: train again to start over")
        probe = Probe(validation, torch.device(each.device))
        measured[each.name] = by_bucket(trained.model, probe)
    table = pd.concat(measured, axis=1).swaplevel(axis=1)
    return table[[(column, each.name) for column in (RIGHT, LOSS) for each in runs]]


def beside_baseline_shown(table: pd.DataFrame) -> PageTable:
    """Return what `trained_beside_baseline` returns to look at."""
    named = table.set_axis([f"{which}, {measure}" for measure, which in table.columns], axis=1)
    return readable(named, index="bucket", digits=2)


def by_bucket(model: GPT, probe: Probe) -> pd.DataFrame:
    """Return outputs right (percent) and loss of a model on each bucket, and their means."""
    seen = probe.measure(model.eval(), BUCKETS)
    rows = {bucket: (100 * each.accuracy, each.output_loss) for bucket, each in seen.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[RIGHT, LOSS])
    table.loc["mean"] = table.mean()
    return table.rename_axis("bucket")


def for_sliders(stages: Sequence[Weights], most: int) -> list[Weights]:
    """Return stages in the same ratios, as nearly as whole numbers from 0 to `most` have them.

    Lengths are scaled together, and the buckets of each stage; what fits stays as it is.
    """
    given = [Weights(*stage) for stage in stages]
    lengths = _whole([stage.length for stage in given], most)
    return [
        Weights(length, *_whole(stage[1:], most))
        for stage, length in zip(given, lengths, strict=True)
    ]


def _whole(weights: Sequence[float], most: int) -> list[int]:
    """Return weights as whole numbers up to `most`; one above 0 stays above 0."""
    largest = max(weights, default=0)
    fits = largest <= most and all(float(weight).is_integer() for weight in weights)
    scale = 1 if fits or largest <= 0 else most / largest
    return [max(1, round(weight * scale)) if weight > 0 else 0 for weight in weights]


def stages_of(values: Mapping[str, float], count: int) -> list[Weights]:
    """Return the stages that sliders named `length_1`, `easy_1` and so on stand for."""
    return [
        Weights(*(values[f"{field}_{place}"] for field in Weights._fields))
        for place in range(1, count + 1)
    ]
