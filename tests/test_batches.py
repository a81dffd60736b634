"""Batches: the same characters at every step of every schedule, from the right programs."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from worlds import (
    MIXES,
    WITHOUT_AVERAGE,
    World,
    batcher_of,
    loss_groups_of,
    same_batch,
    small_run,
    texts,
)

from cl_utils.curriculum.arms import SCHEDULES, schedule_named
from cl_utils.curriculum.interface import Mix
from cl_utils.curriculum.schedules import ALL
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.tinypy.tokenizer import decode
from cl_utils.training.assembly import make_batcher
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.batches.pools import Pools
from cl_utils.training.batches.windows import WindowBatcher

CHARACTERS = small_run("paper").characters_per_step
both = pytest.mark.parametrize("recipe", WITHOUT_AVERAGE)  # a batch knows of no rate
every_mix = pytest.mark.parametrize("mix", MIXES, ids=lambda mix: "+".join(mix))


@both
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_of_every_schedule_learns_from_as_many_characters(
    world: World, recipe: str, name: str
) -> None:
    batcher, schedule = batcher_of(world, recipe), schedule_named(name, 100)
    shapes = set()
    for step in range(0, 100, 3):
        batch = batcher.draw(schedule.mix(step))
        assert batch.targets.numel() == CHARACTERS
        assert 0 <= int(batch.loss_groups.min()) and int(batch.loss_groups.max()) < LOSS_GROUPS
        assert batch.inputs.shape == batch.targets.shape == batch.loss_groups.shape
        shapes.add(tuple(batch.inputs.shape))
    assert len(shapes) == 1


def pieces(batch: Batch) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield text, loss_groups of the targets and positions of each program of an aligned batch."""
    assert batch.layout is not None
    for rows in batch.layout.rows:
        for row in rows:
            here = row[row >= 0]
            if len(here):
                inputs, targets = batch.inputs[here], batch.targets[here]
                text = decode(inputs.numpy()) + decode(targets[-1:].numpy())
                assert decode(targets.numpy()) == text[1:]
                yield text, batch.loss_groups[here].numpy(), batch.layout.positions[here].numpy()


@every_mix
def test_aligned_batches_hold_whole_programs_and_cut_one_at_most(world: World, mix: Mix) -> None:
    batcher, known = batcher_of(world, "fast"), texts(world.train)
    number = {text: place for place, text in enumerate(known)}
    for _ in range(20):
        batch = batcher.draw(mix)
        read = list(pieces(batch))
        cut = [text for text, _, _ in read if text not in number]
        assert len(cut) <= 1 and batch.programs.sum() == len(read)
        assert all(any(text.startswith(piece) for text in known) for piece in cut)
        for text, loss_groups, positions in read:
            assert positions.tolist() == list(range(len(positions)))
            if text in number:
                assert (
                    loss_groups.tolist() == loss_groups_of(world.train, number[text])[1:].tolist()
                )
        whole = Counter(world.train.buckets[number[text]] for text, _, _ in read if text in number)
        missing = batch.programs - [whole[code] for code in range(3)]
        assert missing.min() >= 0 and missing.sum() == len(cut)


def test_one_size_of_rows_holds_the_same_stream_in_a_shape_that_stays(world: World) -> None:
    rng = [np.random.default_rng(0) for _ in range(2)]
    settings = {"characters": 600, "context": 96}
    several = AlignedBatcher(world.train, world.pools, **settings, rng=rng[0])
    single = AlignedBatcher(world.train, world.pools, **settings, rng=rng[1], static_shapes=True)
    shapes = set()
    for mix in MIXES * 5:
        first, second = several.draw(mix), single.draw(mix)
        assert torch.equal(first.inputs, second.inputs) and torch.equal(
            first.loss_groups, second.loss_groups
        )
        assert second.layout is not None
        shapes.add(tuple(tuple(rows.shape) for rows in second.layout.rows))
    assert len(shapes) == 1


def bucket_shares(world: World, mix: Mix) -> np.ndarray:
    """Return what share of the programs a mix takes from each bucket, (3,)."""
    shares = np.zeros(len(BUCKETS))
    for pool, weight in mix.items():
        start, stop = world.pools.bounds(pool)
        counts = np.bincount(world.train.buckets[start:stop], minlength=len(BUCKETS))
        shares += weight * counts / (stop - start)
    return shares


