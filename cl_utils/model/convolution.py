"""A short convolution: a block reads the few characters before each one without attention.

In: activations of texts (..., T, C) and each position's place in its own text. Out: the same shape.
Depthwise and causal. So et al. 2021 (Primer) put such convolutions behind queries, keys and values,
Allen-Zhu 2025 ("Canon layers") before attention and before the feed-forward layer, where a block
has them here.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ShortConvolution(nn.Module):
    """h_t + sum over k = 0..reach of w_k * h_(t - k); every weight is zero at first.

    An untrained model so computes what it would without. The weights are (reach + 1, 1, C): with
    three dimensions they are AdamW's, not Muon's.
    """

    def __init__(self, reach: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(reach + 1, 1, width))

    def forward(self, h: Tensor, index: Tensor, before: Tensor | None = None) -> Tensor:
        """Return (..., T, C) of `h`; `index` and `before` as in `convolve`."""
        return convolve(h, self.weight.unbind(), index, before)


def convolve(
    h: Tensor, weights: Sequence[Tensor], index: Tensor, before: Tensor | None = None
) -> Tensor:
    """Return h_t + sum over k of weights[k] * h_(t - k), (..., T, C), each text by itself.

    `index` (..., T) is each position's place in its own text, so that nothing comes from the text
    before it in a stream. `before` (..., K, C): at least `len(weights) - 1` inputs that were read
    before `h`; without it nothing was.
    """
    mixed = h * (1 + weights[0])
    for back in range(1, len(weights)):
        inside = (index >= back)[..., None]
        mixed = mixed + torch.where(inside, _earlier(h, back, before), 0) * weights[back]
    return mixed.to(h.dtype)


def _earlier(h: Tensor, back: int, before: Tensor | None) -> Tensor:
    """Return (..., T, C) whose place t holds h_(t - back)."""
    if before is None:
        longer = F.pad(h, (0, 0, back, 0))
    else:
        longer = torch.cat([before[..., -back:, :], h], dim=-2)
    return longer[..., : h.shape[-2], :]
