"""Recipes: how a model is trained, whatever it is fed. The paper's, a faster one, the strongest.

A recipe is model style + batching + optimiser + loss; size and budget come from the profile, the
order of programs from the schedule. Fields are checked when a recipe is made: a word that nothing
reads would train something else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from cl_utils.errors import StudyError
from cl_utils.model.config import Blocks
from cl_utils.names import shown, unknown

Precision = Literal["float32", "bfloat16"]
Batching = Literal["windows", "aligned"]
Optimiser = Literal["adamw", "muon"]
Decay = Literal["steps", "linear", "late", "third", "none"]
_WORDS: Final[Mapping[str, object]] = {
    "blocks": Blocks,
    "batching": Batching,
    "optimiser": Optimiser,
    "decay": Decay,
    "precision": Precision,
}
_NUMBERS: Final = (
    *("learning_rate", "matrix_learning_rate", "warmup_share", "averaged_share"),
    *("weight_decay", "output_weight", "convolution", "intermediate_value_weight"),
)
_SHARES: Final = ("warmup_share", "averaged_share")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything about training that neither the schedule nor the profile decides."""

    name: str
    blocks: Blocks
    batching: Batching
    optimiser: Optimiser
    learning_rate: float  # of AdamW: all parameters, or with Muon all but the blocks' matrices
    matrix_learning_rate: float = 0.0  # of Muon
    decay: Decay  # see `learning_rate_factor`
    warmup_share: float = 0.0  # of a cycle
    averaged_share: float = 0.0  # of the steps, the last ones: the run ends with their mean weights
    weight_decay: float = 0.01  # of AdamW
    output_weight: float = 1.0  # loss weight of an output character; a program character has 1
    convolution: int = 0  # characters that a block's short convolutions see back; 0: none
    intermediate_value_weight: float = 0.0  # of the auxiliary loss, see `objective`; 0: none
    precision: Precision  # of matrix products, see `precision_on`

    def __post_init__(self) -> None:
        """Raise StudyError for a value that no part of training knows."""
        if not isinstance(self.name, str):
            raise StudyError(f"name={shown(self.name)} of a recipe is no text: give it a name")
        where = f"recipe {self.name}:"
        for field, allowed in _WORDS.items():
            if getattr(self, field) not in get_args(allowed):
                raise unknown(f"{where} {field}", getattr(self, field), get_args(allowed))
        for field in _NUMBERS:
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise StudyError(
                    f"{where} {field}={shown(value)} is not allowed: give a plain number"
                )
            if not 0 <= value < math.inf:
                raise StudyError(
                    f"{where} {field}={shown(value)} is not allowed: give a finite number that is "
                    "not negative"
                )
            if field in _SHARES and value > 1:
                raise StudyError(
                    f"{where} {field}={shown(value)} is not allowed: give a share from 0 to 1"
                )
        if not isinstance(self.convolution, int):
            raise StudyError(
                f"{where} convolution={shown(self.convolution)} is not allowed: give a whole number"
            )

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
_FLAT = [
    replace(each, name=f"{each.name}-{name}", **changes)
    for each in (FAST, STRONG)
    for name, changes in (
        ("third", {"decay": "third"}),
        ("constant", {"decay": "none", "averaged_share": 0.1}),
    )
]


def by_name(*recipes: Recipe) -> dict[str, Recipe]:
    """Return recipes by their names; raise StudyError for two of one name."""
    named: dict[str, Recipe] = {}
    for recipe in recipes:
        if recipe.name in named:
            raise StudyError(
                f"two recipes are called {recipe.name!r}: give one of them another name="
            )
        named[recipe.name] = recipe
    return named


RECIPES: Mapping[str, Recipe] = by_name(PAPER, FAST, STRONG, STRONG_LATE, *_FLAT)


def recipe_named(name: str) -> Recipe:
    """Return a recipe; raise StudyError for a name that does not exist."""
    if name not in RECIPES:
        raise unknown("recipe", name, sorted(RECIPES))
    return RECIPES[name]
