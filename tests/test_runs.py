"""A run is what it says, or is refused: nothing is rounded, read as another, or trained as such."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from refusals import refusal
from worlds import World, small_run

from cl_utils.training.assembly import make_trainer

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


@pytest.mark.parametrize(
    ("part", "value", "made_by"),
    [("arm", "hybrid", "arm_named"), ("recipe", "fast", "recipe_named"), ("model", {}, "Config")],
)
def test_a_part_is_no_name(part: str, value: object, made_by: str) -> None:
    said = refusal(lambda: replace(RUN, **{part: value}))
    assert said.startswith(f"{part}={value!r}: give cl_utils.") and made_by in said


@pytest.mark.parametrize("device", ["gpu", "meta", "", None, 0, torch.device("cpu")], ids=str)
def test_what_is_no_name_of_a_device_is_refused_before_training(device: object) -> None:
    assert "give 'cpu' or 'cuda'" in refusal(lambda: replace(RUN, device=device))


def test_one_of_several_devices_has_a_name() -> None:
    assert replace(RUN, device="cuda:1").device == "cuda:1"


@pytest.mark.parametrize("share", ["0.5", 0, 1.5, -0.1, float("nan"), True, None])
def test_a_share_is_a_number_above_zero_up_to_one(share: object) -> None:
    assert "give a number above 0, at most 1" in refusal(lambda: replace(RUN, hardest_share=share))


def test_batches_that_hold_no_whole_program_are_refused(world: World) -> None:
    """They would be the beginnings of programs, without the outputs that are to be learnt."""
    longest = int(world.train.lengths.max())
    make = partial(make_trainer, train=world.train, validation=world.validation)
    said = refusal(lambda: make(replace(RUN, characters_per_step=longest - 1)))
    assert f"characters_per_step={longest - 1} does not hold the longest program" in said
    assert make(replace(RUN, characters_per_step=longest)).steps == RUN.steps


def test_a_training_without_programs_is_refused(world: World) -> None:
    nothing = world.validation.take(np.array([], dtype=int))
    said = refusal(lambda: make_trainer(RUN, world.train, nothing))
    assert "there is no validation program" in said
    said = refusal(lambda: make_trainer(RUN, nothing, world.validation))
    assert "there is no training program" in said


def test_a_share_may_be_a_number_of_numpy() -> None:
    assert replace(RUN, hardest_share=np.float32(0.5)).hardest_share == 0.5
