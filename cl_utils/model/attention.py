"""Attention itself: rotary positions, and softmax(Q K^T / sqrt(D)) V of grids and of streams.

In: queries, keys and values, who may look at whom, positions. Out: the same shapes. Pure
functions; the parameters are the model's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cl_utils.model.packing import Layout, move

WRITTEN_OUT = 128  # longest row that a CPU attends to without the fused kernel


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the attention's output (B, H, T, D); without a mask plain causal attention.

    On a CPU short rows are written out, since compiled this takes half the time of the fused
    kernel; longer rows use that kernel in float32, whose backward pass is there several times
    faster than in bfloat16.
    """
    length = key.shape[2]
    if query.device.type == "cpu" and length <= WRITTEN_OUT and query.shape[2] == length:
        return attend_plainly(query, key, value, causal(length) if mask is None else mask)
    if query.device.type == "cpu":
        query, key, value = query.float(), key.float(), value.float()
    return F.scaled_dot_product_attention(query, key, value, mask, is_causal=mask is None)


def attend_plainly(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Return softmax(Q K^T / sqrt(D)) V over the places where `mask` (..., T, T) is true."""
    scores = (query @ key.transpose(-1, -2)) * query.shape[-1] ** -0.5
    weights = scores.float().masked_fill(~mask, float("-inf")).softmax(-1)
    return weights.to(value.dtype) @ value


def attend_stream(query_key_value: Tensor, layout: Layout) -> Tensor:
    """Return the attention's output (N, H, D) of a stream (N, 3, H, D), each program by itself.

    One program a row and padding behind it: causality alone hides the padding.
    """
    sources = torch.cat([rows.flatten() for rows in layout.rows])  # (M,)
    spread = move(query_key_value, sources, layout.cells)  # (M, 3, H, D)
    outputs = []
    parts = spread.split([rows.shape[0] * rows.shape[1] for rows in layout.rows])
    for rows, part in zip(layout.rows, parts, strict=True):
        grid = part.view(*rows.shape, *part.shape[1:]).permute(2, 0, 3, 1, 4)  # (3, R, H, T, D)
        outputs.append(attend(*grid).to(part.dtype).transpose(1, 2).flatten(0, 1))
    return move(torch.cat(outputs), layout.cells, sources)


def causal(length: int, device: torch.device | None = None) -> Tensor:
    """Return (T, T): true where the key is not later than the query."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def unit(x: Tensor) -> Tensor:
    """Scale vectors (..., D) to root mean square 1."""
    return F.rms_norm(x, (x.shape[-1],))


def rotation(positions: Tensor, head_size: int) -> tuple[Tensor, Tensor]:
    """Return cosine and sine, (T, 1, 1, D / 2), of rotary embeddings (Su et al. 2021)."""
    half = head_size // 2
    frequencies = 1000.0 ** (-torch.arange(half, device=positions.device) / half)
    angles = (positions[:, None].float() * frequencies)[:, None, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn each pair of coordinates of `x` (..., T, K, H, D) by its position's angle."""
    left, right = x.chunk(2, dim=-1)
    return torch.cat([left * cosine - right * sine, left * sine + right * cosine], dim=-1)
