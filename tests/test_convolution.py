"""Short convolutions: nothing at first, causal, each program by itself, cached, AdamW's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import Blocks, corpus_of, tiny_corpus, tiny_model
from torch import nn
from worlds import same_weights

from cl_utils.errors import StudyError
from cl_utils.evaluation.evaluate import check_decoding
from cl_utils.model.convolution import ShortConvolution
from cl_utils.model.decoding import generate, generate_plain
from cl_utils.model.gpt import GPT, Cache, ModelConfig, build
from cl_utils.model.packing import lay_out, row_sizes
from cl_utils.model.scoring import score
from cl_utils.tinypy.tokenizer import encode
from cl_utils.training.checkpoints import load_model, save_model
from cl_utils.training.muon import Muon
from cl_utils.training.optimisers import Optimisers
from cl_utils.training.recipes import FAST

REACH = 3
both_styles = pytest.mark.parametrize("blocks", ["paper", "modern"])


def awake(blocks: Blocks = "modern") -> GPT:
    """Return a model whose parameters are all drawn at random: no convolution is silent."""
    return tiny_model(blocks, noise=0.3, convolution=REACH)


def convolutions(model: GPT) -> list[ShortConvolution]:
    """Return the convolutions of a model."""
    return [each for each in model.modules() if isinstance(each, ShortConvolution)]


@both_styles
def test_a_fresh_model_computes_and_holds_what_it_did_and_can_learn(blocks: Blocks) -> None:
    size = {"layers": 2, "heads": 2, "width": 16, "context": 32}
    plain, convolved = (
        build(ModelConfig(**size, blocks=blocks, convolution=each), seed=0) for each in (0, REACH)
    )
    ours, theirs = convolved.state_dict(), plain.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert {name for name in ours.keys() - theirs.keys() if "convolutions" not in name} == set()
    assert not any(ours[name].any() for name in ours.keys() - theirs.keys())
    assert convolved.parameter_count - plain.parameter_count == 2 * 2 * (REACH + 1) * 16
    for model in (plain, convolved):
        nn.init.normal_(model.head.weight, generator=torch.Generator().manual_seed(0))
        for name, parameter in model.named_parameters():
            if "project" in name or "shrink" in name:
                nn.init.normal_(parameter, generator=torch.Generator().manual_seed(0))
    tokens = torch.arange(12)[None]
    assert torch.equal(convolved(tokens), plain(tokens))
    convolved(tokens).square().sum().backward()
    assert len(convolutions(convolved)) == 2 * 2
    for each in convolutions(convolved):
        assert each.weight.grad is not None and bool((each.weight.grad.abs().sum(2) > 0).all())


def test_each_position_adds_the_ones_before_it_and_nothing_of_another_text() -> None:
    convolution = ShortConvolution(reach=2, width=1)
    with torch.no_grad():
        convolution.weight[:] = torch.tensor([0.0, 10.0, 100.0])[:, None, None]
    h, index = torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]]), torch.tensor([0, 1, 2, 0, 1])
    mixed = convolution(h, index).flatten().tolist()
    assert mixed == [1.0, 2.0 + 10.0, 3.0 + 20.0 + 100.0, 4.0, 5.0 + 40.0]
    pieces = [
        convolution(h[:1], index[:1], torch.full((2, 1), 7.0)),  # 7: of no text
        convolution(h[1:3], index[1:3], torch.tensor([[7.0], [1.0]])),
    ]
    assert torch.cat(pieces).flatten().tolist() == mixed[:3]


@both_styles
def test_a_stream_of_programs_gives_what_each_gives_by_itself(blocks: Blocks) -> None:
    model, lengths = awake(blocks), torch.tensor([7, 20, 1, 12])
    programs = [torch.randint(0, 53, (1, length)) for length in lengths.tolist()]
    layout = lay_out(lengths.numpy(), row_sizes(lengths.numpy()))
    stream = model(torch.cat(programs, dim=1)[0], layout=layout)
    for program, logits in zip(programs, stream.split(lengths.tolist()), strict=True):
        torch.testing.assert_close(logits, model(program)[0], rtol=1e-4, atol=1e-4)


@both_styles
def test_no_position_sees_a_later_one(blocks: Blocks) -> None:
    model, tokens = awake(blocks), torch.randint(0, 53, (1, 30))
    changed = tokens.clone()
    changed[0, 20:] = (changed[0, 20:] + 1) % 53
    before, after = model(tokens)[0], model(changed)[0]
    torch.testing.assert_close(before[:20], after[:20])
    assert not torch.allclose(before[20:], after[20:])


@both_styles
def test_reading_with_a_cache_is_reading_at_once(blocks: Blocks) -> None:
    model, tokens = awake(blocks), torch.randint(0, 53, (3, 30))
    cache = Cache.empty(model.config, 3, 30, torch.device("cpu"))
    pieces = [model(piece, cache=cache) for piece in tokens.split([2, 1, 1, 1, 7, 1, 17], dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), model(tokens), rtol=1e-4, atol=1e-4)


@both_styles
def test_generation_with_a_cache_is_plain_generation(blocks: Blocks) -> None:
    """Prompts are of mixed lengths, some shorter than a convolution reaches, and rows end early."""
    model = awake(blocks)
    prompts = [
        encode(text) for text in ("a", "fo", "b = 3\nprint(b)\n# output", "x = 5\n", "c = 1")
    ]
    for stop in ("record", "line", None):
        written = generate(model, prompts, 30, stop=stop)
        plain = [generate_plain(model, prompt, 30, stop) for prompt in prompts]
        assert all(np.array_equal(a, b) for a, b in zip(written, plain, strict=True))


@both_styles
def test_scoring_agrees_with_generation(blocks: Blocks) -> None:
    model, corpus = awake(blocks), tiny_corpus(24)
    assert check_decoding(model, corpus, len(corpus)) == 0
    mine = corpus_of(("a = 7\nprint(a)", "7"))  # and on a text that the model itself wrote
    text = mine.tokens[: int(mine.answers[0])]
    text = np.concatenate([text, generate(model, [text], 20, stop=None)[0]])
    mine = replace(mine, tokens=text, offsets=np.asarray([0, len(text)]))
    assert score(model, mine).correct[int(mine.answers[0]) :].all()


@both_styles
def test_a_saved_model_comes_back_and_one_from_before_has_no_convolution(
    blocks: Blocks, tmp_path: Path
) -> None:
    model = awake(blocks)
    save_model(tmp_path / "new", model)
    assert same_weights(load_model(tmp_path / "new", model.config), model)
    old = tiny_model(blocks, noise=0.3)
    save_model(tmp_path / "old", old)
    description = json.loads((tmp_path / "old" / "model.json").read_text())
    del description["convolution"]
    (tmp_path / "old" / "model.json").write_text(json.dumps(description))
    assert same_weights(load_model(tmp_path / "old", old.config), old)
    (tmp_path / "new" / "model.json").write_text(json.dumps(description))
    with pytest.raises(StudyError, match="are not those of its model.json"):
        load_model(tmp_path / "new")


def test_muon_gets_no_weights_of_convolutions() -> None:
    model = awake()
    groups = {
        type(each): each.param_groups[0]["params"] for each in Optimisers(model, FAST).members
    }
    weights = {id(each.weight) for each in convolutions(model)}
    assert not weights & {id(matrix) for matrix in groups[Muon]}
    assert weights <= {id(parameter) for parameter in groups[torch.optim.AdamW]}


def test_a_convolution_that_cannot_be_is_refused() -> None:
    with pytest.raises(StudyError, match="convolution=-1 of a model is negative: give"):
        ModelConfig(convolution=-1)
