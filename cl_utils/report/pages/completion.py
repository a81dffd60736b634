"""Completing code, the paper's two other tasks: a section of docs/settings.md, rows of README.md.

In: the settings with rows. Out: Markdown, and rows of differences; all of it is exploratory, since
the declared measure is the execution of code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.names import MEASURES
from cl_utils.report.pages.setting_tables import effects_table, order_apart
from cl_utils.report.settings import Setting
from cl_utils.report.side_by_side import PAPERS_PAIR
from cl_utils.stats.contrasts import as_exploratory, contrast_table
from cl_utils.stats.exams import cell_accuracy, cell_effects
from cl_utils.stats.factorial import simple_effects
from cl_utils.stats.rows import PRIMARY, Cell, select, stacked

TASKS: Final[Mapping[str, Cell]] = MappingProxyType(
    {measure: (measure, *PRIMARY[1:]) for measure in ("token_accuracy", "line_exact")}
)
DIGITS: Final = 2
"""Of a difference: the arms lie within a point or two, and their seeds closer still."""
TITLE: Final = "## Completing code"
TEXT: Final = """\
The paper's two other tasks, greedy, on the balanced test, mean of the three buckets:
the next character from all that precede it, a line from the lines before it. *Counted*: the
characters and the lines that are to be completed. Exploratory, since the declared measure is the
execution of code, and p are left out. Over the seeds that all eight arms have; the
[README](../README.md) has hybrid − baseline over all seeds of the two."""
HEAD: Final = "baseline, right (%)"


def completion_section(settings: Sequence[Setting]) -> str:
    """Return the section, a table per setting whose eight arms were measured; "" without any."""
    tables = [table for each in settings if (table := _table(each))]
    return "\n\n".join([TITLE, TEXT, *tables]) if tables else ""


def completion_row(setting: Setting, measure: str) -> pd.Series | None:
    """Return hybrid against the baseline in one of `TASKS`; None without both arms' rows.

    Over all seeds that the two have, as in the rows on exact outputs.
    """
    measures, cell = setting.results.measures, TASKS[measure]
    if select(measures, *cell).empty:
        return None
    rows = as_exploratory(contrast_table(measures, contrasts=[PAPERS_PAIR], cell=cell))
    return None if rows.empty else rows.iloc[0]


def _table(setting: Setting) -> str:
    measures = setting.results.measures
    tables = [cell_effects(measures, list(TASKS.values()))]
    tables += [
        order_apart(simple_effects(measures, "order", "composition", cell))
        for cell in TASKS.values()
    ]
    effects = stacked(tables, tables[0].columns)
    right = cell_accuracy(measures, list(TASKS.values()))
    by = ("measure", MEASURES.__getitem__)
    return effects_table(setting, right, effects, by, digits=DIGITS, heads=("counted", HEAD))
