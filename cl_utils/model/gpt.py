"""The decoder-only transformer: the paper's GPT and a modern one, chosen by a small config.

In: token ids, as a grid (B, T) of rows that each are a text of their own, or as a stream (N,) of
whole programs with its layout. Out: logits (..., V). The module knows nothing of training, files or
text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cl_utils.errors import StudyError
from cl_utils.model.attention import attend, attend_stream, rotate, rotation, unit
from cl_utils.model.config import ModelConfig
from cl_utils.model.convolution import ShortConvolution
from cl_utils.model.packing import Layout
from cl_utils.seeds import derived_seed

__all__ = ["GPT", "Block", "Cache", "ModelConfig", "Places", "build"]


@dataclass
class Cache:
    """What a model keeps of the characters read so far."""

    keys: list[Tensor]  # one a layer, (B, H, T_max, D) each
    values: list[Tensor]  # as `keys`
    inputs: list[Tensor]  # the last ones of the short convolutions, two a layer, (B, K, C) each
    length: int = 0

    @classmethod
    def empty(cls, config: ModelConfig, batch: int, characters: int, device: torch.device) -> Cache:
        """Reserve room for `characters` positions of `batch` rows."""
        shape = (batch, config.heads, characters, config.head_size)
        kept = (batch, config.convolution, config.width)
        layers = config.layers
        return cls(
            keys=[torch.zeros(shape, device=device) for _ in range(layers)],
            values=[torch.zeros(shape, device=device) for _ in range(layers)],
            inputs=[torch.zeros(kept, device=device) for _ in range(2 * layers)],
        )

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new keys and values (B, H, T, D) of a layer and return all up to now."""
        end = self.length + keys.shape[2]
        self.keys[layer][:, :, self.length : end] = keys
        self.values[layer][:, :, self.length : end] = values
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def precede(self, place: int, h: Tensor) -> Tensor:
        """Return the inputs (B, K, C) before `h` of the convolution `place`, and keep the last."""
        before = self.inputs[place]
        self.inputs[place] = torch.cat([before, h], dim=1)[:, -before.shape[1] :]
        return before

    def keep(self, rows: Tensor) -> None:
        """Go on with some of the rows only."""
        self.keys = [each[rows] for each in self.keys]
        self.values = [each[rows] for each in self.values]
        self.inputs = [each[rows] for each in self.inputs]


@dataclass(frozen=True)
class Places:
    """What attention needs to know of each position: its index, and who may look at whom."""

    index: Tensor  # (T,) or (N,), position within the own text
    rotation: tuple[Tensor, Tensor] | None  # cosine and sine, (T or N, 1, 1, D / 2)
    layout: Layout | None = None  # of a stream
    mask: Tensor | None = None  # (T, T_keys) true where a query may look; None: plain causal


class GPT(nn.Module):
    """A decoder-only transformer over characters."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        modern = config.blocks == "modern"
        self.token_embedding = nn.Embedding(config.vocabulary, config.width)
        self.position_embedding = None if modern else nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList([Block(config, layer) for layer in range(config.layers)])
        self.final_norm = norm(config)
        self.head = nn.Linear(config.width, config.vocabulary, bias=not modern)
        self.auxiliary_head: nn.Linear | None = None
        if modern:
            self._start_small()

    def _start_small(self) -> None:
        nn.init.normal_(self.token_embedding.weight, std=0.5)
        nn.init.zeros_(self.head.weight)
        for block in cast("Iterable[Block]", self.blocks):
            nn.init.zeros_(block.attention.project.weight)
            nn.init.zeros_(block.feed_forward.shrink.weight)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters, without an auxiliary head: it is there in training alone.

        So a model that is being trained and the one that is saved have the same number.
        """
        auxiliary = () if self.auxiliary_head is None else self.auxiliary_head.parameters()
        every = sum(parameter.numel() for parameter in self.parameters())
        return every - sum(parameter.numel() for parameter in auxiliary)

    def add_auxiliary_head(self, values: int) -> None:
        """Give the model a head for so many intermediate values, and one that is not known.

        It starts at zero and takes nothing from the random numbers of others; `forward` does not
        use it.
        """
        with torch.random.fork_rng(devices=[]):
            head = nn.Linear(self.config.width, 1 + values, bias=False)
        nn.init.zeros_(head.weight)
        self.auxiliary_head = head.to(self.head.weight.device)

    def forward(
        self, tokens: Tensor, *, layout: Layout | None = None, cache: Cache | None = None
    ) -> Tensor:
        """Return logits (..., V) for the character after each of `tokens`: (B, T), or (N,).

        A stream (N,) needs its `layout`; no attention crosses from one program to another. `cache`
        continues rows (B, T) whose beginning was read before.
        """
        return self.head(self._hidden(tokens, layout, cache))

    def both_heads(self, tokens: Tensor, layout: Layout | None) -> tuple[Tensor, Tensor]:
        """Return the logits of `forward`, and those of the auxiliary head (..., 1 + values).

        Raises StudyError when there is no such head.
        """
        if self.auxiliary_head is None:
            raise StudyError("the model has no auxiliary head: call its `add_auxiliary_head` first")
        hidden = self._hidden(tokens, layout, None)
        return self.head(hidden), self.auxiliary_head(hidden)

    def _hidden(self, tokens: Tensor, layout: Layout | None, cache: Cache | None) -> Tensor:
        """Return what the heads read, (..., C)."""
        places = self._places(tokens, layout, cache)
        x = self.token_embedding(tokens)  # (..., C)
        if self.position_embedding is not None:
            x = x + self.position_embedding(places.index)
        for block in self.blocks:
            x = block(x, places, cache)
        if cache is not None:
            cache.length += tokens.shape[1]
        return self.final_norm(x)

    def _places(self, tokens: Tensor, layout: Layout | None, cache: Cache | None) -> Places:
        start, mask = 0 if cache is None else cache.length, None
        if layout is None:
            index = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        else:
            index = layout.positions
        if start:
            keys = torch.arange(start + tokens.shape[1], device=tokens.device)
            mask = keys[None, :] <= index[:, None]
        rotary = self.position_embedding is None
        turns = rotation(index, self.config.head_size) if rotary else None
        return Places(index, turns, layout, mask)


