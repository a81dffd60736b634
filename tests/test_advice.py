"""Advice follows the claims: for, against, divided or none; the page names every setting."""

from __future__ import annotations

import pandas as pd
import pytest

from cl_utils.paths import REPOSITORY
from cl_utils.report.advice import ADVICE, PAGE, advised
from cl_utils.report.settings import studied
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, strength

ORDER = ADVICE["Order"]


def row(difference: float, p: float = 0.01, n: int = 8, wide: bool = False) -> pd.Series:
    """Return a contrast as far as verdicts look at it; `wide`: its interval holds zero."""
    low, high = sorted([difference / 2, 2 * difference])
    low, high = (-10.0, 10.0) if wide else (low, high)
    numbers = {"difference": difference, "low": low, "high": high, "p_holm": p, "n": n}
    return pd.Series(
        {**numbers, "p_equivalence_holm": 0.9, "p_least": 0.01, "strength": strength(n)}
    )


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([row(3.0), row(2.0)], f"{ORDER.helps} Shown in 2 of 2 settings."),
        ([row(-3.0), row(2.0, p=0.3, wide=True)], f"{ORDER.harms} Shown in 1 of 2 settings."),
        ([row(-3.0), row(-2.0, p=0.3)], f"{ORDER.harms} Shown in 1 of 2 settings."),
        ([row(-3.0), row(2.0)], ORDER.mixed),
        ([row(-3.0), row(2.0, p=0.3)], ORDER.mixed),  # a trend the other way
        ([row(3.0, p=0.2)], ORDER.unknown),
        ([row(3.0, n=SEEDS_OF_A_CLAIM - 1)], ORDER.unknown),
        ([], ORDER.unknown),
    ],
)
def test_only_claims_advise(rows: list[pd.Series], wanted: str) -> None:
    assert advised(ORDER, rows) == wanted


def test_the_page_has_every_question_and_setting() -> None:
    """In the committed page, which is what the results give (test_readme.py)."""
    page = (REPOSITORY / PAGE).read_text(encoding="utf-8")
    assert all(f"## {advice.title}\n" in page for advice in ADVICE.values())
    assert all(setting.name in page for setting in studied())
