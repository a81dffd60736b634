"""Where a model looked: the attention weights of every layer, worked out beside its own pass.

In: a model and a text. Out: the weights of all heads, and the logits that attention by these very
weights leads to. The model computes its attention's output without ever keeping the weights, so
they are computed again from each layer's own input and its parameters, and take the place of what
the layer computed: that the logits stay the model's own (tested) shows that the weights are its.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.errors import StudyError
from cl_utils.model.answers import Answer, answer
from cl_utils.model.attention import causal, rotate, unit
from cl_utils.model.gpt import GPT, Attention, Block, Places
from cl_utils.tinypy.record import prompt
from cl_utils.tinypy.tokenizer import encode


@dataclass(frozen=True)
class AttentionMap:
    """The weights of a whole text, and the logits of a pass that used them."""

    weights: Tensor  # (L, H, T, T): how much each character looks at those up to itself
    logits: Tensor  # (T, V)


@dataclass(frozen=True)
class Look:
    """What a model looked at when it wrote one character of its answer."""

    read: str  # all that it had read
    weights: NDArray[np.float32]  # (len(read),), they sum to 1
    written: str  # the character
    probability: float
    place: int  # of it in the answer, from 1
    of: int  # characters of the answer


def attention_map(model: GPT, text: str) -> AttentionMap:
    """Return the attention weights of a model over a text of at most its context."""
    tokens = torch.from_numpy(encode(text).astype(np.int64))[None]  # (1, T)
    kept: list[Tensor] = []

    def again(layer: Attention, given: tuple[Any, ...], _: Tensor) -> Tensor:
        weights, value = layer_weights(layer, *given[:2])
        kept.append(weights[0])
        return cast("Tensor", layer.project((weights @ value).transpose(1, 2).flatten(-2)))

    with torch.inference_mode(), ExitStack() as hooks:
        for block in model.blocks:
            handle = cast("Block", block).attention.register_forward_hook(again)
            hooks.callback(handle.remove)
        logits = model(tokens)[0]
    return AttentionMap(torch.stack(kept), logits)


def layer_weights(layer: Attention, x: Tensor, places: Places) -> tuple[Tensor, Tensor]:
    """Return softmax(Q K^T / sqrt(D)), (B, H, T, T), and V, (B, H, T, D), of a layer's input."""
    heads = layer.query_key_value(x).unflatten(-1, (3, layer.config.heads, -1))  # (B, T, 3, H, D)
    query, key, value = heads.permute(2, 0, 1, 3, 4)  # each (B, T, H, D)
    if places.rotation is not None:
        turned = rotate(unit(torch.stack([query, key], dim=2)), *places.rotation)
        query, key = turned.unbind(2)
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) * layer.config.head_size**-0.5
    scores = scores.masked_fill(~causal(x.shape[1]), float("-inf"))
    return scores.softmax(-1), value.transpose(1, 2)


def look(model: GPT, source: str, *, character: int, layer: int) -> Look:
    """Return what a layer looked at for one character of the model's answer, mean over heads.

    `character` counts from 1 and ends with the answer: a larger number means its last character.
    Raises StudyError for a layer that the model does not have, or a source that it cannot read.
    """
    if not 1 <= layer <= model.config.layers:
        raise StudyError(f"layer {layer} does not exist: choose 1 to {model.config.layers}")
    given: Answer = answer(model, source)
    place = min(max(character, 1), len(given.text)) - 1
    read = prompt(source) + given.text[:place]
    weights = attention_map(model, read).weights[layer - 1, :, -1].mean(0)  # (T,)
    return Look(
        read=read,
        weights=weights.numpy(),
        written=given.text[place],
        probability=float(given.probabilities[place]),
        place=place + 1,
        of=len(given.text),
    )
