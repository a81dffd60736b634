"""Blocks that see the few characters before each one without attention.

In: a model of the package. Out: the same model with a causal convolution, each channel by itself,
before attention and before the feed-forward layer of every block. So et al. 2021 (Primer) put such
convolutions behind queries, keys and values, Allen-Zhu 2025 ("Canon layers") where they are here.
Not a part of the package: the study's models do without.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, Block, Cache, ModelConfig, Places


class Neighbours(nn.Module):
    """h_t + sum over k = 0..reach of w_k * h_(t - k); every weight is zero at first.

    The weights are (reach + 1, 1, C): with three dimensions they are AdamW's, not Muon's.
    """

    def __init__(self, reach: int, width: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(reach + 1, 1, width))

    def forward(self, h: Tensor, index: Tensor) -> Tensor:
        """Return (..., T, C); `index` (T,) is each position's place in its own text."""
        mixed = h * (1 + self.weights[0])
        for back in range(1, len(self.weights)):
            earlier = F.pad(h, (0, 0, back, 0))[..., : h.shape[-2], :]
            inside = index[:, None] >= back  # nothing comes from another text
            mixed = mixed + torch.where(inside, earlier, 0) * self.weights[back]
        return mixed.to(h.dtype)


class NeighbourBlock(Block):
    """A block whose attention and feed-forward layer read a neighbourhood, not a position."""

    def __init__(self, config: ModelConfig, layer: int, reach: int) -> None:
        super().__init__(config, layer)
        self.before_attention = Neighbours(reach, config.width)
        self.before_feed_forward = Neighbours(reach, config.width)

    def forward(self, x: Tensor, places: Places, cache: Cache | None) -> Tensor:
        """Return (..., C); raise StudyError for a cache, which keeps no neighbours."""
        if cache is not None:
            raise StudyError("blocks with neighbours cannot continue a cache: score programs whole")
        h: Tensor = self.before_attention(self.attention_norm(x), places.index)
        x = x + self.attention(h, places, None)
        h = self.before_feed_forward(self.feed_forward_norm(x), places.index)
        y: Tensor = self.feed_forward(h)
        return x + y


def with_neighbours(model: GPT, reach: int) -> GPT:
    """Give every block of `model` neighbours; it computes what it did until they are trained."""
    with torch.random.fork_rng(devices=[]):
        for layer, old in enumerate(cast("Iterable[Block]", model.blocks)):
            block = NeighbourBlock(model.config, layer, reach)
            block.load_state_dict(old.state_dict(), strict=False)
            model.blocks[layer] = block
    return model
