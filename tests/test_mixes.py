"""Mixes: one check refuses what nobody can draw, wherever a mix enters a batch or a stage."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal
from worlds import MIXES, World, batcher_of, quiet, small_run

from cl_utils.curriculum import arms
from cl_utils.curriculum.arms import Arm
from cl_utils.curriculum.interface import ScheduleDefaults
from cl_utils.curriculum.mixes import PARTS, buckets_in, check_mix
from cl_utils.curriculum.schedules import SHORTEST, Replayed, Stage, Staged
from cl_utils.training.batches.pools import Pools
from cl_utils.training.loop import train

REFUSED: list[tuple[Any, str]] = [
    ({"easy": 0.2, "hard": 0.2}, "whose shares sum to 0.4: make them sum to 1"),
    ({"easy": 50, "hard": 50}, "whose shares sum to 100: make them sum to 1"),
    ({"easy": 1.5, "hard": -0.5}, "draws hard with the share -0.5: give a finite number"),
    ({"easy": math.nan, "hard": 0.5}, "draws easy with the share nan: give a finite number"),
    ({"easy": math.inf}, "draws easy with the share inf: give a finite number"),
    ({"easy": "1"}, "draws easy with the share '1': give a finite number"),
    ({"easy": 0.5}, "whose shares sum to 0.5: make them sum to 1"),
    ({}, "is {}: give pools and their shares, such as"),
    (None, "is None: give pools and their shares, such as"),
    ({"easiest:-1": 1.0}, "pool 'easiest:-1', which is no share of the programs"),
    ({"easiest:0": 1.0}, "pool 'easiest:0', which is no share of the programs"),
    ({"easiest:2": 1.0}, "pool 'easiest:2', which is no share of the programs"),
    ({"easiest:nan": 1.0}, "pool 'easiest:nan', which is no share of the programs"),
    ({"easiest:abc": 1.0}, "pool 'easiest:abc', which is no share of the programs"),
    ({"esay": 1.0}, "pool 'esay', which does not exist (did you mean 'easy'?)"),
    ({"hardest-of-all": 1.0}, "pool 'hardest-of-all', which does not exist"),
    ({3: 1.0}, "pool 3, which does not exist"),
]
every_refused = pytest.mark.parametrize(("mix", "why"), REFUSED)


@every_refused
def test_what_nobody_can_draw_is_no_mix(mix: Any, why: str) -> None:
    assert why in refusal(lambda: check_mix(mix))


@every_refused
@pytest.mark.parametrize("recipe", ["fast", "paper"])
def test_no_batch_is_drawn_from_what_is_no_mix(
    mix: Any, why: str, recipe: str, world: World
) -> None:
    batcher = batcher_of(world, recipe)
    assert why in refusal(lambda: batcher.draw(mix))


@every_refused
def test_a_stage_of_what_is_no_mix_is_named(mix: Any, why: str) -> None:
    sentence = refusal(lambda: Staged(100, (Stage(name="first", share=1.0, mix=mix),)))
    assert why in sentence and "stage 'first'" in sentence


@every_refused
def test_a_policy_that_returns_no_mix_is_refused_with_its_run_and_step(
    mix: Any, why: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = refusal(
        lambda: trained_by(lambda step: mix if step else MIXES[0], world, monkeypatch)
    )
    assert why in sentence and "of mine at step 1" in sentence


def trained_by(
    choose: Callable[[int], Any], world: World, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[int, dict[str, float]]]:
    """Train three steps by a policy of somebody's own; return what it drew."""

    class Mine(ScheduleDefaults):
        def mix(self, step: int) -> Mapping[str, float]:
            return choose(step)  # type: ignore[no-any-return]

        def stage(self, step: int) -> str:
            return "mine"

    monkeypatch.setattr(arms, "SCHEDULES", {**arms.SCHEDULES, "mine": Mine})
    run = replace(small_run("fast", steps=3), name="mine", arm=Arm(schedule="mine"))
    return train(run, world.train, world.validation, report=quiet).mixes


def test_a_policy_may_compute_its_shares_with_numpy_and_leaves_plain_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = dict(zip(("easy", "hard"), np.asarray([0.25, 0.75]), strict=True))
    drawn = trained_by(lambda step: mix, world, monkeypatch)
    assert drawn == [(0, {"easy": 0.25, "hard": 0.75})]
    assert {type(share) for share in drawn[0][1].values()} == {float}


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_what_schedules_draw_is_a_mix(mix: Mapping[str, float]) -> None:
    check_mix(mix)
    check_mix({pool: np.float32(share) for pool, share in mix.items()})


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=len(PARTS)))
def test_shares_that_were_made_to_sum_to_1_do_so_in_spite_of_rounding(weights: list[float]) -> None:
    pools = zip(PARTS, weights, strict=False)
    check_mix({pool: weight / sum(weights) for pool, weight in pools})


def test_a_mix_draws_the_buckets_of_its_pools() -> None:
    assert buckets_in({"hard": 0.5, "hardest-of-easy": 0.5, "medium": 0.0}) == ["easy", "hard"]
    for whole in ("all", "easiest:0.1"):
        assert buckets_in({"easy": 0.5, whole: 0.5}) == ["easy", "medium", "hard"]


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, math.nan])
def test_a_share_of_a_bucket_that_there_is_not_is_refused(share: float, world: World) -> None:
    assert "above 0 and at most 1" in refusal(lambda: Pools(world.train, hardest_share=share))


def stages(*shares: float) -> tuple[Stage, ...]:
    """Return stages of these shares, the first called a."""
    return tuple(
        Stage(name=name, share=share, mix=MIXES[0])
        for name, share in zip("abc", shares, strict=False)
    )


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ((1.5, -0.5), "stage 'b' has the share -0.5: give more than 0"),
        ((0.0, 1.0), "stage 'a' has the share 0.0: give more than 0"),
        ((math.nan, 1.0), "stage 'a' has the share nan: give more than 0"),
        ((0.999, 0.001), "stage 'b' has the share 0.001, which is no step of 100"),
        ((0.001, 0.999), "stage 'a' has the share 0.001, which is no step of 100"),
        ((0.5, 0.001, 0.499), "stage 'b' has the share 0.001, which is no step of 100"),
    ],
)
def test_a_stage_without_a_step_or_a_share_is_named(shares: tuple[float, ...], why: str) -> None:
    assert why in refusal(lambda: Staged(100, stages(*shares)))


def test_a_run_that_tries_things_out_may_be_too_short_for_its_stages() -> None:
    schedule = Staged(SHORTEST - 1, stages(0.5, 0.001, 0.499))
    assert [schedule.stage(step) for step in (0, SHORTEST - 2)] == ["a", "c"]
    Staged(10_000, stages(0.5, 0.001, 0.499))


def test_a_record_that_holds_no_mix_says_what_to_train_again() -> None:
    sentence = refusal(lambda: Replayed(10, [(0, {"easy": 1.0}), (4, {"easy": 0.5})]))
    assert "the mix recorded at step 4" in sentence and "train the adaptive arm" in sentence
