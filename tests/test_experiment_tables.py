"""Tables and figures of experiments: n and intervals are said, and who did not get there.

In: invented curves. Out: rows, Markdown and figures that say the right numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isinf

import numpy as np
import pandas as pd
import pytest
from refusals import refusal
from test_figures import texts

from cl_utils.experiments.ablation import worth_of_parts
from cl_utils.experiments.minutes import accuracy_by_minutes
from cl_utils.experiments.tables import (
    ends_markdown,
    fewer_characters,
    fewer_sentence,
    interval_mean_text,
    levels,
    mean_to_reach_text,
    times,
    times_markdown,
    trainings,
    worth_markdown,
)
from cl_utils.figures.described import description_of
from cl_utils.stats import mean_interval
from cl_utils.stats.reached import crossing


def curve(
    name: str, accuracies: Sequence[float], seed: int = 0, seconds: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return a curve at 100 characters per second, measured each second, or at `seconds`."""
    points = np.asarray(seconds if seconds else np.arange(1, len(accuracies) + 1), dtype=float)
    named = {"variant": name, "words": f"words {name}", "group": "added", "seed": seed}
    return pd.DataFrame(
        {
            "characters": 100 * points,
            "seconds": points,
            "execution_exact": accuracies,
            "parameters": 1_000_000,
            "programs": 3_000,
            **named,
        }
    )


FIRST = curve("first", [69.58, 79.58], seconds=[100.0, 200.0])
SOONER = curve("sooner", [50.0, 74.58], seconds=[30.0, 60.0])
NEVER = curve("never", [30.0, 40.0], seconds=[10.0, 20.0])


def test_a_crossing_lies_straight_between_two_points() -> None:
    rising = curve("fast", [10.0, 30.0, 70.0, 60.0])
    assert crossing(rising, "characters", 50.0) == 250.0
    assert crossing(rising, "seconds", 70.0) == 3.0
    assert crossing(rising, "characters", 5.0) == 100.0
    assert crossing(rising, "characters", 71.0) == inf


def test_intervals_are_of_student_and_only_from_three_seeds_on() -> None:
    values = [60.0, 62.0, 67.0]
    found = mean_interval(values)
    assert interval_mean_text(values, 1) == f"63.0 ({found.low:.1f} to {found.high:.1f})"
    assert (
        interval_mean_text(values[:2], 1) == "61.0"
        and interval_mean_text([2.0], 1, sign=True) == "+2.0"
    )
    assert mean_to_reach_text([1.0, inf, 2.0], 1) == "reached by 2 of 3"
    assert mean_to_reach_text([inf], 1) == "not reached"


def test_the_table_of_parts_pairs_seeds() -> None:
    fast = [curve("fast", [40.0, end], seed) for seed, end in enumerate((60.0, 70.0, 80.0))]
    more = [curve("more", [40.0, end], seed) for seed, end in enumerate((61.0, 71.0, 81.0))]
    lines = worth_markdown(pd.concat([*fast, *more]), "fast").splitlines()
    assert lines[2].startswith("| words fast | 3 |") and lines[2].endswith("| – |")
    assert lines[3].endswith("| +1.0 (+1.0 to +1.0) |")


def test_rows_and_figure_say_who_did_not_get_there() -> None:
    fast = [curve("fast", [40.0, 60.0]), curve("fast", [20.0, 40.0], seed=1)]
    less = [curve("less", [5.0, 9.0]), curve("less", [5.0, 8.0], seed=1)]
    rows = trainings(pd.concat([*fast, *less])).set_index(["variant", "seed"])
    assert rows.loc[("fast", 0), "characters"] == 150.0
    assert isinf(rows.loc[("fast", 1), "characters"])
    assert rows["final"].tolist() == [60.0, 40.0, 9.0, 8.0]
    drawn = worth_of_parts(pd.concat([*fast, *less]), "fast", "added")
    words = list(texts(drawn))
    assert words.count("reached by 1 of 2") == 1 and words.count("not reached") == 1
    assert "n = 2 seeds per row" in description_of(drawn).notes


