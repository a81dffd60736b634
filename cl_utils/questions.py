"""What the study asks, as data: each question with the contrasts that answer it.

In: nothing. Out: `QUESTIONS`, in the order in which they are told, and what each control is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cl_utils.families import METRIC_ARM, METRICS, by_metric
from cl_utils.stats.contrasts import Pair


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question: its contrasts are one Holm family; `effect` is a main effect that answers too.

    A family holds only contrasts that were declared before the run. `figure` shows the answer.
    """

    title: str
    asks: str
    pairs: Sequence[Pair]
    effect: str | None = None
    figure: str = ""


RANDOM: Final = by_metric("random")
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


def asked(declared: Sequence[Sequence[str]]) -> list[Question]:
    """Return the questions with those of their contrasts that were declared, and one of the rest.

    Each of them is one Holm family.
    """
    pairs: list[Pair] = [(arm, reference) for arm, reference in declared]
    known = {pair for question in QUESTIONS for pair in question.pairs}
    rest = [pair for pair in pairs if pair not in known]
    return [
        *(replace(each, pairs=[p for p in each.pairs if p in pairs]) for each in QUESTIONS),
        Question(title="Other declared contrasts", asks="", pairs=rest),
    ]


def undeclared(declared: Sequence[Sequence[str]]) -> list[Pair]:
    """Return the questions' contrasts that were not declared before the run: none is tested."""
    pairs = {(arm, reference) for arm, reference in declared}
    return [pair for question in QUESTIONS for pair in question.pairs if pair not in pairs]
