"""How soon an accuracy is reached: a section of docs/settings.md and rows of README.md.

In: the settings with rows. Out: Markdown, and the rows of the figure, of the settings in which a
run gets there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import isfinite
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.labels.names import arm_label, in_order, sentence_case
from cl_utils.labels.numbers import MISSING, count_text, counts_text, fixed, p_text, reached_text
from cl_utils.report.in_short import joined
from cl_utils.report.questions import pairs
from cl_utils.report.sentences import rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.report.summary import minus
from cl_utils.stats.intervals import SEEDS_OF_A_TREND, SIGNIFICANCE, at_most
from cl_utils.stats.reached import characters_to, declared_sooner, sooner
from cl_utils.stats.rows import Pair, stacked
from cl_utils.study.stage_params import SecondMeasure

NONE: Final = "undecided"
Reached = tuple[Setting, pd.DataFrame]
"""A setting with the characters that each of its runs needs."""
TITLE: Final = f"## How soon {PAPER_BASELINE} % is reached"
TEXT: Final = """\
Millions of characters read in training until the accuracy on the validation programs (mean of the
buckets, linearly interpolated between measured points) first reaches what the paper reports for its
baseline: a mark and no comparison, since programs and scoring differ. Median over the seeds, with
minimum and maximum; a seed that never gets there counts as the largest. A curve has 20 points,
of at most 256 validation programs per bucket; each has read about 23 % more characters than the one
before, so a smaller difference is that of the interpolation. Profile `paper-size` declares this as
its second measure, without a test of it, so all of this is exploratory, except where a test was
declared for later seeds."""
ARM_HEADS: Final = ("arm", "get there", "characters (millions)")
PAIR_HEADS: Final = (
    *("", "seeds", "sooner", "later", "neither gets there"),
    "ratio of characters, where both get there",
)
TEST_HEADS: Final = (*PAIR_HEADS[:-1], "p after Holm", "verdict")


def how_soon_counts(setting: Setting, asked: Collection[Pair]) -> list[str]:
    """Return, a pair each, in how many seeds an arm reads fewer characters, and more; or ""."""
    counts = {
        (row["arm"], row["reference"]): f"{row['sooner']} fewer, {row['later']} more of {row['n']}"
        for _, reached in _reaching(_curves([setting]))
        for _, row in sooner(reached, asked).iterrows()
    }
    return [counts.get(pair, "") for pair in asked]


def later_test(settings: Sequence[Setting]) -> str:
    """Return what the tests that were declared for later seeds show; "" where none was."""
    return " ".join(filter(None, (_later(*each) for each in _curves(settings))))


def _later(setting: Setting, reached: pd.DataFrame) -> str:
    """Return what the test that was declared for later seeds shows; "" where none was."""
    if setting.second is None:
        return ""
    first, rows = setting.second.first_seed, _later_rows(setting, setting.second, reached)
    declared = count_text(_later_seeds(setting, setting.second), "later seed")
    done = counts_text(rows["n"]) if len(rows) else "0"
    shown = [verdict(row, row["declared"]) for _, row in rows.iterrows()] or [NONE]
    return (
        f"The first {first} seeds with {setting.title} suggested that arms differ in how soon they "
        f"reach {PAPER_BASELINE} %. A test on {declared} was declared, of which {done} are there: "
        f"{joined([*dict.fromkeys(shown)])}."
    )


def _later_rows(setting: Setting, second: SecondMeasure, reached: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the test that was declared for later seeds, each with how many those are.

    Rows of `declared_sooner` with the column `declared`.
    """
    rows = declared_sooner(reached, pairs(second.contrasts), second.first_seed)
    declared = [
        setting.planned_of((row["arm"], row["reference"]), second.first_seed)
        for _, row in rows.iterrows()
    ]
    return rows.assign(declared=declared)


def _later_seeds(setting: Setting, second: SecondMeasure) -> int:
    """Return how many later seeds were declared of all arms of that test."""
    arms = {arm for pair in second.contrasts for arm in pair}
    return setting.planned_of(arms, second.first_seed)


def _curves(settings: Sequence[Setting]) -> list[Reached]:
    """Return what `characters_to` gives of every setting that has curves."""
    return [
        (each, characters_to(each.results.curves, PAPER_BASELINE))
        for each in settings
        if len(each.results.curves)
    ]


def _reaching(found: Sequence[Reached]) -> list[Reached]:
    """Return those of which at least one run gets there."""
    return [each for each in found if np.isfinite(each[1]["characters"]).any()]


