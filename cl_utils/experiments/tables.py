"""Tables of the experiments: what parts of a recipe are worth, how soon an accuracy is reached.

In: learning curves (`curves.load_curves`). Out: rows of trainings or variants, and Markdown.
Means are over seeds, with the 95 % t interval where there are at least three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from statistics import median
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.labels.numbers import MISSING, fixed, reached_by
from cl_utils.report.sentences import rows_markdown
from cl_utils.stats import mean_interval
from cl_utils.stats.intervals import SEEDS_OF_A_TREND
from cl_utils.stats.reached import crossing

HALF: Final = 50.0  # percent, mean of the buckets
MILLION: Final = 1e6


def trainings(curves: pd.DataFrame, level: float = HALF) -> pd.DataFrame:
    """Return one row a training: variant, words, group, seed, accuracy at the end, and when.

    characters, seconds: until `level` (percent), infinite where the training did not get there.
    """
    rows = [
        {
            **{name: curve[name].iloc[0] for name in ("variant", "words", "group", "seed")},
            **{name: crossing(curve, name, level) for name in ("characters", "seconds")},
            "final": float(curve["execution_exact"].iloc[-1]),
            "end_seconds": float(curve["seconds"].iloc[-1]),
        }
        for _, curve in curves.groupby(["variant", "seed"], sort=False)
    ]
    return pd.DataFrame(rows)


def interval_mean_text(values: Iterable[float], digits: int, *, sign: bool = False) -> str:
    """Return "mean (low to high)" of the 95 % t interval, the mean alone below three values."""
    found, plus = mean_interval(values), "+" if sign else ""
    mean, low, high = (fixed(each, digits, plus) for each in (found.mean, found.low, found.high))
    return f"{mean} ({low} to {high})" if found.n >= SEEDS_OF_A_TREND else mean


def mean_to_reach_text(values: Sequence[float], digits: int) -> str:
    """Return `interval_mean_text`, or how many of the trainings got there at all."""
    count = sum(isfinite(value) for value in values)
    if count == len(values):
        return interval_mean_text(values, digits)
    return reached_by(count, len(values))


def worth_markdown(curves: pd.DataFrame, reference: str) -> str:
    """Return a row per variant: characters to half, accuracy, points above `reference`."""
    rows = trainings(curves)
    end = rows.pivot(index="seed", columns="variant", values="final")
    lines = [
        [
            "variant",
            "n",
            f"million characters to {HALF:.0f} %",
            "exact outputs at the end (%)",
            f"points above {reference}",
        ],
        ["---", "--:", "--:", "--:", "--:"],
    ]
    for variant, own in rows.groupby("variant", sort=False):
        above = (end[variant] - end[reference]).dropna()  # paired by seed
        lines.append(
            [
                str(own["words"].iloc[0]),
                str(len(own)),
                mean_to_reach_text(list(own["characters"] / MILLION), 2),
                interval_mean_text(own["final"], 1),
                MISSING if variant == reference else interval_mean_text(above, 1, sign=True),
            ]
        )
    return rows_markdown(lines)


def fewer_characters(curves: pd.DataFrame, slow: str, fast: str) -> pd.DataFrame:
    """Return, by seed, the characters of `slow` and of `fast` to one accuracy, and their ratio.

    The accuracy is that of `slow` at its end; infinite where fast never gets there.
    """
    found = {}
    for seed, own in curves.groupby("seed"):
        by_variant = {str(name): curve for name, curve in own.groupby("variant")}
        if {slow, fast} <= set(by_variant):
            end = by_variant[slow].iloc[-1]
            needed = crossing(by_variant[fast], "characters", float(end["execution_exact"]))
            found[seed] = (float(end["characters"]), needed, float(end["execution_exact"]))
    columns = ["slow", "fast", "accuracy"]
    table = pd.DataFrame.from_dict(found, orient="index", columns=columns)
    return table.assign(ratio=table["slow"] / table["fast"]).rename_axis("seed")


def fewer_sentence(curves: pd.DataFrame, slow: str, fast: str) -> str:
    """Return in words by how many fewer characters `fast` gets where `slow` ends.

    Where a seed of `fast` never gets there, how many do; "" without a seed that both have.
    """
    found = fewer_characters(curves, slow, fast)
    if found.empty:
        return ""
    ends, needed = found["slow"].median() / MILLION, found["fast"].median() / MILLION
    right = f"{fixed(found['accuracy'].mean())} %"
    begin = f"What recipe {slow} executes after {fixed(ends, 2)} million characters, {right}"
    if not np.isfinite(found["fast"]).all():
        reached = mean_to_reach_text(list(found["fast"]), 2)
        return f"{begin}, is {reached} with recipe {fast} (n = {len(found)} seeds)."
    return (
        f"{begin}, recipe {fast} executes after {fixed(needed, 2)} million: "
        f"{fixed(found['ratio'].median())} times fewer in the median, "
        f"{interval_mean_text(found['ratio'], 1)} in the mean (95 % t interval, "
        f"n = {len(found)} seeds)."
    )


def levels(curves: pd.DataFrame) -> list[float]:
    """Return the accuracies (percent) that plans are compared at: the paper's, and another.

    Where the first plan did not get to the paper's, its last (of its seeds the least) counts, too.
    """
    rows = trainings(curves)
    last = float(rows.loc[rows["variant"] == rows["variant"].iloc[0], "final"].min())
    return [PAPER_BASELINE] if last >= PAPER_BASELINE else [last, PAPER_BASELINE]


def times(curves: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return a row per plan: medians of seconds and characters to `level`, and the ratio.

    Medians are infinite unless every seed got there. The ratio is to the characters of the first
    plan that got there; seconds are not compared, since plans were trained on different days.
    """
    rows = trainings(curves, level)
    found = []
    for variant, own in rows.groupby("variant", sort=False):
        there = np.isfinite(own["seconds"]).all()
        middle = {name: median(own[name]) if there else inf for name in ("seconds", "characters")}
        found.append({"variant": variant, "n": len(own), **middle})
    table = pd.DataFrame(found).set_index("variant")
    first = table.loc[np.isfinite(table["characters"]), "characters"].head(1)
    reference = float(first.iloc[0]) if len(first) else inf
    return table.assign(ratio=table["characters"] / reference)


