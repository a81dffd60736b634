"""What is said of learning rates that do not fall to zero: for README, the pages and the advice.

In: the settings that differ in their learning rate (`report.rates.rated`). Out: Markdown and named
rows of contrasts; no word says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.numbers import MISSING, mean_text
from cl_utils.report.in_short import extremes, told
from cl_utils.report.rates import BOTH, CHOICE, EFFECTS, RATES, TO_ZERO, by_recipe, rate_changes
from cl_utils.report.sentences import contrasts_markdown, rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.stats import Interval, mean_interval, seed_values, select, standing
from cl_utils.stats.contrasts import of_pairs
from cl_utils.stats.rows import PRIMARY, Pair

Named = tuple[str, pd.Series]
"""A row of contrasts under its name."""
SENTENCE: Final = (
    "Learning rates that fall to a third, or stay constant after warm-up, with small models"
)
SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {RATES["third"]: "to a third", RATES["none"]: "constant"}
)
"""Both rates of that sentence in its brackets."""
ACCURACY: Final = (
    "Percent of programs right, mean over seeds with 95 % interval; every arm in one learning-rate "
    "cycle."
)
CHANGES: Final = """\
Does the effect of order change with the rate? The difference at each rate minus the same difference
where the rate falls to zero, paired by seed; one family of four. Declared in the
[lab notes](log/rates.md) before the first of these runs, with the effects at zero known."""


def all_changes(settings: Iterable[Setting]) -> list[Named]:
    """Return every row of `rate_changes` under the name of its recipe."""
    return [
        (f"recipe {name}", row)
        for name, rates in by_recipe(settings).items()
        for _, row in rate_changes(rates).iterrows()
    ]


def flat_effects(settings: Iterable[Setting], pairs: Collection[Pair]) -> list[Named]:
    """Return the declared differences of these arms where the rate does not fall to zero.

    Each under its effect, recipe and rate; tested in the family of its own recipe.
    """
    return [
        (f"{EFFECTS[pair]}, recipe {recipe}, {rate}", row)
        for pair, recipe, rate, row in _flat_rows(settings, pairs)
    ]


def _flat_rows(
    settings: Iterable[Setting], pairs: Collection[Pair]
) -> list[tuple[Pair, str, str, pd.Series]]:
    """Return what `flat_effects` names: the pair, the recipe, the rate, and the row."""
    return [
        (pair, recipe, rate, row)
        for recipe, rates in by_recipe(settings).items()
        for rate, setting in rates.items()
        if rate != TO_ZERO
        for pair in pairs
        for _, row in of_pairs(setting.contrasts, [pair]).iterrows()
    ]


def rates_sentence(settings: Iterable[Setting]) -> str:
    """Return the line of README.md: hybrid in one cycle, and its programs in random order.

    Both against the baseline; "" of single runs.
    """
    settings = list(settings)
    both, choice = (_shown(settings, pair) for pair in (BOTH, CHOICE))
    if not (both and choice):
        return ""
    return (
        f"- **{SENTENCE}**. Hybrid in one cycle − the baseline: {both}. Hybrid's programs in "
        f"random order − the baseline: {choice}.{_unfinished(settings)}"
    )


def _shown(settings: Sequence[Setting], pair: Pair) -> str:
    """Return what is shown of one difference at every rate that does not fall to zero."""
    named = [
        (f"{recipe} ({SHORT.get(rate, rate)})", row)
        for _, recipe, rate, row in _flat_rows(settings, [pair])
        if standing(row) != "single runs"
    ]
    if not named:
        return ""
    rows = [row for _, row in named]
    ends = f" Estimates run {extremes(rows)}" if len(rows) > 1 else f" Estimate: {extremes(rows)}"
    return f"{told(named, 'comparisons')}.{ends}"


def _unfinished(settings: Sequence[Setting]) -> str:
    """Return how many of the declared seeds there are, where there are fewer."""
    planned = max(
        setting.planned_of(BOTH)
        for rates in by_recipe(settings).values()
        for rate, setting in rates.items()
        if rate != TO_ZERO
    )
    done = min(int(row["n"]) for _, row in flat_effects(settings, [BOTH]))
    return f" Unfinished: {done} of {planned} declared seeds." if done < planned else ""


def rates_markdown(settings: Iterable[Setting]) -> str:
    """Return what every arm gets right at every rate, and how order's effect changes; or ""."""
    parts = []
    for name, rates in by_recipe(settings).items():
        parts += [f"Recipe {name}. {ACCURACY}", _accuracy(rates)]
        rows = rate_changes(rates)
        if len(rows):
            names = [str(arm).removeprefix("the effect of ") for arm in rows["arm"]]
            parts += [f"Recipe {name}. {CHANGES}", contrasts_markdown(rows, names)]
    return "\n\n".join(parts)


def _accuracy(rates: Mapping[str, Setting]) -> str:
    """Return a row per arm and a column a rate: mean and 95 % interval over seeds."""
    selected = {rate: select(each.results.measures, *PRIMARY) for rate, each in rates.items()}
    lines = [["", *rates], ["---", *["--:"] * len(rates)]]
    for arm in dict.fromkeys(arm for pair in EFFECTS for arm in reversed(pair)):
        intervals = [mean_interval(seed_values(rows, arm)) for rows in selected.values()]
        lines.append([arm, *(_arm_text(each) for each in intervals)])
    return rows_markdown(lines)


def _arm_text(interval: Interval) -> str:
    """Return "61.4 ± 1.3, n = 8"."""
    if interval.n == 0:
        return MISSING
    return f"{mean_text(interval.mean, interval.half_width)}, n = {interval.n}"
