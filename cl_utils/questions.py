"""What the study asks, as data: each question with the contrasts that answer it.

In: the measures of a study and the contrasts declared before its runs. Out: `QUESTIONS`, in the
order in which they are told; what each control is; the rows of their contrasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.families import METRIC_ARM, by_metric
from cl_utils.metrics import METRICS
from cl_utils.stats.contrasts import Pair, against, contrast_table


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question with the contrasts that answer it, each an arm and its control.

    `effect`: a main effect of the factorial that answers too; `figure`: which shows the answer.
    """

    title: str
    asks: str
    pairs: Sequence[Pair]
    effect: str | None = None
    figure: str = ""


RANDOM: Final = by_metric("random")
EXPLORATORY: Final = "Exploratory: "
"""Before every sentence on a contrast that was not declared before the runs."""
QUESTIONS: Final[Sequence[Question]] = (
    Question(
        title="The paper's question",
        asks="Does hybrid beat baseline? The two differ in order, restarts and composition at "
        "once, so this says nothing about order; the next sections take the three apart.",
        pairs=[("hybrid", "baseline")],
        figure="effects_forest",
    ),
    Question(
        title="Order",
        asks="The same programs and the same learning-rate cycle, in another order.",
        pairs=[("hybrid-norestart", "hybrid-shuffled"), ("hybrid-natural", "baseline")],
        effect="order",
    ),
    Question(
        title="Restarts",
        asks="The same programs in the same order, with three learning-rate cycles instead of one.",
        pairs=[("baseline-restarts", "baseline"), ("hybrid", "hybrid-norestart")],
        effect="restarts",
    ),
    Question(
        title="Composition",
        asks="Random order and one cycle, but hybrid's programs instead of the natural mix.",
        pairs=[("hybrid-shuffled", "baseline")],
        effect="composition",
    ),
    Question(
        title="Difficulty or staging",
        asks="The same stages, with buckets that difficulty does not make, or from hard to easy.",
        pairs=[("hybrid-norestart", "random-buckets"), ("hybrid-norestart", "anti-hybrid")],
    ),
    Question(
        title="Adaptation",
        asks="The same weights over training, but recorded from another seed's run.",
        pairs=[("mastery", "yoked-mastery"), ("progress", "yoked-progress")],
        figure="adaptive_trajectories",
    ),
    Question(
        title="The metric that makes the buckets",
        asks="The incremental schedule with one cycle; only the metric differs.",
        pairs=[(by_metric(m), RANDOM) for m in METRICS if m != "random"],
        figure="metric_ablation",
    ),
)

CONTROLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "baseline": "the natural mix in random order, one cycle",
        "hybrid-norestart": "hybrid with one learning-rate cycle",
        "hybrid-shuffled": "exactly hybrid's programs in random order, one cycle",
        "random-buckets": "hybrid with its buckets' labels permuted",
        "anti-hybrid": "hybrid with its buckets reversed",
        "yoked-mastery": "mastery's weights, recorded from another seed",
        "yoked-progress": "progress's weights, recorded from another seed",
        METRIC_ARM: "buckets by the paper's metric",
        RANDOM: "buckets of the same sizes, drawn at random",
    }
)
"""What a reference holds constant, by its name."""


def asked(declared: Sequence[Pair]) -> list[Question]:
    """Return the questions, and one more of the declared contrasts that belong to none."""
    known = {pair for question in QUESTIONS for pair in question.pairs}
    rest = [pair for pair in declared if pair not in known]
    return [*QUESTIONS, Question(title="Other declared contrasts", asks="", pairs=rest)]


def undeclared(declared: Sequence[Pair]) -> list[Pair]:
    """Return the questions' contrasts that were not declared before the runs."""
    return [pair for question in QUESTIONS for pair in question.pairs if pair not in declared]


def contrasts_asked(measures: pd.DataFrame, declared: Sequence[Pair]) -> pd.DataFrame:
    """Return the rows of `contrast_table` for all questions, as `with_exploratory` marks them."""
    return with_exploratory(measures, declared, undeclared(declared))


def contrasts_with_baseline(
    measures: pd.DataFrame, declared: Sequence[Sequence[str]], arms: Sequence[str]
) -> pd.DataFrame:
    """Return each of `arms` against the baseline, p of the declared ones in their own family."""
    pairs = [(arm, reference) for arm, reference in declared]
    others = [pair for pair in against("baseline", arms) if pair not in pairs]
    rows = with_exploratory(measures, pairs, others)
    return rows[(rows["reference"] == "baseline") & rows["arm"].isin(arms)]


def with_exploratory(
    measures: pd.DataFrame, declared: Sequence[Pair], others: Sequence[Pair]
) -> pd.DataFrame:
    """Return the rows of `contrast_table` for two Holm families, with "exploratory" beside them.

    The contrasts declared before the runs are one family; the others, exploratory, are another and
    no more than a trend, whatever their p and n.
    """
    first = contrast_table(measures, contrasts=declared).assign(exploratory=False)
    second = as_exploratory(contrast_table(measures, contrasts=others))
    return pd.concat([table for table in (first, second) if not table.empty] or [first])


def as_exploratory(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts that no one declared: marked, and none of them more than a trend."""
    capped = contrasts["strength"].replace("claim", "trend")
    return contrasts.assign(exploratory=True, strength=capped)
