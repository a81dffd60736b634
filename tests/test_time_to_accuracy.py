"""Time to accuracy: curves become rows and a figure, and a finished training is not trained again.

No time is asserted; curves are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_figures import texts
from worlds import World, small_run

from benchmarks import time_to_accuracy as benchmark
from benchmarks.settings import Settings
from cl_utils.figures.time_to_accuracy import time_to_accuracy
from cl_utils.probes import PROGRAMS_PER_BUCKET, Probe


def curve(place: int, seconds: Sequence[float], accuracies: Sequence[float]) -> pd.DataFrame:
    """Return a plan's curve at 100 characters a second."""
    return pd.DataFrame(
        {
            "characters": 100 * np.asarray(seconds),
            "seconds": seconds,
            "execution_exact": accuracies,
            "place": place,
            "plan": f"plan {place}",
            "words": f"words {place}",
            "parameters": 1_000_000,
            "programs": 3_000,
        }
    )


FIRST = curve(0, [100.0, 200.0], [69.58, 79.58])
SOONER = curve(1, [30.0, 60.0], [50.0, 74.58])
NEVER = curve(2, [10.0, 20.0], [30.0, 40.0])


def test_each_plan_is_compared_with_the_first() -> None:
    rows = benchmark.rows_of(pd.concat([FIRST, SOONER, NEVER]), "cpu")
    seconds = [row for row in rows if row.unit == "s"]
    assert [row.value for row in seconds] == [150.0, 60.0]
    assert [row.met for row in seconds] == ["", "met"]
    assert seconds[1].ratio == pytest.approx(0.4)
    assert [row.value for row in rows if row.unit == "characters"] == [15_000.0, 6_000.0]
    assert [row.value for row in rows if row.unit == "%"] == [79.58, 74.58, 40.0]
    assert ["not reached" in row.what for row in rows if row.unit == "%"] == [False, False, True]


def test_nothing_is_compared_with_a_first_plan_that_did_not_get_there() -> None:
    never_first = NEVER.assign(place=0)
    rows = benchmark.rows_of(pd.concat([never_first, SOONER]), "cpu")
    assert [(row.value, row.reference) for row in rows if row.unit == "s"] == [(60.0, "")]


def test_the_figure_says_when_each_plan_got_there_and_which_did_not() -> None:
    drawn = time_to_accuracy(pd.concat([FIRST, SOONER, NEVER]), "a machine")
    words = " ".join(" ".join(texts(drawn)).split())
    assert "words 1 1 min to 74.58 %" in words and "words 2 not reached: 40.0 %" in words
    assert "n = 1 seed" in words and "a machine" in words


@pytest.mark.parametrize("steps", [20, 30, 6_000])
def test_a_curve_has_evenly_spaced_points_and_the_end(steps: int) -> None:
    points = sorted(benchmark.curve_steps(steps))
    assert len(points) == benchmark.POINTS and points[-1] == steps
    assert np.ptp(np.diff([0, *points])) <= 1


def test_plans_train_the_papers_model_by_the_recipe_fast() -> None:
    for plan in benchmark.PLANS.values():
        run = benchmark.run_of(plan, Settings())
        assert (run.recipe.name, run.model.layers, run.model.width) == ("fast", 6, 120)
        assert (run.steps, run.characters_per_step) == (plan.steps, plan.characters_per_step)
        assert benchmark.run_of(plan, Settings(quick=True)).steps < plan.steps


def test_a_finished_training_is_not_trained_again(world: World, tmp_path: Path) -> None:
    programs = benchmark.World(world.train, world.validation)
    checkpoint = tmp_path / "plan.pt"
    run = small_run("fast", "baseline")
    once = benchmark.learn(run, programs, checkpoint)
    again = benchmark.learn(run, programs, checkpoint)
    assert again.seconds == once.seconds
    pd.testing.assert_frame_equal(again.curve, once.curve)
    assert set(once.curve["step"]) == benchmark.curve_steps(run.steps)


def test_the_whole_test_set_is_looked_at(world: World) -> None:
    many = world.train.take(np.tile(np.arange(len(world.train)), 2))
    of_a_bucket = int((many.buckets == 0).sum())
    assert of_a_bucket > PROGRAMS_PER_BUCKET
    assert len(benchmark.WholeTest(many, "cpu").programs("easy", len(many))) == of_a_bucket
    assert len(Probe(many, "cpu").programs("easy", PROGRAMS_PER_BUCKET)) == PROGRAMS_PER_BUCKET
