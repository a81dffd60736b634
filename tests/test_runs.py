"""A run is what it says, or is refused: nothing is rounded, read as another, or trained as such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from refusals import refusal
from worlds import small_run

RUN = small_run("fast")


@pytest.mark.parametrize("name", ["seed", "steps", "characters_per_step"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "7", None, float("nan")])
def test_a_seed_and_counts_are_whole_numbers(name: str, value: object) -> None:
    sentence = refusal(lambda: replace(RUN, **{name: value}))
    assert f"{name}=" in sentence and "give a whole number of at least " in sentence


@pytest.mark.parametrize("name", ["steps", "characters_per_step"])
def test_nothing_is_no_number_of_steps(name: str) -> None:
    assert "at least 1" in refusal(lambda: replace(RUN, **{name: 0}))


def test_whole_numbers_of_numpy_are_some() -> None:
    assert replace(RUN, seed=np.int64(0), steps=np.int32(7)).budget == 7


@pytest.mark.parametrize("precision", ["bf16", "float16", True, ""])
def test_a_precision_that_is_none_is_not_recorded_as_one(precision: object) -> None:
    assert "precision=" in refusal(lambda: replace(RUN, precision=precision))


def test_an_arm_is_no_name() -> None:
    assert "arm_named" in refusal(lambda: replace(RUN, arm="hybrid"))
