"""Which arms belong together: display order, arms by metric, adaptive arms with their controls.

In: names of arms. Out: groups, places and relatives, all from the fields of params/study/arms.yaml;
nothing is read out of a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pandas as pd

from cl_utils.curriculum.arm_facts import GROUPS, Group, arm_facts, facts_of
from cl_utils.curriculum.arms import arm_named, arms, schedule_named

METRIC_ARM: Final = "incremental-norestart"
"""The arm that the metric ablation varies in nothing but the metric that makes the buckets."""
OWN_METRIC: Final = "overall_metric"
"""What makes the study's buckets in every committed profile."""
APART: Final[tuple[Group, ...]] = ("metric", "budget")
"""The groups that have figures of their own."""


def metric_arms(metric: str) -> dict[str, str]:
    """Return the arms of the metric ablation by the metric that makes their buckets.

    `metric`: what makes the study's own. An arm that names the same one stands for nothing new.
    """
    ours = arm_named(METRIC_ARM)
    varied = {
        arm.bucket_metric: name
        for name, arm in arms().items()
        if arm.bucket_metric and arm == replace(ours, labels=arm.bucket_metric)
    }
    return {metric: METRIC_ARM} | {other: arm for other, arm in varied.items() if other != metric}


def adaptive_arms() -> dict[str, list[str]]:
    """Return every arm whose draws depend on its model, with the yoked arms that replay it."""
    yoked = {name: arm.yoked for name, arm in arms().items() if arm.yoked}
    adaptive = [
        name
        for name, arm in arms().items()
        if not arm.yoked and schedule_named(arm.schedule, steps=100).adaptive
    ]
    sources = [name for name in arms() if name in adaptive or name in yoked.values()]
    return {each: [arm for arm, source in yoked.items() if source == each] for each in sources}


def group_of(arm: str) -> str:
    """Return the title of an arm's group."""
    return GROUPS[facts_of(arm).group]


def arms_of(group: Group) -> list[str]:
    """Return the arms of a group in display order."""
    return [name for name, facts in arm_facts().items() if facts.group == group]


def place_of(arm: str) -> tuple[int, int]:
    """Return what sorts arms for display: by group, then as they stand in the file."""
    group = facts_of(arm).group
    return list(GROUPS).index(group), list(arms()).index(arm)


def compared(names: Iterable[str]) -> list[str]:
    """Return the arms that differ from the baseline in more than budget or metric, in order."""
    kept = {name for name in names if facts_of(name).group not in APART}
    return sorted(kept, key=place_of)


def main_arms(contrasts: Iterable[Iterable[str]]) -> list[str]:
    """Return the paper's four arms and those of the declared contrasts, in display order."""
    papers = [name for name in arms_of("paper") if facts_of(name).control_of is None]
    declared = [arm for pair in contrasts for arm in pair]
    return sorted({*papers, *declared}, key=place_of)


def contrasts_in_order(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return rows of contrasts in display order; as declared where their references differ."""
    if contrasts["reference"].nunique() > 1:
        return contrasts
    return contrasts.sort_values("arm", key=lambda arms: arms.map(place_of), kind="stable")
