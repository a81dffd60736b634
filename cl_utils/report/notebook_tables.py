"""Small tables that the notebooks show: programs by level, ties of the metric, right and wrong.

In: the study's tables. Out: tables to look at, nothing that later steps need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.curriculum.interface import Mix, Schedule
from cl_utils.data.exams import TWINS, characters
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.labels.names import exam_label, measure_text
from cl_utils.labels.numbers import MISSING, count_text
from cl_utils.report.page_table import PageTable
from cl_utils.report.readable import readable
from cl_utils.stats import accuracy_by_decile
from cl_utils.stats.exams import EXAM
from cl_utils.tinypy.record import record

SUBSETS: Final[Mapping[str, str]] = MappingProxyType(
    {"all": "all programs", "macro": "mean of the buckets"} | {each: each for each in BUCKETS}
)
"""The parts of a test set that are shown, with their heads."""
LENGTH: Final = "length with output (characters)"
"""Of a record: the source with its output."""
MOST_CHANGES: Final = 12
"""Rows of a plan: more nobody reads."""
ADAPTIVE: Final = (
    "So it begins. The schedule is adaptive: what is drawn later depends on what the model learns."
)
POOLS: Final[Mapping[str, str]] = MappingProxyType({"easiest": "an easiest part of all"})
SIZE: Final = "that part (% of all programs)"


def level_summary(programs: pd.DataFrame) -> pd.DataFrame:
    """Return a row per level and one for all: counts, lengths in characters, shares in percent."""
    texts = [record(s, o) for s, o in zip(programs["source"], programs["output"], strict=True)]
    facts = pd.DataFrame(
        {
            "level": programs["level"],
            "characters, mean": [len(text) for text in texts],
            "with a for loop (%)": 100.0 * programs["source"].str.contains("for "),
            "printing a float (%)": 100.0 * programs["output"].str.contains(".", regex=False),
            "printing nothing (%)": 100.0 * (programs["output"] == ""),
        }
    )
    both = pd.concat([facts, facts.assign(level="all")])
    groups = both.groupby("level", sort=False)
    summary = groups.mean().sort_index()
    summary.insert(0, "programs", groups.size())
    return summary


def rejected_table(rejected: Mapping[str, int], kept: int) -> pd.DataFrame:
    """Return the drafts by what became of them, with shares in percent."""
    table = pd.DataFrame({"drafts": {"kept": kept, **rejected}})
    return table.assign(**{"share (%)": 100 * table["drafts"] / table["drafts"].sum()})


def tie_examples(difficulty: pd.DataFrame, metric: str, values: int = 6) -> pd.DataFrame:
    """Return a metric's most frequent values, their shares (percent) and shortest programs."""
    shares = 100 * difficulty[metric].value_counts(normalize=True).head(values)
    lengths = difficulty["source"].str.len()
    rows = []
    for value, share in shares.items():
        source = difficulty.loc[lengths[difficulty[metric] == value].idxmin(), "source"]
        rows.append({metric: value, "share (%)": share, "shortest program": source})
    return pd.DataFrame(rows).sort_values(metric, ignore_index=True)


def metric_summary(difficulty: pd.DataFrame) -> pd.DataFrame:
    """Return one row per metric: its mean, spread and ends over all programs."""
    summary = difficulty.describe().T[["mean", "std", "min", "50%", "max"]]
    return summary.set_axis(["mean", "standard deviation", "min", "median", "max"], axis=1)


