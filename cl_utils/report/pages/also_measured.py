"""What else was measured than execution, in one table: README.md and the page of a reader's rows.

In: the settings with rows. Out: a row per measure and a column per setting, all exploratory; and
what the tests that were declared of it later show.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.labels.names import MEASURES, level_label, sentence_case
from cl_utils.labels.numbers import MISSING, points_text
from cl_utils.report.in_short import seeds, unusual_count
from cl_utils.report.metric_by_setting import Judged
from cl_utils.report.metric_findings import INVERTED, interval_cell, reading
from cl_utils.report.pages.completion import DIGITS, TASKS, completion_row
from cl_utils.report.pages.how_soon import how_soon_counts, later_test
from cl_utils.report.sentences import rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.report.side_by_side import rows_by_level
from cl_utils.stats.levels import costliest_levels
from cl_utils.stats.validity import OVERALL, WITHIN

HEAD: Final = "also measured (exploratory)"
ORDER: Final = (
    "Easy programs first − random order, on the level of the grammar picked for its lowest main "
    "effect, so overstated"
)
METRIC: Final = "Correlation of the paper's metric with how hard the baseline finds a program"
SOON: Final = (
    "Seeds that needed fewer, or more, training characters than the baseline to reach "
    f"{PAPER_BASELINE} % in validation"
)
CHOICES: Final = MappingProxyType(
    {
        ("hybrid", "baseline"): "hybrid",
        ("hybrid-shuffled", "baseline"): "its programs in random order",
    }
)
"""The contrasts of that row, by how it calls their first arm."""
LEGEND: Final = f"""\
- In points where nothing else is said, with 95 % intervals. Correlation: Spearman's rho with \
-log p of the true output; *{INVERTED}*: what the metric calls easy, the model finds harder. \
*Within a level*: the mean rho of the grammar's levels, weighted by programs."""


def also_measured(settings: Sequence[Setting], metric: Sequence[Judged]) -> str:
    """Return the table with its legend; "" where no setting has any of it.

    `metric`: see `report.metric_by_setting.judged`.
    """
    rows = [
        *_completion_rows(settings),
        [ORDER, *map(_level_cell, settings)],
        [METRIC, *_metric_cells(settings, metric)],
        [SOON, *map(_soon_cell, settings)],
    ]
    rows = [row for row in rows if set(row[1:]) - {MISSING}]
    if not rows:
        return ""
    heads = [HEAD, *(f"{each.title}, n = {seeds(each)}" for each in settings)]
    table = rows_markdown([heads, ["---"] * len(heads), *rows])
    return "\n\n".join([table, " ".join(filter(None, (LEGEND, later_test(settings))))])


def _completion_rows(settings: Sequence[Setting]) -> list[list[str]]:
    """Return hybrid against the baseline in the paper's two other tasks, a row each."""
    rows = []
    for measure in TASKS:
        found = [completion_row(each, measure) for each in settings]
        cells = [_cell(row, each, DIGITS) for row, each in zip(found, settings, strict=True)]
        rows.append([f"{sentence_case(MEASURES[measure])}, hybrid − baseline", *cells])
    return rows


def _level_cell(setting: Setting) -> str:
    """Return what order does on its costliest level, on either choice of programs apart.

    Their mean, by which the level is found, may be far from both.
    """
    worst = costliest_levels(rows_by_level([setting]), "setting")
    if worst.empty:
        return MISSING
    level, effects = worst["level"].iloc[0], setting.order_by_level
    rows = [row for _, row in effects[effects["subset"] == level].iterrows()]
    parts = ", ".join(f"{points_text(row)} {row['where']}" for row in rows)
    return f"{level_label(level)}: {parts}{unusual_count(rows[0], seeds(setting))}"


def _soon_cell(setting: Setting) -> str:
    """Return in how many seeds hybrid, and its programs alone, need fewer characters, and more."""
    named = zip(CHOICES.values(), how_soon_counts(setting, CHOICES), strict=True)
    return "; ".join(f"{name}: {counts}" for name, counts in named if counts) or MISSING


def _metric_cells(settings: Sequence[Setting], metric: Sequence[Judged]) -> list[str]:
    """Return rho over all programs, how it reads, and rho within a level, a setting each."""
    found = {setting.name: rows for setting, rows in metric}
    return [_metric_cell(found[each.name]) if each.name in found else MISSING for each in settings]


def _metric_cell(rows: pd.DataFrame) -> str:
    overall, within = (rows.loc[scope] for scope in (OVERALL, WITHIN))
    text = f"{interval_cell(overall)}, {reading(overall)}"
    return f"{text}; within a level {interval_cell(within)}" if pd.notna(within["rho"]) else text


def _cell(row: pd.Series | None, setting: Setting, digits: int = 1) -> str:
    """Return a difference with its interval, and n where it is not the setting's usual one."""
    if row is None:
        return MISSING
    return f"{points_text(row, digits)}{unusual_count(row, seeds(setting))}"
