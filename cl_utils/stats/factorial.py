"""The 2 x 2 x 2 factorial at the study's core: order x restarts x composition.

In: the measures of a study in which all eight arms have common seeds. Out: main effects and
interactions with intervals and tests, paired by seed; the means of the eight cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.stats.contrasts import family_table, paired_contrast
from cl_utils.stats.intervals import mean_interval
from cl_utils.stats.rows import Cell, seed_values, select

FACTORS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "order": ("shuffled", "curriculum"),
        "restarts": ("one cycle", "three cycles"),
        "composition": ("natural", "hybrid's"),
    }
)
"""The factors with their levels, the one without the treatment first."""

FACTORIAL: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        ("shuffled", "one cycle", "natural"): "baseline",
        ("shuffled", "three cycles", "natural"): "baseline-restarts",
        ("shuffled", "one cycle", "hybrid's"): "hybrid-shuffled",
        ("shuffled", "three cycles", "hybrid's"): "hybrid-shuffled-restarts",
        ("curriculum", "one cycle", "natural"): "hybrid-natural",
        ("curriculum", "three cycles", "natural"): "hybrid-natural-restarts",
        ("curriculum", "one cycle", "hybrid's"): "hybrid-norestart",
        ("curriculum", "three cycles", "hybrid's"): "hybrid",
    }
)
"""The arm in each cell. The paper compares two opposite corners: baseline and hybrid."""

EFFECTS: Final[Mapping[tuple[str, ...], tuple[str, str]]] = MappingProxyType(
    {
        ("order",): ("training in the curriculum's order", "training in random order"),
        ("restarts",): ("training with three cycles", "training with one cycle"),
        ("composition",): ("training on hybrid's programs", "training on the natural mix"),
        ("order", "restarts"): (
            "half the effect of order with three cycles",
            "half of that with one cycle",
        ),
        ("order", "composition"): (
            "half the effect of order on hybrid's programs",
            "half of that on the natural mix",
        ),
        ("restarts", "composition"): (
            "half the effect of restarts on hybrid's programs",
            "half of that on the natural mix",
        ),
        ("order", "restarts", "composition"): (
            "half the interaction of order and restarts on hybrid's programs",
            "half of that on the natural mix",
        ),
    }
)
"""Every effect as the two sides whose difference it is, in words."""


def signs(effect: tuple[str, ...]) -> np.ndarray:
    """Return +1 or -1 for each cell of `FACTORIAL` (8,): the product of the effect's levels.

    With the treatment a factor counts +1, without it -1.
    """
    table = [
        [FACTORS[name].index(level) * 2 - 1 for name, level in zip(FACTORS, cell, strict=True)]
        for cell in FACTORIAL
    ]
    columns = [list(FACTORS).index(name) for name in effect]
    return np.asarray(np.array(table)[:, columns].prod(axis=1))


def cell_values(measures: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the eight cells' values (percent): a row a seed that all have, a column an arm."""
    rows = select(measures, *cell)
    columns = {arm: seed_values(rows, arm) for arm in FACTORIAL.values()}
    return pd.DataFrame(columns).dropna()


def factorial_effects(
    measures: pd.DataFrame,
    *,
    measure: str = "execution_exact",
    test_set: str = "balanced",
    subset: str = "macro",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return one row an effect: the columns of `contrast_table` and "effect".

    An effect is the mean of the four cells where the product of its factors' levels is +1 minus
    the mean of the other four, seed by seed: for a main effect with minus without, for an
    interaction half the difference between one factor's effects at the levels of the other (Box,
    Hunter and Hunter 2005, "Statistics for Experimenters", chapter 5). Main effects are one Holm
    family, interactions another. Empty until all eight arms have a seed in common.
    """
    cell = (measure, test_set, subset)
    values = cell_values(measures, cell)
    if values.empty:
        return family_table([], 0).assign(effect=pd.Series([], dtype=object))
    tables = []
    for family in families().values():
        contrasts = [
            paired_contrast(sides(values, effect), EFFECTS[effect], cell, confidence)
            for effect in family
        ]
        names = [effect_name(effect) for effect in family]
        tables.append(family_table(contrasts, len(family)).assign(effect=names))
    return pd.concat(tables, ignore_index=True)


def families() -> dict[str, list[tuple[str, ...]]]:
    """Return the effects of both Holm families: three main effects, four interactions."""
    effects = [each for size in (1, 2, 3) for each in combinations(FACTORS, size)]
    main = len(FACTORS)
    return {"main effects": effects[:main], "interactions": effects[main:]}


def sides(values: pd.DataFrame, effect: tuple[str, ...]) -> np.ndarray:
    """Return (2, n), by seed the means of the four cells that count +1 and of the other four."""
    plus = signs(effect) > 0
    table = values.to_numpy(dtype=float)  # (n, 8)
    return np.stack([table[:, plus].mean(axis=1), table[:, ~plus].mean(axis=1)])


def effect_name(effect: tuple[str, ...]) -> str:
    """Return the name of an effect in print, e.g. "order x restarts"."""
    return " × ".join(effect)


def factorial_cells(
    measures: pd.DataFrame,
    *,
    measure: str = "execution_exact",
    test_set: str = "balanced",
    subset: str = "macro",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return one row a cell: its three levels, arm, mean, low, high, n; empty like the effects."""
    values = cell_values(measures, (measure, test_set, subset))
    rows = []
    for levels, arm in FACTORIAL.items() if not values.empty else ():
        interval = mean_interval(values[arm], confidence)
        rows.append((*levels, arm, interval.mean, interval.low, interval.high, interval.n))
    return pd.DataFrame(rows, columns=[*FACTORS, "arm", "mean", "low", "high", "n"])
