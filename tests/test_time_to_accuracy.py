"""Time to accuracy: curves become rows and a figure, and a finished training is not trained again.

No time is asserted; curves are invented.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from test_figures import texts
from worlds import World, small_run

from benchmarks import time_to_accuracy as benchmark
from benchmarks.compilation import COMPILER_CACHE
from benchmarks.figures.levers import load_curves
from benchmarks.figures.time_to_accuracy import COLOURS, time_to_accuracy
from benchmarks.plans import PLANS, Plan, run_of
from benchmarks.rows import SpeedRow
from benchmarks.settings import Settings
from cl_utils.artifacts import write_artifact
from cl_utils.curriculum.arms import arm_named
from cl_utils.errors import StudyError
from cl_utils.training.loop import Run, Trained
from cl_utils.training.probes import PROGRAMS_PER_BUCKET, Probe
from cl_utils.training.recipes import FAST


def curve(
    place: int, seconds: Sequence[float], accuracies: Sequence[float], seed: int = 0
) -> pd.DataFrame:
    """Return a plan's curve at 100 characters a second."""
    return pd.DataFrame(
        {
            "characters": 100 * np.asarray(seconds),
            "seconds": seconds,
            "execution_exact": accuracies,
            "place": place,
            "plan": f"plan {place}",
            "words": f"words {place}",
            "seed": seed,
            "parameters": 1_000_000,
            "programs": 3_000,
        }
    )


FIRST = curve(0, [100.0, 200.0], [69.58, 79.58])
SOONER = curve(1, [30.0, 60.0], [50.0, 74.58])
NEVER = curve(2, [10.0, 20.0], [30.0, 40.0])


def found(plans: Sequence[pd.DataFrame], unit: str) -> list[SpeedRow]:
    """Return the rows of a unit."""
    return [row for row in benchmark.rows_of(pd.concat(plans), "cpu") if row.unit == unit]


def test_each_plan_is_compared_with_the_first() -> None:
    plans = [FIRST, SOONER, NEVER]
    assert [(row.value, row.reference) for row in found(plans, "s")] == [(150.0, ""), (60.0, "")]
    characters = found(plans, "characters")
    assert [row.value for row in characters] == [15_000.0, 6_000.0]
    assert [row.met for row in characters] == ["", "met"]
    assert characters[1].ratio == pytest.approx(0.4)
    ends = found(plans, "%")
    assert [row.value for row in ends] == [79.58, 74.58, 40.0]
    assert ["not reached" in row.what for row in ends] == [False, False, True]


def test_a_first_plan_that_did_not_get_there_is_compared_at_its_last_accuracy() -> None:
    plans = [NEVER.assign(place=0), SOONER, FIRST.assign(place=2)]
    rows = [row for row in found(plans, "characters") if " to 40 % " in row.what]
    assert [(row.value, row.met) for row in rows] == [
        (2_000.0, ""),
        (3_000.0, "missed"),
        (10_000.0, "missed"),
    ]
    assert [row.reference_value for row in rows[1:]] == [2_000.0, 2_000.0]
    rows = [row for row in found(plans, "characters") if " to 74.58 % " in row.what]
    assert [(row.value, row.met) for row in rows] == [(6_000.0, ""), (15_000.0, "missed")]
    assert (rows[0].reference, rows[1].reference_value) == ("", 6_000.0)
    assert ["not reached" in row.what for row in found(plans, "%")] == [True, False, False]


def test_the_seeds_of_a_plan_make_one_row() -> None:
    others = [curve(1, [30.0, 90.0], [50.0, 74.58], seed=1), curve(1, [20.0], [79.0], seed=2)]
    row = found([FIRST, SOONER, *others], "s")[1]
    assert (row.value, row.low, row.high, row.n) == (60.0, 20.0, 90.0, 3)
    row = found([FIRST, SOONER, *others], "characters")[1]
    assert (row.value, row.reference_value, row.met) == (6_000.0, 15_000.0, "met")
    late = curve(1, [30.0, 90.0], [50.0, 74.57], seed=1)
    plans = [FIRST, SOONER, late]
    assert len(found(plans, "s")) == 1 and "not reached" in found(plans, "%")[1].what
    assert found(plans, "%")[1].low == 74.57