@every_mix
def test_aligned_batches_draw_the_shares_of_the_mix(world: World, mix: Mix) -> None:
    """Programs are drawn independently: tolerance 5 standard deviations of a binomial share."""
    batcher, expected = batcher_of(world, "fast"), bucket_shares(world, mix)
    programs = np.sum([batcher.draw(mix).programs for _ in range(300)], axis=0)
    tolerance = 5 * np.sqrt(expected * (1 - expected) / programs.sum())
    assert (np.abs(programs / programs.sum() - expected) <= tolerance).all()


def test_aligned_batches_draw_only_from_the_pools_of_the_mix_and_all_of_them(world: World) -> None:
    """About 1000 whole programs drawn of 150: each is missed with a chance of exp(-6.7)."""
    batcher, (start, stop) = batcher_of(world, "fast", seed=1), world.pools.bounds("medium")
    known = texts(world.train)
    drawn = {text for _ in range(200) for text, _, _ in pieces(batcher.draw({"medium": 1.0}))}
    assert len(drawn & set(known[start:stop])) > 0.98 * (stop - start)
    assert not drawn & (set(known) - set(known[start:stop]))


def stream_of(batcher: WindowBatcher) -> list[str]:
    """Return the records of the batcher's present stream, in order."""
    return [record + "\n\n" for record in decode(batcher.resident[0].numpy()).split("\n\n")[:-1]]


def test_windows_are_cut_from_a_stream_with_every_program_exactly_once(world: World) -> None:
    batcher = batcher_of(world, "paper")
    assert isinstance(batcher, WindowBatcher)
    batch = batcher.draw(ALL)
    assert sorted(stream_of(batcher)) == sorted(texts(world.train))
    assert stream_of(batcher) != texts(world.train)
    text = decode(batcher.resident[0].numpy())
    for inputs, targets in zip(batch.inputs.numpy(), batch.targets.numpy(), strict=True):
        window = decode(inputs) + decode(targets[-1:])
        assert window in text and decode(targets) == window[1:]


@every_mix
def test_the_stream_of_windows_holds_the_programs_of_the_mix_in_its_shares(
    world: World, mix: Mix
) -> None:
    batcher, known = batcher_of(world, "paper"), texts(world.train)
    batcher.draw(mix)
    assert isinstance(batcher, WindowBatcher)
    stream = Counter(stream_of(batcher))
    assert max(stream.values()) == 1  # no pool overlaps another in these mixes
    counts = [len(set(stream) & set(known[slice(*world.pools.bounds(pool))])) for pool in mix]
    assert counts == pytest.approx(np.array(list(mix.values())) * len(stream), abs=1)
    assert any(n == np.diff(world.pools.bounds(p))[0] for n, p in zip(counts, mix, strict=True))


@every_mix
def test_windows_know_the_kind_of_every_character_and_count_the_programs_begun(
    world: World, mix: Mix
) -> None:
    batcher = batcher_of(world, "paper")
    number = {text: place for place, text in enumerate(texts(world.train))}
    for _ in range(10):
        batch = batcher.draw(mix)
        assert isinstance(batcher, WindowBatcher)
        programs = [number[text] for text in stream_of(batcher)]
        loss_groups = np.concatenate([loss_groups_of(world.train, program) for program in programs])
        begins = np.cumsum([0, *world.train.lengths[programs]])
        begun = np.zeros(len(BUCKETS), dtype=int)
        for row in range(len(batch.inputs)):
            window = decode(batch.inputs[row].numpy()) + decode(batch.targets[row][-1:].numpy())
            place = decode(batcher.resident[0].numpy()).index(window)
            expected = loss_groups[place + 1 : place + len(window)]
            assert batch.loss_groups[row].tolist() == expected.tolist()
            for begin, program in zip(begins, programs, strict=False):
                begun[world.train.buckets[program]] += place < begin < place + len(window)
        assert batch.programs.tolist() == begun.tolist()


@both
def test_one_seed_draws_the_same_batches_and_another_seed_others(world: World, recipe: str) -> None:
    first, again, other = (batcher_of(world, recipe, seed=seed) for seed in (0, 0, 1))
    for mix in (*MIXES, *MIXES):
        batch = first.draw(mix)
        assert same_batch(batch, again.draw(mix))
        assert not same_batch(batch, other.draw(mix))


