"""How soon an accuracy is reached: by hand, against scipy, and what the page may say of it."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pandas as pd
import pytest
import scipy
from factories import every_arm
from refusals import refusal
from test_settings_page import invented, page_of, section

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.labels.numbers import counts_text, reached_text
from cl_utils.report.pages.also_measured import SOON, also_measured
from cl_utils.report.pages.how_soon import (
    TEXT,
    TITLE,
    how_soon_counts,
    how_soon_section,
    verdict,
)
from cl_utils.report.settings import Setting
from cl_utils.stats.reached import characters_to, crossing, declared_sooner, sooner
from cl_utils.study.stage_params import SecondMeasure
from cl_utils.training.history import curve_steps
from cl_utils.training.probes import PROGRAMS_PER_BUCKET

PAIRS = [("hybrid", "baseline"), ("hybrid-shuffled", "baseline")]


def curves(characters: dict[str, list[float]], recipe: str = "fast") -> pd.DataFrame:
    """Return curves that rise from 0 to 100 % in as many characters, by arm and seed.

    Infinite: a curve that ends below every level.
    """
    rows = []
    for arm, ends in characters.items():
        for seed, end in enumerate(ends):
            points = [(1.0, 0.0), (10.0, 1.0)] if end == inf else [(0.0, 0.0), (end, 100.0)]
            for bucket, factor in (("easy", 0.5), ("macro", 1.0)):
                rows += [
                    {
                        **{"recipe": recipe, "arm": arm, "seed": seed, "bucket": bucket},
                        **{"characters": at, "execution_exact": factor * right},
                    }
                    for at, right in points
                ]
    return pd.DataFrame(rows)


def test_a_curve_that_falls_again_has_reached_it_where_it_first_did() -> None:
    curve = pd.DataFrame(
        {"characters": [1.0, 2.0, 3.0, 4.0], "execution_exact": [0.0, 60.0, 10.0, 90.0]}
    )
    assert crossing(curve, "characters", 50.0) == pytest.approx(1 + 50 / 60)
    assert crossing(curve, "characters", 75.0) == pytest.approx(3 + 65 / 80)
    assert crossing(curve, "characters", 91.0) == inf and crossing(curve, "characters", 0.0) == 1.0


def test_characters_are_those_of_the_mean_of_the_buckets() -> None:
    found = characters_to(curves({"baseline": [1e6, inf], "hybrid": [2e6]}), 50.0)
    assert found.to_numpy().tolist() == [
        ["baseline", 0, 5e5],
        ["baseline", 1, inf],
        ["hybrid", 0, 1e6],
    ]
    assert characters_to(curves({}).reindex(columns=["recipe", "bucket", "arm", "seed"]), 1).empty


def test_the_order_of_a_curve_s_rows_does_not_matter_and_holes_are_told() -> None:
    """A measure of one's own may come in any order; a point without accuracy would hide a run."""
    rows = curves({"baseline": [1e6, 3e6], "hybrid": [2e6]})
    whole, turned = (characters_to(each, 50.0) for each in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(whole, turned)
    hole = rows.assign(execution_exact=rows["execution_exact"].where(rows["seed"] == 0))
    assert "baseline, seed 1, has no accuracy" in refusal(lambda: characters_to(hole, 50.0))
    twice = pd.concat([rows, rows.tail(4)])
    assert "hybrid, seed 0, has two rows" in refusal(lambda: characters_to(twice, 50.0))


def test_recipes_are_not_mixed() -> None:
    two = pd.concat([curves({"baseline": [1.0]}), curves({"baseline": [1.0]}, "strong")])
    assert "recipes fast, strong are mixed" in refusal(lambda: characters_to(two, 50.0))


def test_a_seed_counts_once_as_sooner_later_or_neither_and_missing_ones_not_at_all() -> None:
    """Seeds: sooner, later, never against some, some against never, both never, equal, missing."""
    reached = characters_to(
        curves(
            {
                "baseline": [2e6, 1e6, 1e6, inf, inf, 1e6, 1e6],
                "hybrid": [1e6, 4e6, inf, 1e6, inf, 1e6],
            }
        ),
        50.0,
    )
    (row,) = [each for _, each in sooner(reached, PAIRS).iterrows()]
    assert (row["arm"], row["reference"], row["n"]) == ("hybrid", "baseline", 6)
    assert (row["sooner"], row["later"], row["neither"]) == (2, 2, 1)
    assert (row["both"], row["ratio"], row["least"], row["most"]) == (3, 1.0, 0.5, 4.0)


def test_nothing_is_said_of_a_share_where_both_never_get_there() -> None:
    reached = characters_to(curves({"baseline": [inf, 1e6], "hybrid": [1e6, inf]}), 50.0)
    row = sooner(reached, PAIRS).iloc[0]
    assert (row["sooner"], row["later"], row["neither"]) == (1, 1, 0)
    assert np.isnan(row[["ratio", "least", "most"]].to_numpy(dtype=float)).all()


@pytest.mark.parametrize("wins", [0, 3, 7])
def test_the_sign_test_is_scipy_s_on_later_seeds_alone_after_holm(wins: int) -> None:
    """Two earlier seeds say the opposite and do not count."""
    early = [9e6, 9e6]
    ours = [*early, *[1e6] * wins, *[3e6] * (7 - wins)]
    reached = characters_to(
        curves({"baseline": [2e6] * 9, "hybrid": ours, "hybrid-shuffled": [*early, *[2e6] * 7]}),
        50.0,
    )
    rows = declared_sooner(reached, PAIRS, 2).set_index("arm")
    p = scipy.stats.binomtest(wins, 7).pvalue
    assert rows.loc["hybrid", ["n", "sooner", "later"]].tolist() == [7, wins, 7 - wins]
    assert rows.loc["hybrid", "p"] == p
    assert rows.loc["hybrid", "p_holm"] == pytest.approx(min(1.0, 2 * p))
    assert np.isnan(rows.loc["hybrid-shuffled", ["p", "p_holm"]].to_numpy(dtype=float)).all()
    expected = {0: "claim: later", 3: "undecided", 7: "claim: sooner"}[wins]
    assert verdict(rows.loc["hybrid"]) == expected
    assert verdict(rows.loc["hybrid-shuffled"]) == "undecided"


@pytest.mark.parametrize(
    ("characters", "text"),
    [
        ([11.44e6, 9.6e6, 13e6], "11.4 (9.6 to 13.0)"),
        ([1e6, inf], "never (1.0 to never)"),
        ([inf], "never"),
        ([2e6], "2.0"),
    ],
)
def test_characters_in_print(characters: list[float], text: str) -> None:
    assert reached_text(characters) == text


def setting_of(characters: dict[str, list[float]], **changes: object) -> Setting:
    """Return a setting with such curves."""
    results = replace(every_arm(), curves=curves(characters))
    return replace(invented("x", results), **changes)  # type: ignore[arg-type]


def test_the_section_has_a_row_an_arm_and_a_row_a_declared_contrast() -> None:
    ours = {"hybrid": [4e6, inf], "baseline": [2e6, 2e6]}
    text = how_soon_section([setting_of(ours), setting_of({"baseline": [inf]}, recipe="other")])
    assert text.startswith(f"{TITLE}\n") and "exploratory" in text
    assert f"| baseline | 2 of 2 | {2 * PAPER_BASELINE / 100:.1f} (" in text
    assert "| hybrid | 1 of 2 | never (" in text
    assert "| hybrid − baseline | 2 | 0 | 2 | 0 | 2.00 (2.00 to 2.00), n = 1 |" in text
    assert "No run gets there with" in text and "recipe other." in text
    assert text.index("| baseline |") < text.index("| hybrid |")


def test_counts_that_are_alike_are_said_once() -> None:
    assert counts_text([8, 8]) == "8" and counts_text(pd.Series([10, 9, 9])) == "9 to 10"


def test_seeds_are_counted_by_setting_and_a_dash_stands_where_no_run_gets_there() -> None:
    first = setting_of({"hybrid": [4e6, 1e6], "baseline": [2e6, 2e6]}, profile="a")
    second = setting_of({"hybrid-shuffled": [1e6], "baseline": [2e6]}, profile="b")
    never = setting_of({"hybrid": [inf], "baseline": [inf]}, recipe="other")
    asked = [("hybrid", "baseline"), ("hybrid-shuffled", "baseline")]
    assert how_soon_counts(first, asked) == ["1 fewer, 1 more of 2", ""]
    assert how_soon_counts(second, asked) == ["", "1 fewer, 0 more of 1"]
    assert how_soon_counts(never, asked) == ["", ""]
    lines = also_measured([first, second, never], []).splitlines()
    cells = "hybrid: 1 fewer, 1 more of 2 | its programs in random order: 1 fewer, 0 more of 1 | –"
    assert f"| {SOON} | {cells} |" in lines


def test_without_a_curve_there_is_no_section() -> None:
    assert how_soon_section([]) == "" == how_soon_section([setting_of({})])


@pytest.mark.parametrize(("first", "seeds", "planned"), [(1, 7, 8), (1, 7, 9), (8, 0, 9)])
def test_what_is_declared_for_later_seeds_says_what_they_show(
    first: int, seeds: int, planned: int
) -> None:
    """Before all of them are there it is a trend at most."""
    declared = SecondMeasure(contrasts=[["hybrid", "baseline"]], first_seed=first)
    ours = {"hybrid": [9e6, *[1e6] * 7], "baseline": [2e6] * 8}
    text = how_soon_section([setting_of(ours, second=declared, planned=planned)])
    assert f"The first {first} seeds suggested a difference in hybrid − baseline, so" in text
    strength = "claim" if planned == 8 else "trend"
    if seeds:
        assert (
            f"| hybrid − baseline | {seeds} | {seeds} | 0 | 0 | 0.016 | {strength}: sooner |"
            in text
        )
    else:
        assert (
            "None has been run in both arms yet, of 1 seed declared." in text
            and "verdict" not in text
        )


def test_the_page_of_settings_has_the_section() -> None:
    page = page_of([setting_of({"hybrid": [4e6], "baseline": [2e6]})], {})
    assert "sooner" in section(page, TITLE.removeprefix("## "))


def test_the_page_says_how_curves_are_measured() -> None:
    steps = sorted(curve_steps(10**6))
    growth = 100 * (steps[-1] / steps[-2] - 1)
    for words in (
        f"{len(steps)} points",
        f"{PROGRAMS_PER_BUCKET} validation",
        f"{growth:.0f} % more",
    ):
        assert words in " ".join(TEXT.split())
