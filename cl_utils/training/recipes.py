"""Recipes: how a model is trained, whatever it is fed. The paper's, a faster one, the strongest.

A recipe is model style + batching + optimiser + loss; size and budget come from the profile, the
order of programs from the schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cl_utils.errors import StudyError

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything about training that neither the schedule nor the profile decides."""

    name: str
    blocks: Literal["paper", "modern"]
    batching: Literal["windows", "aligned"]
    optimiser: Literal["adamw", "muon"]
    learning_rate: float  # of AdamW: all parameters, or with Muon all but the blocks' matrices
    matrix_learning_rate: float = 0.0  # of Muon
    decay: Literal["steps", "linear", "late", "third", "none"]  # see `learning_rate_factor`
    warmup_share: float = 0.0  # of a cycle
    averaged_share: float = 0.0  # of the steps, the last ones: the run ends with their mean weights
    weight_decay: float = 0.01  # of AdamW
    output_weight: float = 1.0  # loss weight of an output character; a program character has 1
    convolution: int = 0  # characters that a block's short convolutions see back; 0: none
    intermediate_value_weight: float = 0.0  # of the auxiliary loss, see `objective`; 0: none
    precision: Precision  # of matrix products, see `precision_on`

    def precision_on(self, device: str, *, compiled: bool) -> Precision:
        """Return the precision in which matrices are multiplied where a run names none.

        Uncompiled, a CPU takes float32: there casts cost so much that bfloat16 is slower on some.
        """
        return self.precision if compiled or device != "cpu" else "float32"


PAPER = Recipe(
    name="paper",
    blocks="paper",
    batching="windows",
    optimiser="adamw",
    learning_rate=1e-3,
    decay="steps",
    precision="float32",
)
FAST = Recipe(
    name="fast",
    blocks="modern",
    batching="aligned",
    optimiser="muon",
    learning_rate=1e-2,
    matrix_learning_rate=2e-2,
    decay="linear",
    warmup_share=0.02,
    weight_decay=0.0,
    output_weight=10.0,
    precision="bfloat16",
)
STRONG = replace(FAST, name="strong", convolution=3, intermediate_value_weight=1.0)
STRONG_LATE = replace(STRONG, name="strong-late", decay="late")
# The learning rate does not fall to zero: where it falls to a third, and where it does not fall and
# the last weights are averaged instead, over a share chosen on the baseline alone.
_FLAT = {
    f"{each.name}-{name}": replace(each, name=f"{each.name}-{name}", **changes)
    for each in (FAST, STRONG)
    for name, changes in (
        ("third", {"decay": "third"}),
        ("constant", {"decay": "none", "averaged_share": 0.1}),
    )
}
RECIPES: Mapping[str, Recipe] = {
    **{each.name: each for each in (PAPER, FAST, STRONG, STRONG_LATE)},
    **_FLAT,
}


def recipe_named(name: str) -> Recipe:
    """Return a recipe; raise StudyError for a name that does not exist."""
    if name not in RECIPES:
        raise StudyError(f"recipe={name!r} does not exist: choose one of {sorted(RECIPES)}")
    return RECIPES[name]
