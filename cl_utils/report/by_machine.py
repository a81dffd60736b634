"""Whether seeds trained on a GPU and seeds trained on a CPU show the same differences.

In: the settings with rows. Out: a section of docs/settings.md and a sentence of README.md, of the
settings whose seeds were trained on both. Exploratory: nothing of it was planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from cl_utils.labels.names import sentence_case
from cl_utils.labels.numbers import fixed, p_text, points_text
from cl_utils.report.in_short import OWN_ORDER, OWN_ROW, ROWS, answer, questions_titled
from cl_utils.report.sentences import rows_markdown
from cl_utils.report.settings import CPU, GPU, Setting
from cl_utils.stats.changes import difference_by_seed
from cl_utils.stats.factorial import effect_by_seed
from cl_utils.stats.groups import GroupDifference, group_difference

TITLE: Final = "By machine"
TEXT: Final = """\
All arms of a seed were trained on one type of machine, so every difference is within one. Are they
the same on both? Not planned, so exploratory; p of Welch's t test, not adjusted. The two groups are
other seeds, and seeds differ much by whether they have learnt one particular skill: chance and the
machine cannot be told apart here."""
HEADS: Final = ("", "seeds on a GPU", "seeds on a CPU", "CPU − GPU (95 %)", "p")

Compared = list[tuple[str, GroupDifference]]
"""What each row of the README's table is on a GPU and on a CPU."""


def machine_section(settings: Sequence[Setting]) -> str:
    """Return the section, a table per setting; "" where no setting has seeds of both."""
    tables = [
        f"{sentence_case(setting.title)}.\n\n{_table(rows)}"
        for setting in settings
        if (rows := by_machine(setting))
    ]
    return "\n\n".join([f"## {TITLE}", TEXT, *tables]) if tables else ""


def machine_note(settings: Sequence[Setting]) -> str:
    """Return what a reader of the short table must know of it; "" where nothing is."""
    told = [
        f"With {setting.title}, hybrid − baseline is {_mean(first.first, first.first_n)} in seeds "
        f"trained on a GPU and {_mean(first.second, first.second_n)} in those trained on a CPU"
        for setting in settings
        for _, first in by_machine(setting)[:1]
    ]
    return f"{'. '.join(told)}: chance and the machine cannot be told apart" if told else ""


def by_machine(setting: Setting) -> Compared:
    """Return each difference of the README's table on a GPU and on a CPU; [] without both."""
    found = []
    for name, values in _values(setting):
        groups = [
            values[[setting.devices.get(seed) == kind for seed in values.index]]
            for kind in (GPU, CPU)
        ]
        if all(map(len, groups)):
            found.append((name, group_difference(*groups)))
    return found


def _values(setting: Setting) -> Iterator[tuple[str, pd.Series]]:
    """Yield the rows of the README's table, each with its value (points) by seed."""
    measures = setting.results.measures
    for question in questions_titled(ROWS):
        row = answer(setting, question)
        if row is None:
            continue
        effect = row.get("effect")
        pair = (row["arm"], row["reference"])
        values = effect_by_seed(measures, effect) if effect else difference_by_seed(measures, pair)
        yield ROWS[question.title], values
        if question.title == "Order" and effect:
            yield OWN_ROW, difference_by_seed(measures, OWN_ORDER)


def _table(rows: Compared) -> str:
    lines = [list(HEADS), ["---", *["--:"] * (len(HEADS) - 1)]]
    for name, each in rows:
        means = (_mean(each.first, each.first_n), _mean(each.second, each.second_n))
        lines.append([name, *means, points_text(pd.Series(vars(each))), p_text(each.p)])
    return rows_markdown(lines)


def _mean(points: float, n: int) -> str:
    return f"{fixed(points, sign='+')} (n = {n})"
