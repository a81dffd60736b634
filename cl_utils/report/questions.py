"""What the study asks, as data: each question with the contrasts that answer it.

In: the measures of a study and the contrasts declared before its runs. Out: `questions`, in the
order in which they are told; the rows of their contrasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.labels.arm_groups import OWN_METRIC, adaptive_arms, metric_arms
from cl_utils.stats.contrasts import (
    NO_SEEDS,
    DeclaredSeeds,
    against,
    as_exploratory,
    contrast_table,
    interim_contrasts,
    of_pairs,
)
from cl_utils.stats.rows import Pair, stacked


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question with the contrasts that answer it, each an arm and its control.

    `effect`: a main effect of the factorial that answers too; `in_short`: whether that, or else the
    first contrast, is the answer in short; `figure`: which shows the answer.
    """

    title: str
    asks: str
    pairs: Sequence[Pair]
    effect: str | None = None
    in_short: Literal["effect", "contrast"] = "effect"
    figure: str = ""


EXPLORATORY: Final = "Exploratory: "
"""Before every sentence on a contrast that was not declared before the runs."""
BY_NAME: Final[Sequence[Question]] = (
    Question(
        title="The paper's question",
        asks="Does hybrid beat baseline? The two differ in order, restarts and composition at "
        "once, so this says nothing about order; the next sections take the three apart.",
        pairs=[("hybrid", "baseline")],
        figure="effects_forest",
    ),
    Question(
        title="Order",
        asks="The same programs and the same learning-rate cycle, in another order. The two orders "
        "are not quite the same treatment: hybrid's programs still include easy ones in the last "
        "stage; most of the baseline's have been read by then.",
        pairs=[("hybrid-norestart", "hybrid-shuffled"), ("baseline-in-hybrid-order", "baseline")],
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
        asks="Random order and one cycle, but hybrid's programs instead of the baseline's, which "
        "reads every training program equally often.",
        pairs=[("hybrid-shuffled", "baseline")],
        effect="composition",
        in_short="contrast",  # the main effect averages over an order that harms one of them more
    ),
    Question(
        title="Difficulty or staging",
        asks="The same stages, with buckets that difficulty does not make, or from hard to easy. "
        "That changes which programs are drawn how often, too: read it beside *Composition*. Only "
        "*Order* keeps the programs and changes nothing but their order.",
        pairs=[
            ("hybrid-norestart", "random-buckets"),
            ("hybrid-shuffled", "random-buckets"),
            ("hybrid-norestart", "anti-hybrid"),
        ],
    ),
)
"""The questions whose arms stand here by name; the other two follow from params/study/arms.yaml."""


def questions() -> list[Question]:
    """Return every question, in the order in which they are told."""
    adaptation = Question(
        title="Adaptation",
        asks="The same mixes over training, but recorded from another seed's run: seed s replays "
        "that of seed s + 1, so the pairs share runs in a ring and are not quite independent.",
        pairs=yoked_pairs(),
        figure="adaptive_trajectories",
    )
    found = metric_arms(OWN_METRIC)  # which metric the study's arm stands for changes no pair
    metrics = Question(
        title="The metric that makes the buckets",
        asks="The incremental schedule with one cycle; only the metric differs.",
        pairs=[(found[m], found["random"]) for m in METRICS if m != "random" and m in found],
        figure="metric_ablation",
    )
    return [*BY_NAME, adaptation, metrics]


def yoked_pairs() -> list[Pair]:
    """Return every adaptive arm with each arm that replays it."""
    return [(arm, each) for arm, controls in adaptive_arms().items() for each in controls]


def pairs(contrasts: Sequence[Sequence[str]]) -> list[Pair]:
    """Return the contrasts of a params file as pairs of an arm and its reference.

    One that a question asks the other way round is turned as the question has it.
    """
    known = {pair for question in questions() for pair in question.pairs}
    return [
        (reference, arm) if (reference, arm) in known else (arm, reference)
        for arm, reference in contrasts
    ]


def asked(declared: Sequence[Pair]) -> list[Question]:
    """Return the questions, and one more of the declared contrasts that belong to none."""
    known = {pair for question in questions() for pair in question.pairs}
    rest = [pair for pair in declared if pair not in known]
    return [*questions(), Question(title="Other declared contrasts", asks="", pairs=rest)]


def undeclared(declared: Sequence[Pair], seeds: DeclaredSeeds = NO_SEEDS) -> list[Pair]:
    """Return the questions' contrasts that were not declared before the runs.

    `seeds`: of the arms that the study has; contrasts of others it does not ask. An arm that
    somebody adds to params/study/arms.yaml for a study of his own changes no other study's family.
    """
    return _others([pair for each in questions() for pair in each.pairs], declared, seeds)


def _others(wanted: Iterable[Pair], declared: Sequence[Pair], seeds: DeclaredSeeds) -> list[Pair]:
    """Return the pairs that are not declared, of arms that the study has."""
    own = [pair for pair in wanted if not seeds or seeds.keys() >= {*pair}]
    return [pair for pair in own if pair not in declared]


def contrasts_asked(
    measures: pd.DataFrame, declared: Sequence[Pair], seeds: DeclaredSeeds = NO_SEEDS
) -> pd.DataFrame:
    """Return the rows of `contrast_table` for all questions, as `with_exploratory` marks them."""
    return with_exploratory(measures, declared, undeclared(declared, seeds), seeds)


def contrasts_with_baseline(
    measures: pd.DataFrame,
    declared: Sequence[Sequence[str]],
    arms: Sequence[str],
    seeds: DeclaredSeeds = NO_SEEDS,
) -> pd.DataFrame:
    """Return each of `arms` against the baseline, p of the declared ones in their own family."""
    own = pairs(declared)
    others = _others(against("baseline", arms), own, seeds)
    rows = with_exploratory(measures, own, others, seeds)
    return rows[(rows["reference"] == "baseline") & rows["arm"].isin(arms)]


def adaptive_contrasts(
    measures: pd.DataFrame, declared: Sequence[Sequence[str]], seeds: DeclaredSeeds = NO_SEEDS
) -> pd.DataFrame:
    """Return the adaptive arms against their yoked controls and against the baseline."""
    compared = [(arm, other) for arm, yoked in yoked_pairs() for other in (yoked, "baseline")]
    wanted = [*dict.fromkeys(compared)]  # an arm may be replayed by several
    own = pairs(declared)
    rows = with_exploratory(measures, own, _others(wanted, own, seeds), seeds)
    return of_pairs(rows, wanted)


def with_exploratory(
    measures: pd.DataFrame,
    declared: Sequence[Pair],
    others: Sequence[Pair],
    seeds: DeclaredSeeds = NO_SEEDS,
) -> pd.DataFrame:
    """Return the rows of `contrast_table` for two Holm families, with "exploratory" beside them.

    The contrasts declared before the runs are one family; the others, exploratory, are another and
    no more than a trend, whatever their p and n. `seeds`: as in `interim_contrasts`.
    """
    first = contrast_table(measures, contrasts=declared).assign(exploratory=False)
    first = interim_contrasts(first, seeds)
    second = as_exploratory(contrast_table(measures, contrasts=others))
    return stacked((first, second), first.columns)
