"""The generated README parts: numbers from rows, honest words, markers."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest
from factories import SCHEDULES, synthetic_results

from cl_utils.errors import StudyError
from cl_utils.report import (
    contrast_sentence,
    figure_captions,
    metric_sentence,
    replace_section,
    results_markdown,
)
from cl_utils.results import main_table
from cl_utils.stats import contrast_table

STUDY = synthetic_results(SCHEDULES, [0, 1, 2], programs=10)


def contrast(**changes: object) -> pd.Series:
    """Return a contrast row of five seeds with `changes`."""
    row: dict[str, object] = {"arm": "hybrid", "reference": "baseline", "n": 5, "family": 1}
    row |= {"difference": 2.0, "low": 1.0, "high": 3.0, "p_holm": 0.2, "p_smallest": 0.0625}
    return pd.Series(row | {"p_equivalence_holm": 0.9, "strength": "claim"} | changes)


def test_numbers_come_from_the_rows() -> None:
    """Mean, half-width and difference of every arm stand in its line."""
    text = results_markdown(STUDY, contrast_table(STUDY.measures), "laptop")
    for arm, row in main_table(STUDY).iterrows():
        line = next(line for line in text.splitlines() if line.startswith(f"| {arm} |"))
        assert f"{row['macro']:.1f} ± {row['macro_half_width']:.1f}" in line
        assert arm == "baseline" or f"{row['difference']:+.1f}" in line
    assert "`laptop`" in text and text.count("\n- **") == len(SCHEDULES) - 1
    assert "**Claim**" not in text


def test_only_the_papers_own_numbers_are_quoted() -> None:
    """74.58 and 79.23 beside their arms; numbers quoted by others nowhere."""
    text = results_markdown(STUDY, contrast_table(STUDY.measures), "laptop")
    lines = {line.split(" | ")[0]: line for line in text.splitlines()}
    assert "74.58" in lines["| baseline"] and "79.23" in lines["| hybrid"]
    assert text.count("74.58") == text.count("79.23") == 1
    assert not any(number in text for number in ("81.23", "81.27", "61.78", "74.04"))
    assert "not quoted" in text


def test_one_seed_reports_without_intervals() -> None:
    """No half-width, no p, and the words "single runs"."""
    study = synthetic_results(["baseline", "hybrid"], [0], programs=10)
    text = results_markdown(study, contrast_table(study.measures), "smoke")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    assert "±" not in table and "nan" not in text
    assert "**Single runs**" in text and "n = 1 paired seed)" in text


def test_report_without_contrasts_is_a_table() -> None:
    """A study with one arm has no sentences."""
    study = synthetic_results(["baseline"], [0, 1], programs=10)
    assert "- **" not in results_markdown(study, contrast_table(study.measures), "smoke")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"p_holm": 0.01}, "**Claim**: hybrid is above baseline (+2.0 points; 95 % interval +1.0"),
        ({"p_holm": 0.01, "difference": -2.0}, "**Claim**: hybrid is below baseline"),
        ({"p_equivalence_holm": 0.01}, "**Claim**: hybrid is equivalent to baseline within ±1"),
        ({}, "**Trend**: hybrid is above baseline by its own interval, not after Holm"),
        ({"n": 4, "strength": "trend"}, "**Trend**: hybrid is above baseline by its own interval"),
        ({"low": -1.0}, "**Undecided**: no difference between hybrid and baseline is shown"),
        (
            {"n": 2, "strength": "single runs"},
            "**Single runs**: hybrid and baseline cannot be told",
        ),
        ({"family": 5}, "p after Holm 0.200 (least possible: 0.312)"),
        ({"p_smallest": 0.001}, "p after Holm 0.200; n = 5 paired seeds"),
    ],
)
def test_verdict_follows_the_tests(changes: dict[str, object], words: str) -> None:
    """Five seeds are no licence to claim a difference that the test does not show."""
    assert words in contrast_sentence(contrast(**changes))


def test_declared_pairs_name_both_arms_in_the_order_of_their_declaration() -> None:
    """One arm may stand in several contrasts."""
    pairs = [("mastery", "hybrid"), ("hybrid", "baseline"), ("mastery", "baseline")]
    text = results_markdown(STUDY, contrast_table(STUDY.measures, contrasts=pairs), "laptop")
    sentences = [line for line in text.splitlines() if line.startswith("- **")]
    assert len(sentences) == 3
    for sentence, pair in zip(sentences, pairs, strict=True):
        assert all(arm in sentence for arm in pair)


def test_a_metric_that_is_constant_is_not_called_a_measure() -> None:
    row = {"seed": "pooled", "rho": nan, "low": nan, "high": nan, "programs": 9, "seeds": 3}
    sentence = metric_sentence(pd.DataFrame([row]), "nesting depth")
    assert "orders nothing" in sentence and "nan" not in sentence


def test_replace_section_touches_only_its_body() -> None:
    """Around the markers nothing changes, and doing it twice changes nothing."""
    text = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n"
    once = replace_section(text, "x", "new\n")
    assert once == "a\n<!-- generated: x -->\nnew\n<!-- end: x -->\nb\n"
    assert replace_section(once, "x", "new") == once


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- generated: x -->",
        "<!-- end: x --> <!-- generated: x -->",
        "<!-- generated: x --> <!-- generated: x --> <!-- end: x -->",
    ],
)
def test_missing_markers_are_told(text: str) -> None:
    """The message shows both markers."""
    with pytest.raises(StudyError, match="generated: x.*end: x"):
        replace_section(text, "x", "new")


def test_captions_state_n() -> None:
    """One caption a figure; without rows none."""
    captions = figure_captions(STUDY)
    assert all("n = 3 seeds" in caption for caption in captions.values())
    assert "learning_curves_seconds" in captions
    bare = synthetic_results(["baseline"], [0], programs=10)
    empty = type(bare)(bare.measures, bare.curves.head(0), bare.history, bare.programs)
    assert "learning_curves" not in figure_captions(empty)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.3, "orders programs as the baseline finds them hard"),
        (-0.3, -0.1, "against what the baseline finds hard"),
        (-0.1, 0.1, "is not shown to order programs"),
    ],
)
def test_a_metric_is_called_a_measure_only_if_its_interval_says_so(
    low: float, high: float, words: str
) -> None:
    row = {"seed": "pooled", "rho": (low + high) / 2, "low": low, "high": high}
    sentence = metric_sentence(pd.DataFrame([{**row, "programs": 3000, "seeds": 3}]), "OM")
    assert words in sentence and f"{low:+.2f} to {high:+.2f}" in sentence
    assert "n = 3,000 test programs, 3 seeds" in sentence
