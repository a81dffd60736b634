"""The answers at a glance: declared contrasts and main effects in one table, the gain in parts.

In: the measures of a study and the contrasts declared before its runs. Out: Markdown for
docs/results.md and docs/findings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from cl_utils.labels.names import arm_label
from cl_utils.labels.numbers import count_text, points_text
from cl_utils.report.questions import asked
from cl_utils.report.sentences import contrasts_markdown
from cl_utils.stats import contrast_table, factorial_effects, factorial_gain
from cl_utils.stats.contrasts import NO_SEEDS, DeclaredSeeds, interim_contrasts, of_pairs
from cl_utils.stats.factorial import ADDENDS, effect_name, interim_effects
from cl_utils.stats.rows import Pair

WHERE: Final = "points of exact outputs, balanced test set, mean of the three buckets"


def answers_markdown(
    measures: pd.DataFrame,
    declared: Sequence[Pair],
    seeds: DeclaredSeeds = NO_SEEDS,
) -> str:
    """Return the table of answers and what hybrid's gain is made of; "" where nothing was run.

    `seeds`: how many were declared of each arm; with fewer nothing is a claim.
    """
    parts = [answers_table(measures, declared, seeds), gain_sentence(measures)]
    return "\n\n".join(text for text in parts if text)


def answers_table(measures: pd.DataFrame, declared: Sequence[Pair], seeds: DeclaredSeeds) -> str:
    """Return the declared contrasts and the main effects, question by question."""
    contrasts = contrast_table(measures, contrasts=declared).assign(exploratory=False)
    contrasts = interim_contrasts(contrasts, seeds)
    effects = interim_effects(factorial_effects(measures), seeds)
    tables, names = [], []
    for question in asked(declared):
        own = of_pairs(contrasts, question.pairs)
        main = effects[effects["effect"] == question.effect]
        tables += [own, main]
        names += [f"{question.title}: {each}" for each in differences(own)]
        names += [f"{question.title}: main effect in the factorial" for _ in main.index]
    return contrasts_markdown(pd.concat(tables), names) if names else ""


def minus(arm: str, reference: str) -> str:
    """Return "hybrid − baseline", the arms as they are called in print."""
    return f"{arm_label(arm)} − {arm_label(reference)}"


def differences(contrasts: pd.DataFrame) -> list[str]:
    """Return what each row of a table of contrasts compares, as `minus` does."""
    return [minus(*pair) for pair in zip(contrasts["arm"], contrasts["reference"], strict=True)]


def gain_sentence(measures: pd.DataFrame) -> str:
    """Return hybrid's gain as the sum of its parts; "" until all eight arms have a common seed.

    See `stats.factorial.ADDENDS` for why they add up.
    """
    gain, effects = factorial_gain(measures), factorial_effects(measures)
    if gain.empty:
        return ""
    whole, by_name = gain.iloc[0], effects.set_index("effect")
    parts = [
        f"{'and the interaction of all three' if '×' in name else name} "
        f"{points_text(by_name.loc[name])}"
        for name in map(effect_name, ADDENDS)
    ]
    return (
        f"**Hybrid minus baseline, {points_text(whole)} points, is the exact sum of four "
        "effects**: "
        f"{', '.join(parts)} (the factorial's eight arms, n = {count_text(whole['n'], 'seed')}, "
        "95 % intervals)."
    )
