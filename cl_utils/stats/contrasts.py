"""Paired differences between an arm and its reference.

In: the measures of a study. Out: for two arms the mean difference over common seeds with its
interval, an exact sign-flip p, an equivalence p and n; for declared pairs of arms one row each,
with p adjusted after Holm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.errors import StudyError
from cl_utils.stats.intervals import at_most, mean_interval
from cl_utils.stats.paired_tests import equivalence_p, least_sign_flip_p, sign_flip_p
from cl_utils.stats.rows import (
    PRIMARY,
    Cell,
    Pair,
    check_cell,
    check_pairs,
    paired,
    seed_values,
    select,
)

DeclaredSeeds = Mapping[str, range]
"""The seeds that were declared of each arm."""
NO_SEEDS: Final[DeclaredSeeds] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One arm against its reference, paired by seed; values in percentage points.

    `p` is two-sided; `p_smallest` = 2 / 2^n is the least that n pairs can give (0.0625 for five).
    `at_most`: what so many pairs may be called, whatever they show.
    """

    arm: str
    reference: str
    measure: str
    test_set: str
    subset: str
    n: int
    reference_mean: float
    arm_mean: float
    difference: float
    low: float
    high: float
    p: float
    p_smallest: float
    p_equivalence: float
    at_most: str


def paired_difference(
    measures: pd.DataFrame,
    arm: str,
    reference: str = "baseline",
    cell: Cell = PRIMARY,
) -> Contrast:
    """Return `arm` minus `reference` over the seeds that both have finished.

    Raises StudyError when nothing of that name was measured, or they have no seed in common.
    """
    rows = select(measures, *cell)
    samples = paired(seed_values(rows, arm), seed_values(rows, reference))
    if not samples.size:
        check_cell(measures, cell)
        check_pairs([(arm, reference)], measures)
        measure, test_set, subset = cell
        raise StudyError(
            f"{arm} and {reference} have no seed in common for {measure} on "
            f"{test_set}/{subset}: run notebooks/05_evaluation.ipynb for both with one seed"
        )
    return paired_contrast(samples, (arm, reference), cell)


def paired_contrast(samples: np.ndarray, pair: Pair, cell: Cell) -> Contrast:
    """Return the contrast of two paired samples (2, n), the arm's and its reference's."""
    ours, theirs = samples
    interval = mean_interval(ours - theirs)
    return Contrast(
        arm=pair[0],
        reference=pair[1],
        measure=cell[0],
        test_set=cell[1],
        subset=cell[2],
        n=interval.n,
        reference_mean=float(theirs.mean()),
        arm_mean=float(ours.mean()),
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p=sign_flip_p(ours - theirs),
        p_smallest=least_sign_flip_p(interval.n),
        p_equivalence=equivalence_p(ours, theirs),
        at_most=at_most(interval.n),
    )


def contrast_table(
    measures: pd.DataFrame, *, contrasts: Sequence[Pair], cell: Cell = PRIMARY
) -> pd.DataFrame:
    """Return one row per contrast: the fields of `Contrast`, both p after Holm, the family's size.

    Added columns: p_holm, p_equivalence_holm, p_least, family. `contrasts`: the pairs (arm,
    reference) of one family. Those without a pair of runs yet get no row, but count in it: an
    unfinished study must not look more certain than a whole one. Raises StudyError when nothing of
    that name was measured, and for what is no pair of arms: it would count in the family, too.
    """
    check_pairs(contrasts, measures)
    rows = select(measures, *cell)
    if rows.empty:
        check_cell(measures, cell)
    ready = []
    for arm, reference in contrasts:
        samples = paired(seed_values(rows, arm), seed_values(rows, reference))
        if samples.size:
            ready.append(paired_contrast(samples, (arm, reference), cell))
    return family_table(ready, len(contrasts))


def against(reference: str, arms: Iterable[str]) -> list[Pair]:
    """Return every arm but the reference itself as a pair with it."""
    return [(arm, reference) for arm in arms if arm != reference]


def of_pairs(contrasts: pd.DataFrame, pairs: Collection[Pair]) -> pd.DataFrame:
    """Return the rows of a table of contrasts that are of these pairs, in their own order."""
    there = zip(contrasts["arm"], contrasts["reference"], strict=True)
    return contrasts.loc[[pair in pairs for pair in there]]


