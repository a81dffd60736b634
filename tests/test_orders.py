"""Orders of difficulty: permutations, as their authors define them, of exactly what is drawn."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal
from worlds import World, small_run

from cl_utils.curriculum.arms import arm_named, arms
from cl_utils.curriculum.orders import ORDERS, folding, saw, stair, zigzag
from cl_utils.curriculum.relabelling import ranked
from cl_utils.curriculum.schedules import ALL
from cl_utils.training.assembly import make_batcher
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.spares import SPARES, pack_with_spares

STEPS = 12


@given(st.sampled_from(sorted(ORDERS)), st.integers(0, 500))
def test_every_order_reads_every_rank_once(name: str, count: int) -> None:
    assert sorted(ORDERS[name](count).tolist()) == list(range(count))


def test_the_orders_of_ten_programs() -> None:
    assert ORDERS["easy-to-hard"](4).tolist() == [0, 1, 2, 3]
    assert ORDERS["hard-to-easy"](4).tolist() == [3, 2, 1, 0]
    assert folding(10, 3).tolist() == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
    assert zigzag(10, 3).tolist() == [0, 3, 6, 9, 7, 4, 1, 2, 5, 8]


def test_stair_and_saw_are_sorted_but_around_the_borders_of_their_sections() -> None:
    """Of 40 ranks stair folds 20 ± 9 in three passes; of 80 saw zigzags 27 ± 6 and 53 ± 6."""
    ranks = stair(40)
    assert ranks[:11].tolist() == list(range(11)) and ranks[29:].tolist() == list(range(29, 40))
    assert ranks[11:29].tolist() == [*range(11, 29, 3), *range(12, 29, 3), *range(13, 29, 3)]
    ranks = saw(80)
    for middle in (27, 53):
        inside = [*range(middle - 6, middle + 6, 2), *reversed(range(middle - 5, middle + 6, 2))]
        assert ranks[middle - 6 : middle + 6].tolist() == inside
    assert ranks[33:47].tolist() == list(range(33, 47))


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_an_arm_reads_what_the_baseline_draws_in_its_order(world: World, name: str) -> None:
    drawn = {}
    for arm in ("baseline", name):
        batcher = make_batcher(small_run("fast", arm, steps=STEPS, seed=3), world.train)
        assert isinstance(batcher, AlignedBatcher)
        drawn[arm] = np.concatenate([batcher.choose(ALL)[0] for _ in range(STEPS)])
    assert Counter(drawn[name].tolist()) == Counter(drawn["baseline"].tolist())
    wanted = np.sort(drawn["baseline"])[ORDERS[name](len(drawn["baseline"]))].tolist()
    place = {program: number for number, program in enumerate(wanted)}
    in_order = longest_increasing([place[program] for program in drawn[name].tolist()])
    assert (
        in_order >= len(wanted) - (SPARES + 1) * STEPS
    )  # the others make characters come out even


@pytest.mark.parametrize("name", ["easy-to-hard", "folding"])
def test_every_batch_has_as_many_characters(world: World, name: str) -> None:
    run = small_run("fast", name, steps=STEPS)
    batcher = make_batcher(run, world.train)
    for _ in range(STEPS):
        assert batcher.draw(ALL).targets.numel() == run.characters_per_step


@given(st.integers(0, 2**32), st.integers(20, 40), st.sampled_from(["sorted", "random", "alike"]))
def test_packing_keeps_every_program_and_fills_every_batch(
    seed: int, steps: int, kind: str
) -> None:
    """Also where the lengths are sorted or all the same, which leaves little to choose from."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(28, 72, 12 * steps)
    lengths = {"sorted": np.sort(lengths), "random": lengths, "alike": lengths * 0 + 50}[kind]
    characters = int(lengths.sum() - 25 * steps) // steps
    programs = rng.permutation(len(lengths))
    packed = pack_with_spares(programs, lengths, characters, steps, rng)
    if packed is None:  # which is tried again with other spares
        return
    read, starts = packed
    assert sorted(read.tolist()) == sorted(programs.tolist()) and len(starts) == steps + 1
    length_of = dict(zip(programs.tolist(), lengths.tolist(), strict=True))
    for begin, end in pairwise(starts.tolist()):
        own = [length_of[program] for program in read[begin:end].tolist()]
        assert sum(own[:-1]) < characters <= sum(own)


@pytest.mark.parametrize("kind", ["sorted", "random"])
def test_packing_hardly_ever_fails(kind: str) -> None:
    rng = np.random.default_rng(3)
    done = 0
    for _ in range(20):
        lengths = rng.integers(28, 72, 4000)
        lengths = np.sort(lengths) if kind == "sorted" else lengths
        characters = int(lengths.sum() - 25 * 100) // 100
        done += pack_with_spares(np.arange(4000), lengths, characters, 100, rng) is not None
    assert done >= 10


def longest_increasing(values: list[int]) -> int:
    """Return the length of the longest increasing part of a sequence."""
    tails: list[int] = []
    for value in values:
        tails[bisect_left(tails, value) : bisect_left(tails, value) + 1] = [value]
    return len(tails)


def test_another_metric_sorts_the_same_draws_otherwise(world: World) -> None:
    reversed_corpus = ranked(world.train, -np.arange(len(world.train)))
    read = []
    for arm, corpus in (
        ("easy-to-hard-by-characters", reversed_corpus),
        ("hard-to-easy", world.train),
    ):
        batcher = make_batcher(small_run("fast", arm, steps=STEPS), corpus)
        assert isinstance(batcher, AlignedBatcher)
        read.append(np.concatenate([batcher.choose(ALL)[0] for _ in range(STEPS)]))
    assert np.array_equal(*read)


def test_an_arm_by_another_metric_refuses_programs_without_it(world: World) -> None:
    run = small_run("fast", "folding-by-characters", steps=STEPS)
    said = refusal(lambda: make_batcher(run, world.train))
    assert "sorts by characters" in said and "load_training" in said


def test_windows_cannot_be_sorted(world: World) -> None:
    run = small_run("paper", "folding", steps=STEPS)
    assert "whole programs" in refusal(lambda: make_batcher(run, world.train))


def test_ranks_stay_with_their_programs(world: World) -> None:
    corpus = ranked(world.train, np.random.default_rng(0).random(len(world.train)))
    assert corpus.ranks is not None
    some = corpus.take(np.array([5, 3, 9]))
    assert some.ranks is not None and some.ranks.tolist() == corpus.ranks[[5, 3, 9]].tolist()


def test_sorted_arms_differ_from_the_baseline_in_their_order_alone() -> None:
    baseline = vars(arm_named("baseline"))
    ordered = [arm for arm in arms().values() if arm.order in ORDERS]
    assert ordered
    for arm in ordered:
        differing = {name for name, value in vars(arm).items() if value != baseline[name]}
        assert "order" in differing and differing <= {"order", "order_metric"}
