"""README.md: what the curriculum gains and what its parts do, in every setting.

In: the settings that have been studied. Out: sentences and tables, between the README's markers;
no word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_GAIN
from cl_utils.labels.names import arm_label
from cl_utils.labels.numbers import MISSING, points_text
from cl_utils.report.by_machine import machine_note
from cl_utils.report.declarations import NOTES
from cl_utils.report.in_short import (
    OWN_ROW,
    ROWS,
    SINGLE_RUNS,
    TOO_FEW,
    UNFINISHED,
    answer,
    answers,
    joined,
    own_order,
    questions_titled,
    sizes,
    told,
    unusual_count,
    words,
)
from cl_utils.report.metric_by_setting import Judged
from cl_utils.report.pages.also_measured import also_measured
from cl_utils.report.rate_words import rates_sentence
from cl_utils.report.sentences import rows_markdown, verdict_cell
from cl_utils.report.settings import Setting
from cl_utils.report.sorting import sorting_sentence
from cl_utils.report.summary import WHERE
from cl_utils.stats import finding, standing
from cl_utils.stats.contrasts import of_pairs
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SIGNIFICANCE
from cl_utils.stats.rows import Pair

LEADING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "The paper's question": "The paper's hybrid curriculum against its baseline",
        "Order": "Easy programs first, by the paper's metric, against the same programs in random "
        "order",
    }
)
"""The questions that the README answers first, a sentence each."""
EARLY: Final = frozenset({TOO_FEW, UNFINISHED, SINGLE_RUNS})
LEGEND: Final = f"""\
- In {WHERE}, paired by seed, with 95 % intervals.{{sizes}}
- *Claim*: declared before the runs, p < {SIGNIFICANCE:g} after Holm within its family, at least \
{SEEDS_OF_A_CLAIM} seeds and all that were declared. *Trend*: short of a claim, since only its \
interval excludes zero, declared seeds are missing, or it was not declared. \
*Undecided*: neither a difference nor its absence is shown (in sentences: *no difference is \
shown*). The error rate of 5 % holds within a family, not over the table.
- {{rows}}All seeds of a setting share one set of programs.
"""
MAIN_EFFECTS: Final = (
    "Main effects, over the eight arms that combine order, restarts and composition: {rows}. The "
    "figure also shows composition, as a main effect, which includes whatever order costs more on "
    "the baseline's programs than on hybrid's; the row here is one contrast, in random order. "
)
SEVERAL_THINGS: Final = "The arms of *{row}* differ in order and composition, too. "
"""What the rows of the table are, where they are there."""


def answer_markdown(settings: Sequence[Setting], figure: str, further: str = "") -> str:
    """Return the answer, its table, the figure (Markdown, "" without one) and further lines."""
    return "\n\n".join(filter(None, (lead(settings), table(settings), figure, further)))


def lead(settings: Sequence[Setting]) -> str:
    """Return the answer to the README's question in a few sentences; "" without rows.

    Its first words count claims of a gain alone, by hybrid or by either row on order; a setting
    in which none of these could be a claim yet does not count. The sentences say what is shown of
    hybrid, and of order by its main effect.
    """
    found = [rows for each in settings if (rows := leading_rows(each))]
    if not found:
        return ""
    gains = any(claims_a_gain(row) for rows in found for row in rows)
    early = all(words(row) in EARLY for rows in found for row in rows)
    start = "Not known yet" if early else "In part" if gains else "So far, no"
    return " ".join([f"**{start}.**", *sentences(settings), *paper_gain(settings)])


def paper_gain(settings: Sequence[Setting]) -> list[str]:
    """Return a sentence on the gain that the paper prints; none where no setting has intervals."""
    question = questions_titled(LEADING)[0]
    rows = [row for each in settings if (row := answer(each, question)) is not None]
    highs = [float(row["high"]) for row in rows if pd.notna(row["high"])]
    if not highs:
        return []
    below = sum(high < PAPER_GAIN for high in highs)
    where = "every setting" if below == len(highs) else f"{below} of {len(highs)} settings"
    return [
        f"The gain that the paper prints, {PAPER_GAIN:.2f} points with other programs, budget and "
        f"scoring, lies above the interval in {where}."
    ]


def further_lines(
    settings: Sequence[Setting],
    metric: Sequence[Judged],
    *,
    orders: Sequence[Setting],
    rates: Sequence[Setting],
) -> str:
    """Return what else was found: a table of other measures, and a line per further question.

    `metric`: see `report.metric_by_setting.judged`; `orders` and `rates`: the settings of other
    orders and of other learning rates. Nothing is said of what has no rows.
    """
    parts = (also_measured(settings, metric), sorting_sentence(orders), rates_sentence(rates))
    return "\n".join(filter(None, parts))


def leading_rows(setting: Setting) -> list[pd.Series]:
    """Return what a setting says of hybrid against the baseline, and of order (one row or two)."""
    asked = questions_titled(LEADING)
    rows = [*(answer(setting, question) for question in asked), own_order(setting)]
    return [row for row in rows if row is not None]


def claims_a_gain(row: pd.Series) -> bool:
    """Return whether a row is a claim that accuracy is above the reference's."""
    return finding(row) == "difference" and standing(row) == "claim" and row["difference"] > 0


