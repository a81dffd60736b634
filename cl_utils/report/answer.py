"""The answer in short: what the curriculum gains and what its parts do, in every setting.

In: the settings that have been studied. Out: sentences and a table of five rows for README.md; no
word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.names import sentence_case
from cl_utils.labels.numbers import MISSING, difference_facts, points_text
from cl_utils.report.questions import Question, questions
from cl_utils.report.sentences import rows_markdown, verdict_cell
from cl_utils.report.settings import Setting, millions
from cl_utils.report.summary import WHERE
from cl_utils.stats import finding, standing
from cl_utils.stats.contrasts import Pair, of_pairs
from cl_utils.stats.intervals import EQUIVALENCE_MARGIN, SEEDS_OF_A_CLAIM, SIGNIFICANCE

ROWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "The paper's question": "Is the paper's hybrid better than its baseline?",
        "Order": "Does the order help, with the same programs?",
        "Restarts": "Do learning-rate restarts help?",
        "Composition": "Does hybrid's choice of programs help, in random order and one cycle?",
        "Difficulty or staging": "Do buckets by difficulty help, against random ones?",
    }
)
"""The questions of the table, in its words."""
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
NOT_SHOWN: Final = "no difference is shown"
TOO_FEW: Final = "too few seeds for any claim"
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
    return "\n\n".join(filter(None, (lines, table(settings), figure)))


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


def told(named: Sequence[tuple[str, pd.Series]], of: str, before: str = "with ") -> str:
    """Return what rows show and under which names, those that show the same together.

    `of`: what the rows are; `before`: the word before the names.
    """
    groups: dict[str, list[str]] = {}
    for name, row in named:
        groups.setdefault(words(row), []).append(name)
    clauses = []
    for what, names in groups.items():
        where = f"{before}{joined(names)}"
        if len(names) == len(named) > 1:
            where = f"in {'any of the' if what == NOT_SHOWN else 'all'} {len(names)} {of}"
        clauses.append(f"{what}{_strength(named, what)} {where}")
    return "; ".join(clauses)


def _strength(named: Sequence[tuple[str, pd.Series]], what: str) -> str:
    """Return " (a claim)" or " (trends)" of the rows that show it, "" of what is neither."""
    rows = [row for _, row in named if words(row) == what]
    strength = standing(rows[0])
    if strength not in ("claim", "trend"):
        return ""
    return f" ({strength}s)" if len(rows) > 1 else f" (a {strength})"


def extremes(rows: Sequence[pd.Series]) -> str:
    """Return the lowest and the highest of some differences, with intervals and n."""
    if len(rows) == 1:
        return facts(rows[0])
    ends = sorted(rows, key=lambda row: float(row["difference"]))
    counts = sorted({int(row["n"]) for row in rows})
    n = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    return f"from {points_text(ends[0])} to {points_text(ends[-1])} points, n = {n}"


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


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


def sizes(settings: Sequence[Setting]) -> str:
    """Return what the titles of settings stand for, a sentence each; "" where they say it."""
    groups: dict[str, dict[str, Setting]] = {}
    for each in settings:
        if each.group:
            groups.setdefault(each.group, {})[each.recipe] = each
    told = [
        f"{sentence_case(group)}: {joined(_numbers(found))} parameters, "
        f"programs of at most {next(iter(found.values())).longest} characters."
        for group, found in groups.items()
    ]
    return " ".join(["", *told, "In brackets: the recipe."]) if told else ""


def _numbers(settings: Mapping[str, Setting]) -> list[str]:
    """Return each number of parameters with the recipes that have it: "0.20M (fast)"."""
    recipes: dict[str, list[str]] = {}
    for recipe, each in settings.items():
        recipes.setdefault(millions(each.parameters), []).append(recipe)
    return [f"{number} ({', '.join(names)})" for number, names in recipes.items()]


def questions_titled(titles: Mapping[str, str]) -> list[Question]:
    """Return the questions of these titles."""
    return [question for question in questions() if question.title in titles]


def answer(setting: Setting, question: Question) -> pd.Series | None:
    """Return the row that answers a question in short: its main effect or its first contrast.

    Where the factorial lacks an arm, the first contrast is the answer to either.
    """
    rows = setting.effects[setting.effects["effect"] == question.effect]
    if rows.empty or question.in_short == "contrast":
        rows = of_pairs(setting.contrasts, question.pairs[:1])
    return None if rows.empty else rows.iloc[0]


def own_order(setting: Setting) -> pd.Series | None:
    """Return the declared contrast of order on hybrid's own programs, None without its rows.

    None as well where it is the answer on order itself, for want of the factorial.
    """
    rows = of_pairs(setting.contrasts, [OWN_ORDER])
    return None if rows.empty or setting.effects.empty else rows.iloc[0]


def seeds(setting: Setting) -> int:
    """Return how many seeds the answers of a setting rest on, as a rule: the most of any."""
    rows = [answer(setting, question) for question in questions_titled(ROWS)]
    return max((int(row["n"]) for row in rows if row is not None), default=0)


def cell(row: pd.Series | None, usual: int) -> str:
    """Return "+1.5 (+1.0 to +2.0), claim: above", with n where it is not the usual one."""
    if row is None:
        return MISSING
    count = "" if row["n"] == usual else f", n = {row['n']}"
    return f"{points_text(row)}{count}, {verdict_cell(row)}"


def words(row: pd.Series) -> str:
    """Return what one row shows; a trend is no more than a tendency."""
    if finding(row) == "nothing" and not row["p_least"] < SIGNIFICANCE:
        return TOO_FEW
    side = "higher" if row["difference"] > 0 else "lower"
    verb = "is" if standing(row) == "claim" else "tends to be"
    return {
        "difference": f"accuracy {verb} {side}",
        "interval": f"accuracy {verb} {side}",
        "equivalence": f"the difference {verb} less than {EQUIVALENCE_MARGIN:g} point",
        "nothing": NOT_SHOWN,
        "single runs": "there are too few seeds to tell",
    }[finding(row)]


def facts(row: pd.Series) -> str:
    """Return what is needed to judge a row: points, interval, n, and whether it is a claim."""
    strength = standing(row)
    mark = f": a {strength}" if strength in ("claim", "trend") else ""
    return f"{', '.join(difference_facts(row))}, n = {row['n']}{mark}"