def never_reaching(settings: Sequence[Setting]) -> list[str]:
    """Return the titles of the settings with curves in which no run gets there."""
    found = _curves(settings)
    there = [each.title for each, _ in _reaching(found)]
    return [each.title for each, _ in found if each.title not in there]


def rows_how_soon(settings: Sequence[Setting]) -> pd.DataFrame:
    """Return setting, arm, seed, characters of the settings in which a run gets there."""
    tables = [rows.assign(setting=each.title) for each, rows in _reaching(_curves(settings))]
    return stacked(tables)


def how_soon_section(settings: Sequence[Setting], figure: str = "") -> str:
    """Return the section with a figure (Markdown); "" where no run of any setting has a curve."""
    if not (found := _curves(settings)):
        return ""
    there = _reaching(found)
    reached = {each.title for each, _ in there}
    without = [each.title for each, _ in found if each.title not in reached]
    tables = [_tables(each, rows) for each, rows in there]
    never = f"No run gets there with {joined(without)}." if without else ""
    return "\n\n".join(filter(None, [TITLE, TEXT, figure, never, *tables]))


def _tables(setting: Setting, reached: pd.DataFrame) -> str:
    """Return a row per arm, and a row a declared contrast that has seeds."""
    by_arm = reached.groupby("arm")["characters"].agg(list)
    lines = [list(ARM_HEADS), ["---", "--:", "--:"]]
    for arm in in_order(by_arm.index):
        values = by_arm[arm]
        count = f"{sum(map(isfinite, values))} of {len(values)}"
        lines.append([arm_label(arm), count, reached_text(values)])
    parts = [f"{sentence_case(setting.title)}.", rows_markdown(lines)]
    rows = sooner(reached, setting.declared)
    if len(rows):
        lines = [list(PAIR_HEADS), ["---", *["--:"] * (len(PAIR_HEADS) - 1)]]
        lines += [_pair_cells(row) for _, row in rows.iterrows()]
        parts.append(rows_markdown(lines))
    parts.append(_declared(setting, reached))
    return "\n\n".join(filter(None, parts))


def _declared(setting: Setting, reached: pd.DataFrame) -> str:
    """Return what was declared for later seeds, and what these say so far; "" of nothing."""
    if setting.second is None:
        return ""
    first, asked = setting.second.first_seed, pairs(setting.second.contrasts)
    names = [minus(*pair) for pair in asked]
    said = (
        f"The first {first} seeds suggested a difference in {joined(names)}, so a test was "
        "declared for later seeds; only these count here. Exact two-sided sign test, one Holm "
        "family; a seed that is neither sooner nor later is left out."
    )
    rows = _later_rows(setting, setting.second, reached)
    if rows.empty or not rows["n"].any():
        declared = count_text(_later_seeds(setting, setting.second), "seed")
        return f"{said} None has been run in both arms yet, of {declared} declared."
    lines = [list(TEST_HEADS), ["---", *["--:"] * (len(TEST_HEADS) - 2), "---"]]
    lines += [_test_cells(row) for _, row in rows.iterrows()]
    return f"{said}\n\n{rows_markdown(lines)}"


def _counts(row: pd.Series) -> list[str]:
    """Return what both tables of pairs begin with: the pair, and its seeds by what they show."""
    return [
        minus(row["arm"], row["reference"]),
        *(str(row[name]) for name in ("n", "sooner", "later", "neither")),
    ]


def _test_cells(row: pd.Series) -> list[str]:
    return [*_counts(row), p_text(row["p_holm"]), verdict(row, row["declared"])]


def verdict(row: pd.Series, declared: int = 0) -> str:
    """Return what a row of `declared_sooner` allows anyone to say.

    `declared`: its seeds when the study is complete; before, nothing is a claim.
    """
    if row["n"] < SEEDS_OF_A_TREND:
        return "single runs"
    if not row["p_holm"] < SIGNIFICANCE:
        return NONE
    side = "sooner" if row["sooner"] > row["later"] else "later"
    strength = at_most(row["sooner"] + row["later"]) if row["n"] >= declared else "trend"
    return f"{strength}: {side}"


def _pair_cells(row: pd.Series) -> list[str]:
    if pd.isna(row["ratio"]):
        return [*_counts(row), MISSING]
    few = f", n = {row['both']}" if row["both"] < row["n"] else ""
    return [
        *_counts(row),
        f"{fixed(row['ratio'], 2)} ({fixed(row['least'], 2)} to {fixed(row['most'], 2)}){few}",
    ]
