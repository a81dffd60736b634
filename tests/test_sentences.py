"""Sentences and cells on contrasts and metrics: no more than n and p allow."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from cl_utils.labels.numbers import count_text, rho_text
from cl_utils.report.sentences import contrast_sentence, contrasts_markdown, metric_sentence


def contrast(**changes: object) -> pd.Series:
    """Return a contrast row of five seeds with `changes`."""
    row: dict[str, object] = {"arm": "hybrid", "reference": "baseline", "n": 5, "family": 1}
    row |= {"difference": 2.0, "low": 1.0, "high": 3.0, "p_holm": 0.2, "p_least": 0.0625}
    return pd.Series(row | {"p_equivalence_holm": 0.9, "at_most": "claim"} | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"p_holm": 0.01}, "**Claim**: hybrid is above baseline (+2.0 points; 95 % interval +1.0"),
        ({"p_holm": 0.01, "difference": -2.0}, "**Claim**: hybrid is below baseline"),
        (
            {"p_holm": 0.01, "p_equivalence_holm": 0.01},
            "**Claim**: hybrid is above baseline, but by less than 1 point (",
        ),
        ({"p_equivalence_holm": 0.01}, "**Claim**: hybrid is equivalent to baseline within ±1"),
        ({"p_equivalence_holm": 0.01}, "; equivalence p after Holm 0.010; n = 5"),
        ({}, "**Trend**: hybrid is above baseline by its interval only, not by p after Holm"),
        ({"n": 4, "at_most": "trend"}, "**Trend**: hybrid is above baseline by its interval"),
        ({"low": -1.0}, "**Undecided**: no difference between hybrid and baseline is shown"),
        (
            {"n": 2, "at_most": "single runs"},
            "**Single runs**: hybrid and baseline cannot be told",
        ),
        ({"p_least": 0.3125}, "p after Holm 0.200 (possible p 0.312)"),
        ({"p_least": 0.004}, "p after Holm 0.200; n = 5 paired seeds"),
        ({"n": 1, "p_holm": nan, "p_least": nan, "low": nan, "high": nan}, "points; n = 1 paired"),
    ],
)
def test_verdict_follows_the_tests(changes: dict[str, object], words: str) -> None:
    """Five seeds are no licence to claim a difference that the test does not show."""
    assert words in contrast_sentence(contrast(**changes))


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({"p_holm": 0.01}, "+2.0 (+1.0 to +3.0) | 0.010 | 0.062 | 5 | claim: higher"),
        ({"p_equivalence_holm": 0.01}, "claim: equal within ±1 (p 0.010)"),
        ({"exploratory": True, "at_most": "trend"}, "exploratory trend: higher, by the interval"),
        ({"low": nan, "high": nan, "p_holm": nan, "p_least": nan, "n": 1}, "+2.0 | – | – | 1 |"),
    ],
)
def test_a_table_says_the_same_in_cells(changes: dict[str, object], cells: str) -> None:
    lines = contrasts_markdown(contrast(**changes).to_frame().T, ["a − b"]).splitlines()
    assert lines[2].startswith("| a − b |") and cells in lines[2]
    assert {line.count("|") for line in lines} == {7}


def metric(low: float, high: float) -> pd.Series:
    """Return a row of `stats.metric_validity`."""
    row = {"metric": "overall_metric", "rho": (low + high) / 2, "low": low, "high": high}
    return pd.Series(row | {"seed_low": low, "seed_high": high, "programs": 3000, "seeds": 3})


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.3, "orders programs as the baseline finds them hard"),
        (-0.3, -0.1, "inverted"),
        (-0.1, 0.1, "is not shown to order programs"),
    ],
)
def test_a_metric_is_called_a_measure_only_if_its_interval_says_so(
    low: float, high: float, words: str
) -> None:
    sentence = metric_sentence(metric(low, high))
    assert words in sentence and f"{low:+.2f} to {high:+.2f}" in sentence
    assert "n = 3,000 test programs, 3 seeds" in sentence


def test_a_metric_that_is_constant_is_not_called_a_measure() -> None:
    sentence = metric_sentence(metric(nan, nan))
    assert "orders nothing" in sentence and "nan" not in sentence


def test_two_digits_never_hide_a_sign() -> None:
    assert [rho_text(rho) for rho in (-0.0012, 0.0049, 0.05)] == ["-0.001", "+0.005", "+0.05"]


def test_one_is_counted_in_the_singular() -> None:
    assert [count_text(n, "seed") for n in (0, 1, 8)] == ["0 seeds", "1 seed", "8 seeds"]
