"""What every figure of a study shows, with its n: for the README and the folder of figures.

In: `Results` and the params of the study. Out: a caption a figure, Markdown of the figures that are
there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import pandas as pd

from cl_utils.curriculum.arms import arm_named, at_full_budget
from cl_utils.figures.arm_groups import compared, main_arms, metric_of
from cl_utils.figures.trajectories import ADAPTIVE
from cl_utils.stats import FACTORIAL, arms_in
from cl_utils.study.params import Params
from cl_utils.study.results import Results

Shown = Literal["main", "compared", "factorial", "adaptive", "budget", "metrics", "baseline", ""]


@dataclass(frozen=True, kw_only=True)
class Caption:
    """What a figure shows, of which arms ("" where it needs no run), from which table of rows."""

    sentence: str
    arms: Shown = "main"
    rows: str = "measures"


BALANCED: Final = "balanced test set, mean of the three buckets"
CAPTIONS: Final[Mapping[str, Caption]] = MappingProxyType(
    {
        "effects_by_setting": Caption(
            sentence="Hybrid against the baseline, and what order, restarts and composition do, in "
            f"every setting studied: differences with 95 % intervals and n; {BALANCED}",
            arms="",
        ),
        "effects_by_exam": Caption(
            sentence="Exams off the training distribution: the baseline's accuracy, hybrid's gain, "
            "and what order, restarts and composition do there, with 95 % intervals",
            arms="factorial",
        ),
        "effects_forest": Caption(
            sentence="All arms against the baseline, paired by seed, with 95 % intervals; "
            f"{BALANCED}",
            arms="compared",
        ),
        "factorial_effects": Caption(
            sentence="Hybrid's gain taken apart into order, restarts and composition, with 95 % "
            f"intervals; {BALANCED}",
            arms="factorial",
        ),
        "execution_accuracy": Caption(
            sentence="Execution accuracy by arm: whole outputs, and the paper's protocol"
        ),
        "gain_against_budget": Caption(
            sentence=f"Gain on the baseline at a tenth, a third and all of the steps; {BALANCED}",
            arms="budget",
        ),
        "adaptive_trajectories": Caption(
            sentence="What the adaptive arms drew over training, and their yoked twins",
            arms="adaptive",
            rows="history",
        ),
        "metric_validity": Caption(
            sentence="How far each metric orders what the trained baseline finds hard",
            arms="baseline",
            rows="programs",
        ),
        "metric_ablation": Caption(
            sentence=f"The incremental schedule with buckets by each metric; {BALANCED}",
            arms="metrics",
        ),
        "metric_worth": Caption(
            sentence="How far each metric orders what is hard, and what its buckets gain on random "
            f"ones; {BALANCED}",
            arms="metrics",
        ),
        "metric_agreement": Caption(
            sentence="How far the metrics agree: Spearman's rho over all programs", arms=""
        ),
        "accuracy_by_difficulty": Caption(
            sentence="Exact accuracy by tenth of the difficulty metric", rows="programs"
        ),
        "difficulty_distribution": Caption(
            sentence="Difficulty by grammar level and bucket, radon's and the textbook's Halstead",
            arms="",
        ),
        "leak": Caption(sentence="What a split by text alone would have said of the same models"),
        "protocol_audit": Caption(
            sentence="The same models under two scorings, ours and the paper's with its ceiling"
        ),
        "schedule_composition": Caption(
            sentence="What each arm drew over training, by bucket", rows="history"
        ),
        "forgetting": Caption(
            sentence="What was learnt and forgotten: validation accuracy by bucket, stages shaded",
            rows="curves",
        ),
        "learning_curves": Caption(
            sentence="Exact accuracy on the validation set against characters seen", rows="curves"
        ),
        "learning_curves_seconds": Caption(
            sentence="Exact accuracy on the validation set against wall-clock time (compilation "
            "and other work on the machine included: no comparison of speed)",
            rows="curves",
        ),
        "completion_tasks": Caption(sentence="Token and line completion by arm"),
    }
)
"""Every figure, in the order in which they are shown."""


def captions(results: Results, params: Params) -> dict[str, str]:
    """Return a caption by figure name, with its n; figures without rows have none."""
    found = {}
    for name, caption in CAPTIONS.items():
        if not caption.arms:
            found[name] = f"{caption.sentence}."
            continue
        rows: pd.DataFrame = getattr(results, caption.rows)
        rows = rows[rows["arm"].isin(shown(caption.arms, arms_in(rows), params))]
        if not rows.empty:
            found[name] = f"{caption.sentence}; {span_text(rows)}."
    return found


def span_text(rows: pd.DataFrame) -> str:
    """Return how many seeds the arms of a figure have, e.g. "n = 3 to 8 seeds an arm"."""
    counts = rows.groupby("arm")["seed"].nunique()
    low, high = counts.min(), counts.max()
    seeds = "seed" if high == 1 else "seeds"
    return f"n = {low} {seeds} an arm" if low == high else f"n = {low} to {high} seeds an arm"


def shown(kind: Shown, arms: Collection[str], params: Params) -> Collection[str]:
    """Return which of `arms` a figure shows."""
    smaller = {at_full_budget(arm) for arm in arms if arm_named(arm).budget < 1.0}
    kinds: dict[str, Collection[str]] = {
        "main": main_arms(params.contrasts),
        "compared": compared(arms),
        "factorial": list(FACTORIAL.values()),
        "adaptive": ADAPTIVE,
        "budget": [arm for arm in arms if at_full_budget(arm) in smaller],
        "metrics": [arm for arm in arms if metric_of(arm) is not None],
        "baseline": ["baseline"],
    }
    return kinds[kind]


def figures_markdown(names: Sequence[str], texts: Mapping[str, str], folder: str) -> str:
    """Return the figures `names` with their captions (`texts`); PNGs lie in `folder`."""
    return "\n\n".join(
        f"![{texts[name]}]({folder}{name}.png)\n*{texts[name]}*" for name in names if name in texts
    )


def folder_markdown(results: Results, params: Params) -> str:
    """Return the page of all figures of a profile that are drawn: figures/<profile>/README.md."""
    drawn = [name for name in CAPTIONS if (params.figures / f"{name}.png").exists()]
    body = figures_markdown(drawn, captions(results, params), "")
    return (
        f"# Figures of the profile `{params.profile}`\n\nGenerated from "
        f"`results/{params.profile}/` by `make figures PROFILE={params.profile}`; do not edit. "
        "What they mean: [`docs/findings.md`](../../docs/findings.md).\n\n" + body + "\n"
    )
