"""Which arms belong together: groups in display order, controls by arm, arms by metric.

In: the name of an arm. Out: its group and place for display. Names that are not listed still have a
place: the metrics' and budgets' arms by the form of their name, others last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from cl_utils.difficulty.catalogue import METRICS

METRIC_ARM: Final = "incremental-norestart"
"""The arm that the metric ablation varies in nothing but the metric that makes the buckets."""
OWN_METRIC: Final = "overall_metric"
METRIC_PREFIX: Final = "incremental-by-"


def by_metric(metric: str) -> str:
    """Return the arm of the metric ablation whose buckets `metric` makes."""
    return METRIC_ARM if metric == OWN_METRIC else f"{METRIC_PREFIX}{metric}"


def metric_of(arm: str) -> str | None:
    """Return the metric that makes the buckets of an arm of the metric ablation, else None."""
    if arm == METRIC_ARM:
        return OWN_METRIC
    return arm.removeprefix(METRIC_PREFIX) if arm.startswith(METRIC_PREFIX) else None


GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "The paper's schedules": (
            "baseline",
            "sequential",
            "incremental",
            "hybrid",
            "sequential-norestart",
            "incremental-norestart",
            "hybrid-norestart",
        ),
        "Smooth and adaptive": ("competence", "mastery", "progress", "combined", "warmup"),
        "Controls of order": (
            "baseline-restarts",
            "hybrid-shuffled",
            "hybrid-shuffled-restarts",
            "baseline-in-hybrid-order",
            "baseline-in-hybrid-order-restarts",
            "random-buckets",
            "anti-hybrid",
            "yoked-mastery",
            "yoked-progress",
        ),
        "Controls of the mixture": ("stratified", "easy-only", "hard-only", "no-output"),
    }
)
"""Every arm of the study but those below."""
BY_METRIC: Final = "Buckets by another metric"
BY_BUDGET: Final = "Smaller budgets"
OTHERS: Final = "Other arms"

CONTROLS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "baseline": ("baseline-restarts", "stratified", "easy-only", "hard-only", "no-output"),
        "sequential": ("sequential-norestart",),
        "incremental": ("incremental-norestart",),
        "hybrid": (
            "hybrid-norestart",
            "hybrid-shuffled",
            "baseline-in-hybrid-order",
            "random-buckets",
            "hybrid-shuffled-restarts",
            "baseline-in-hybrid-order-restarts",
            "anti-hybrid",
        ),
        "mastery": ("yoked-mastery",),
        "progress": ("yoked-progress",),
        METRIC_ARM: tuple(by_metric(metric) for metric in METRICS if metric != OWN_METRIC),
    }
)
"""The controls that take a tint of their arm's colour, in the order of their tints."""


def group_of(arm: str) -> str:
    """Return the group of an arm."""
    for group, arms in GROUPS.items():
        if arm in arms:
            return group
    if metric_of(arm) is not None:
        return BY_METRIC
    return BY_BUDGET if "-budget" in arm else OTHERS


def place_of(arm: str) -> tuple[int, int, str]:
    """Return what sorts arms for display: by group, by place in it, by name."""
    group = group_of(arm)
    arms = GROUPS.get(group, ())
    order = [*GROUPS, BY_METRIC, BY_BUDGET, OTHERS].index(group)
    return order, arms.index(arm) if arm in arms else 0, arm


def compared(arms: Iterable[str]) -> list[str]:
    """Return the arms that differ from the baseline in more than budget or metric, in order."""
    kept = {arm for arm in arms if group_of(arm) not in (BY_METRIC, BY_BUDGET)}
    return sorted(kept, key=place_of)


def main_arms(contrasts: Iterable[Iterable[str]]) -> list[str]:
    """Return the paper's four arms and those of the declared contrasts, in display order."""
    declared = {arm for pair in contrasts for arm in pair}
    return sorted({*GROUPS["The paper's schedules"][:4], *declared}, key=place_of)
