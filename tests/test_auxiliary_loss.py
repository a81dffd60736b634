"""The auxiliary loss: by hand, its head seen in training alone, its batches the same as without."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import tiny_model
from torch import Tensor, nn
from worlds import MIXES, World, batcher_of, small_run

from cl_utils.curriculum.schedules import ALL
from cl_utils.data.corpus import Corpus
from cl_utils.data.value_codes import value_count, with_intermediate_values
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, build
from cl_utils.training.assembly import make_batcher
from cl_utils.training.batched_runs import joined_batches
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import Batch
from cl_utils.training.batches.windows import WindowBatcher
from cl_utils.training.loss import auxiliary_loss, objective
from cl_utils.training.recipes import FAST, PAPER, STRONG

CPU = torch.device("cpu")
EXACT = replace(STRONG, precision="float32")


def values_of(batch: Batch) -> Tensor:
    """Return the intermediate values of a batch that has some."""
    assert batch.intermediate_values is not None
    return batch.intermediate_values


def test_known_values_count_once_and_unknown_ones_not() -> None:
    """By hand: log 4 where the true one of four has no logit more, log 2 where it has a half."""
    logits = torch.zeros(1, 4, 4)
    logits[0, 1, 2] = np.log(3.0)  # 3 of 6
    codes = torch.tensor([[3, 2, 0, 0]])
    assert auxiliary_loss(logits, codes).item() == pytest.approx((np.log(4) + np.log(2)) / 2)
    assert auxiliary_loss(logits, codes * 0).item() == 0.0
    halves = auxiliary_loss(logits[0], codes[0], members=2)  # the second member knows nothing
    assert halves.item() == pytest.approx((np.log(4) + np.log(2)) / 2)
    each = auxiliary_loss(logits[:, [0, 2, 1, 3]], codes[:, [0, 2, 1, 3]], members=2)
    assert each.item() == pytest.approx(np.log(4) + np.log(2))


def test_the_auxiliary_head_is_no_part_of_what_reads_and_is_counted() -> None:
    model, tokens = tiny_model("modern", noise=0.3), torch.arange(12)[None]
    before, parameters, numbers = model(tokens), model.parameter_count, torch.get_rng_state()
    with pytest.raises(StudyError, match="no auxiliary head: call its `add_auxiliary_head`"):
        model.both_heads(tokens, None)
    model.add_auxiliary_head(5)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert torch.equal(model.train()(tokens), before) and model.parameter_count == parameters
    logits, named = model.both_heads(tokens, None)
    assert torch.equal(logits, before) and named.shape == (1, 12, 6) and not named.any()


def valued(world: World) -> Corpus:
    """Return the training programs with their intermediate values."""
    return with_intermediate_values(world.train)


def prefixes(corpus: Corpus) -> dict[bytes, int]:
    """Return the code of every beginning of a record that settles a value."""
    assert corpus.intermediate_values is not None
    found = {}
    for at in np.flatnonzero(corpus.intermediate_values):
        start = corpus.offsets[np.searchsorted(corpus.offsets, at, side="right") - 1]
        found[corpus.tokens[start : at + 1].tobytes()] = int(corpus.intermediate_values[at])
    return found


def test_batches_are_the_same_and_have_the_values_of_their_inputs(world: World) -> None:
    valued_batches, plain = batcher_of(world, "strong"), batcher_of(world, "fast")
    code_of = prefixes(valued(world))
    for mix in MIXES:
        batch, other = valued_batches.draw(mix), plain.draw(mix)
        assert torch.equal(batch.inputs, other.inputs) and torch.equal(
            batch.loss_groups, other.loss_groups
        )
        assert other.intermediate_values is None and batch.layout is not None
        values, positions = values_of(batch), batch.layout.positions
        assert values.shape == batch.inputs.shape and values.dtype == torch.int64 and values.any()
        for at in range(len(batch.inputs)):
            read = batch.inputs[at - positions[at] : at + 1].numpy().astype(np.uint8)
            assert values[at] == code_of.get(read.tobytes(), 0)
        assert torch.equal(values_of(batch.to(CPU)), values)


@pytest.mark.parametrize("arm", ["hybrid-shuffled", "baseline-in-hybrid-order"])
def test_programs_in_another_order_have_their_values(world: World, arm: str) -> None:
    batch = make_batcher(small_run("strong", arm), world.train).draw(ALL)
    plain = make_batcher(small_run("fast", arm), world.train).draw(ALL)
    code_of = prefixes(valued(world))
    assert torch.equal(batch.inputs, plain.inputs) and batch.layout is not None
    for at, position in enumerate(batch.layout.positions.tolist()):
        read = batch.inputs[at - position : at + 1].numpy().astype(np.uint8)
        assert values_of(batch)[at] == code_of.get(read.tobytes(), 0)


def test_batches_made_on_the_device_have_the_same_values(world: World) -> None:
    corpus, size = valued(world), {"characters": 600, "context": 96}
    host, device = (
        AlignedBatcher(
            corpus, world.pools, **size, rng=np.random.default_rng(0), static_shapes=each
        )
        for each in (False, True)
    )
    for mix in MIXES:
        assert torch.equal(values_of(host.draw(mix)), values_of(device.draw(mix)))


def test_a_device_is_asked_for_no_number_while_values_are_learnt(world: World) -> None:
    """Tensors on the device "meta" have shapes and no values: reading one would be an error."""
    settings = {"rng": np.random.default_rng(0), "device": "meta"}
    corpus, size = valued(world), {"characters": 600, "context": 96}
    aligned = AlignedBatcher(corpus, world.pools, **size, static_shapes=True, **settings)
    windows = WindowBatcher(corpus, world.pools, rows=4, row_length=96, **settings)
    model = noisy(corpus).to("meta")
    for mix in MIXES:
        for batch in (joined_batches([aligned.draw(mix), aligned.draw(mix)]), windows.draw(mix)):
            _, named = model.both_heads(batch.inputs, batch.layout)
            loss = auxiliary_loss(named, values_of(batch), members=2)
            loss.backward()  # type: ignore[no-untyped-call]
            assert loss.shape == ()


def test_windows_have_the_values_of_their_inputs(world: World) -> None:
    settings = {"rows": 4, "row_length": 96}
    batchers = [
        WindowBatcher(corpus, world.pools, **settings, rng=np.random.default_rng(0))
        for corpus in (valued(world), world.train)
    ]
    for mix in MIXES:
        batch, plain = (each.draw(mix) for each in batchers)
        assert torch.equal(batch.inputs, plain.inputs) and plain.intermediate_values is None
        text, _, codes = (each.numpy() for each in batchers[0].resident)
        for inputs, values in zip(batch.inputs.numpy(), values_of(batch).numpy(), strict=True):
            place = text.tobytes().index(inputs.astype(np.uint8).tobytes())
            assert codes[place : place + 96].tolist() == values.tolist()
        assert values_of(batch).any()


def noisy(corpus: Corpus, recipe: str = "strong") -> GPT:
    """Return a model with an auxiliary head of which nothing is silent."""
    model = build(small_run(recipe).model, 0)
    model.add_auxiliary_head(value_count(corpus))
    for place, parameter in enumerate(model.parameters()):
        nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(place))
    return model


def test_the_loss_gets_the_weight_times_the_mean_of_the_known_and_totals_nothing(
    world: World,
) -> None:
    model, batch = noisy(valued(world)), batcher_of(world, "strong").draw(ALL)
    recipe, known = replace(EXACT, intermediate_value_weight=3.0), values_of(batch) > 0
    with torch.no_grad():
        _, named = model.both_heads(batch.inputs, batch.layout)
        told = F.cross_entropy(named[known], values_of(batch)[known])
        loss, totals = objective(model, recipe, CPU, compiled=False)(batch)
        plain, expected = objective(model, FAST, CPU, compiled=False)(batch)
    assert bool(known.any()) and not bool(known.all())
    assert float(loss) == pytest.approx(float(plain + 3 * told), rel=1e-5)
    assert torch.equal(totals, expected)


def test_windows_can_be_asked_for_values_too(world: World) -> None:
    recipe = replace(PAPER, intermediate_value_weight=2.0)
    run = replace(small_run("paper"), recipe=recipe)
    batches = [make_batcher(replace(run, seed=seed), world.train).draw(ALL) for seed in range(2)]
    model = noisy(valued(world), "paper")
    losses = [objective(model, recipe, CPU, False)(batch)[0] for batch in batches]
    for loss, batch in zip(losses, batches, strict=True):
        logits, named = model.both_heads(batch.inputs, None)
        characters = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        told = F.cross_entropy(named.flatten(0, 1), values_of(batch).flatten(), ignore_index=0)
        assert loss.item() == pytest.approx((characters + 2 * told).item(), rel=1e-5)
    assert values_of(joined_batches(batches)).shape == (8, 96)


def test_a_batch_without_values_is_refused_where_the_recipe_asks_for_them(world: World) -> None:
    model, batch = noisy(valued(world)), batcher_of(world, "fast").draw(ALL)
    with pytest.raises(StudyError, match="'strong' asks for intermediate values"):
        objective(model, STRONG, CPU, compiled=False)(batch)


@pytest.mark.filterwarnings("ignore:.*should not be instantiated")
def test_compiled_it_is_the_same_loss(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    model, batcher = noisy(valued(world)), batcher_of(world, "strong")
    compiled, plain = (objective(model, EXACT, CPU, compiled=each) for each in (True, False))
    for batch in (batcher.draw(ALL), batcher.draw(ALL)):  # not as many rows
        (loss, totals), (expected, counted) = compiled(batch), plain(batch)
        assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
        torch.testing.assert_close(totals, counted)