def test_fewer_characters_are_those_to_where_the_slow_recipe_ends() -> None:
    slow = [curve("paper", [0.0, 10.0, 30.0]), curve("paper", [0.0, 10.0, 40.0], seed=1)]
    fast = [curve("fast", [30.0, 50.0, 70.0]), curve("fast", [20.0, 60.0, 70.0], seed=1)]
    alone = curve("paper", [0.0, 10.0, 40.0], seed=2)
    found = fewer_characters(pd.concat([*slow, *fast, alone]), "paper", "fast")
    assert found["ratio"].tolist() == [3.0, 2.0]
    assert "times fewer" in fewer_sentence(pd.concat([*slow, *fast]), "paper", "fast")
    assert fewer_sentence(pd.concat([slow[0], fast[1]]), "paper", "fast") == ""


def test_where_the_fast_recipe_never_gets_there_no_ratio_is_told() -> None:
    slow = [curve("paper", [0.0, 10.0, 30.0], seed) for seed in range(3)]
    ends = {0: 70.0, 1: 29.0, 2: 29.0}
    fast = [curve("fast", [10.0, end], seed) for seed, end in ends.items()]
    said = fewer_sentence(pd.concat([*slow, *fast]), "paper", "fast")
    assert "characters, 30.0 %, is reached by 1 of 3 with recipe fast (n = 3 seeds)." in said
    assert "inf" not in said and "times" not in said
    said = fewer_sentence(pd.concat([*slow[1:], *fast[1:]]), "paper", "fast")
    assert "is not reached with recipe fast (n = 2 seeds)." in said


def test_plans_are_compared_with_the_first_that_got_there() -> None:
    curves = pd.concat([FIRST, SOONER, NEVER])
    assert levels(curves) == [74.58]
    table = times(curves, 74.58)
    assert table["seconds"].tolist() == [150.0, 60.0, inf]
    assert table["ratio"].tolist()[:2] == [1.0, pytest.approx(0.4)]
    assert levels(pd.concat([NEVER, FIRST])) == [40.0, 74.58]
    assert times(pd.concat([NEVER, FIRST]), 74.58)["ratio"].tolist() == [inf, 1.0]
    late = curve("sooner", [50.0, 74.57], seed=1, seconds=[30.0, 90.0])
    assert isinf(times(pd.concat([FIRST, SOONER, late]), 74.58).loc["sooner", "seconds"])
    lines = times_markdown(curves).splitlines()
    assert "| 74.58 | 1 | 2.5 | 2.5 |" in lines[2] and "not reached" in lines[4]
    assert "| words first | 1,000,000 | 1 | 3.3 | 79.6 |" in ends_markdown(curves)


def test_the_figure_says_when_each_plan_got_there_and_which_did_not() -> None:
    seeds = [curve("sooner", [50.0, 74.58], n, [30.0, 60.0 * (n + 1)]) for n in range(3)]
    late = curve("late", [50.0, 74.0], seed=1, seconds=[30.0, 90.0])
    got = SOONER.assign(variant="late", words="words late")
    drawn = accuracy_by_minutes(pd.concat([FIRST, *seeds, NEVER, got, late]), "a machine")
    words = " ".join([*texts(drawn), description_of(drawn).caption])
    words = " ".join(words.split())
    assert "words first 2.5 min to 74.58 % (n = 1)" in words
    assert "words sooner 2.0 (−0.5 to 4.5) min to 74.58 % (n = 3)" in words
    assert "words never not reached: 40.0 % at the end (n = 1)" in words and "a machine" in words
    assert "words late reached by 1 of 2: 74.3 % at the end (n = 2)" in words


def test_every_plan_has_a_panel_with_the_first_plan_in_grey() -> None:
    drawn = accuracy_by_minutes(pd.concat([FIRST, SOONER, NEVER]), "a machine")
    assert [len(axes.lines) for axes in drawn.axes] == [3, 4, 3]  # mark, first plan, own, when
    assert {axes.get_xlim() for axes in drawn.axes} == {drawn.axes[0].get_xlim()}


def test_a_figure_without_its_reference_or_group_says_which() -> None:
    fast, less = curve("fast", [40.0, 60.0]), curve("less", [5.0, 9.0])
    assert "no curve of group added" in refusal(lambda: worth_of_parts(fast, "fast", "added"))
    assert "no curve of variant fast" in refusal(lambda: worth_of_parts(less, "fast", "added"))


def test_one_plan_alone_has_a_panel() -> None:
    drawn = accuracy_by_minutes(FIRST, "a machine")
    assert len(drawn.axes) == 1 and "Words first" in description_of(drawn).result
