"""The findings' last sections: the paper's protocol, what n seeds can show, what stays open.

In: the measures of a study, the contrasts declared before the run. Out: lines of Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from cl_utils import style
from cl_utils.paper_numbers import PAPER_GAIN, PAPER_LABEL, PAPER_OUTPUT_ACCURACY
from cl_utils.questions import EXPLORATORY, as_exploratory, undeclared
from cl_utils.report import contrast_sentence
from cl_utils.results import PRIMARY
from cl_utils.stats import (
    FACTORIAL,
    Cell,
    arms_in,
    contrast_table,
    finding,
    least_seeds,
    mean_interval,
    power_table,
    seed_deviation,
    seed_values,
    select,
    smallest_effect,
)
from cl_utils.stats.contrasts import Pair, common_seeds
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SEEDS_OF_A_TREND, SIGNIFICANCE
from cl_utils.stats.power import POWER, least_p

SHOWN_SEEDS = (3, 5, 8, 12, 16)
NATURAL = ("natural", "all")


def protocol_lines(measures: pd.DataFrame) -> list[str]:
    """Return both arms under the paper's scoring, its ceiling, its temperature, its own numbers."""
    table = contrast_table(
        measures,
        contrasts=[("hybrid", "baseline")],
        measure="execution_paper",
        test_set="natural",
        subset="all",
    )
    lines = [protocol_line(measures, arm) for arm in PAPER_OUTPUT_ACCURACY]
    for _, row in as_exploratory(table).iterrows():
        lines.append(f"{EXPLORATORY}under the paper's scoring, {contrast_sentence(row)}")
    return [line for line in lines if line]


def protocol_line(measures: pd.DataFrame, arm: str) -> str:
    """Return one arm under the paper's scoring, with all that it must be read beside."""
    paper = mean_text(measures, ("execution_paper", *NATURAL), arm)
    if not paper:
        return ""
    facts = {
        "with greedy decoding": ("execution_paper_greedy", *NATURAL),
        "whole outputs, greedy": ("execution_exact", *NATURAL),
        "whole outputs at temperature 1": ("execution_expected", *NATURAL),
        "the ceiling of the paper's scoring": ("execution_paper_ceiling", *NATURAL),
    }
    texts = {name: mean_text(measures, cell, arm) for name, cell in facts.items()}
    beside = [f"{name} {text}" for name, text in texts.items() if text]
    n = len(seed_values(select(measures, "execution_paper", *NATURAL), arm))
    seeds = "seed" if n == 1 else "seeds"
    return (
        f"{style.arm_label(arm)}: {paper} % under the paper's scoring at temperature 1; "
        f"{'; '.join([*beside, f'n = {n} {seeds}'])}. The paper prints "
        f"{PAPER_OUTPUT_ACCURACY[arm]:.2f} ({PAPER_LABEL}, one run)."
    )


def mean_text(measures: pd.DataFrame, cell: Cell, arm: str) -> str:
    """Return "59.3 ± 1.9"; without the half width where it is none, nothing without a value."""
    interval = mean_interval(seed_values(select(measures, *cell), arm))
    if interval.n == 0:
        return ""
    width = interval.half_width
    known = width >= 0.05  # False for nan
    return f"{interval.mean:.1f}" + (f" ± {width:.1f}" if known else "")


def power_lines(measures: pd.DataFrame) -> list[str]:
    """Return what the paired differences of hybrid and baseline let so many seeds show."""
    n = len(common_seeds(select(measures, *PRIMARY), "hybrid", "baseline"))
    deviation = seed_deviation(measures, "hybrid", reference="baseline")
    if not deviation > 0:
        return []
    table = power_table(deviation, SHOWN_SEEDS)
    others = [f"{row.smallest_effect:.1f} with {row.seeds}" for row in table.itertuples()]
    needed = least_seeds(deviation, PAPER_GAIN)
    exact = next(n for n in range(2, 99) if least_p(n) < SIGNIFICANCE)
    return [
        "The differences of hybrid and baseline, paired by seed, have a standard deviation of "
        f"{deviation:.2f} points, itself known from n = {n} seeds only.",
        f"A two-sided paired t test at {SIGNIFICANCE:g} finds, with a power of {POWER:g} and in a "
        f"family of one, {smallest_effect(deviation, n):.1f} points with {n} seeds "
        f"({', '.join(others)}).",
        f"The {PAPER_GAIN:.2f} points that the paper reports would need {needed or 'too many'} "
        "seeds by that test; the exact sign-flip test, which every claim of a difference rests on, "
        f"needs at least {exact} for any.",
    ]


def open_lines(
    measures: pd.DataFrame, declared: Sequence[Pair], planned: Iterable[str] = ()
) -> list[str]:
    """Return which arms, declared or `planned`, have too few seeds, which contrasts no verdict."""
    heads: dict[str, Sequence[str | Pair]] = {
        **few_seeds(measures, {*planned, *(arm for pair in declared for arm in pair)}),
        **without_verdict(measures, declared),
        "Exploratory, because not declared before the runs": undeclared(declared),
    }
    lines = {head: [pair_text(each) for each in names] for head, names in heads.items()}
    return [f"{head}: {', '.join(names)}." for head, names in lines.items() if names]


def few_seeds(measures: pd.DataFrame, declared: set[str]) -> dict[str, list[str]]:
    """Return which arms, declared, of the factorial or run, have too few seeds, by how few."""
    rows = select(measures, *PRIMARY)
    arms = style.in_order(declared | set(FACTORIAL.values()) | set(arms_in(rows)))
    seeds = {arm: len(seed_values(rows, arm)) for arm in arms}

    def between(least: int, most: int) -> list[str]:
        return [f"{arm} ({n})" for arm, n in seeds.items() if least <= n < most]

    return {
        "Not run yet": [arm for arm, n in seeds.items() if n == 0],
        f"Fewer than {SEEDS_OF_A_TREND} seeds, so nothing is said": between(1, SEEDS_OF_A_TREND),
        f"Fewer than {SEEDS_OF_A_CLAIM} seeds, so no claim": between(
            SEEDS_OF_A_TREND, SEEDS_OF_A_CLAIM
        ),
    }


def without_verdict(measures: pd.DataFrame, declared: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Return the declared contrasts that were run and show nothing, by whether they could."""
    undecided: list[Pair] = []
    hopeless: list[Pair] = []
    for _, row in contrast_table(measures, contrasts=declared).iterrows():
        if finding(row) in ("difference", "equivalence"):
            continue
        possible = least_p(row["n"], row["family"]) < SIGNIFICANCE
        (undecided if possible else hopeless).append((row["arm"], row["reference"]))
    return {
        "Declared and undecided": undecided,
        f"Declared, but so few seeds cannot give p < {SIGNIFICANCE:g} after Holm": hopeless,
    }


def pair_text(name: str | Pair) -> str:
    """Return an arm, or an arm against its reference, in print."""
    names = [name] if isinstance(name, str) else list(name)
    return " against ".join(style.arm_label(each) for each in names)
