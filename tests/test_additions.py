"""Additions to a run: each does what it says, is trained, and survives a killed training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from worlds import World, small_run

from benchmarks.additions import AddedTrainer, Additions
from cl_utils.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training import Trained, Trainer


def trainer(world: World, arm: str = "baseline", **additions: float) -> AddedTrainer:
    """Return a small run's trainer with additions."""
    run = small_run("fast", arm)
    return AddedTrainer(Additions(**additions), run, world.train, world.validation)  # type: ignore[arg-type]


def finished(started: Trainer) -> Trained:
    """Train to the end."""
    while started.unfinished:
        started.advance()
    return started.result()


def test_without_additions_the_study_is_trained(world: World) -> None:
    run = small_run("fast", "baseline")
    plain = finished(Trainer(run, world.train, world.validation)).model.state_dict()
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
