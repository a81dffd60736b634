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

from cl_utils.stats.contrasts import (
    DeclaredSeeds,
    as_exploratory,
    as_interim,
    declared_seeds,
    family_table,
    paired_contrast,
    without_margin,
)
from cl_utils.stats.intervals import mean_interval
from cl_utils.stats.rows import PRIMARY, Cell, select, stacked

FACTORS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "order": ("shuffled", "curriculum"),
        "restarts": ("one cycle", "three cycles"),
        "composition": ("baseline's", "hybrid's"),
    }
)
"""The factors with their levels, the one without the treatment first."""

FACTORIAL: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {
        ("shuffled", "one cycle", "baseline's"): "baseline",
        ("shuffled", "three cycles", "baseline's"): "baseline-restarts",
        ("shuffled", "one cycle", "hybrid's"): "hybrid-shuffled",
        ("shuffled", "three cycles", "hybrid's"): "hybrid-shuffled-restarts",
        ("curriculum", "one cycle", "baseline's"): "baseline-in-hybrid-order",
        ("curriculum", "three cycles", "baseline's"): "baseline-in-hybrid-order-restarts",
        ("curriculum", "one cycle", "hybrid's"): "hybrid-norestart",
        ("curriculum", "three cycles", "hybrid's"): "hybrid",
    }
)
"""The arm in each cell. The paper compares two opposite corners: baseline and hybrid."""

EFFECTS: Final[Mapping[tuple[str, ...], tuple[str, str]]] = MappingProxyType(
    {
        ("order",): ("training in the curriculum's order", "training in random order"),
        ("restarts",): ("training with three cycles", "training with one cycle"),
        ("composition",): ("training on hybrid's programs", "training on the baseline's programs"),
        ("order", "restarts"): (
            "half the effect of order with three cycles",
            "half of that with one cycle",
        ),
        ("order", "composition"): (
            "half the effect of order on hybrid's programs",
            "half of that on the baseline's programs",
        ),
        ("restarts", "composition"): (
            "half the effect of restarts on hybrid's programs",
            "half of that on the baseline's programs",
        ),
        ("order", "restarts", "composition"): (
            "half the interaction of order and restarts on hybrid's programs",
            "half of that on the baseline's programs",
        ),
    }
)
"""Every effect as the two sides whose difference it is, in words."""

WHERE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "composition": {
            "baseline's": "on the baseline's programs",
            "hybrid's": "on hybrid's programs",
        },
        "order": {
            "shuffled": "in random order",
            "curriculum": "in the curriculum's order",
        },
    }
)
"""How a level of a factor is named as a circumstance."""

# With eight cells and eight terms (the mean and seven effects) the model is saturated: each cell is
# the mean plus half of every effect, with the cell's sign. So the difference of two cells is a sum
# of effects without any residual, for every seed and not only on average.
ADDENDS: Final = (("order",), ("restarts",), ("composition",), tuple(FACTORS))
"""The effects that add up to hybrid minus baseline, the two opposite corners of the factorial.

From one corner to the other every factor changes its sign, and with it every effect of an odd
number of factors; those of two factors keep theirs and cancel.
"""


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
    """Return the eight cells' values (percent): a row a seed that all have, a column per arm."""
    table = select(measures, *cell).pivot(index="seed", columns="arm", values="value")
    return table.reindex(columns=list(FACTORIAL.values())).rename_axis(columns=None).dropna()


def factorial_effects(measures: pd.DataFrame, cell: Cell = PRIMARY) -> pd.DataFrame:
    """Return one row an effect: the columns of `contrast_table`, "exploratory" and "effect".

    An effect is the mean of the four cells where the product of its factors' levels is +1 minus
    the mean of the other four, seed by seed: for a main effect with minus without, for an
    interaction half the difference between one factor's effects at the levels of the other (Box,
    Hunter and Hunter 2005, "Statistics for Experimenters", chapter 5). Main effects are one Holm
    family, interactions, which are exploratory, another. Interactions have no equivalence p: the
    margin is one for differences of arms, of which they are a half and a quarter. Empty until all
    eight arms have a seed in common.
    """
    values = cell_values(measures, cell)
    if values.empty:
        none = {name: pd.Series([], dtype=object) for name in ("effect", "exploratory")}
        return family_table([], 0).assign(**none)
    tables = []
    for family in families().values():
        contrasts = [
            paired_contrast(sides(values, effect), EFFECTS[effect], cell) for effect in family
        ]
        names = [effect_name(effect) for effect in family]
        tables.append(family_table(contrasts, len(family)).assign(effect=names))
    main, crossed = tables
    crossed = without_margin(as_exploratory(crossed))
    return pd.concat([main.assign(exploratory=False), crossed], ignore_index=True)


