"""What rows of contrasts show, in few words: the same in README.md, the advice and the settings.

In: settings and rows of contrasts. Out: the row that answers a question, clauses and lists of
them; no word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.names import sentence_case
from cl_utils.labels.numbers import counts_text, difference_facts, millions, points_text
from cl_utils.report.questions import Question, questions
from cl_utils.report.settings import REFERENCE, Setting
from cl_utils.stats import finding, standing
from cl_utils.stats.contrasts import of_pairs
from cl_utils.stats.intervals import SIGNIFICANCE
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN
from cl_utils.stats.rows import PRIMARY, Pair, seed_values, select

ROWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "The paper's question": "The paper's hybrid − its baseline",
        "Order": "Easy programs first − the same programs in random order",
        "Restarts": "Three learning-rate cycles − one",
        "Composition": "Hybrid's programs − the baseline's, in random order and one cycle",
        "Difficulty or staging": "Buckets by difficulty − random buckets",
    }
)
"""The differences that answer the questions, as rows of the table."""
OWN_ORDER: Final[Pair] = ("hybrid-norestart", "hybrid-shuffled")
"""The declared contrast of order on hybrid's own programs: the main effect averages over both."""
OWN_ROW: Final = "Easy programs first − random order, on hybrid's programs in one cycle"
"""What its row is called."""
NOT_SHOWN: Final = "no difference is shown"
TOO_FEW: Final = "too few seeds to decide"
UNFINISHED: Final = "undecided so far"
SINGLE_RUNS: Final = "there are too few seeds to tell"


def told(named: Sequence[tuple[str, pd.Series]], of: str, before: str = "with ") -> str:
    """Return what rows show and under which names, those that show the same together.

    `of`: what the rows are; `before`: the word before the names.
    """
    groups: dict[str, list[tuple[str, pd.Series]]] = {}
    for name, row in named:
        groups.setdefault(words(row), []).append((name, row))
    clauses = []
    for what, found in groups.items():
        where = f"{before}{joined(grouped([name for name, _ in found]))}"
        if len(found) == len(named) > 1:
            where = f"in {'any of the' if what == NOT_SHOWN else 'all'} {len(found)} {of}"
        clauses.append(f"{what}{_strength([row for _, row in found])} {where}")
    return "; ".join(clauses)


def _strength(rows: Sequence[pd.Series]) -> str:
    """Return " (claim)" or " (trends)" of rows that show the same, "" of what is neither."""
    strength = standing(rows[0])
    if strength not in ("claim", "trend"):
        return ""
    return f" ({strength}s)" if len(rows) > 1 else f" ({strength})"


def extremes(rows: Sequence[pd.Series]) -> str:
    """Return the lowest and the highest of some differences, with intervals and n."""
    if len(rows) == 1:
        return facts(rows[0])
    ends = sorted(rows, key=lambda row: float(row["difference"]))
    n = counts_text(int(row["n"]) for row in rows)
    return f"from {points_text(ends[0])} to {points_text(ends[-1])} points, n = {n}"


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def grouped(names: Iterable[str]) -> list[str]:
    """Return names that differ only in their brackets as one: "small models (fast, strong)"."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for name in names:
        head, bracket, inside = name.partition(" (")
        groups.setdefault((head, bool(bracket)), []).append(inside.removesuffix(")"))
    return [
        f"{head} ({', '.join(inside)})" if bracket else head
        for (head, bracket), inside in groups.items()
    ]


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
    """Return how many seeds the answers of a setting rest on, as a rule: the most of any.

    The baseline's where it answers no question, as a profile of one's own may.
    """
    if counts := seeds_of_answers(setting):
        return max(counts)
    return len(seed_values(select(setting.results.measures, *PRIMARY), REFERENCE))


def seeds_of_answers(setting: Setting) -> list[int]:
    """Return how many seeds each answer of a setting rests on."""
    return [int(row["n"]) for row in answers(setting)]


def declared_of_answers(setting: Setting) -> list[int]:
    """Return how many seeds were declared for each answer of a setting: of all its arms."""
    return [int(row.get("declared", setting.planned)) for row in answers(setting)]


def answers(setting: Setting) -> list[pd.Series]:
    """Return the answers that a setting gives, in the order of the questions."""
    rows = [answer(setting, question) for question in questions_titled(ROWS)]
    return [row for row in rows if row is not None]


def words(row: pd.Series) -> str:
    """Return what one row shows; a trend is no more than a tendency."""
    if finding(row) == "nothing" and cannot_be_a_claim(row):
        return UNFINISHED if row["p_least"] < SIGNIFICANCE else TOO_FEW
    side = "higher" if row["difference"] > 0 else "lower"
    verb = "is" if standing(row) == "claim" else "tends to be"
    return {
        "difference": f"accuracy {verb} {side}",
        "interval": f"accuracy {verb} {side}",
        "equivalence": f"the difference {verb} less than {EQUIVALENCE_MARGIN:g} point",
        "nothing": NOT_SHOWN,
        "single runs": SINGLE_RUNS,
    }[finding(row)]


def cannot_be_a_claim(row: pd.Series) -> bool:
    """Return whether so few seeds cannot give a claim, by their p or since more were declared."""
    return not row["p_least"] < SIGNIFICANCE or row["n"] < row.get("declared", 0)


def facts(row: pd.Series) -> str:
    """Return what is needed to judge a row: points, interval, n, and whether it is a claim."""
    strength = standing(row)
    mark = f": a {strength}" if strength in ("claim", "trend") else ""
    return f"{', '.join(difference_facts(row))}, n = {row['n']}{mark}"


def unusual_count(row: pd.Series, usual: int) -> str:
    """Return ", n = 7" where a row has not the usual number of seeds, "" where it has."""
    return "" if row["n"] == usual else f", n = {row['n']}"
