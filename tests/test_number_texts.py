"""How numbers read in print: one text for one value, whatever order its sum was taken in."""

from __future__ import annotations

import re
from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from cl_utils.code_fingerprint import PACKAGE
from cl_utils.figures.words import percent_text
from cl_utils.labels.numbers import fixed, mean_text, p_text, points_text
from cl_utils.paths import REPOSITORY
from cl_utils.report.readable import cell_text

BETWEEN = (61.55, 61.550000000000004, 61.54999999999999)  # one mean in three orders of summing


def test_what_lies_between_two_texts_has_one_of_them_everywhere() -> None:
    rows = [pd.Series({"difference": each, "low": nan, "high": nan}) for each in BETWEEN]
    for texts in (
        {fixed(each) for each in BETWEEN},
        {percent_text(each).removesuffix(" %") for each in BETWEEN},
        {mean_text(each, nan) for each in BETWEEN},
        {cell_text(each, 1) for each in BETWEEN},
        {points_text(row).removeprefix("+") for row in rows},
    ):
        assert texts == {"61.5"}


@pytest.mark.parametrize(
    ("value", "digits", "sign", "text"),
    [
        (1234.5, 1, "", "1,234.5"),
        (0.004, 3, "+", "+0.004"),
        (-2.0, 0, "+", "-2"),
        (-0.04, 1, "", "0.0"),
        (-0.04, 1, "+", "+0.0"),
        (np.float64(-0.05), 1, "+", "-0.1"),
        (np.float64(0.05), 1, "", "0.1"),
        (-1e-12, 3, "", "0.000"),
        (nan, 1, "", "nan"),
        (inf, 1, "", "inf"),
    ],
)
def test_numbers_have_their_digits_and_sign(
    value: float, digits: int, sign: str, text: str
) -> None:
    assert fixed(value, digits, sign) == text


def test_a_mean_has_as_many_digits_as_its_interval() -> None:
    assert mean_text(83.834, 0.071, 2) == "83.83 ± 0.07"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0498, "0.0498"), (0.04996, "0.04996"), (0.0502, "0.050"), (0.05, "0.050")]
    + [(0.0494, "0.049"), (0.0004, "< 0.001"), (nan, "–")],
)
def test_a_p_value_shows_on_which_side_of_the_level_it_is(p: float, text: str) -> None:
    assert p_text(p) == text


def test_measured_numbers_are_written_by_these_functions_alone() -> None:
    """A digit rounded elsewhere may differ from the same number's digit on another page."""
    by_hand = re.compile(
        r"\{([^{}:]*):[+,]*\.(?:[1-9]|\{[^{}]+\})f\}|:[+,]*\.(?:[1-9]|\{\})f\}\"\.format"
    )
    printed = re.compile(r"PAPER_[A-Z_]+(\[\w+\])?")  # as it stands in the paper
    found = [
        f"{path.name}: {match[0]}"
        for folder in ("stats", "figures", "report", "experiments", "workflow", "playground")
        for path in sorted((REPOSITORY / PACKAGE / folder).rglob("*.py"))
        for match in by_hand.finditer(path.read_text(encoding="utf-8"))
        if not printed.fullmatch(match[1] or "")
    ]
    assert found == []
