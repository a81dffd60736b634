"""Variants of an experiment: one way to train each, as a recipe with options and an arm.

In: the values of one entry of params/experiments/<name>.yaml. Out: a frozen `Variant`, its recipe
and its model; or one sentence that names what is wrong.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass as validated

from cl_utils.curriculum.arms import PERMUTED, REVERSED, STUDY, arm_named
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.names import check_name, unknown
from cl_utils.study.stage_params import LARGEST, Count
from cl_utils.training.recipes import RECIPES, Recipe, recipe_named
from cl_utils.validation import Wording, refusal_of

CHARACTERS = "characters"  # the labels of short sources first
LABELS = (STUDY, PERMUTED, REVERSED, CHARACTERS)
"""Labels that an experiment can give programs: it has neither metrics nor small models' losses."""
_OPTIONS = tuple(field.name for field in fields(Recipe) if field.name != "name")
_StrictRecipe = validated(
    Recipe, frozen=True, kw_only=True, config={"strict": True, "allow_inf_nan": False}
)
_WORDING = Wording("option of a recipe", _OPTIONS, "cl_utils/training/recipes.py")


class Strict(BaseModel):
    """Refuses names that it does not know and values of another type."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Variant(Strict):
    """One way to train, and in words how it differs from the others.

    recipe: the name of a recipe; options: what it has otherwise, by the names of `Recipe`.
    heads: None: the profile's.
    training_programs: of each bucket; 0 with a study's own programs.
    curves: the name of its kept files, where it is another than `name`.
    """

    name: str
    words: str
    group: str = ""
    recipe: str
    options: dict[str, Any] = {}
    arm: str
    heads: Count | None = None
    steps: Count
    characters_per_step: Count
    training_programs: int = Field(default=0, ge=0, le=LARGEST)
    seeds: Count
    curves: str = ""

    @property
    def files(self) -> str:
        """What the names of its curves begin with."""
        return self.curves or self.name

    @property
    def whole_recipe(self) -> Recipe:
        """The recipe with its options; StudyError for one that no recipe has."""
        for option in self.options:
            if option not in _OPTIONS:
                raise unknown(f"variant {self.name}: option", option, _OPTIONS)
        values = {**asdict(recipe_named(self.recipe)), **self.options}
        try:
            return Recipe(**asdict(_StrictRecipe(**values)))
        except ValidationError as error:
            raise refusal_of(error, values, f"variant {self.name}", _WORDING) from None

    def model(self, of_profile: ModelConfig) -> ModelConfig:
        """Return the profile's model with what the variant changes of it."""
        recipe = self.whole_recipe
        return replace(
            of_profile,
            heads=self.heads or of_profile.heads,
            blocks=recipe.blocks,
            convolution=recipe.convolution,
        )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_name("name", self.name)
        check_name("curves", self.files)
        if self.recipe not in RECIPES:
            raise unknown("recipe", self.recipe, RECIPES)
        arm = arm_named(self.arm)
        if arm.labels not in LABELS:
            raise unknown(f"variant {self.name}: arm={self.arm!r} has labels", arm.labels, LABELS)
        if arm.order_metric:
            raise StudyError(
                f"variant {self.name}: arm={self.arm!r} sorts by {arm.order_metric}, which an "
                "experiment has not: name another arm"
            )
        if arm.yoked:
            raise StudyError(
                f"variant {self.name}: arm={self.arm!r} replays runs of a study, which an "
                "experiment has not: name another arm"
            )
        _ = self.whole_recipe  # which refuses what no recipe can have
        return self