def test_where_no_seed_of_the_first_plan_may_be_missing_its_least_end_counts() -> None:
    seeds = [curve(0, [10.0, 20.0], [30.0, end], seed) for seed, end in enumerate((62.0, 60.0))]
    rows = found([*seeds, SOONER], "characters")
    assert [row.n for row in rows if " to 60 % " in row.what] == [2, 1]
    assert rows[-2].reference_value == 1_968.75  # the median of 1,937.5 and 2,000


def test_the_figure_says_when_each_plan_got_there_and_which_did_not() -> None:
    drawn = time_to_accuracy(pd.concat([FIRST, SOONER, NEVER]), "a machine")
    words = " ".join(" ".join(texts(drawn)).split())
    assert "words 1 1 min to 74.58 % (n = 1)" in words
    assert "words 2 not reached: 40.0 % (n = 1)" in words and "a machine" in words


def test_no_plan_is_without_a_colour() -> None:
    assert len(COLOURS) >= len(PLANS) and len(set(COLOURS)) == len(COLOURS)


def test_the_figure_gives_the_span_of_a_plans_seeds() -> None:
    slower = curve(1, [30.0, 300.0], [50.0, 74.58], seed=1)
    drawn = time_to_accuracy(pd.concat([FIRST, SOONER, slower]), "a machine")
    words = " ".join(" ".join(texts(drawn)).split())
    assert "words 1 1 to 5 min to 74.58 % (n = 2)" in words
    late = curve(1, [30.0, 90.0], [50.0, 74.0], seed=1)
    drawn = time_to_accuracy(pd.concat([FIRST, SOONER, late]), "a machine")
    words = " ".join(" ".join(texts(drawn)).split())
    assert "words 1 reached by 1 of 2: 74.0 to 74.6 % (n = 2)" in words


@pytest.mark.parametrize("steps", [20, 30, 6_000])
def test_a_curve_has_evenly_spaced_points_and_the_end(steps: int) -> None:
    points = sorted(benchmark.curve_steps(steps))
    assert len(points) == benchmark.POINTS and points[-1] == steps
    assert np.ptp(np.diff([0, *points])) <= 1


@pytest.mark.parametrize("name", PLANS)
def test_plans_train_the_papers_model_by_the_recipe_fast_and_its_options(name: str) -> None:
    plan = PLANS[name]
    run = run_of(plan, Settings())
    assert (run.recipe, run.model.layers, run.model.width) == (plan.recipe, 6, 120)
    options = {"convolution": 0, "intermediate_value_weight": 0.0}
    assert replace(run.recipe, name="fast", **options) == FAST  # type: ignore[arg-type]
    assert run.model.convolution == run.recipe.convolution and run.model.heads == 2
    assert run.arm == arm_named(run.name) and run.name == plan.arm
    assert (run.steps, run.characters_per_step) == (plan.steps, plan.characters_per_step)
    assert run_of(plan, Settings(quick=True)).steps < plan.steps
    assert (run.seed, run_of(plan, Settings(), 2)) == (0, replace(run, seed=2))


def test_a_checkpoint_of_another_plan_is_refused(world: World, tmp_path: Path) -> None:
    run, programs = small_run("fast", "baseline"), benchmark.Corpora(world.train, world.validation)
    benchmark.learn(run, programs, tmp_path / "plan.pt")
    with pytest.raises(StudyError, match="belongs to a run with"):
        benchmark.learn(small_run("strong", "baseline"), programs, tmp_path / "plan.pt")


