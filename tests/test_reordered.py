"""Arrangements: exactly the programs that another arm drew, each as often, in another order."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import World, small_run

from cl_utils.curriculum.arms import schedule_named
from cl_utils.curriculum.schedules import ALL
from cl_utils.errors import StudyError
from cl_utils.training.assembly import make_batcher
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.reordered import (
    ReorderedBatcher,
    ReorderedWindows,
    bucket_weights,
    pack,
)
from cl_utils.training.batches.windows import WindowBatcher

STEPS = 12


def drawn_by(world: World, arm: str, seed: int = 0) -> list[np.ndarray]:
    """Return the programs of every batch of an arm of whole programs."""
    batcher = make_batcher(small_run("fast", arm, steps=STEPS, seed=seed), world.train)
    assert isinstance(batcher, AlignedBatcher)
    schedule = schedule_named("baseline" if arm.startswith("baseline") else "hybrid", STEPS)
    return [batcher.choose(schedule.mix(step))[0] for step in range(STEPS)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("reordered", "source"),
    [
        ("hybrid-shuffled", "hybrid"),
        ("hybrid-shuffled-restarts", "hybrid"),
        ("baseline-in-hybrid-order", "baseline"),
    ],
)
def test_a_reordered_arm_reads_the_programs_of_its_source_each_as_often(
    world: World, reordered: str, source: str, seed: int
) -> None:
    ours, theirs = drawn_by(world, reordered, seed), drawn_by(world, source, seed)
    assert Counter(np.concatenate(ours).tolist()) == Counter(np.concatenate(theirs).tolist())
    assert not np.array_equal(np.concatenate(ours), np.concatenate(theirs))


def test_shuffled_programs_are_of_all_stages_from_the_beginning(world: World) -> None:
    buckets = world.train.buckets
    early = np.concatenate(drawn_by(world, "hybrid-shuffled")[:4])
    assert set(buckets[early]) == {0, 1, 2}
    assert set(buckets[np.concatenate(drawn_by(world, "hybrid")[:2])]) == {0}


def test_natural_programs_in_hybrids_order_go_from_easy_to_hard(world: World) -> None:
    """Stages end after steps 2 and 5; the last draws no easy program of the first's kind."""
    batches = drawn_by(world, "baseline-in-hybrid-order")
    buckets = world.train.buckets
    first, second, third = (np.concatenate(batches[a:b]) for a, b in ((0, 2), (2, 5), (6, 12)))
    assert (buckets[first] == 0).mean() > 0.9
    assert 0.5 < (buckets[second] == 1).mean() < 0.8
    assert (buckets[third] == 2).mean() > 0.45
    easy = [part[buckets[part] == 0] for part in (first, third)]
    assert easy[0].max() <= easy[1].min() + 5  # places in a corpus sorted by difficulty


def test_every_batch_of_a_reordered_arm_has_as_many_characters(world: World) -> None:
    run = small_run("fast", "hybrid-shuffled", steps=STEPS)
    batcher = make_batcher(run, world.train)
    for _ in range(STEPS):
        batch = batcher.draw(ALL)
        assert batch.targets.numel() == run.characters_per_step
        assert batch.programs.sum() > 0


def test_shuffled_windows_are_exactly_those_of_the_source(world: World) -> None:
    run = small_run("paper", "hybrid-shuffled", steps=STEPS)
    ours = make_batcher(run, world.train)
    theirs = make_batcher(small_run("paper", "hybrid", steps=STEPS), world.train)
    assert isinstance(ours, ReorderedWindows) and isinstance(theirs, WindowBatcher)
    schedule = schedule_named("hybrid", STEPS)
    read = [ours.draw(ALL) for _ in range(STEPS)]
    drawn = [theirs.draw(schedule.mix(step)) for step in range(STEPS)]

    def windows(batches: list) -> Counter[bytes]:  # type: ignore[type-arg]
        return Counter(row.numpy().tobytes() for batch in batches for row in batch.targets)

    assert windows(read) == windows(drawn)
    assert sum(b.programs for b in read).tolist() == sum(b.programs for b in drawn).tolist()  # type: ignore[union-attr]


def test_windows_are_not_sorted(world: World) -> None:
    with pytest.raises(StudyError, match="windows hold parts of several programs"):
        make_batcher(small_run("paper", "baseline-in-hybrid-order"), world.train)


@given(st.integers(0, 10_000), st.integers(3, 60))
def test_packing_begins_every_program_once_and_cuts_the_last_of_a_batch_alone(
    seed: int, steps: int
) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(10, 70, 200)
    drawn = []
    for _ in range(steps):  # as a batcher draws
        batch = rng.integers(0, 200, 60)
        drawn.append(batch[: int(np.searchsorted(np.cumsum(sizes[batch]), 600)) + 1])
    order = rng.permutation(np.concatenate(drawn))
    packed = pack(order, sizes[order], 600, steps)
    if packed is None:  # seldom, and `reorder` then shuffles again
        return
    programs, starts = packed
    assert Counter(programs.tolist()) == Counter(order.tolist())
    for begin, end in zip(starts, starts[1:], strict=False):
        lengths = sizes[programs[begin:end]]
        assert lengths[:-1].sum() < 600 <= lengths.sum()


def test_packing_seldom_fails() -> None:
    rng, failed = np.random.default_rng(0), 0
    sizes = rng.integers(10, 70, 500)
    for _ in range(50):
        drawn = []
        for _ in range(40):
            batch = rng.integers(0, 500, 120)
            drawn.append(batch[: int(np.searchsorted(np.cumsum(sizes[batch]), 1200)) + 1])
        order = rng.permutation(np.concatenate(drawn))
        failed += pack(order, sizes[order], 1200, 40) is None
    assert failed <= 5


def test_programs_that_fit_in_no_order_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cl_utils.training.batches.reordered.pack", lambda *_: None)
    with pytest.raises(StudyError, match="do not fit 12 batches of 384 characters"):
        make_batcher(small_run("fast", "hybrid-shuffled"), world.train)


def test_parts_of_a_bucket_count_as_the_bucket() -> None:
    assert bucket_weights({"hardest-of-easy": 0.25, "medium": 0.75}) == [0.25, 0.75, 0.0]


def test_a_reordered_batcher_is_still_one_of_its_recipe(world: World) -> None:
    assert isinstance(
        make_batcher(small_run("fast", "hybrid-shuffled"), world.train), ReorderedBatcher
    )
