"""An unfinished study claims nothing, wherever its rows are shown.

In: invented results of more or fewer seeds than were declared. Out: a failure where a claim is made
before all of them are there, or where so few seeds get an interval.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from factories import every_arm
from test_rates import four
from test_settings_page import invented, raised

from cl_utils.report.in_short import (
    UNFINISHED,
    answer,
    declared_of_answers,
    questions_titled,
    words,
)
from cl_utils.report.open_questions import open_lines
from cl_utils.report.pages import readme
from cl_utils.report.questions import adaptive_contrasts, contrasts_with_baseline
from cl_utils.report.rates import by_recipe, rate_changes
from cl_utils.report.settings import Setting
from cl_utils.stats import FACTORIAL, contrast_table, factorial_effects, mean_interval, standing
from cl_utils.stats.contrasts import as_interim, declared_seeds, interim_contrasts
from cl_utils.stats.factorial import interim_effects

PAIR = ("hybrid", "baseline")
BETTER = raised(every_arm(), "hybrid", 30.0).measures  # eight seeds, a claim beyond doubt
ALL = dict.fromkeys(FACTORIAL.values(), range(8))


def called(rows: pd.DataFrame, arm: str = "hybrid") -> str:
    """Return what the row of an arm may be called."""
    return standing(rows[rows["arm"] == arm].iloc[0])


@pytest.mark.parametrize(("declared", "expected"), [(8, "claim"), (9, "trend")])
def test_a_contrast_is_a_claim_with_all_its_declared_seeds_only(
    declared: int, expected: str
) -> None:
    seeds = dict.fromkeys(PAIR, range(declared))
    rows = contrast_table(BETTER, contrasts=[PAIR])
    assert called(interim_contrasts(rows, seeds)) == expected
    assert called(contrasts_with_baseline(BETTER, [PAIR], ["hybrid"], seeds)) == expected
    own = ("mastery", "yoked-mastery")
    better = raised(every_arm(), "mastery", 30.0)
    eight = better.measures[better.measures["seed"] < 3]
    adaptive = adaptive_contrasts(eight, [own], dict.fromkeys(own, range(declared)))
    assert called(adaptive[adaptive["reference"] == own[1]], "mastery") != "claim"


def test_effects_of_an_arm_that_was_not_declared_are_no_claims() -> None:
    """To leave an arm out of the params file must not turn a trend into a claim."""
    effects = factorial_effects(raised(every_arm(), "hybrid", 60.0).measures)
    order = effects[effects["effect"] == "order"]
    assert standing(order.iloc[0]) == "claim"
    whole = interim_effects(order, ALL)
    assert standing(whole.iloc[0]) == "claim" and list(whole["declared"]) == [8]
    part = {arm: n for arm, n in ALL.items() if arm != "hybrid-norestart"}
    assert standing(interim_effects(order, part).iloc[0]) == "trend"
    assert interim_effects(order, {}) is order  # nothing is known of any arm
    assert list(as_interim(order, 0)["at_most"]) == ["trend"]


def test_changes_with_the_rate_wait_for_all_seeds_too() -> None:
    rates = by_recipe(four(60.0))["fast"]
    rows = rate_changes(rates)
    assert "claim" in [standing(row) for _, row in rows.iterrows()]
    more = {name: replace(each, planned=9) for name, each in rates.items()}
    assert "claim" not in [standing(row) for _, row in rate_changes(more).iterrows()]


def test_what_stays_open_lists_contrasts_whose_seeds_are_missing() -> None:
    head = "Declared and a trend, no claim: hybrid against baseline."
    assert head not in open_lines(BETTER, [PAIR], dict.fromkeys(PAIR, range(8)))
    assert head in open_lines(BETTER, [PAIR], dict.fromkeys(PAIR, range(9)))


def setting(seeds: dict[str, range]) -> Setting:
    """Return a setting whose params file declares these seeds."""
    return replace(invented("x", every_arm()), planned=max(map(len, seeds.values())), seeds=seeds)


def test_seeds_are_counted_against_those_of_the_arms_that_answer() -> None:
    """An arm of more seeds elsewhere makes no answer unfinished."""
    more = setting({**ALL, "random-buckets": range(13)})
    assert set(declared_of_answers(more)) == {8}
    assert "declared" not in readme.table([more]).splitlines()[0]
    later = setting(dict.fromkeys(ALL, range(13)))
    assert readme.table([later]).splitlines()[0].endswith("n = 8 of 13 declared |")
    (question,) = questions_titled({"The paper's question": ""})
    row = answer(later, question)
    assert row is not None and row["declared"] == 13
    nothing = pd.Series({**row, "low": -1.0, "high": 1.0, "p_holm": 1.0, "p_equivalence_holm": 1.0})
    assert words(nothing) == UNFINISHED and "no difference" in words(nothing.drop("declared"))


def test_arms_declared_with_some_seeds_are_compared_over_those_that_both_have() -> None:
    """Seeds 3 to 7 of one and 0 to 7 of the other: five pairs, and two from the sixth on."""
    seeds = {"hybrid": range(3, 8), "baseline": range(8)}
    assert declared_seeds(seeds, PAIR) == 5 and declared_seeds(seeds, PAIR, first=6) == 2
    assert declared_seeds(seeds, ["hybrid", "mastery"]) == 0 == declared_seeds(seeds, [])
    later = replace(setting(seeds), declared=[PAIR])
    assert later.planned_of(PAIR) == 5 and later.planned_of(PAIR, first=8) == 0


def test_two_seeds_have_a_mean_and_no_interval() -> None:
    """Their spread is chance, so theirs might be the narrowest interval of all."""
    two, three = mean_interval([1.0, 1.1]), mean_interval([1.0, 1.1, 1.2])
    assert two.mean == pytest.approx(1.05) and two.n == 2
    assert np.isnan(two.low) and np.isnan(two.high) and three.low < three.high
