"""The generated README parts: numbers from rows, honest words, markers."""

from __future__ import annotations

import pytest
from factories import SCHEDULES, synthetic_results

from cl_utils.errors import StudyError
from cl_utils.report.main_table import main_table
from cl_utils.report.readme import replace_section, results_markdown
from cl_utils.stats.contrasts import Pair

STUDY = synthetic_results(SCHEDULES, [0, 1, 2], programs=10)


PAIRS: list[Pair] = [(arm, "baseline") for arm in SCHEDULES[1:]]


def test_numbers_come_from_the_rows() -> None:
    """Mean, half-width and difference of every arm stand in its line."""
    text = results_markdown(STUDY, PAIRS, "laptop")
    for arm, row in main_table(STUDY).iterrows():
        line = next(line for line in text.splitlines() if line.startswith(f"| {arm} |"))
        assert f"{row['macro']:.1f} ± {row['macro_half_width']:.1f}" in line
        assert arm == "baseline" or f"{row['difference']:+.1f}" in line
    assert "`laptop`" in text


def test_only_the_papers_own_numbers_are_quoted() -> None:
    """74.58 and 79.23 beside their arms; numbers quoted by others nowhere."""
    text = results_markdown(STUDY, PAIRS, "laptop")
    lines = {line.split(" | ")[0]: line for line in text.splitlines()}
    assert "74.58" in lines["| baseline"] and "79.23" in lines["| hybrid"]
    assert text.count("74.58") == text.count("79.23") == 1
    assert not any(number in text for number in ("81.23", "81.27", "61.78", "74.04"))
    assert "not quoted" in text


def test_one_seed_reports_without_intervals() -> None:
    """No half-width, and the words "single runs"."""
    study = synthetic_results(["baseline", "hybrid"], [0], programs=10)
    text = results_markdown(study, [("hybrid", "baseline")], "smoke")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    assert "±" not in table and "nan" not in text
    assert "| 1 | single runs |" in text


def test_report_without_contrasts_is_a_table() -> None:
    """A study with one arm has no answers."""
    study = synthetic_results(["baseline"], [0, 1], programs=10)
    assert "answers" not in results_markdown(study, [("hybrid", "baseline")], "smoke")


def test_arms_are_told_what_they_are() -> None:
    text = results_markdown(STUDY, PAIRS, "laptop")
    assert "- *hybrid*: the paper's best" in text and "- *mastery*: stays with a bucket" in text


def test_differences_over_fewer_seeds_name_their_n() -> None:
    """Baseline with three seeds, hybrid with two: the difference is of two pairs."""
    measures = STUDY.measures
    part = measures[~((measures["arm"] == "baseline") & (measures["seed"] == 2))]
    text = results_markdown(type(STUDY)(**{**vars(STUDY), "measures": part}), PAIRS, "laptop")
    line = next(line for line in text.splitlines() if line.startswith("| hybrid |"))
    assert line.startswith("| hybrid | 3 |") and ", n = 2)" in line


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
