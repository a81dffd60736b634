"""Recipes: a field that no part of training knows is refused when the recipe is made."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from refusals import refusal

from cl_utils.training.recipes import FAST, RECIPES, STRONG, Recipe, by_name, recipe_named


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("decay", "cosine", "choose one of steps, linear, late, third, none"),
        ("decay", "liner", "decay='liner' does not exist (did you mean 'linear'?)"),
        ("batching", "alinged", "batching='alinged' does not exist (did you mean 'aligned'?)"),
        ("optimiser", "adam", "optimiser='adam' does not exist (did you mean 'adamw'?)"),
        ("blocks", None, "blocks=None does not exist: choose one of paper, modern"),
        ("precision", "float16", "precision='float16' does not exist (did you mean"),
        ("averaged_share", 2, "averaged_share=2 is not allowed: give a share from 0 to 1"),
        ("averaged_share", -1, "averaged_share=-1 is not allowed: give a finite number"),
        ("warmup_share", 2.0, "warmup_share=2.0 is not allowed: give a share from 0 to 1"),
        ("output_weight", -1.0, "output_weight=-1.0 is not allowed: give a finite number"),
        ("learning_rate", float("nan"), "learning_rate=nan is not allowed: give a finite number"),
        ("weight_decay", float("inf"), "weight_decay=inf is not allowed: give a finite number"),
        ("learning_rate", "1e-3", "learning_rate='1e-3' is not allowed: give a plain number"),
        ("output_weight", True, "output_weight=True is not allowed: give a plain number"),
        ("convolution", 1.5, "convolution=1.5 is not allowed: give a whole number"),
        ("name", None, "name=None of a recipe is no text"),
    ],
)
def test_a_field_that_training_does_not_know_is_refused(field: str, value: Any, why: str) -> None:
    sentence = refusal(lambda: replace(FAST, **{field: value}))
    assert why in sentence and (field == "name" or sentence.startswith("recipe fast: "))


def test_a_recipe_of_one_s_own_with_more_fields_is_checked_too() -> None:
    class Longer(Recipe):
        pass

    assert "decay='cosine'" in refusal(lambda: Longer(**asdict(FAST) | {"decay": "cosine"}))


def test_every_field_is_checked() -> None:
    """With a value of a type that none takes, so that a new field is not forgotten."""
    for field in asdict(FAST):
        refusal(lambda field=field: replace(FAST, **{field: object()}))


def test_two_recipes_of_one_name_are_refused() -> None:
    """A forgotten name= would put another recipe in the place of a committed one."""
    said = refusal(lambda: by_name(*RECIPES.values(), replace(STRONG, convolution=5)))
    assert said == "two recipes are called 'strong': give one of them another name="


def test_every_recipe_stands_under_its_name() -> None:
    assert [recipe.name for recipe in RECIPES.values()] == list(RECIPES)
    assert "recipe='fats' does not exist (did you mean 'fast'?)" in refusal(
        lambda: recipe_named("fats")
    )
