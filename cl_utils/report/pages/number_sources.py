"""Where a number of the report comes from: told when the pointer rests on it.

In: the HTML of the answer and the findings, the rows of a profile. Out: the same HTML, every
difference marked with its arms, seeds and folders. A difference is found by how it is printed, with
its interval; where several contrasts are printed alike, all of them are named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from cl_utils.labels.numbers import difference_facts, points_text
from cl_utils.report.open_questions import protocol_contrast
from cl_utils.report.pages.findings import leak_rows, smaller_budgets
from cl_utils.report.questions import contrasts_asked, pairs
from cl_utils.stats import (
    FACTORIAL,
    crossed_simple_effects,
    factorial_effects,
    factorial_gain,
    select,
)

Source = tuple[str, str]
"""How a difference is printed, and where it comes from."""


def with_sources(page: str, found: Iterable[Source]) -> str:
    """Return HTML in which every difference says on hover what it was computed from."""
    told: dict[str, list[str]] = {}
    for text, source in found:
        if source not in told.setdefault(html.escape(text), []):
            told[html.escape(text)].append(source)
    if not told:
        return page
    longest_first = sorted(map(re.escape, told), key=len, reverse=True)
    printed = re.compile(
        rf"<abbr.*?</abbr>|(?<![\d.])({'|'.join(longest_first)})(?![\d.])", re.DOTALL
    )

    def marked(found: re.Match[str]) -> str:
        if found[1] is None:  # marked already, by another recipe
            return found[0]
        title = html.escape("; or ".join(told[found[1]]))
        return f'<abbr title="{title}">{found[1]}</abbr>'

    return printed.sub(marked, page)


def sources(
    measures: pd.DataFrame, declared: Sequence[Sequence[str]], folder: str
) -> Iterator[Source]:
    """Yield every difference that answer and findings may print, with where it comes from.

    `folder`: of the rows of one recipe, such as results/study/fast.
    """
    effects = [factorial_effects(measures), crossed_simple_effects(measures)]
    of_arms = [contrasts_asked(measures, pairs(declared)), factorial_gain(measures)]
    of_arms += [smaller_budgets(measures), protocol_contrast(measures)]
    for table in of_arms:
        for _, row in table.iterrows():
            yield from _printed(row, (row["arm"], row["reference"]), measures, folder)
    for table in effects:
        for _, row in table.iterrows():
            yield from _printed(row, tuple(FACTORIAL.values()), measures, folder)
    for _, row in leak_rows(measures).iterrows():
        yield from _printed(row, (row["run_arm"],), measures, folder)


def _printed(
    row: pd.Series, arms: Sequence[str], measures: pd.DataFrame, folder: str
) -> Iterator[Source]:
    """Yield the ways in which one contrast is printed."""
    source = (
        f"{row['arm']} − {row['reference']}: measure {row['measure']}, {row['test_set']} test set, "
        f"subset {row['subset']}, of {folder}/{_braced(arms)}/{_seeds(row, measures, arms)}/"
        "measures.csv"
    )
    yield points_text(row), source
    told = difference_facts(row)
    if len(told) > 1:
        yield from ((sign.join(told), source) for sign in ("; ", ", "))


def _braced(arms: Sequence[str]) -> str:
    return f"{{{','.join(arms)}}}" if len(arms) > 1 else arms[0]


def _seeds(row: pd.Series, measures: pd.DataFrame, arms: Sequence[str]) -> str:
    """Return the folders of the seeds of which all arms have what was compared.

    As a shell would find them. A leak is a difference of two test sets: of both there are rows.
    """
    own = select(measures, row["measure"], row["test_set"], row["subset"])
    rows = own if len(own) else measures[measures["measure"] == row["measure"]]
    of_arm = rows[rows["arm"].isin(arms)].groupby("arm")["seed"].agg(set)
    common = sorted(set.intersection(*of_arm))
    if common == list(range(common[0], common[-1] + 1)) and len(common) > 1:
        return f"seed{{{common[0]}..{common[-1]}}}"
    return f"seed{{{','.join(map(str, common))}}}" if len(common) > 1 else f"seed{common[0]}"
