"""Learning rates that fall to zero, to a third, or not at all: does a curriculum's effect change?

In: the settings of one size that differ in recipe alone. Out: rows recipe, rate, effect, n,
difference, low, high, for the figure; rows of contrasts that say how order's effect changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.report.settings import Setting
from cl_utils.report.side_by_side import EFFECT_COLUMNS, with_claims
from cl_utils.stats.changes import Change, change_table
from cl_utils.stats.contrasts import as_interim
from cl_utils.stats.rows import Pair, stacked
from cl_utils.stats.verdicts import CLAIM
from cl_utils.study.comparable import check_pairs
from cl_utils.training.recipes import RECIPES, Recipe, recipe_named

RATED = "study-rates"
"""The profile of learning rates that do not fall to zero."""
FALLING = ("study", "study-strong")
"""The profiles with the same runs where the rate falls to zero."""
TO_ZERO: Final = "rate that falls to zero"
RATES: Final[Mapping[str, str]] = MappingProxyType(
    {"linear": TO_ZERO, "third": "rate that falls to a third", "none": "constant rate"}
)
"""What the learning rate does after its warm-up, by the name of a recipe's decay."""
BOTH: Final[Pair] = ("hybrid-norestart", "baseline")
"""The whole curriculum in one learning-rate cycle against random order."""
ORDER: Final[Mapping[Pair, str]] = MappingProxyType(
    {
        ("baseline-in-hybrid-order", "baseline"): "order on the baseline's programs",
        ("hybrid-norestart", "hybrid-shuffled"): "order on hybrid's programs",
    }
)
"""The two effects of order, which are compared between rates."""
CHOICE: Final[Pair] = ("hybrid-shuffled", "baseline")
"""Hybrid's choice of programs against the baseline's, both in random order."""
EFFECTS: Final[Mapping[Pair, str]] = MappingProxyType(
    {
        **ORDER,
        CHOICE: "composition",
        BOTH: "order and composition",
    }
)
"""Every declared difference in words."""


def rated(settings: Iterable[Setting], flat: Sequence[Setting]) -> list[Setting]:
    """Return the settings that differ in their learning rate alone, of all that were studied.

    `flat`: those where it does not fall to zero; without any there is nothing to compare, and so
    nothing is returned. Raises StudyError where runs of one seed differ in more
    than the rate.
    """
    wanted = {falling(recipe_named(each.recipe)) for each in flat}
    there = [each for each in settings if each.profile in FALLING and each.recipe in wanted]
    for here in flat:
        for each in there:
            if each.recipe == falling(recipe_named(here.recipe)):
                where = f"results/{here.profile} ({here.recipe}) and results/{each.profile}"
                check_pairs(here.manifest, each.manifest, where)
    return [*there, *flat]


def rows_by_rate(settings: Iterable[Setting]) -> pd.DataFrame:
    """Return each of `EFFECTS` at each rate: a row of `contrast_table` with recipe, rate, effect.

    Rates stand in the order of `RATES` within a recipe; nothing of a recipe that was run at one
    rate alone. Points as in `report.side_by_side`.
    """
    tables = []
    for name, rates in by_recipe(settings).items():
        if len(rates) < 2:
            continue
        for rate, setting in rates.items():
            rows = _effects(setting)
            pairs = zip(rows["arm"], rows["reference"], strict=True)
            effects = [EFFECTS[pair] for pair in pairs]
            tables.append(rows.assign(group=setting.group, recipe=name, rate=rate, effect=effects))
    columns = ["group", "recipe", "rate", *EFFECT_COLUMNS, CLAIM]
    return stacked(tables, columns)


def _effects(setting: Setting) -> pd.DataFrame:
    """Return the rows of `EFFECTS` that have seeds, with what may be claimed.

    Where the rate falls to zero the profile's own family is larger, and declared some of them.
    """
    rows = [row for pair in EFFECTS if len(row := setting.compared(pair))]
    return with_claims(pd.concat(rows or [setting.contrasts.head(0)], ignore_index=True))


def by_recipe(settings: Iterable[Setting]) -> dict[str, dict[str, Setting]]:
    """Return the settings by recipe, named as it is where its rate falls to zero, and by rate.

    Of two recipes with one rate, which differ in what is averaged, the second is named after it.
    """
    found: dict[str, dict[str, Setting]] = {}
    for setting in settings:
        recipe = recipe_named(setting.recipe)
        if recipe.decay not in RATES:
            continue
        rates = found.setdefault(falling(recipe), {})
        rate = RATES[recipe.decay]
        rates[f"{rate}, {recipe.name}" if rate in rates else rate] = setting
    order = list(RATES.values())
    return {
        name: {rate: rates[rate] for rate in sorted(rates, key=[*order, *rates].index)}
        for name, rates in found.items()
    }


def falling(recipe: Recipe) -> str:
    """Return the name of the recipe that is this one, but that its rate falls to zero.

    Its own where its rate does, or where there is no such recipe.
    """
    if recipe.decay == "linear":
        return recipe.name
    wanted = replace(recipe, name="", decay="linear", averaged_share=0.0)
    for name, each in RECIPES.items():
        if replace(each, name="") == wanted:
            return name
    return recipe.name


def rate_changes(rates: Mapping[str, Setting]) -> pd.DataFrame:
    """Return how both effects of order change, at every other rate, from that at `TO_ZERO`."""
    if TO_ZERO not in rates:
        return change_table([])
    there = rates[TO_ZERO].results.measures
    changes = []
    for rate in RATES.values():
        if rate == TO_ZERO:
            continue
        here = rates[rate].results.measures if rate in rates else there.head(0)
        for pair, effect in ORDER.items():
            names = (f"the effect of {effect} at a {rate}", f"that at a {TO_ZERO}")
            changes.append(Change(pair, here, there, names))
    arms = {arm for pair in ORDER for arm in pair}
    declared = min(setting.planned_of(arms) for setting in rates.values())
    return as_interim(change_table(changes), declared)
