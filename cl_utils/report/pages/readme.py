"""README.md: what the curriculum gains and what its parts do, in every setting.

In: the settings that have been studied. Out: sentences and a table, between the README's markers;
no word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import pandas as pd

from cl_utils.labels.numbers import MISSING, points_text
from cl_utils.report.in_short import (
    ROWS,
    SINGLE_RUNS,
    TOO_FEW,
    answer,
    joined,
    questions_titled,
    seeds,
    sizes,
    told,
    words,
)
from cl_utils.report.sentences import rows_markdown, verdict_cell
from cl_utils.report.settings import Setting
from cl_utils.report.summary import WHERE
from cl_utils.stats import finding, standing
from cl_utils.stats.contrasts import Pair, of_pairs
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SIGNIFICANCE

OWN_ORDER: Final[Pair] = ("hybrid-norestart", "hybrid-shuffled")
"""The declared contrast of order on hybrid's own programs: the main effect averages over both."""
OWN_ROW: Final = "Does it help on hybrid's own programs, in one cycle?"
OWN_SENTENCE: Final = "On hybrid's own programs, in one cycle"
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "The paper's question": "Hybrid against the baseline",
        "Order": "Easy programs first (by the paper's metric), against the same programs in random "
        "order, main effect",
        "Composition": "Hybrid's choice of programs against the baseline's, both in random order",
    }
)
"""The questions that are answered in a sentence each."""
LEADING: Final = ("The paper's question", "Order")
"""Those that the README's first line answers."""
EARLY: Final = frozenset({TOO_FEW, SINGLE_RUNS})
LEGEND: Final = (
    f"In {WHERE}, paired by seed, with 95 % intervals. *Claim*: declared before the runs, "
    f"p < {SIGNIFICANCE:g} after Holm within its family, at least {SEEDS_OF_A_CLAIM} seeds; "
    "*trend*: declared, but only the 95 % interval leaves out zero (or fewer seeds, or "
    "undeclared); *undecided*: neither a difference nor its absence is shown. The error rate of "
    "5 % holds within a family, not over the table. All seeds of a setting share one set of "
    "programs. Rows two and four: main effects over the eight arms that combine order, restarts "
    "and composition. In the last row composition and order differ, too."
)


def answer_markdown(settings: Sequence[Setting], figure: str, further: str = "") -> str:
    """Return the sentences, the table of answers and the figure (Markdown, "" without one).

    `further`: lines more for the sentences.
    """
    lines = "\n".join(filter(None, (sentences(settings), further)))
    return "\n\n".join(filter(None, (lead(settings), lines, table(settings), figure)))


def lead(settings: Sequence[Setting]) -> str:
    """Return the answer to the README's question, in a line; "" without rows.

    Only claims count, above and below alike, of hybrid against the baseline and of both rows on
    order. A setting in which none of these could be a claim yet is counted as such.
    """
    found = {each.title: rows for each in settings if (rows := leading_rows(each))}
    if not found:
        return ""
    above = [title for title, rows in found.items() if any(claims(row, "above") for row in rows)]
    below = [title for title, rows in found.items() if any(claims(row, "below") for row in rows)]
    early = [title for title, rows in found.items() if {words(row) for row in rows} <= EARLY]
    start = "Not known yet" if len(early) == len(found) else "In part" if above else "So far, no"
    lines = [
        f"**{start}.** That the paper's hybrid curriculum, or easy programs first, raises accuracy "
        f"is {claimed(above, len(found))}; that it lowers accuracy is {claimed(below, len(found))}."
    ]
    if early:
        lines.append(f"Too few seeds for any claim, so far: {joined(early)}.")
    return " ".join(lines)


def leading_rows(setting: Setting) -> list[pd.Series]:
    """Return what a setting says of hybrid against the baseline, and of order (one row or two)."""
    asked = questions_titled({title: SENTENCES[title] for title in LEADING})
    rows = [*(answer(setting, question) for question in asked), own_order(setting)]
    return [row for row in rows if row is not None]


def claims(row: pd.Series, side: Literal["above", "below"]) -> bool:
    """Return whether a row is a claim that accuracy is above, or below, the reference."""
    above = bool(row["difference"] > 0)
    return finding(row) == "difference" and standing(row) == "claim" and above == (side == "above")


def claimed(titles: Sequence[str], among: int) -> str:
    """Return in which of so many settings something is claimed: "claimed in 2 of 3: a and b"."""
    if among == 1:
        return "claimed" if titles else "not claimed"
    if not titles:
        return f"claimed in none of the {among} settings of the table"
    return f"claimed in {len(titles)} of {among}: {joined(titles)}"


def sentences(settings: Sequence[Setting]) -> str:
    """Return one line a question: what is shown in which settings; the table has the numbers."""
    lines = []
    for question in questions_titled(SENTENCES):
        found = [(setting.title, answer(setting, question)) for setting in settings]
        named = [(title, row) for title, row in found if row is not None]
        if not named:
            continue
        line = f"- **{SENTENCES[question.title]}**: {told(named, 'settings')}."
        own = [(each.title, row) for each in settings if (row := own_order(each)) is not None]
        if question.title == "Order" and own:
            line += f" {OWN_SENTENCE}: {told(own, 'settings')}."
        lines.append(line)
    return "\n".join(lines)


def table(settings: Sequence[Setting]) -> str:
    """Return a row a question and a column a setting, with its legend."""
    counts = [seeds(setting) for setting in settings]
    heads = [
        f"{each.title}, n = {n}" + (f" of {each.planned} declared" if n < each.planned else "")
        for each, n in zip(settings, counts, strict=True)
    ]
    lines = [["", *heads], ["---"] * (1 + len(heads))]
    for question in questions_titled(ROWS):
        cells = [
            cell(answer(setting, question), n) for setting, n in zip(settings, counts, strict=True)
        ]
        lines.append([ROWS[question.title], *cells])
        own = [own_order(setting) for setting in settings]
        if question.title == "Order" and any(row is not None for row in own):
            found = [cell(row, n) for row, n in zip(own, counts, strict=True)]
            lines.append([OWN_ROW, *found])
    return "\n\n".join(filter(None, (rows_markdown(lines), f"{LEGEND}{sizes(settings)}")))


def own_order(setting: Setting) -> pd.Series | None:
    """Return the declared contrast of order on hybrid's own programs, None without its rows.

    None as well where it is the answer on order itself, for want of the factorial.
    """
    rows = of_pairs(setting.contrasts, [OWN_ORDER])
    return None if rows.empty or setting.effects.empty else rows.iloc[0]


def cell(row: pd.Series | None, usual: int) -> str:
    """Return "+1.5 (+1.0 to +2.0), claim: above", with n where it is not the usual one."""
    if row is None:
        return MISSING
    count = "" if row["n"] == usual else f", n = {row['n']}"
    return f"{points_text(row)}{count}, {verdict_cell(row)}"
