"""The findings' section on metrics: a table of how far each orders what a model finds hard.

In: `Results`. Out: Markdown.
"""

from __future__ import annotations

import pandas as pd

from cl_utils import style
from cl_utils.metrics import METRICS
from cl_utils.results import Results
from cl_utils.seeds import stream
from cl_utils.sentences import MISSING, rho_text, rows_markdown
from cl_utils.stats import hardness_stability, metric_validity
from cl_utils.stats.validity import OVERALL, WITHIN

HEADS = ("metric", "all programs (95 %)", "single models", "reading", "within a level (95 %)")


def metric_body(results: Results, resamples: int) -> str:
    """Return a row a metric, and how far two seeds agree; "" where no baseline was evaluated."""
    programs = results.programs
    baseline = programs[(programs["arm"] == "baseline") & (programs["test_set"] == "balanced")]
    known = [metric for metric in METRICS if metric in baseline]
    if baseline.empty or not known:
        return ""
    table = metric_validity(baseline, known, rng=stream(0, "bootstrap"), resamples=resamples)
    lines = [list(HEADS), ["---", "--:", "--:", "---", "--:"]]
    for metric in known:
        rows = table[table["metric"] == metric].set_index("scope")
        lines.append(metric_cells(metric, rows.loc[OVERALL], rows.loc[WITHIN]))
    parts = [rows_markdown(lines), sizes_line(table)]
    return "\n\n".join([*parts, *stability_lines(hardness_stability(baseline))])


def metric_cells(metric: str, overall: pd.Series, within: pd.Series) -> list[str]:
    """Return one metric's row: rho in both scopes, of single models, and what it means."""
    single = f"{rho_text(overall['seed_low'])} to {rho_text(overall['seed_high'])}"
    level = interval_cell(within)
    if pd.notna(within["rho"]) and within["programs"] < overall["programs"]:
        level += f", n = {within['programs']:,}"
    return [style.metric_label(metric), interval_cell(overall), single, reading(overall), level]


def interval_cell(row: pd.Series) -> str:
    """Return rho with its interval; a dash where the metric is constant."""
    if pd.isna(row["rho"]):
        return MISSING
    return f"{rho_text(row['rho'])} ({rho_text(row['low'])} to {rho_text(row['high'])})"


def reading(row: pd.Series) -> str:
    """Return what a correlation means for a curriculum, by its interval alone."""
    if pd.isna(row["rho"]):
        return "constant"
    if row["low"] > 0:
        return "harder is harder"
    return "the wrong way round" if row["high"] < 0 else "no order shown"


def sizes_line(table: pd.DataFrame) -> str:
    """Return how many programs and models stand behind the table, and what its intervals are."""
    first = table.iloc[0]
    seeds = "seed" if first["seeds"] == 1 else "seeds"
    return (
        f"n = {first['programs']:,} test programs, hardness averaged over {first['seeds']} "
        f"{seeds}. Intervals: bootstrap over seeds and over groups of programs with one skeleton "
        "(equal but for names and numbers). *Single models*: least and largest rho of one seed. "
        "*Within a level*: the mean of the grammar levels' own rho, weighted by programs, where "
        "the metric varies at all (n named where that is fewer)."
    )


def stability_lines(stability: pd.DataFrame) -> list[str]:
    """Return how far two seeds agree on what is hard; nothing below two seeds."""
    if stability.empty:
        return []
    rho = stability["rho"]
    return [
        "For comparison: two seeds of the baseline agree on what is hard with rho "
        f"{rho.mean():+.2f} on average ({rho.min():+.2f} to {rho.max():+.2f}; n = {len(rho)} "
        "pairs of seeds)."
    ]
