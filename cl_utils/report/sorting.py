"""All programs sorted by difficulty: what the declared orders show against a random one.

In: the settings of other orders (`report.settings.ordered`). Out: one line for README.md, named
rows for the advice; no word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cl_utils.report.in_short import extremes, joined, told
from cl_utils.report.settings import Setting
from cl_utils.report.side_by_side import rows_by_order


def sorted_orders(settings: Sequence[Setting]) -> list[tuple[str, Setting, pd.Series]]:
    """Return the declared differences of every order to the baseline: its name, setting, row."""
    found = []
    for setting in settings:
        rows = rows_by_order([setting])
        declared = rows[~rows["exploratory"].astype(bool)]
        found += [(str(row["order"]), setting, row) for _, row in declared.iterrows()]
    return found


def sorting_sentence(settings: Sequence[Setting]) -> str:
    """Return the line; "" without a declared order that has rows."""
    found = sorted_orders(settings)
    if not found:
        return ""
    where = joined(list(dict.fromkeys(each.title for _, each, _ in found)))
    head = f"All programs sorted by difficulty, against random order, with {where}"
    shown = told([(order, row) for order, _, row in found], "orders", "for ")
    return f"- **{head}**: {shown}, {extremes([row for *_, row in found])}."
