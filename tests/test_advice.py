"""Advice follows the claims: for, against, divided or none; the page names every setting."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from factories import every_arm
from test_settings_page import invented, raised

from cl_utils.paths import REPOSITORY
from cl_utils.report.in_short import answer, questions_titled
from cl_utils.report.pages.advice import PAGE, advised
from cl_utils.report.pages.advice_texts import ADVICE, FEW
from cl_utils.report.settings import studied
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, at_most

ORDER = ADVICE["Order"]
ARMS = ["baseline", "baseline-in-hybrid-order", "hybrid-shuffled", "hybrid-norestart"]


def row(difference: float, p: float = 0.01, n: int = 8, wide: bool = False) -> pd.Series:
    """Return a contrast as far as verdicts look at it; `wide`: its interval holds zero."""
    low, high = sorted([difference / 2, 2 * difference])
    low, high = (-10.0, 10.0) if wide else (low, high)
    numbers = {"difference": difference, "low": low, "high": high, "p_holm": p, "n": n}
    return pd.Series({**numbers, "p_equivalence_holm": 0.9, "p_least": 0.01, "at_most": at_most(n)})


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([row(3.0), row(2.0)], f"{ORDER.helps} Shown in 2 of 2 settings."),
        ([row(-3.0), row(2.0, p=0.3, wide=True)], f"A loss is shown in 1 of 2 settings, {FEW}"),
        ([row(3.0), row(-0.1, p=1.0, wide=True)], f"A gain is shown in 1 of 2 settings, {FEW}"),
        ([row(-3.0), row(-2.0, p=0.3, wide=True)], f"{ORDER.harms} Shown in 1 of 2 settings."),
        ([row(-3.0), row(-2.0, p=0.3)], f"{ORDER.harms} Shown in 1 of 2 settings."),
        ([row(-3.0), row(2.0)], ORDER.mixed),
        ([row(-3.0), row(2.0, p=0.3)], ORDER.mixed),  # a trend the other way
        ([row(3.0, p=0.2)], f"{ORDER.unknown} A gain is a trend in 1 of 1 settings, no claim."),
        (
            [row(3.0, n=SEEDS_OF_A_CLAIM - 1), row(-3.0, p=0.2), row(0.1, p=1.0, wide=True)],
            f"{ORDER.unknown} A gain is a trend in 1 of 3 settings, no claim. "
            "A loss is a trend in 1 of 3 settings, no claim.",
        ),
        ([row(0.1, p=1.0, wide=True)], ORDER.unknown),
        ([], ORDER.unknown),
    ],
)
def test_only_claims_advise(rows: list[pd.Series], wanted: str) -> None:
    assert advised(ORDER, rows) == wanted


@pytest.mark.parametrize("least", [0.375, float("nan")])  # few seeds, a single one
def test_settings_in_which_no_claim_was_possible_are_counted_apart(least: float) -> None:
    unable = row(-1.0, p=1.0, wide=True)
    unable["p_least"] = least
    assert advised(ORDER, [row(-3.0), unable]) == (
        f"{ORDER.harms} Shown in 1 of 2 settings (in 1 seeds are too few for a claim)."
    )


def test_composition_is_advised_by_programs_in_random_order() -> None:
    """Its main effect averages over an order that may harm one choice of programs more."""
    arms = raised(every_arm(), "hybrid", 40.0)  # in the curriculum's order alone
    setting = replace(invented("x", arms), declared=[("hybrid-shuffled", "baseline")])
    (question,) = questions_titled({"Composition": ""})
    found = answer(setting, question)
    assert found is not None and found["arm"] == "hybrid-shuffled"
    assert setting.effects.set_index("effect").loc["composition", "difference"] > 8
    (order,) = questions_titled({"Order": ""})
    assert answer(setting, order)["effect"] == "order"  # type: ignore[index]
    part = replace(invented("x", every_arm().of_arms(ARMS)), declared=list(order.pairs))
    assert answer(part, order)["arm"] == "hybrid-norestart"  # type: ignore[index]


def test_the_page_has_every_question_and_setting() -> None:
    """In the committed page, which is what the results give (test_readme.py)."""
    page = (REPOSITORY / PAGE).read_text(encoding="utf-8")
    assert all(f"## {advice.title}\n" in page for advice in ADVICE.values())
    assert all(setting.title in page for setting in studied())
