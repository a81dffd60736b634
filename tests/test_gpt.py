"""The model: the paper's size, causal, blind across programs, equal to slower spellings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import Blocks, tiny_model
from torch import Tensor, nn
from worlds import same_weights

from cl_utils.errors import StudyError
from cl_utils.model.attention import attend, rotate, rotation
from cl_utils.model.gpt import GPT, Cache, ModelConfig, build
from cl_utils.model.packing import lay_out, row_sizes

VOCABULARY = 53
both_styles = pytest.mark.parametrize("blocks", ["paper", "modern"])


def restless(blocks: Blocks, context: int = 160) -> GPT:
    """Return a tiny model whose weights are all random: a fresh modern one says nothing yet."""
    return tiny_model(blocks, context=context, noise=0.3)


def characters(rows: int, length: int, seed: int = 0) -> Tensor:
    """Return random token ids (rows, length)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(VOCABULARY, (rows, length), generator=generator)


def test_the_papers_model_has_1082573_parameters() -> None:
    assert build(ModelConfig(), seed=0).parameter_count == 1_082_573


@both_styles
@pytest.mark.parametrize("length", [12, 140])  # written out, and by the fused kernel
def test_a_character_changes_no_earlier_logits(blocks: Blocks, length: int) -> None:
    model, tokens = restless(blocks), characters(2, length)
    before = model(tokens)
    for place in (0, 5, length - 1):
        changed = tokens.clone()
        changed[:, place] = (changed[:, place] + 1) % VOCABULARY
        after = model(changed)
        torch.testing.assert_close(after[:, :place], before[:, :place])
        assert not torch.allclose(after[:, place], before[:, place])
        assert place == length - 1 or not torch.allclose(after[:, -1], before[:, -1])


@both_styles
@pytest.mark.parametrize("longest", [20, 150])  # written out, and by the fused kernel too
def test_programs_in_a_stream_read_as_each_alone(blocks: Blocks, longest: int) -> None:
    model = restless(blocks)
    programs = [characters(1, length, seed=length) for length in (7, longest, 12)]
    lengths = np.asarray([program.shape[1] for program in programs])
    layout = lay_out(lengths, row_sizes(lengths))
    stream = model(torch.cat(programs, dim=1)[0], layout=layout)  # (N, V)
    for program, logits in zip(programs, stream.split(lengths.tolist()), strict=True):
        torch.testing.assert_close(logits, model(program)[0])


@both_styles
def test_a_stream_has_the_gradients_of_its_programs(blocks: Blocks) -> None:
    model, lengths = restless(blocks), np.asarray([7, 20, 12])
    programs = [characters(1, int(length), seed=int(length)) for length in lengths]
    layout, weight = lay_out(lengths, row_sizes(lengths)), torch.randn(39, VOCABULARY)
    together = model(torch.cat(programs, dim=1)[0], layout=layout)
    alone = torch.cat([model(program)[0] for program in programs])
    parameters = list(model.parameters())
    ours, theirs = (
        torch.autograd.grad((logits * weight).sum(), parameters) for logits in (together, alone)
    )
    for first, second in zip(ours, theirs, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-3)


@both_styles
def test_reading_with_a_cache_is_reading_at_once(blocks: Blocks) -> None:
    model, tokens = restless(blocks), characters(3, 30)
    cache = Cache.empty(model.config, 3, 30, torch.device("cpu"))
    pieces = [model(piece, cache=cache) for piece in tokens.split([11, 1, 1, 7, 10], dim=1)]
    torch.testing.assert_close(torch.cat(pieces, dim=1), model(tokens))
    assert cache.length == 30


@both_styles
def test_one_seed_gives_one_set_of_weights(blocks: Blocks) -> None:
    config = ModelConfig(layers=2, heads=2, width=16, context=32, blocks=blocks)
    torch.manual_seed(7)
    first = build(config, seed=0)
    torch.manual_seed(8)
    assert same_weights(first, build(config, seed=0))
    assert not same_weights(first, build(config, seed=1))


def test_building_a_model_leaves_the_global_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    build(ModelConfig(layers=1, heads=1, width=8, context=8), seed=0)
    assert torch.equal(torch.get_rng_state(), before)