def factorial_gain(measures: pd.DataFrame, cell: Cell = PRIMARY) -> pd.DataFrame:
    """Return hybrid minus baseline over the seeds of the factorial: the sum of `ADDENDS`.

    One row of `contrast_table`, its own family and never a claim; that
    is for the declared contrast, which may have more seeds. Empty like the effects.
    """
    values = cell_values(measures, cell)
    if values.empty:
        return family_table([], 0)
    pair = ("hybrid", "baseline")
    corners = values[list(pair)].to_numpy(dtype=float).T
    return as_exploratory(family_table([paired_contrast(corners, pair, cell)], 1))


def simple_effects(
    measures: pd.DataFrame, factor: str, by: str, cell: Cell = PRIMARY
) -> pd.DataFrame:
    """Return the effect of `factor` on one measure at each level of `by`, in two rows.

    Each is the mean of two cells minus that of the two others; exploratory, with the columns of
    `factorial_effects`, `effect` being the factor's, and `where`, the level of `by` in words. Where
    the two differ much, the main effect is an average of unlike things.
    """
    values = cell_values(measures, cell)
    if values.empty:
        return factorial_effects(measures.head(0))
    table, column = values.to_numpy(dtype=float), list(FACTORS).index(by)
    contrasts = []
    for level, words in WHERE[by].items():
        here = np.array([levels[column] == level for levels in FACTORIAL])
        plus = signs((factor,)) > 0
        samples = np.stack([table[:, here & side].mean(axis=1) for side in (plus, ~plus)])
        pair = (f"{EFFECTS[(factor,)][0]} {words}", f"{EFFECTS[(factor,)][1]} {words}")
        contrasts.append(paired_contrast(samples, pair, cell))
    rows = as_exploratory(family_table(contrasts, len(contrasts)))
    return rows.assign(effect=factor, where=list(WHERE[by].values()))


def crossed_simple_effects(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the simple effects of order by composition, and of composition by order."""
    crossed = (("order", "composition"), ("composition", "order"))
    tables = [simple_effects(measures, factor, by) for factor, by in crossed]
    return stacked(tables, tables[0].columns)


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


def effect_by_seed(measures: pd.DataFrame, factor: str, cell: Cell = PRIMARY) -> pd.Series:
    """Return a main effect (points) of each seed that all eight arms have, indexed by the seed."""
    values = cell_values(measures, cell)
    plus, minus = sides(values, (factor,))
    return pd.Series(plus - minus, index=values.index)


def effect_name(effect: tuple[str, ...]) -> str:
    """Return the name of an effect in print, e.g. "order x restarts"."""
    return " × ".join(effect)


def interim_effects(effects: pd.DataFrame, seeds: DeclaredSeeds) -> pd.DataFrame:
    """Return effects as `interim_contrasts` does contrasts: all eight arms count."""
    return effects if not seeds else as_interim(effects, declared_seeds(seeds, FACTORIAL.values()))


def factorial_cells(measures: pd.DataFrame, cell: Cell = PRIMARY) -> pd.DataFrame:
    """Return a row per cell: its three levels, arm, mean, low, high, n; empty like the effects."""
    values = cell_values(measures, cell)
    rows = []
    for levels, arm in FACTORIAL.items() if not values.empty else ():
        interval = mean_interval(values[arm])
        rows.append((*levels, arm, interval.mean, interval.low, interval.high, interval.n))
    return pd.DataFrame(rows, columns=[*FACTORS, "arm", "mean", "low", "high", "n"])
