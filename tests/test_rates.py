"""Learning rates: which recipes belong together, what changes with the rate, what is said of it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from factories import every_arm
from test_settings_page import invented, raised, section

from cl_utils.errors import StudyError
from cl_utils.paths import committed_results
from cl_utils.report.pages.advice import advice_page
from cl_utils.report.pages.advice_texts import FLAT, FLAT_CHOICE
from cl_utils.report.pages.settings import ASKED, settings_page
from cl_utils.report.rate_words import SENTENCE, flat_effects, rates_markdown, rates_sentence
from cl_utils.report.rates import (
    BOTH,
    EFFECTS,
    ORDER,
    RATED,
    RATES,
    TO_ZERO,
    by_recipe,
    falling,
    rate_changes,
    rated,
    rows_by_rate,
)
from cl_utils.report.settings import Setting
from cl_utils.study.results import Results, run_manifest
from cl_utils.training.recipes import RECIPES, recipe_named

ARMS = ["baseline", "baseline-in-hybrid-order", "hybrid-shuffled", "hybrid-norestart"]
CONSTANT = RATES["none"]
MANIFEST = run_manifest(committed_results("study") / "fast/baseline/seed0")


@cache  # with the contrasts that it has computed; leave it as it is
def at(recipe: str, profile: str = RATED, more: float = 0.0) -> Setting:
    """Return a setting of the four arms, hybrid in one cycle being so many points better."""
    results = raised(every_arm().of_arms(ARMS), "hybrid-norestart", more)
    setting = invented(profile, results)
    return replace(setting, recipe=recipe, declared=list(EFFECTS), manifest=MANIFEST)


def seeds_of(results: Results, n: int) -> Results:
    """Return the first seeds of results."""
    return replace(results, measures=results.measures[results.measures["seed"] < n])


def four(more: float) -> list[Setting]:
    """Return `fast` at all three rates, `strong` at a constant one; more points where constant."""
    flat = [at("fast-third"), at("fast-constant", more=more), at("strong-constant", more=more)]
    return [at("fast", "study"), *flat]


@pytest.mark.parametrize("name", ["fast", "strong"])
def test_a_recipe_and_its_other_rates_differ_in_nothing_else(name: str) -> None:
    names = [each for each in RECIPES if each.split("-")[0] == name and "late" not in each]
    assert len(names) == 3
    assert {falling(recipe_named(each)) for each in names} == {name}
    assert {RATES[recipe_named(each).decay] for each in names} == set(RATES.values())


def test_settings_stand_by_recipe_and_rate_in_one_order() -> None:
    found = by_recipe(reversed(four(0.0)))
    assert {name: list(rates) for name, rates in found.items()} == {
        "strong": [CONSTANT],
        "fast": list(RATES.values()),
    }
    assert found["fast"][TO_ZERO].profile == "study"


def test_without_a_rate_that_does_not_fall_nothing_is_compared() -> None:
    study = at("fast", "study")
    assert rated([study], []) == []
    flat = at("fast-third")
    other = at("strong-late", "paper-size")
    assert rated([study, other], [flat]) == [study, flat]
    with pytest.raises(StudyError, match=r"results/study-rates \(fast-third\) and results/study "):
        rated([study], [replace(flat, manifest={**MANIFEST, "data_fingerprint": "other"})])
    strange = at("paper", "study")  # a run of a reader's own under the same profile
    assert rated([study, strange], [flat]) == [study, flat]
    assert falling(recipe_named("paper")) == "paper"  # whose rate never falls to zero
    assert rows_by_rate([]).empty and rates_sentence([]) == "" == rates_markdown([])


def test_every_declared_difference_has_a_row_at_every_rate() -> None:
    rows = rows_by_rate(four(5.0))  # strong was run at one rate alone
    assert set(rows["recipe"]) == {"fast"} and len(rows) == 3 * len(EFFECTS)
    moved = rows[rows["arm"] == "hybrid-norestart"].set_index(["recipe", "rate", "effect"])
    for effect in (ORDER[("hybrid-norestart", "hybrid-shuffled")], EFFECTS[BOTH]):
        there, here = (
            moved.loc[("fast", rate, effect), "difference"] for rate in (TO_ZERO, CONSTANT)
        )
        assert here - there == pytest.approx(5.0)


def test_changes_are_a_family_of_four_even_where_a_rate_has_no_rows() -> None:
    rates = by_recipe(four(5.0))["fast"]
    rows = rate_changes(rates)
    assert len(rows) == 4 and set(rows["family"]) == {4}
    moved = rows[rows["arm"] == f"the effect of order on hybrid's programs at a {CONSTANT}"]
    assert moved["difference"].tolist() == pytest.approx([5.0])
    part = {rate: rates[rate] for rate in (TO_ZERO, CONSTANT)}
    assert len(rate_changes(part)) == 2 and set(rate_changes(part)["family"]) == {4}
    assert rate_changes({CONSTANT: rates[CONSTANT]}).empty


def test_a_claim_of_a_change_stands_among_the_claims_and_no_other_does() -> None:
    """Equal rows at both rates: the paired difference varies by nothing, and p is the least."""
    study, *flat = four(40.0)
    page = settings_page([study], {RATED: flat})
    claims = section(page, "What is claimed")
    name = f"the effect of order on hybrid's programs at a {CONSTANT} is above that at a {TO_ZERO}"
    assert f"- recipe fast: **Claim**: {name} (+40.0 points" in claims
    assert "rate that falls to a third is" not in claims
    body = section(page, ASKED[RATED])
    assert "Does the effect of order change with the rate?" in body
    assert body.count("| baseline | ") == 2  # a table a recipe


def test_the_tables_say_what_every_arm_gets_right() -> None:
    text = rates_markdown(four(5.0))
    (line,) = (
        each
        for each in text.splitlines()
        if each.startswith("| hybrid-norestart |") and each.count("|") == 5
    )
    zero, third, constant = (float(each) for each in re.findall(r"\| ([\d.]+) ±", line))
    assert zero == third and constant == pytest.approx(zero + 5.0)


def test_readme_and_advice_follow_what_was_shown() -> None:
    line = rates_sentence(four(-40.0))
    assert line.startswith(f"- **{SENTENCE}**. Hybrid in one cycle − the baseline: ")
    both, own = line.split(" Hybrid's programs in random order − the baseline: ")
    said, ends = both.split(": ", 1)[1].split(". Estimates run ")
    higher, lower = said.split("; ")
    assert higher.startswith("accuracy is higher (claim") and "constant" not in higher
    assert "fast (to a third)" in higher
    assert lower.startswith("accuracy is lower (claims)")
    for recipe in ("fast", "strong"):
        assert f"{recipe} (constant)" in lower
    assert ends.endswith(", n = 8.") and "zero" not in line and "claim" not in own
    few = [replace(each, results=seeds_of(each.results, 2)) for each in four(-40.0)]
    assert rates_sentence(few) == ""
    assert len(flat_effects(four(0.0), ORDER)) == 6

    def said(more: float) -> str:
        return advice_page([], [], four(more)).partition(f"## {FLAT.title}")[2]

    left = "Small models (fast-third): 1 of 9 declared seeds are missing."
    short = [replace(each, planned=9) for each in four(0.0)]
    assert left in advice_page([], [], short) and "Small models (fast): 1 of 9" not in said(0.0)
    assert f"{FLAT.helps} Shown in 6 of 6 comparisons." in said(40.0)
    assert FLAT.mixed in said(-40.0)  # order helps where it was left as it is
    assert FLAT.title not in advice_page([], [], [])
    page = advice_page([], [], four(40.0))
    assert FLAT_CHOICE.unknown in page.partition(f"## {FLAT_CHOICE.title}")[2]


def test_a_recipe_at_a_constant_rate_in_a_profile_of_ones_own_has_its_line() -> None:
    line = rates_sentence([at("fast", "study"), at("fast-constant", profile="mine")])
    assert line.startswith(f"- **{SENTENCE}**") and "(constant)" in line


def test_seeds_that_are_missing_are_said_to_be() -> None:
    few = replace(at("fast-constant"), results=seeds_of(at("fast-constant").results, 3), planned=8)
    assert rates_sentence([at("fast", "study"), few]).endswith("Unfinished: 3 of 8 declared seeds.")
    whole = at("fast-constant")
    assert "Unfinished" not in rates_sentence([at("fast", "study"), replace(whole, planned=3)])