class SeparateHeads(nn.Module):
    """The paper's attention, another spelling: three linear layers a head, a loop over heads."""

    def __init__(self, weights: dict[str, Tensor], prefix: str, heads: int) -> None:
        super().__init__()
        fused = weights[prefix + "query_key_value.weight"]  # (3 C, C)
        width = fused.shape[1]
        self.size = width // heads
        starts = [(part * width, head * self.size) for head in range(heads) for part in range(3)]
        self.parts = nn.ModuleList(nn.Linear(width, self.size, bias=False) for _ in starts)
        for linear, (part, head) in zip(self.parts, starts, strict=True):
            linear.weight.data = fused[part + head : part + head + self.size]
        self.project = nn.Linear(width, width)
        self.project.weight.data = weights[prefix + "project.weight"]
        self.project.bias.data = weights[prefix + "project.bias"]

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, C)."""
        outputs = []
        for head in range(0, len(self.parts), 3):
            query, key, value = (part(x) for part in self.parts[head : head + 3])
            scores = torch.einsum("btd,bsd->bts", query, key) / self.size**0.5
            later = torch.triu(torch.ones_like(scores), diagonal=1).bool()
            outputs.append(scores.masked_fill(later, -1e9).softmax(-1) @ value)
        return self.project(torch.cat(outputs, dim=-1))


def paper_by_hand(model: GPT, tokens: Tensor) -> Tensor:
    """Return the logits of the paper's GPT from its weights, written without our modules."""
    weights, config = model.state_dict(), model.config

    def normed(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weights[name]

    x = weights["token_embedding.weight"][tokens]
    x = x + weights["position_embedding.weight"][: tokens.shape[1]]
    for layer in range(config.layers):
        block = f"blocks.{layer}."
        attention = SeparateHeads(weights, block + "attention.", config.heads)
        x = x + attention(normed(x, block + "attention_norm.weight"))
        grown = (
            normed(x, block + "feed_forward_norm.weight")
            @ weights[block + "feed_forward.grow.weight"].T
        )
        gelu = 0.5 * grown * (1 + torch.erf(grown / 2**0.5))
        x = x + gelu @ weights[block + "feed_forward.shrink.weight"].T
    return normed(x, "final_norm.weight") @ weights["head.weight"].T + weights["head.bias"]


@pytest.mark.parametrize("length", [24, 150])
def test_the_papers_model_is_what_the_paper_describes(length: int) -> None:
    config = ModelConfig(layers=2, heads=3, width=24, context=160)
    model, tokens = build(config, seed=3), characters(2, length)
    torch.testing.assert_close(model(tokens), paper_by_hand(model, tokens))


def test_rotary_positions_count_only_from_one_another() -> None:
    query, key = torch.randn(2, 20, 1, 1, 8, generator=torch.Generator().manual_seed(0))

    def products(positions: Tensor) -> Tensor:
        turned = [rotate(each, *rotation(positions, 8))[:, 0, 0] for each in (query, key)]
        return turned[0] @ turned[1].T

    here, shifted = torch.arange(20), torch.arange(20) + 37
    torch.testing.assert_close(products(shifted), products(here), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(products(shifted.flip(0)), products(here))


@pytest.mark.parametrize("length", [1, 9, 128])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_written_out_is_the_fused_one(length: int, masked: bool) -> None:
    generator = torch.Generator().manual_seed(length)
    query, key, value = (torch.randn(2, 3, length, 8, generator=generator) for _ in range(3))
    chosen = torch.randint(2, (2, 1, length, length), generator=generator).bool()
    mask = chosen | torch.eye(length).bool() if masked else None
    expected = F.scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)
    torch.testing.assert_close(attend(query, key, value, mask), expected)


@both_styles
def test_every_parameter_of_a_model_can_learn(blocks: Blocks) -> None:
    model, tokens = restless(blocks), characters(4, 40)
    loss = F.cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()  # type: ignore[no-untyped-call]
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert still == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 100}, "width=100 is not a multiple of heads=6"),
        ({"width": 30, "heads": 6, "blocks": "modern"}, "even head size"),
        ({"heads": 0}, "heads=0"),
        ({"layers": 0}, "layers=0"),
        ({"blocks": "papre"}, "blocks='papre'"),
    ],
)
def test_a_model_that_cannot_be_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        ModelConfig(**settings)  # type: ignore[arg-type]
