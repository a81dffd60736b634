"""The section of docs/settings.md on how soon an accuracy is reached.

In: the settings with rows. Out: Markdown, two tables a setting in which a run gets there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_OUTPUT_ACCURACY
from cl_utils.labels.names import arm_label, in_order, sentence_case
from cl_utils.labels.numbers import MISSING
from cl_utils.report.in_short import joined
from cl_utils.report.sentences import rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.report.summary import minus
from cl_utils.stats.reached import characters_to, sooner

LEVEL: Final = PAPER_OUTPUT_ACCURACY["baseline"]
"""Percent: what the paper reports of its baseline."""
TITLE: Final = f"## How soon {LEVEL} % is reached"
TEXT: Final = """\
Characters learnt from, in millions, until the accuracy on the validation programs (mean of the
buckets, straight between measured points) first reaches what the paper reports of its baseline: a
mark and no comparison, since programs and scoring differ. Median over the seeds, with the least and
the largest; a seed that never gets there counts as the largest. Profile `paper-size` declares this
as its second measure, without a test of it, so all of it is exploratory."""
ARM_HEADS: Final = ("arm", "get there", "characters (millions)")
PAIR_HEADS: Final = (
    *("", "seeds", "sooner", "later", "neither gets there"),
    "share of the reference's characters, where both do",
)


def how_soon_section(settings: Sequence[Setting]) -> str:
    """Return the section; "" where no run of any setting has a curve."""
    found = [
        (each, characters_to(each.results.curves, LEVEL))
        for each in settings
        if len(each.results.curves)
    ]
    if not found:
        return ""
    there = [(each, rows) for each, rows in found if np.isfinite(rows["characters"]).any()]
    reached = {each.title for each, _ in there}
    without = [each.title for each, _ in found if each.title not in reached]
    tables = [_tables(each, rows) for each, rows in there]
    never = f"No run gets there with {joined(without)}." if without else ""
    return "\n\n".join(filter(None, [TITLE, TEXT, never, *tables]))


def _tables(setting: Setting, reached: pd.DataFrame) -> str:
    """Return a row an arm, and a row a declared contrast that has seeds."""
    by_arm = reached.groupby("arm")["characters"].agg(list)
    lines = [list(ARM_HEADS), ["---", "--:", "--:"]]
    for arm in in_order(by_arm.index):
        values = by_arm[arm]
        count = f"{sum(map(isfinite, values))} of {len(values)}"
        lines.append([arm_label(arm), count, millions_text(values)])
    parts = [f"{sentence_case(setting.title)}.", rows_markdown(lines)]
    pairs = sooner(reached, setting.declared)
    if len(pairs):
        lines = [list(PAIR_HEADS), ["---", *["--:"] * (len(PAIR_HEADS) - 1)]]
        lines += [_pair_cells(row) for _, row in pairs.iterrows()]
        parts.append(rows_markdown(lines))
    return "\n\n".join(parts)


def _pair_cells(row: pd.Series) -> list[str]:
    counts = [str(row[name]) for name in ("n", "sooner", "later", "neither")]
    if pd.isna(row["ratio"]):
        return [minus(row), *counts, MISSING]
    return [minus(row), *counts, f"{row['ratio']:.2f} ({row['least']:.2f} to {row['most']:.2f})"]


def millions_text(characters: Sequence[float]) -> str:
    """Return "11.6 (9.6 to 13.0)" of some seeds' characters, "never" for one that is infinite."""
    values = sorted(characters)
    median = float(np.median(values))
    ends = [_million(each) for each in (median, values[0], values[-1])]
    return ends[0] if len(values) == 1 else f"{ends[0]} ({ends[1]} to {ends[2]})"


def _million(characters: float) -> str:
    return f"{characters / 1e6:.1f}" if isfinite(characters) else "never"