def sentences(settings: Sequence[Setting]) -> list[str]:
    """Return a sentence a leading question: what is shown in which settings."""
    said = []
    for question in questions_titled(LEADING):
        found = [(setting.title, answer(setting, question)) for setting in settings]
        named = [(title, row) for title, row in found if row is not None]
        if named:
            said.append(f"{LEADING[question.title]}: {told(named, 'settings')}.")
    return said


def table(settings: Sequence[Setting]) -> str:
    """Return a row per question and a column per setting, with its legend; "" without rows."""
    shown = [(name, rows) for name, rows in answers_by_row(settings) if present(rows)]
    if not shown:
        return ""
    columns = [present(column) for column in zip(*(rows for _, rows in shown), strict=True)]
    counts = [max((int(row["n"]) for row in column), default=0) for column in columns]
    heads = []
    for each, column, n in zip(settings, columns, counts, strict=True):
        declared = max((int(row.get("declared", each.planned)) for row in column), default=0)
        of = f" of {declared} declared" if n < declared else ""
        heads.append(f"{each.title}, n = {n}{of}")
    lines = [["difference", *heads], ["---"] * (1 + len(heads))]
    for name, rows in shown:
        lines.append([name, *(cell(row, n) for row, n in zip(rows, counts, strict=True))])
    return "\n\n".join(filter(None, (rows_markdown(lines), legend(settings))))


def present(rows: Iterable[pd.Series | None]) -> list[pd.Series]:
    """Return the rows that are there."""
    return [row for row in rows if row is not None]


def answers_by_row(settings: Sequence[Setting]) -> Iterator[tuple[str, list[pd.Series | None]]]:
    """Yield the name of each row of the table, and what it says in each setting.

    The questions' answers; then, of profiles of one's own, what else they declare.
    """
    for question in questions_titled(ROWS):
        yield ROWS[question.title], [answer(setting, question) for setting in settings]
        if question.title == "Order":
            yield OWN_ROW, [own_order(setting) for setting in settings]
    for pair in dict.fromkeys(pair for each in settings for pair in own_pairs(each)):
        found = [of_pairs(each.contrasts, [pair]) for each in settings]
        named = " − ".join(arm_label(arm) for arm in pair)
        yield named, [None if rows.empty else rows.iloc[0] for rows in found]


def own_pairs(setting: Setting) -> list[Pair]:
    """Return the declared contrasts that no answer shows, of a profile that is not committed."""
    if setting.group:
        return []
    rows = present([*answers(setting), own_order(setting)])
    shown = {
        (row["arm"], row["reference"]) for row in rows if not isinstance(row.get("effect"), str)
    }
    return [pair for pair in setting.declared if pair not in shown]


def legend(settings: Sequence[Setting]) -> str:
    """Return what the table's words mean."""
    notes = [note for each in settings if (note := NOTES.get(each.profile))]
    if machines := machine_note(settings):
        notes.append(f"{machines} ([exploratory](docs/settings.md#by-machine)).")
    text = LEGEND.format(sizes=sizes(settings), rows=_rows_explained(settings))
    return f"{text}- {' '.join(notes)}" if notes else text.strip()


def _rows_explained(settings: Sequence[Setting]) -> str:
    """Return which rows of the table are main effects, and which compare more than they say."""
    asked = {question.title: question for question in questions_titled(ROWS)}
    answers = {
        title: [row for each in settings if (row := answer(each, question)) is not None]
        for title, question in asked.items()
    }
    main = [
        f"*{ROWS[title]}*"
        for title, rows in answers.items()
        if rows and all(isinstance(row.get("effect"), str) for row in rows)
    ]
    told = MAIN_EFFECTS.format(rows=joined(main)) if main else ""
    last = "Difficulty or staging"
    return told + (SEVERAL_THINGS.format(row=ROWS[last]) if answers.get(last) else "")


def cell(row: pd.Series | None, usual: int) -> str:
    """Return "+1.5 (+1.0 to +2.0), claim: higher", with n where it is not the usual one."""
    if row is None:
        return MISSING
    return f"{points_text(row)}{unusual_count(row, usual)}, {verdict_cell(row)}"