def test_an_aligned_batch_depends_on_nothing_but_mix_and_random_state(world: World) -> None:
    first, second = batcher_of(world, "fast", seed=0), batcher_of(world, "fast", seed=1)
    for mix in MIXES:
        second.draw(mix)
        second.restore(first.state())
        assert same_batch(first.draw(mix), second.draw(mix))


@both
@pytest.mark.parametrize("before", [0, 1, 4])
def test_a_restored_batcher_continues_exactly(world: World, recipe: str, before: int) -> None:
    sequence = [MIXES[0], MIXES[0], MIXES[3], MIXES[3], MIXES[3], MIXES[0], MIXES[2], MIXES[2]]
    running, resumed = batcher_of(world, recipe), batcher_of(world, recipe, seed=9)
    for mix in sequence[:before]:
        running.draw(mix)
    resumed.restore(copy.deepcopy(running.state()))
    for mix in sequence[before:]:
        assert same_batch(running.draw(mix), resumed.draw(mix))


def test_making_a_batcher_takes_nothing_from_its_random_numbers(world: World) -> None:
    rng, untouched = np.random.default_rng(3), np.random.default_rng(3)
    AlignedBatcher(world.train, world.pools, characters=500, context=96, rng=rng)
    WindowBatcher(world.train, world.pools, rows=2, row_length=96, rng=rng)
    assert rng.bit_generator.state == untouched.bit_generator.state


def test_pools_are_the_intervals_their_names_say(world: World) -> None:
    metric, buckets = world.train.overall_metric, world.train.buckets
    for code, bucket in enumerate(BUCKETS):
        start, stop = world.pools.bounds(bucket)
        assert np.flatnonzero(buckets == code).tolist() == list(range(start, stop))
        first, last = Pools(world.train, hardest_share=0.2).bounds(f"hardest-of-{bucket}")
        assert (last, last - first) == (stop, round(0.2 * (stop - start)))
        assert metric[first:last].min() >= metric[start:first].max()
    assert world.pools.bounds("all") == (0, len(world.train))
    assert world.pools.bounds("easiest:0.0001") == (0, 1)
    assert world.pools.bounds("easiest:1.0000") == (0, len(world.train))


def test_pools_that_mean_nothing_are_refused(world: World) -> None:
    for pool in ("esay", "hardest-of-all", ""):
        with pytest.raises(StudyError, match=f"pool '{pool}', which does not exist"):
            world.pools.bounds(pool)
    upside_down = world.train.take(np.arange(len(world.train))[::-1])
    with pytest.raises(StudyError, match="not sorted by bucket"):
        Pools(upside_down)


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_bucket_without_programs_is_not_read_as_its_neighbour(world: World, code: int) -> None:
    """Its interval was empty, and what lay beside it was drawn under its name."""
    pools = Pools(world.train.take(np.flatnonzero(world.train.buckets != code)))
    for pool in (BUCKETS[code], f"hardest-of-{BUCKETS[code]}"):
        with pytest.raises(StudyError, match=f"no training program is in the pool '{pool}'"):
            pools.bounds(pool)
    there = [bucket for bucket in BUCKETS if bucket != BUCKETS[code]]
    assert [pools.bounds(bucket)[1] for bucket in there][-1] == pools.bounds("all")[1]


@pytest.mark.parametrize("recipe", ["fast", "paper"])
def test_a_schedule_that_draws_from_an_empty_bucket_does_not_train(
    world: World, recipe: str
) -> None:
    hard = world.train.take(np.flatnonzero(world.train.buckets == 2))
    batcher = make_batcher(small_run(recipe, "easy-only"), hard)
    with pytest.raises(StudyError, match="easy"):
        batcher.draw({"easy": 1.0})


def test_a_context_that_cannot_hold_the_programs_are_refused(world: World) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(StudyError, match="does not fit the context 20: raise `context`"):
        AlignedBatcher(world.train, world.pools, characters=500, context=20, rng=rng)
    run, lonely = small_run("paper"), world.train.take(np.asarray([0]))
    with pytest.raises(StudyError, match="less than one window of 96: raise training_programs"):
        make_batcher(run, lonely).draw({"easy": 1.0})


def test_characters_that_are_not_whole_windows_are_refused(world: World) -> None:
    run = small_run("paper")
    object.__setattr__(run, "characters_per_step", 100)
    with pytest.raises(
        StudyError, match="characters_per_step=100 is not a multiple of the context"
    ):
        make_batcher(run, world.train)
