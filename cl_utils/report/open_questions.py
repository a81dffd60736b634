"""The findings' last sections: the paper's protocol, what n seeds can show, what stays open.

In: the measures of a study, the contrasts declared before the run. Out: lines of Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_GAIN, PAPER_LABEL, PAPER_OUTPUT_ACCURACY
from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import count_text, fixed, mean_text
from cl_utils.report.questions import EXPLORATORY, undeclared
from cl_utils.report.sentences import contrast_sentence
from cl_utils.seeds import stream
from cl_utils.stats import (
    Cell,
    arms_in,
    contrast_table,
    hierarchical_bootstrap,
    least_seeds,
    mean_interval,
    power_table,
    seed_deviation,
    seed_values,
    select,
    standing,
)
from cl_utils.stats.contrasts import (
    NO_SEEDS,
    DeclaredSeeds,
    as_exploratory,
    common_seeds,
    interim_contrasts,
)
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SEEDS_OF_A_TREND, SIGNIFICANCE
from cl_utils.stats.power import POWER, deviation_interval, seeds_for_a_claim, unanimous_effect
from cl_utils.stats.rows import PRIMARY, Pair
from cl_utils.study.results import Results

SHOWN_SEEDS = (3, 5, 8, 12, 16)
NATURAL = ("natural", "all")
PAPERS_CELL = ("execution_paper", *NATURAL)


def protocol_lines(measures: pd.DataFrame) -> list[str]:
    """Return both arms under the paper's protocol, its ceiling, temperature and own numbers."""
    lines = [protocol_line(measures, arm) for arm in PAPER_OUTPUT_ACCURACY]
    for _, row in protocol_contrast(measures).iterrows():
        lines.append(f"{EXPLORATORY}under the paper's protocol, {contrast_sentence(row)}")
    return [line for line in lines if line]


def protocol_contrast(measures: pd.DataFrame) -> pd.DataFrame:
    """Return hybrid against the baseline under the paper's protocol, exploratory."""
    pair = [("hybrid", "baseline")]
    return as_exploratory(contrast_table(measures, contrasts=pair, cell=PAPERS_CELL))


def protocol_line(measures: pd.DataFrame, arm: str) -> str:
    """Return one arm under the paper's protocol, with all that it must be read beside."""
    paper = arm_text(measures, ("execution_paper", *NATURAL), arm)
    if not paper:
        return ""
    facts = {
        "with greedy decoding": ("execution_paper_greedy", *NATURAL),
        "exact outputs, greedy": ("execution_exact", *NATURAL),
        "exact outputs at temperature 1": ("execution_expected", *NATURAL),
        "the ceiling of the paper's protocol": ("execution_paper_ceiling", *NATURAL),
    }
    texts = {name: arm_text(measures, cell, arm) for name, cell in facts.items()}
    beside = [f"{name} {text}" for name, text in texts.items() if text]
    n = len(seed_values(select(measures, "execution_paper", *NATURAL), arm))
    seen = f"n = {count_text(n, 'seed')}"
    return (
        f"{arm_label(arm)}: {paper} % under the paper's protocol at temperature 1; "
        f"{'; '.join([*beside, seen])}. The paper prints "
        f"{PAPER_OUTPUT_ACCURACY[arm]:.2f} ({PAPER_LABEL}, one run)."
    )


def arm_text(measures: pd.DataFrame, cell: Cell, arm: str) -> str:
    """Return "59.3 ± 1.9"; without ± where all seeds have one value, nothing without a value."""
    interval = mean_interval(seed_values(select(measures, *cell), arm))
    if interval.n == 0:
        return ""
    constant = interval.half_width == 0
    return mean_text(interval.mean, math.nan if constant else interval.half_width)


def power_lines(results: Results, family: int, resamples: int) -> list[str]:
    """Return what so many seeds, and so many test programs, let the study see.

    `family`: the number of declared contrasts.
    """
    measures = results.measures
    n = len(common_seeds(select(measures, *PRIMARY), "hybrid", "baseline"))
    deviation = seed_deviation(measures, "hybrid", reference="baseline")
    if not deviation > 0:
        return []
    low, high = deviation_interval(deviation, n)
    table = power_table(deviation, SHOWN_SEEDS)
    others = [f"{fixed(row.smallest_effect)} with {row.seeds}" for row in table.itertuples()]
    needed = seeds_for_a_claim(max(1, family))
    return [
        "The differences of hybrid and baseline, paired by seed, have a standard deviation of "
        f"{fixed(deviation, 2)} points (95 % interval {fixed(low, 2)} to {fixed(high, 2)}, "
        f"n = {n} seeds).",
        f"A two-sided paired t test at {SIGNIFICANCE:g} detects, with a power of {POWER:g} and "
        f"without correction, differences of these sizes in points: {', '.join(others)} seeds.",
        f"The exact sign-flip test, which every claim of a difference rests on, is stricter: among "
        f"{max(1, family)} declared contrasts it needs {needed} seeds that all agree in sign, "
        f"which {100 * POWER:.0f} % of studies see when the true difference is "
        f"{fixed(unanimous_effect(deviation, needed))} points.",
        *papers_gain_lines(measures),
        *programs_lines(results.programs, resamples),
    ]


