"""The findings on metrics: how far each orders what a model finds hard, and what that is worth.

In: `Results`, their measures. Out: rows that set the two side by side; Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import pandas as pd

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.labels.arm_groups import metric_arms
from cl_utils.labels.names import metric_label
from cl_utils.labels.numbers import MISSING, count_text, points_text, rho_text
from cl_utils.report.questions import EXPLORATORY
from cl_utils.report.sentences import rows_markdown
from cl_utils.seeds import stream
from cl_utils.stats import hardness_stability, metric_validity, paired_difference
from cl_utils.stats.contrasts import common_seeds
from cl_utils.stats.programs import spearman
from cl_utils.stats.validity import OVERALL, VALIDITY_COLUMNS, WITHIN
from cl_utils.study.results import Results

FEWEST_METRICS = 3  # of which a rank correlation is told
INVERTED = "inverted"
"""How a metric orders programs that calls harder what the model finds easier."""
HEADS = ("metric", "all programs (95 %)", "single models", "reading", "within a level (95 %)")


def validity_of(
    results: Results, resamples: int, metrics: Sequence[str] = tuple(METRICS)
) -> pd.DataFrame:
    """Return the rows of `stats.metric_validity`; none where no baseline was evaluated.

    One stream draws the resamples whichever `metrics` are asked for, so that a metric has one
    interval in every table and figure.
    """
    programs = results.programs
    baseline = programs[(programs["arm"] == "baseline") & (programs["test_set"] == "balanced")]
    known = [name for name in metrics if name in baseline and baseline[name].notna().all()]
    if baseline.empty or not known:
        return pd.DataFrame(columns=VALIDITY_COLUMNS)
    return metric_validity(baseline, known, rng=stream(0, "bootstrap"), resamples=resamples)


def programs_measured(counts: pd.DataFrame, metric: str, least: int) -> int:
    """Return how many programs a study draws and measures: at least so many of each bucket.

    `counts`: of the natural ones among them, by level, as `buckets.counts_by_level` gives them;
    `metric`: what makes the buckets.
    """
    natural = counts[counts["metric"] == metric].groupby("bucket")["programs"].sum()
    return int(natural.clip(lower=least).sum())


def metric_body(results: Results, validity: pd.DataFrame) -> str:
    """Return a row per metric, and how far two seeds agree; "" without `validity_of`'s rows."""
    if validity.empty:
        return ""
    lines = [list(HEADS), ["---", "--:", "--:", "---", "--:"]]
    for metric in dict.fromkeys(validity["metric"]):
        rows = validity[validity["metric"] == metric].set_index("scope")
        lines.append(metric_cells(metric, rows.loc[OVERALL], rows.loc[WITHIN]))
    parts = [rows_markdown(lines), sizes_line(validity)]
    return "\n\n".join([*parts, *stability_lines(hardness_stability(results.programs))])


def metric_cells(metric: str, overall: pd.Series, within: pd.Series) -> list[str]:
    """Return one metric's row: rho in both scopes, of single models, and what it means."""
    single = MISSING
    if pd.notna(overall["seed_low"]):
        single = f"{rho_text(overall['seed_low'])} to {rho_text(overall['seed_high'])}"
    level = interval_cell(within)
    if pd.notna(within["rho"]) and within["programs"] < overall["programs"]:
        level += f", n = {within['programs']:,}"
    return [metric_label(metric), interval_cell(overall), single, reading(overall), level]


def interval_cell(row: pd.Series) -> str:
    """Return rho with its interval; a dash where the metric is constant."""
    if pd.isna(row["rho"]):
        return MISSING
    return f"{rho_text(row['rho'])} ({rho_text(row['low'])} to {rho_text(row['high'])})"


def reading(row: pd.Series) -> str:
    """Return what a correlation means for a curriculum, by its interval only."""
    if pd.isna(row["rho"]):
        return "constant"
    if row["low"] > 0:
        return "same direction"
    return INVERTED if row["high"] < 0 else "no order shown"


def sizes_line(table: pd.DataFrame) -> str:
    """Return how many programs and models stand behind the table, and what its intervals are."""
    first = table.iloc[0]
    seeds = count_text(first["seeds"], "seed")
    return (
        f"n = {first['programs']:,} test programs, hardness averaged over {seeds}. Intervals: "
        "bootstrap over seeds and over groups of programs with one skeleton (equal but for names "
        "and numbers). *Single models*: lowest and highest rho of one "
        "seed; hardness averaged over seeds is less noisy, so the rho of all may be larger than "
        "that of each. *Within a level*: the "
        "mean of the grammar levels' own rho, weighted by programs, where the metric varies at all "
        "(n named where that is fewer)."
    )


def stability_lines(stability: pd.DataFrame) -> list[str]:
    """Return how far two seeds agree on what is hard; nothing below two seeds."""
    if stability.empty:
        return []
    rho = stability["rho"]
    return [
        "For comparison: two seeds of the baseline agree on what is hard with rho "
        f"{rho_text(rho.mean())} on average ({rho_text(rho.min())} to {rho_text(rho.max())}; "
        f"n = {len(rho)} pairs of seeds)."
    ]


def metric_worth(measures: pd.DataFrame, validity: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a row per metric: how far it orders what is hard, what its buckets gain over random.

    `metric`: what makes the study's own buckets.
    Columns: metric, rho, rho_low, rho_high (over all programs, see `stats.metric_validity`),
    programs; difference, low, high (points, paired by seed), n. Sorted by rho, the highest first;
    metrics without a seed in common with the random buckets are left out.
    """
    rows, arms = [], metric_arms(metric)
    random = arms["random"]
    for _, row in validity[validity["scope"] == OVERALL].iterrows():
        arm = arms.get(row["metric"], random)
        if arm != random and common_seeds(measures, arm, random):
            gain = paired_difference(measures, arm, random)
            rho = {"rho": row["rho"], "rho_low": row["low"], "rho_high": row["high"]}
            points = {"difference": gain.difference, "low": gain.low, "high": gain.high}
            seen = {"programs": row["programs"], "seeds": row["seeds"], "n": gain.n}
            rows.append({"metric": row["metric"], **rho, **points, **seen})
    table = pd.DataFrame(rows)
    return table if table.empty else table.sort_values("rho", ascending=False, ignore_index=True)


def worth_body(worth: pd.DataFrame) -> str:
    """Return whether ordering what is hard goes with gaining; "" below three metrics or in ties."""
    if len(worth) < FEWEST_METRICS:
        return ""
    rho = spearman(worth["rho"].to_numpy(), worth["difference"].to_numpy())
    if isnan(rho):
        return ""
    by_gain = worth.sort_values("difference", ascending=False)
    lines = [
        f"Over {len(worth)} metrics, the rank correlation between rho with what is hard and what "
        f"the metric's buckets gain over random ones is {rho_text(rho)}: +1 would mean that the "
        "better a metric orders what is hard, the better a curriculum it makes. The metrics are no "
        "sample, so this has no interval.",
        f"Largest estimate of that gain: {worth_text(by_gain.iloc[0])}; smallest: "
        f"{worth_text(by_gain.iloc[-1])}. These are two ends of {len(worth)}, so both overstated.",
    ]
    return "\n".join(f"- {EXPLORATORY}{line}" for line in lines)


def worth_text(row: pd.Series) -> str:
    """Return a metric with its rho and its gain."""
    return (
        f"*{metric_label(row['metric'])}* ({points_text(row)} points over random buckets, "
        f"n = {row['n']}; rho with what is hard {rho_text(row['rho'])})"
    )
