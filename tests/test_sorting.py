"""What is said of sorted programs: only declared orders, and no more than their seeds allow."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from factories import synthetic_results
from test_settings_page import invented, raised

from cl_utils.labels.numbers import points_text
from cl_utils.report.pages.advice import advice_page
from cl_utils.report.pages.advice_texts import SORTING
from cl_utils.report.settings import Setting
from cl_utils.report.sorting import sorted_orders, sorting_sentence
from cl_utils.study.results import Results

DECLARED = [("easy-to-hard", "baseline"), ("stair", "baseline"), ("hybrid", "baseline")]


@cache
def invented_runs() -> Results:
    """Return the results of three orders, made once; leave them as they are."""
    arms = ["baseline", "hybrid", "easy-to-hard", "stair", "folding"]
    return synthetic_results(arms, list(range(8)), programs=10)


def sorting(points: dict[str, float]) -> Setting:
    """Return a setting whose orders are so many points above what they were."""
    results = invented_runs()
    for arm, more in points.items():
        results = raised(results, arm, more)
    return replace(invented("x", results), declared=DECLARED)


def test_orders_that_were_not_declared_are_left_out() -> None:
    assert [order for order, *_ in sorted_orders([sorting({})])] == ["easy to hard", "stair"]


def test_a_loss_and_a_gain_are_told_apart() -> None:
    line = sorting_sentence([sorting({"easy-to-hard": -40.0, "stair": 40.0})])
    assert line.startswith(
        "- **All programs sorted by difficulty, against random order, with 0.20M"
    )
    assert "accuracy is lower (claim) for easy to hard; " in line
    assert "accuracy is higher (claim) for stair, from -" in line
    assert line.endswith(" points, n = 8.") and "folding" not in line


def test_orders_that_show_the_same_are_counted_and_both_ends_have_their_intervals() -> None:
    setting = sorting({"easy-to-hard": -50.0, "stair": -40.0})
    rows = [row for *_, row in sorted_orders([setting])]
    low, high = sorted(rows, key=lambda row: row["difference"])
    assert sorting_sentence([setting]).endswith(
        f": accuracy is lower (claims) in all 2 orders, from {points_text(low)} "
        f"to {points_text(high)} points, n = 8."
    )


def test_the_advice_follows_what_was_shown() -> None:
    def said(points: dict[str, float]) -> str:
        return advice_page([], [sorting(points)]).partition(f"## {SORTING.title}")[2]

    lost = {"easy-to-hard": -40.0, "stair": -40.0, "hybrid": 0.0}
    assert f"{SORTING.harms} Shown in 2 of 2 orders, all against the same baseline runs." in said(
        lost
    )
    assert SORTING.mixed in said({"easy-to-hard": -40.0, "stair": 40.0})
    assert f"{SORTING.helps} Shown in 2 of 2 orders, all against the same baseline runs." in said(
        {"easy-to-hard": 40.0, "stair": 40.0}
    )
    assert "- stair, 0.20M parameters" in said(lost) and "folding" not in said(lost)


def test_without_rows_nothing_is_said() -> None:
    assert sorting_sentence([]) == ""
    unsorted = invented_runs().of_arms(["baseline", "hybrid"])
    assert sorting_sentence([invented("x", unsorted)]) == ""
    assert SORTING.title not in advice_page([], [])