def papers_gain_lines(measures: pd.DataFrame) -> list[str]:
    """Return how many seeds the paper's gain needs, by the spread of the paper's own measure."""
    deviation = seed_deviation(measures, "hybrid", reference="baseline", cell=PAPERS_CELL)
    if not deviation > 0:
        return []
    return [
        f"Under the paper's own scoring this standard deviation is {fixed(deviation, 2)} points; "
        f"for the {PAPER_GAIN:.2f} points that the paper reports, the t test would need "
        f"{least_seeds(deviation, PAPER_GAIN) or 'too many'} seeds (the paper has one)."
    ]


def programs_lines(programs: pd.DataFrame, resamples: int) -> list[str]:
    """Return the baseline's accuracy and hybrid's gain with other test programs drawn, too."""
    kept = programs[programs["test_set"] == "balanced"]
    if not {"baseline", "hybrid"} <= set(kept["arm"].unique()):
        return []
    alone = hierarchical_bootstrap(kept, rng=stream(0, "bootstrap"), resamples=resamples)
    gain = hierarchical_bootstrap(
        kept, rng=stream(0, "bootstrap"), arm="hybrid", reference="baseline", resamples=resamples
    )
    return [
        "Other test programs would have given other numbers: with seeds and programs both drawn "
        "again (percentile bootstrap, programs of one skeleton together), the baseline's "
        f"{fixed(alone.mean)} % lie between {fixed(alone.low)} and {fixed(alone.high)}, hybrid's "
        f"{fixed(gain.mean, sign='+')} points between {fixed(gain.low, sign='+')} and "
        f"{fixed(gain.high, sign='+')} "
        f"(n = {count_text(gain.n, 'seed')})."
    ]


def open_lines(
    measures: pd.DataFrame,
    declared: Sequence[Pair],
    planned: DeclaredSeeds = NO_SEEDS,
) -> list[str]:
    """Return which arms have too few seeds, or fewer than `planned`, which contrasts no verdict."""
    heads = {
        **few_seeds(measures, {*planned, *(arm for pair in declared for arm in pair)}),
        "Fewer seeds than planned, so all this is an interim look": unfinished(measures, planned),
        **without_verdict(measures, declared, planned),
        "Exploratory, because not declared before the runs": [
            pair_text(pair) for pair in undeclared(declared, planned)
        ],
    }
    return [f"{head}: {', '.join(names)}." for head, names in heads.items() if names]


def unfinished(measures: pd.DataFrame, planned: DeclaredSeeds) -> list[str]:
    """Return, in print, the arms with some of their planned seeds: how many of how many."""
    rows = select(measures, *PRIMARY)
    there = {arm: len(seed_values(rows, arm)) for arm in in_order(planned)}
    return [
        f"{arm_label(arm)} ({n} of {len(planned[arm])})"
        for arm, n in there.items()
        if 0 < n < len(planned[arm])
    ]


def few_seeds(measures: pd.DataFrame, declared: set[str]) -> dict[str, list[str]]:
    """Return, in print, which arms have too few seeds, by how few: those declared, and those run.

    An arm that the profile neither plans nor compares is not missing.
    """
    rows = select(measures, *PRIMARY)
    arms = in_order(declared | set(arms_in(rows)))
    seeds = {arm: len(seed_values(rows, arm)) for arm in arms}

    def between(least: int, most: int) -> list[str]:
        return [f"{arm_label(arm)} ({n})" for arm, n in seeds.items() if least <= n < most]

    return {
        "Not run yet": [arm_label(arm) for arm, n in seeds.items() if n == 0],
        f"Fewer than {SEEDS_OF_A_TREND} seeds, so nothing is said": between(1, SEEDS_OF_A_TREND),
        f"Fewer than {SEEDS_OF_A_CLAIM} seeds, so no claim": between(
            SEEDS_OF_A_TREND, SEEDS_OF_A_CLAIM
        ),
    }


def without_verdict(
    measures: pd.DataFrame, declared: Sequence[Pair], planned: DeclaredSeeds
) -> dict[str, list[str]]:
    """Return, in print, the declared contrasts that are no claim: trends, and what shows nothing.

    Those that cannot be claims, with so few seeds, stand apart.
    """
    trends: list[str] = []
    undecided: list[str] = []
    hopeless: list[str] = []
    rows = interim_contrasts(contrast_table(measures, contrasts=declared), planned)
    for _, row in rows.iterrows():
        if (called := standing(row)) == "claim":
            continue
        possible = row["p_least"] < SIGNIFICANCE
        decided = trends if called == "trend" else undecided
        where = decided if possible else hopeless
        where.append(pair_text((row["arm"], row["reference"])))
    return {
        "Declared and a trend, no claim": trends,
        "Declared and undecided": undecided,
        f"Declared, but so few seeds cannot give p < {SIGNIFICANCE:g} after Holm, the others being "
        "what they are": hopeless,
    }


def pair_text(pair: Pair) -> str:
    """Return an arm against its reference, in print."""
    return " against ".join(arm_label(arm) for arm in pair)
