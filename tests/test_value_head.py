"""A head for values: seen in training alone, with the batches and losses that belong to it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import tiny_model
from torch import nn
from worlds import World, small_run

from benchmarks.value_head import (
    ValuedBatcher,
    objective_with_values,
    with_value_head,
    without_value_head,
)
from cl_utils.curriculum.schedules import ALL
from cl_utils.data.corpus_values import Values, values_along
from cl_utils.model.gpt import GPT, build
from cl_utils.seeds import stream
from cl_utils.training.batches.pools import Pools
from cl_utils.training.loop import make_batcher
from cl_utils.training.loss import objective
from cl_utils.training.recipes import FAST

CPU = torch.device("cpu")


def test_the_second_head_is_seen_in_training_alone() -> None:
    model, tokens = tiny_model("modern", noise=0.3), torch.arange(12)[None]
    before, parameters = model.eval()(tokens), model.parameter_count
    two = with_value_head(model, 5)
    assert torch.equal(two.eval()(tokens), before)
    logits = two.train()(tokens)
    assert logits.shape == (1, 12, before.shape[-1] + 6)
    assert torch.equal(logits[..., : before.shape[-1]], before) and not logits[..., -6:].any()
    one = without_value_head(two)
    assert torch.equal(one.train()(tokens), before) and one.parameter_count == parameters
    assert without_value_head(one) is one


@pytest.fixture
def valued(world: World) -> tuple[ValuedBatcher, Values]:
    """Return a batcher with values, on the stream of seed 0."""
    run, values = small_run("fast", "baseline"), values_along(world.train)
    batcher = ValuedBatcher(
        world.train,
        Pools(world.train),
        values=values,
        characters=run.characters_per_step,
        context=run.model.context,
        rng=stream(run.seed, "batches"),
    )
    return batcher, values


def test_batches_are_the_same_and_have_the_values_of_their_inputs(
    world: World, valued: tuple[ValuedBatcher, Values]
) -> None:
    (batcher, values), plain = valued, make_batcher(small_run("fast", "baseline"), world.train)
    code_of = {}
    for at in np.flatnonzero(values.codes):
        start = world.train.offsets[np.searchsorted(world.train.offsets, at, side="right") - 1]
        code_of[world.train.tokens[start : at + 1].tobytes()] = int(values.codes[at])
    for _ in range(3):
        batch, other = batcher.draw(ALL), plain.draw(ALL)
        assert torch.equal(batch.inputs, other.inputs) and torch.equal(batch.kinds, other.kinds)
        assert batch.values.shape == batch.inputs.shape
        positions = batch.layout.positions
        for at in range(len(batch.inputs)):
            read = batch.inputs[at - positions[at] : at + 1].numpy().astype(np.uint8)
            assert batch.values[at] == code_of.get(read.tobytes(), 0)
        assert batch.values.any()
        assert torch.equal(batch.to(CPU).values, batch.values)


def noisy(world: World, names: int) -> GPT:
    """Return a model with two heads of which nothing is silent."""
    model = with_value_head(build(small_run("fast", "baseline").model, 0), names)
    for place, parameter in enumerate(model.parameters()):
        nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(place))
    return model


def test_known_values_add_their_mean_loss_and_no_more(
    world: World, valued: tuple[ValuedBatcher, Values]
) -> None:
    batcher, values = valued
    model, batch = noisy(world, len(values.names)), batcher.draw(ALL)
    known = batch.values > 0
    with torch.no_grad():
        logits = model(batch.inputs, layout=batch.layout)[..., model.config.vocabulary :]
        told = F.cross_entropy(logits[known], batch.values[known])
        loss, totals = objective_with_values(model, FAST, 3.0, CPU, compiled=False)(batch)
        unknown = replace(batch, values=torch.zeros_like(batch.values))
        of_characters, _ = objective_with_values(model, FAST, 3.0, CPU, compiled=False)(unknown)
        plain, expected = objective(without_value_head(model), FAST, CPU, False)(batch)
    assert bool(known.any()) and not bool(known.all())
    assert float(of_characters) == pytest.approx(float(plain), rel=1e-6)
    assert float(loss) == pytest.approx(float(plain + 3 * told), rel=1e-5)
    assert torch.equal(totals, expected)


@pytest.mark.filterwarnings("ignore:.*should not be instantiated")
def test_compiled_it_is_the_same_loss(
    monkeypatch: pytest.MonkeyPatch, world: World, valued: tuple[ValuedBatcher, Values]
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    batcher, values = valued
    model, exact = noisy(world, len(values.names)), replace(FAST, precision="float32")
    compiled, plain = (
        objective_with_values(model, exact, 1.0, CPU, compiled=each) for each in (True, False)
    )
    for batch in (batcher.draw(ALL), batcher.draw(ALL)):  # not as many rows
        (loss, totals), (expected, counted) = compiled(batch), plain(batch)
        assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
        torch.testing.assert_close(totals, counted)
