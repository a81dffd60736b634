"""How things are called in print: arms, metrics, measures, levels of the grammar, exams.

In: the names that files have for them. Out: their names in figures, tables and sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cl_utils.curriculum.arms import Arm, arms
from cl_utils.data.exams import EXAMS, TWINS
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.labels.arm_groups import place_of
from cl_utils.stats.exams import EXAM
from cl_utils.stats.rows import PRIMARY

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.1": "assignments",
        "1.2": "assignments, long",
        "2.1": "branches",
        "2.2": "chained branches",
        "3.1": "loops",
        "3.2": "loops, expressions",
    }
)
"""What the programs of a level of the grammar are made of."""
MEASURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "execution_exact": "exact outputs",
        "execution_expected": "exact outputs, expected when sampled",
        "execution_paper": "outputs by the paper's protocol, sampled",
        "execution_paper_greedy": "outputs by the paper's protocol, greedy",
        "execution_paper_ceiling": "ceiling of the paper's protocol",
        "execution_majority": "majority output",
        "token_accuracy": "next character",
        "token_accuracy_program": "next character of the source",
        "token_accuracy_output": "next character of the output",
        "token_expected": "next character, mean probability",
        "token_expected_program": "next character of the source, mean probability",
        "token_expected_output": "next character of the output, mean probability",
        "token_ngram": "next character, by n-grams",
        "token_ngram_program": "next character of the source, by n-grams",
        "token_ngram_output": "next character of the output, by n-grams",
        "line_exact": "next line",
        "line_exact_oracle": "next line, its length given",
        "line_similarity": "next line, edit similarity",
        "line_similarity_oracle": "next line, its length given, edit similarity",
    }
)
"""The measures of measures.csv in words; docs/vocabulary.md defines them."""

RECIPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "random windows, AdamW, the rate x 0.1 at 70, 80 and 90 %: the authors' code",
        "fast": "whole programs, modern blocks, Muon and AdamW, outputs weighted; the rate falls "
        "to zero",
        "strong": "`fast` with short convolutions and, in training, an auxiliary head on "
        "intermediate values of the interpreter",
        "strong-late": "`strong`, whose rate falls to zero only in the last 40 % of the steps",
        "fast-third": "`fast`, whose rate falls to a third",
        "fast-constant": "`fast` at a constant rate; the last weights are averaged",
        "strong-third": "`strong`, whose rate falls to a third",
        "strong-constant": "`strong` at a constant rate; the last weights are averaged",
    }
)
"""What the recipes are; cl_utils/training/recipes.py has all of it."""


def sentence_case(text: str) -> str:
    """Return a text with its first letter as a capital, the others as they are."""
    return text[:1].upper() + text[1:]


def arm_label(arm: str) -> str:
    """Return the name of an arm as figures print it; the name of a cause in words stays.

    An arm that another metric alone makes what it is reads "incremental by AST nodes". Any other,
    and one of two arms that are the same, keeps its own name: no two arms have one label.
    """
    what = arms().get(arm)
    if what is None:
        return arm.replace("_", " ")
    if list(arms().values()).count(what) > 1:
        return arm
    if what.bucket_metric and what == Arm(schedule=what.schedule, labels=what.labels):
        return f"{what.schedule} by {metric_label(what.bucket_metric)}"
    if what.order_metric and what == Arm(order=what.order, order_metric=what.order_metric):
        return f"{what.order} by {metric_label(what.order_metric)}"
    return arm


def in_order(arms: Iterable[str]) -> list[str]:
    """Return distinct arms in display order: by group and place in it."""
    return sorted(set(arms), key=place_of)


def metric_label(metric: str) -> str:
    """Return the name of a metric of difficulty as figures print it."""
    return METRICS.get(metric, metric.replace("_", " "))


def measure_text(measure: str) -> str:
    """Return the name of a measure as figures print it."""
    return MEASURES.get(measure, measure)


def level_label(level: str) -> str:
    """Return a level of the grammar with what its programs are made of."""
    return f"{level} {LEVELS[level]}" if level in LEVELS else level


def exam_label(test_set: str) -> str:
    """Return the name of an exam, or of the balanced test, in words; that of another stays."""
    if test_set == PRIMARY[1]:
        return "balanced test"
    name = test_set.removeprefix(EXAM)
    return "renamed" if name == TWINS else EXAMS[name].words if name in EXAMS else name


def trained_on(manifest: Mapping[str, Any]) -> str:
    """Return what trained a run: a GPU, or a CPU's machine with its processor where known."""
    if manifest["device"] != "cpu":
        return str(manifest["device"])
    known = manifest.get("processor")
    return f"{known} ({manifest['machine']})" if known else str(manifest["machine"])
