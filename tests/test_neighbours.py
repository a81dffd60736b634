"""Blocks with neighbours: nothing at first, causal, each program by itself, trained by AdamW."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model
from torch import nn

from benchmarks.neighbours import Neighbours, with_neighbours
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, Cache
from cl_utils.model.packing import lay_out, row_sizes
from cl_utils.training.muon import Muon
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.recipes import FAST

REACH = 3


def awake() -> GPT:
    """Return a model with neighbours of which every parameter is drawn at random: none silent."""
    model = with_neighbours(tiny_model("modern"), REACH)
    for place, parameter in enumerate(model.parameters()):
        nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(place))
    return model


def test_neighbours_change_nothing_at_first_but_can_learn() -> None:
    model, tokens = tiny_model("modern", noise=0.3), torch.arange(12)[None]
    before, parameters = model(tokens), model.parameter_count
    wider = with_neighbours(model, REACH)
    assert torch.equal(wider(tokens), before)
    config = model.config
    assert wider.parameter_count == parameters + 2 * config.layers * (REACH + 1) * config.width
    wider(tokens).square().sum().backward()
    found = [each for each in wider.modules() if isinstance(each, Neighbours)]
    assert len(found) == 2 * config.layers
    assert all(bool(each.weights.grad.abs().sum(2).gt(0).all()) for each in found)


def test_each_position_adds_the_ones_before_it_and_nothing_of_another_text() -> None:
    neighbours = Neighbours(reach=2, width=1)
    with torch.no_grad():
        neighbours.weights[:] = torch.tensor([0.0, 10.0, 100.0])[:, None, None]
    h, index = torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]]), torch.tensor([0, 1, 2, 0, 1])
    mixed = neighbours(h, index).flatten().tolist()
    assert mixed == [1.0, 2.0 + 10.0, 3.0 + 20.0 + 100.0, 4.0, 5.0 + 40.0]


def test_a_stream_of_programs_gives_what_each_gives_by_itself() -> None:
    model, lengths = awake(), torch.tensor([7, 20, 1, 12])
    programs = [torch.randint(0, 53, (1, length)) for length in lengths.tolist()]
    layout = lay_out(lengths.numpy(), row_sizes(lengths.numpy()))
    stream = model(torch.cat(programs, dim=1)[0], layout=layout)
    for program, logits in zip(programs, stream.split(lengths.tolist()), strict=True):
        torch.testing.assert_close(logits, model(program)[0], rtol=1e-4, atol=1e-4)


def test_no_position_sees_a_later_one() -> None:
    model, tokens = awake(), torch.randint(0, 53, (1, 30))
    changed = tokens.clone()
    changed[0, 20:] = (changed[0, 20:] + 1) % 53
    before, after = model(tokens)[0], model(changed)[0]
    torch.testing.assert_close(before[:20], after[:20])
    assert not torch.allclose(before[20:], after[20:])


def test_muon_gets_no_weights_of_neighbours() -> None:
    model = with_neighbours(tiny_model("modern"), REACH)
    optimisers = Optimisers(model, FAST)
    groups = {type(each): each.param_groups[0]["params"] for each in optimisers.members}
    weights = {id(each.weights) for each in model.modules() if isinstance(each, Neighbours)}
    assert not weights & {id(matrix) for matrix in groups[Muon]}
    assert weights <= {id(parameter) for parameter in groups[torch.optim.AdamW]}


def test_a_cache_is_refused() -> None:
    model = awake()
    cache = Cache.empty(model.config, 1, 8, torch.device("cpu"))
    with pytest.raises(StudyError, match="cannot continue a cache"):
        model(torch.zeros(1, 4, dtype=torch.long), cache=cache)