def test_a_finished_training_is_not_trained_again(world: World, tmp_path: Path) -> None:
    programs = benchmark.Corpora(world.train, world.validation)
    checkpoint = tmp_path / "plan.pt"
    run = small_run("fast", "baseline")
    once = benchmark.learn(run, programs, checkpoint)
    again = benchmark.learn(run, programs, checkpoint)
    assert again.seconds == once.seconds
    pd.testing.assert_frame_equal(again.curve, once.curve)
    assert set(once.curve["step"]) == benchmark.curve_steps(run.steps)


def test_every_seed_is_trained_on_the_same_programs_and_leaves_a_curve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World
) -> None:
    monkeypatch.setenv("CURRICULUM_HOME", str(tmp_path))
    seen = []

    def small(plan: Plan, settings: Settings, seed: int) -> Run:
        return replace(small_run("strong", "baseline"), seed=seed)

    def learnt(run: Run, corpora: benchmark.Corpora, checkpoint: Path | None) -> Trained:
        trained = learn(run, corpora, checkpoint)
        seen.append((run.seed, checkpoint, os.environ[COMPILER_CACHE], corpora, trained.model))
        return trained

    learn = benchmark.learn
    monkeypatch.setattr(benchmark, "learn", learnt)
    monkeypatch.setattr(benchmark, "run_of", small)
    corpora = benchmark.Corpora(world.train, world.validation)
    monkeypatch.setattr(benchmark, "balanced_corpora", lambda count, settings: corpora)
    benchmark.train_and_keep("values", [0, 1], Settings())
    seeds, checkpoints, caches, programs, models = zip(*seen, strict=True)
    assert seeds == (0, 1) and programs == (corpora, corpora)
    assert len(set(checkpoints)) == len(set(caches)) == 2
    assert not torch.equal(models[0].head.weight, models[1].head.weight)
    folder = benchmark.folder("cpu", quick=False)
    kept = [load_curves(folder).query("seed == @seed") for seed in seeds]
    assert [len(each) for each in kept] == [small(PLANS["values"], Settings(), 0).steps] * 2
    assert len({path.name for path in folder.glob("values-seed*.csv")}) == 2
    assert (kept[0]["programs"] == len(world.validation)).all()


def test_only_plans_without_a_curve_are_trained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CURRICULUM_HOME", str(tmp_path))
    trained = []

    def invented(name: str, seeds: Sequence[int], settings: Settings) -> None:
        for seed in seeds:
            trained.append((name, seed))
            place = benchmark.folder(run_of(PLANS[name], settings).device, settings.quick)
            table = curve(list(PLANS).index(name), [1.0, 2.0], [10.0, 20.0], seed)
            path = benchmark.curve_path(place, name, seed)
            write_artifact(path, partial(table.to_csv, index=False), params={})

    monkeypatch.setattr(benchmark, "train_and_keep", invented)
    planned = [(name, seed) for name, plan in PLANS.items() for seed in range(plan.seeds)]
    once = [row.what for row in benchmark.rows(Settings())]
    assert trained == planned and all(
        any(f"words {place}" in row for row in once) for place in range(len(PLANS))
    )
    assert [row.what for row in benchmark.rows(Settings())] == once and trained == planned
    next(tmp_path.rglob("values-seed1.csv")).unlink()
    benchmark.rows(Settings())
    assert trained == [*planned, ("values", 1)]


def test_the_whole_test_set_is_looked_at(world: World) -> None:
    many = world.train.take(np.tile(np.arange(len(world.train)), 2))
    of_a_bucket = int((many.buckets == 0).sum())
    assert of_a_bucket > PROGRAMS_PER_BUCKET
    assert len(benchmark.WholeTest(many, "cpu").programs("easy", len(many))) == of_a_bucket
    assert len(Probe(many, "cpu").programs("easy", PROGRAMS_PER_BUCKET)) == PROGRAMS_PER_BUCKET
