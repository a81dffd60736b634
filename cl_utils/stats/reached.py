"""How soon learning curves reach an accuracy, and which of two arms does so sooner.

In: curves, in percent right by characters or seconds. Out: where each first reaches a level,
infinite where it never does; pairs of arms, counted by seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import inf

import numpy as np
import pandas as pd
import scipy  # scipy.stats comes when it is first used, as in intervals

from cl_utils.errors import StudyError
from cl_utils.stats.contrasts import holm
from cl_utils.stats.rows import Pair, check_one_recipe


def crossing(curve: pd.DataFrame, column: str, level: float) -> float:
    """Return where on `column` a curve first reaches `level`, straight between points, or inf."""
    above = np.flatnonzero(curve["execution_exact"] >= level)
    if not len(above):
        return inf
    place = int(above[0])
    if place == 0:
        return float(curve[column].iloc[0])
    near = curve.iloc[place - 1 : place + 1]
    return float(np.interp(level, near["execution_exact"], near[column]))


def characters_to(curves: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return arm, seed and characters until the mean of the buckets first reaches `level` percent.

    The rows may be in any order. Raises StudyError where recipes are mixed, a point of a curve has
    no accuracy, or is there twice.
    """
    check_one_recipe(curves)
    macro = curves[curves["bucket"] == "macro"]
    if len(macro):
        macro = macro.sort_values("characters", kind="stable")
        _check_points(macro)
    rows = [
        {"arm": arm, "seed": seed, "characters": crossing(curve, "characters", level)}
        for (arm, seed), curve in macro.groupby(["arm", "seed"])
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "characters"])


def _check_points(macro: pd.DataFrame) -> None:
    """Raise StudyError for the first point of a curve that has no accuracy or is there twice."""
    twice = macro.duplicated(["arm", "seed", "characters"])
    for wrong, what in ((macro["execution_exact"].isna(), "no accuracy"), (twice, "two rows")):
        if wrong.any():
            point = macro[wrong].iloc[0]
            raise StudyError(
                f"the curve of {point['arm']}, seed {point['seed']}, has {what} at "
                f"{point['characters']} characters: evaluate or load that run again"
            )


def sooner(reached: pd.DataFrame, pairs: Iterable[Pair]) -> pd.DataFrame:
    """Return in how many seeds an arm gets there before its reference, a row a pair that has any.

    `reached`: rows of `characters_to`. Columns: arm, reference, n (seeds of both), sooner, later,
    neither (gets there), both (get there), and ratio, least, most: the median and the range of the
    arm's characters over the reference's, in the seeds where both get there (nan without one).
    """
    table = reached.pivot(index="seed", columns="arm", values="characters")
    rows = []
    for arm, reference in pairs:
        if not {arm, reference} <= set(table.columns):
            continue
        paired = table[[arm, reference]].dropna()
        ours, theirs = paired[arm].to_numpy(), paired[reference].to_numpy()
        both = np.isfinite(ours) & np.isfinite(theirs)
        ratios = ours[both] / theirs[both] if both.any() else np.array([np.nan])
        row = {"arm": arm, "reference": reference, "n": len(paired)}
        row |= {"sooner": int((ours < theirs).sum()), "later": int((ours > theirs).sum())}
        row |= {"neither": int((~np.isfinite(ours) & ~np.isfinite(theirs)).sum())}
        row |= {"both": int(both.sum())}
        row |= {"ratio": np.median(ratios), "least": ratios.min(), "most": ratios.max()}
        rows.append(row)
    return pd.DataFrame(rows)


def declared_sooner(reached: pd.DataFrame, pairs: Collection[Pair], first: int) -> pd.DataFrame:
    """Return the rows of `sooner` for seeds from `first` on, with p and p_holm; one Holm family.

    p: the exact two-sided sign test of as many seeds sooner as later; nan where there are none.
    """
    rows = sooner(reached[reached["seed"] >= first], pairs)
    if rows.empty:
        return rows
    counts = rows[["sooner", "later"]].itertuples(index=False)
    rows["p"] = [
        scipy.stats.binomtest(ours, ours + theirs).pvalue if ours + theirs else np.nan
        for ours, theirs in counts
    ]
    return rows.assign(p_holm=holm(rows["p"], len(pairs)))