def common_seeds(rows: pd.DataFrame, arm: str, reference: str) -> set[int]:
    """Return the seeds that two arms have in rows of one measure."""
    return set(seed_values(rows, arm).index) & set(seed_values(rows, reference).index)


def family_table(contrasts: Sequence[Contrast], family: int) -> pd.DataFrame:
    """Return one row per contrast, with both p after Holm in a family of `family` contrasts.

    p_least: what p_holm would be if this contrast's seeds agreed as far as they can, the other rows
    being what they are.
    """
    columns = [field.name for field in fields(Contrast)]
    table = pd.DataFrame([asdict(contrast) for contrast in contrasts], columns=columns)
    table["p_holm"] = holm(table["p"], family)
    table["p_equivalence_holm"] = holm(table["p_equivalence"], family)
    table["p_least"] = [least_holm(table, place, family) for place in range(len(table))]
    table["family"] = family
    return table


def declared_seeds(seeds: DeclaredSeeds, arms: Iterable[str], first: int = 0) -> int:
    """Return how many seeds, from `first` on, were declared of each of these arms."""
    each = [set(seeds.get(arm, ())) for arm in arms]
    return sum(seed >= first for seed in set.intersection(*each)) if each else 0


def as_interim(contrasts: pd.DataFrame, declared: int | Sequence[int]) -> pd.DataFrame:
    """Return contrasts of which those with fewer seeds than `declared` are no more than trends.

    `declared`: of all, or of each contrast; it becomes a column. Rows that are looked at on the way
    would else claim what the whole study may not: only the number that was declared was fixed
    beforehand. 0: no seed of these arms was declared, so nothing was fixed.
    """
    fixed = np.asarray(declared)
    early = (contrasts["n"].to_numpy() < fixed) | (fixed <= 0)
    claims = contrasts["at_most"].to_numpy() == "claim"
    capped = np.where(early & claims, "trend", contrasts["at_most"])
    return contrasts.assign(at_most=capped, declared=declared)


def interim_contrasts(contrasts: pd.DataFrame, seeds: DeclaredSeeds) -> pd.DataFrame:
    """Return contrasts of arms as `as_interim` does.

    `seeds`: where nothing is known of any, contrasts stay what they are.
    """
    if not seeds:
        return contrasts
    pairs = zip(contrasts["arm"], contrasts["reference"], strict=True)
    return as_interim(contrasts, [declared_seeds(seeds, pair) for pair in pairs])


def least_holm(table: pd.DataFrame, place: int, family: int) -> float:
    """Return the p after Holm that the contrast at `place` would have at its smallest p.

    Holm's step-down rule for one contrast: smaller p come first, each times what is left of the
    family (Holm 1979, "A simple sequentially rejective multiple test procedure").
    """
    least = float(table["p_smallest"].iloc[place])
    others = np.delete(table["p"].to_numpy(dtype=float), place)
    before = np.sort(others[others < least])
    steps = np.append(before, least) * (family - np.arange(before.size + 1))
    return float(np.minimum(1.0, steps.max()))


def without_margin(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts without equivalence p: the margin is one for differences of arms."""
    return contrasts.assign(p_equivalence=np.nan, p_equivalence_holm=np.nan)


def as_exploratory(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts that no one declared: marked, and none of them more than a trend."""
    capped = contrasts["at_most"].replace("claim", "trend")
    return contrasts.assign(exploratory=True, at_most=capped)


def holm(p_values: pd.Series, family: int) -> np.ndarray:
    """Return p adjusted after Holm within a family of `family` contrasts; nan stays nan.

    A contrast without p, with a row or without, counts in the family as p = 1, and so changes no
    other: the smallest p times the family, the next times what is left of it, and none below those
    before. statsmodels' multipletests, which the tests compare with, collects garbage at every
    call: 13 of 50 seconds of notebook 14.
    """
    given: np.ndarray = p_values.to_numpy(dtype=float)
    adjusted = np.full(given.size, np.nan)
    order = np.argsort(given)[: np.count_nonzero(~np.isnan(given))]  # nan sorts last
    steps = given[order] * (family - np.arange(order.size))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