def times_markdown(curves: pd.DataFrame) -> str:
    """Return a row per plan and accuracy: minutes and characters until a model is that good."""
    lines = [
        ["plan", "to (%)", "n", "minutes: median", "minutes: mean", "million characters: median"]
        + [
            "million characters: mean",
            "median characters / those of the first plan that got there",
        ],
        ["---", *["--:"] * 7],
    ]
    for level in levels(curves):
        table = times(curves, level)
        for variant, own in trainings(curves, level).groupby("variant", sort=False):
            middle = table.loc[str(variant)]
            there = isfinite(middle["seconds"])
            lines.append(
                [
                    *(str(own["words"].iloc[0]), f"{level:.4g}", str(len(own))),
                    fixed(middle["seconds"] / 60) if there else MISSING,
                    mean_to_reach_text(list(own["seconds"] / 60), 1),
                    fixed(middle["characters"] / MILLION, 2) if there else MISSING,
                    mean_to_reach_text(list(own["characters"] / MILLION), 2),
                    fixed(middle["ratio"], 3) if there else MISSING,
                ]
            )
    return rows_markdown(lines)


def ends_markdown(curves: pd.DataFrame) -> str:
    """Return a row per plan: what its models execute at the end, and after how many minutes."""
    lines = [
        [
            "plan",
            "parameters",
            "n",
            "minutes: median",
            "exact outputs at the end (%): median",
            "exact outputs: mean",
            "by seed",
        ],
        ["---", *["--:"] * 6],
    ]
    sizes = curves.groupby("variant")["parameters"].first()
    for variant, own in trainings(curves).groupby("variant", sort=False):
        finals = own["final"]
        lines.append(
            [
                *(str(own["words"].iloc[0]), f"{sizes[str(variant)]:,}", str(len(own))),
                *(fixed(own["end_seconds"].median() / 60), fixed(finals.median())),
                *(interval_mean_text(finals, 1), ", ".join(fixed(each) for each in finals)),
            ]
        )
    return rows_markdown(lines)
