"""Tables to read: heads in words with their units, arms and metrics by name, a dash for nothing.

In: tables of any stage. Out: the same as `PageTable`s, without the index's numbers and NaN; they
are for looking, no later step needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.curriculum.arms import arms
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.labels.names import arm_label
from cl_utils.labels.numbers import MISSING, fixed, interval_text, p_text
from cl_utils.report.page_table import PageTable
from cl_utils.report.sentences import verdict_cell
from cl_utils.stats.intervals import SIGNIFICANCE
from cl_utils.stats.power import POWER

P_HEAD: Final = "p after Holm"
POINTS_HEAD: Final = "difference (points)"
INTERVAL_HEAD: Final = "95 % interval (points)"
MEANS_HEAD: Final = "exact outputs, mean (95 % interval) (%)"
POSSIBLE_HEAD: Final = "possible p after Holm"
LEAST_HEAD: Final = "smallest possible p of a contrast alone"
WRITTEN_NUMBERS: Final = frozenset(
    {P_HEAD, POINTS_HEAD, INTERVAL_HEAD, MEANS_HEAD, LEAST_HEAD, POSSIBLE_HEAD}
)
"""Columns whose numbers come as texts."""
HEADS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "difference": POINTS_HEAD,
        "p_holm": P_HEAD,
        "n": "n (seeds)",
        "test_set": "test set",
    }
)
"""What columns of the statistics are called in print."""
PROGRAMS: Final = frozenset({"source", "output", "predicted", "shortest program", "its output"})
"""Columns of programs, what they print and what a model wrote: shown line by line, as they are."""
NOTHING: Final = "there is nothing to compare yet"


def readable(
    table: pd.DataFrame,
    heads: Mapping[str, str] = MappingProxyType({}),
    *,
    digits: int = 1,
    index: str = "",
    note: str = "",
) -> PageTable:
    """Return a table to look at: `digits` behind the point, whole numbers by thousands.

    `heads`: names of columns in print, with their units, beside those of `HEADS`; `index`: the head
    of the index where it says something, "" where it only counts; `note`: a sentence below.
    Columns named in `PROGRAMS` hold code.
    """
    shown = table.rename_axis(index=index).reset_index() if index else table.reset_index(drop=True)
    shown = shown.rename(
        columns=lambda name: heads.get(name, HEADS.get(name, name_in_words(str(name))))
    )
    shown.columns.name = None
    code = PROGRAMS & set(shown)
    numbers = {name for name in shown if pd.api.types.is_numeric_dtype(shown[name])}
    cells = shown.apply(
        lambda column: column.map(str if column.name in code else partial(cell_text, digits=digits))
    )
    return PageTable(cells.astype(object), WRITTEN_NUMBERS | numbers, code=code, note=note)


def cell_text(value: object, digits: int) -> str:
    """Return what stands in a cell: names in words, numbers rounded, a dash for nothing."""
    if isinstance(value, str):
        return name_in_words(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if pd.isna(value):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return fixed(value, digits) if isinstance(value, float) else f"{value:,}"


def name_in_words(name: str) -> str:
    """Return an arm or a metric as figures print it; other texts as they are."""
    if name in arms():
        return arm_label(name)
    return METRICS.get(name, name)


def contrasts_shown(rows: pd.DataFrame) -> PageTable:
    """Return contrasts to look at: points with their interval, p, n, and what may be said."""
    if rows.empty:
        return readable(pd.DataFrame({NOTHING: []}))
    columns = {
        "arm": rows["arm"],
        "against": rows["reference"],
        **judged(rows),
        POSSIBLE_HEAD: [p_text(p) for p in rows["p_least"]],
        "verdict": [verdict_cell(row) for _, row in rows.iterrows()],
    }
    return readable(pd.DataFrame(columns))


def effects_shown(rows: pd.DataFrame, test_sets: Mapping[str, str]) -> PageTable:
    """Return the effects on every test set to look at, without p, since they are exploratory.

    `test_sets`: their names in words.
    """
    if rows.empty:
        return readable(pd.DataFrame({NOTHING: []}))
    places = rows["test_set"].map(lambda name: test_sets.get(name, name))
    judging = {head: cells for head, cells in judged(rows).items() if head != P_HEAD}
    return readable(pd.DataFrame({"test set": places, "effect": rows["effect"], **judging}))


def judged(rows: pd.DataFrame) -> dict[str, list[str] | pd.Series]:
    """Return what is needed to judge differences: points, interval, p and n, as columns."""
    ends = zip(rows["low"], rows["high"], strict=True)
    return {
        POINTS_HEAD: [fixed(each, sign="+") for each in rows["difference"]],
        INTERVAL_HEAD: [interval_text(low, high) or MISSING for low, high in ends],
        P_HEAD: [p_text(p) for p in rows["p_holm"]],
        "n (paired seeds)": rows["n"],
    }


def cells_shown(cells: pd.DataFrame) -> PageTable:
    """Return the factorial's cells to look at: what each arm combines, mean and interval."""
    if cells.empty:
        return readable(pd.DataFrame({NOTHING: []}))
    means = [
        fixed(row["mean"])
        + (f" ({fixed(row['low'])} to {fixed(row['high'])})" if row["n"] > 1 else "")
        for _, row in cells.iterrows()
    ]
    columns = {
        "arm": cells["arm"],
        "order": cells["order"],
        "learning rate": cells["restarts"],
        "programs of": cells["composition"].str.removesuffix("'s"),
        MEANS_HEAD: means,
        "n (seeds)": cells["n"],
    }
    return readable(pd.DataFrame(columns))


def power_shown(table: pd.DataFrame) -> PageTable:
    """Return the rows of `stats.power_table` to look at; a dash where no claim is possible."""
    claimable = table["smallest_effect"].where(table["least_p"] < SIGNIFICANCE)
    power = f"smallest difference that a t test finds with {100 * POWER:.0f} % power (points)"
    columns = {
        "seeds": table["seeds"],
        power: claimable,
        LEAST_HEAD: [p_text(p) for p in table["least_p"]],
    }
    return readable(pd.DataFrame(columns))