def metric_by_level(programs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return a row per level, and of each metric the mean and the outer percentiles."""
    groups = programs.groupby("level")
    columns = {}
    for metric in metrics:
        name, values = METRICS[metric], groups[metric]
        columns[f"{name}: mean"] = values.mean()
        columns[f"{name}: 10th percentile"] = values.quantile(0.1)
        columns[f"{name}: 90th percentile"] = values.quantile(0.9)
    return pd.DataFrame(columns)


def exam_summary(exams: pd.DataFrame) -> pd.DataFrame:
    """Return a row per exam: programs, levels, how far they go in its quantity, characters."""
    exams = exams.assign(characters=_lengths(exams))
    groups = exams.groupby("exam", sort=False)
    table = groups.agg(
        programs=("source", "size"),
        levels=("level", lambda levels: ", ".join(sorted(set(levels)))),
        quantity=("beyond", _from_to),
        characters=("characters", _from_to),
    )
    table.loc[table.index == TWINS, "quantity"] = MISSING
    heads = {
        "levels": "grammar levels",
        "quantity": "what it names, least to most",
        "characters": LENGTH,
    }
    return table.rename(index=lambda name: exam_label(f"{EXAM}{name}"), columns=heads)


def _lengths(programs: pd.DataFrame) -> pd.Series:
    """Return the characters of each program's record."""
    sources, outputs = programs["source"], programs["output"]
    return pd.Series(list(map(characters, sources, outputs)), index=programs.index)


def _from_to(values: pd.Series) -> str:
    return f"{values.min()} to {values.max()}"


def exam_examples(exams: pd.DataFrame) -> PageTable:
    """Return the shortest program of each exam, and how many programs of which levels it has."""
    rows = []
    for name, programs in exams.groupby("exam", sort=False):
        shortest = programs.loc[_lengths(programs).idxmin()]
        rows.append(
            {
                "exam": exam_label(f"{EXAM}{name}"),
                "programs": len(programs),
                "grammar levels": ", ".join(sorted(programs["level"].unique())),
                LENGTH: _from_to(_lengths(programs)),
                "shortest program": shortest["source"],
                "its output": shortest["output"],
            }
        )
    return readable(pd.DataFrame(rows))


def predictions(
    evaluated: pd.DataFrame, sources: pd.DataFrame, *, exact: bool, count: int = 3
) -> pd.DataFrame:
    """Return `count` programs of each bucket that the model got right, or wrong, side by side."""
    chosen = evaluated[(evaluated["exact"] == exact) & (evaluated["test_set"] == "balanced")]
    table = chosen.groupby("bucket").head(count).merge(sources, on="program_id", suffixes=("", "_"))
    written = table["prediction"].str.removeprefix("\n# ").str.removesuffix("\n\n")
    table = table.assign(predicted=written.str.replace("\n# ", "\n"))
    return table[["bucket", "level", "source", "output", "predicted"]]


def predictions_shown(
    evaluated: pd.DataFrame, sources: pd.DataFrame, *, exact: bool, count: int = 3
) -> PageTable:
    """Return `predictions` to look at, programs and outputs line by line."""
    return readable(predictions(evaluated, sources, exact=exact, count=count))


def training_seconds(curves: pd.DataFrame, arms: Collection[str]) -> pd.DataFrame:
    """Return mean, least and most seconds that the trainings of `arms` took, probes included."""
    macro = curves[(curves["bucket"] == "macro") & curves["arm"].isin(arms)]
    last = macro.groupby(["arm", "seed"])["seconds"].last()
    return last.groupby("arm").agg(["mean", "min", "max"])


def accuracy_by_metric(programs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return exact accuracy (percent, mean over seeds) by decile, a row per metric.

    Ties stay whole, so some deciles are empty.
    """
    deciles = {name: accuracy_by_decile(programs, name) for name in metrics}
    return pd.DataFrame(
        {name: table.groupby("decile")["accuracy"].mean() for name, table in deciles.items()}
    ).T


def scoring_disagreements(programs: pd.DataFrame, test_set: str = "natural") -> pd.DataFrame:
    """Return, by arm, the programs (percent) right by either scoring, and where the two differ.

    Both are greedy: the whole output, and the paper's numbers in the first 20 or 30 characters.
    Programs that were not scored as the paper does, as those of a sitting, are left out.
    """
    rows = programs[programs["test_set"] == test_set]
    rows = rows[rows["paper_correct_greedy"].notna()]
    exact, paper = rows["exact"].astype(bool), rows["paper_correct_greedy"].astype(bool)
    cases = {
        "exact output": exact,
        "right, paper's protocol": paper,
        "right, but cut": exact & ~paper,
        "wrong, but counted as right": ~exact & paper,
    }
    return 100 * pd.DataFrame(cases).groupby(rows["arm"]).mean()


def pivot_measures(measures: pd.DataFrame, test_set: str) -> PageTable:
    """Return the measures of one test set (percent): a row a measure, a column a subset."""
    rows = measures[measures["test_set"] == test_set]
    columns = [name for name in SUBSETS if name in set(rows["subset"])]
    table = rows.pivot_table(index="measure", columns="subset", values="value", sort=False)
    table = table[columns].reset_index(names="in measures.csv")
    table.insert(0, "measure (%)", table["in measures.csv"].map(measure_text))
    return readable(table, SUBSETS)


def plan_table(plan: Schedule) -> PageTable:
    """Return what a schedule draws, a row each time that it changes: stage and shares (percent).

    A column a pool of programs: a bucket, its harder part, or all; a dash where none is drawn. Of
    many rows the first ones and the last; of an adaptive schedule what it begins with. A line below
    says what is left out.
    """
    steps = [0] if plan.adaptive else _changes(plan)
    left_out = max(0, len(steps) - MOST_CHANGES)
    shown = [*steps[: MOST_CHANGES - 1], steps[-1]] if left_out else steps
    shares = pd.DataFrame([_shares(plan.mix(step)) for step in shown])
    stages = {"from step": shown, "stage": [plan.stage(step) for step in shown]}
    note = ADAPTIVE if plan.adaptive else ""
    if left_out:
        note = f"Left out before the last row: {count_text(left_out, 'more change')}."
    return readable(pd.DataFrame(stages).join(shares), note=note)


def _changes(plan: Schedule) -> list[int]:
    """Return the steps from which on something else is drawn, or in another stage; 0 first."""
    drawn = [(plan.stage(step), plan.mix(step)) for step in range(plan.steps)]
    return [step for step in range(plan.steps) if step == 0 or drawn[step] != drawn[step - 1]]


def _shares(mix: Mix) -> dict[str, float]:
    """Return the shares (percent) of a mix by pool in words, easiest parts with their sizes."""
    shares = {}
    for pool, share in mix.items():
        name, _, size = pool.partition(":")
        shares[f"{SUBSETS.get(name, POOLS.get(name, name.replace('-', ' ')))} (%)"] = 100.0 * share
        if size:
            shares[SIZE] = 100.0 * float(size)
    return shares


def curve_table(curves: pd.DataFrame, count: int = 8) -> PageTable:
    """Return the last measurements of learning curves, the mean of their seeds (percent right)."""
    columns = [*BUCKETS, "macro"]
    table = curves.pivot_table(index="characters", columns="bucket", values="execution_exact")
    heads = {each: f"{SUBSETS[each]} (%)" for each in columns}
    return readable(table[columns].tail(count), heads, index="characters read")


def digest(array: np.ndarray) -> str:
    """Return 12 hexadecimal digits of an array's bytes, to compare it across machines."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:12]
