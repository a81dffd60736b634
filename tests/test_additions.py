"""Additions to a run: each does what it says, is trained, and survives a killed training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from worlds import MIXES, World, small_run

from benchmarks.additions import AddedTrainer, Additions, added
from benchmarks.plans import Plan
from cl_utils.errors import StudyError
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.loop import Trained, Trainer


def trainer(world: World, arm: str = "baseline", seed: int = 0, **additions: float) -> AddedTrainer:
    """Return a small run's trainer with additions."""
    run = replace(small_run("fast", arm), seed=seed, hardest_share=0.25)
    return AddedTrainer(Additions(**additions), run, world.train, world.validation)  # type: ignore[arg-type]


def finished(started: Trainer) -> Trained:
    """Train to the end."""
    while started.unfinished:
        started.advance()
    return started.result()


def test_without_additions_the_study_is_trained(world: World) -> None:
    plain = finished(Trainer(trainer(world).run, world.train, world.validation)).model.state_dict()
    added = finished(trainer(world)).model.state_dict()
    assert plain.keys() == added.keys()
    assert all(torch.equal(plain[name], added[name]) for name in plain)


def test_short_sources_come_first_where_this_is_added(world: World) -> None:
    batcher = trainer(world, "competence", by_characters=True).batcher
    sources = batcher.corpus.answers - batcher.corpus.offsets[:-1]
    assert (np.diff(sources) >= 0).all()
    assert sorted(batcher.corpus.program_ids) == sorted(world.train.program_ids)
    as_before = trainer(world, "competence").batcher
    assert np.array_equal(as_before.corpus.tokens, world.train.tokens)


@pytest.mark.parametrize(
    ("additions", "part"),
    [({"neighbours": 2}, "before_"), ({"neighbours": 2, "values": 1.0}, "head.values")],
)
def test_additions_are_trained_and_a_killed_training_goes_on_with_them(
    world: World, tmp_path: Path, additions: dict[str, float], part: str
) -> None:
    half, whole, continued = (trainer(world, **additions) for _ in range(3))
    for _ in range(half.steps // 2):
        half.advance()
    save_checkpoint(tmp_path / "half.pt", half.state())
    saved = load_checkpoint(tmp_path / "half.pt", continued.identity)
    assert saved is not None
    continued.restore(saved)
    while whole.unfinished:
        whole.advance()
    learnt = [value for name, value in whole.model.state_dict().items() if part in name]
    assert learnt and all(value.any() for value in learnt)
    weights, again = (finished(each).model.state_dict() for each in (whole, continued))
    assert weights.keys() == again.keys()
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_values_are_asked_for_in_training_and_are_no_part_of_what_is_trained(world: World) -> None:
    plain, asked = (finished(trainer(world, values=each)).model for each in (0.0, 1.0))
    assert plain.parameter_count == asked.parameter_count
    assert plain.state_dict().keys() == asked.state_dict().keys()
    assert not torch.equal(plain.head.weight, asked.head.weight)


def test_values_weigh_what_they_are_said_to(world: World) -> None:
    heads = [finished(trainer(world, values=each)).model.head.weight for each in (0.5, 0.5, 1.0)]
    assert torch.equal(heads[0], heads[1]) and not torch.equal(heads[0], heads[2])


@pytest.mark.parametrize("seed", [0, 3])
def test_with_values_the_same_programs_are_drawn(world: World, seed: int) -> None:
    plain, asked = (trainer(world, seed=seed, values=each).batcher for each in (0.0, 1.0))
    for mix in MIXES:  # one of them draws the hardest share of a bucket
        assert torch.equal(plain.draw(mix).inputs, asked.draw(mix).inputs)


def test_values_are_refused_where_programs_are_not_drawn_whole(world: World) -> None:
    with pytest.raises(StudyError, match="arm hybrid-shuffled with the recipe fast"):
        trainer(world, "hybrid-shuffled", values=1.0)
    run = small_run("paper", "baseline")
    with pytest.raises(StudyError, match="arm baseline with the recipe paper"):
        AddedTrainer(Additions(values=1.0), run, world.train, world.validation)


def test_a_checkpoint_belongs_to_additions_and_not_to_the_words_of_a_plan() -> None:
    plan = Plan(words="", steps=1, characters_per_step=1, programs=1, neighbours=3)
    assert added(plan) == added(Additions(neighbours=3)) != added(Additions(neighbours=2))
    assert added(Additions()) == {"by_characters": False, "neighbours": 0, "values": 0.0}