class Block(nn.Module):
    """Attention, then a feed-forward layer, each on a normalised copy and added back.

    With `convolution` in the config, each reads that copy through a short convolution.
    """

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.attention_norm = norm(config)
        self.attention = Attention(config, layer)
        self.feed_forward_norm = norm(config)
        self.feed_forward = FeedForward(config)
        self.convolutions = nn.ModuleList(
            ShortConvolution(config.convolution, config.width)
            for _ in range(2 if config.convolution else 0)
        )

    def forward(self, x: Tensor, places: Places, cache: Cache | None) -> Tensor:
        """Return (..., C)."""
        h = self._convolved(0, self.attention_norm(x), places, cache)
        x = x + self.attention(h, places, cache)
        h = self._convolved(1, self.feed_forward_norm(x), places, cache)
        return x + self.feed_forward(h)

    def _convolved(self, place: int, h: Tensor, places: Places, cache: Cache | None) -> Tensor:
        """Return `h` (..., C) as attention (place 0) or the feed-forward layer (1) reads it."""
        if not self.convolutions:
            return h
        before = None if cache is None else cache.precede(2 * self.layer + place, h)
        return self.convolutions[place](h, places.index, before)


class Attention(nn.Module):
    """Causal multi-head self-attention with one matrix for queries, keys and values."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.config = config
        self.layer = layer
        self.query_key_value = nn.Linear(config.width, 3 * config.width, bias=False)
        self.project = nn.Linear(config.width, config.width, bias=config.blocks == "paper")

    def forward(self, x: Tensor, places: Places, cache: Cache | None) -> Tensor:
        """Return (..., C)."""
        heads = self.query_key_value(x).unflatten(-1, (3, self.config.heads, -1))
        if places.rotation is not None:
            turned = rotate(unit(heads[..., :2, :, :]), *places.rotation)
            heads = torch.cat([turned.to(heads.dtype), heads[..., 2:, :, :]], dim=-3)
        if places.layout is not None:
            y = attend_stream(heads, places.layout)  # (N, H, D)
            return self.project(y.flatten(-2).to(x.dtype))
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        y = attend(query, key, value, places.mask).to(x.dtype)
        return self.project(y.transpose(1, 2).flatten(-2))


class FeedForward(nn.Module):
    """Two linear layers, four times as wide between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.squared = config.blocks == "modern"
        self.grow = nn.Linear(config.width, 4 * config.width, bias=False)
        self.shrink = nn.Linear(4 * config.width, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., C)."""
        x = self.grow(x)
        return self.shrink(F.relu(x).square() if self.squared else F.gelu(x))


def build(config: ModelConfig, seed: int, network: type[GPT] = GPT) -> GPT:
    """Return a freshly initialised model; one seed gives the same weights to every arm.

    `network`: a class that builds it otherwise, see docs/extending.md.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "weights"))
        return network(config)


def norm(config: ModelConfig) -> nn.Module:
    """Return the config's normalisation layer."""
    if config.blocks == "modern":
        return nn.RMSNorm(config.width, elementwise_affine=False)
    return nn.LayerNorm(config.width, bias=False)
