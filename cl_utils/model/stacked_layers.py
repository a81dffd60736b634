"""Several models as one: the same code, with layers that hold the weights of all of them.

In: models of one shape. Out: a model that reads their batches one after another, each part with the
weights of its own model. Only layers with weights know that there are several; everything else,
attention included, sees one longer batch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cl_utils.model.convolution import ShortConvolution, convolve
from cl_utils.model.gpt import GPT


def stacked(models: Sequence[GPT], rows: int = 0) -> GPT:
    """Return one model that reads S batches one after another, each with its own model's weights.

    The weights of `models` become slices of its own. `rows`: windows of a batch, 0 of a stream.
    """
    whole = copy.deepcopy(models[0])
    for name, layer in list(whole.named_modules()):
        if dict(layer.named_parameters(recurse=False)):
            kind = Positions if name == "position_embedding" else SIDE_BY_SIDE[type(layer)]
            layers = [model.get_submodule(name) for model in models]
            whole.set_submodule(name, kind(layers, rows))
    return whole


class SideBySide(nn.Module):
    """One layer of S models; the first S-th of its input belongs to the first, and so on."""

    weight: nn.Parameter  # (S, ...)
    bias: nn.Parameter | None

    def __init__(self, layers: Sequence[nn.Module], rows: int) -> None:
        super().__init__()
        self.members, self.rows = len(layers), rows
        self.register_parameter("bias", None)
        for name, _ in layers[0].named_parameters(recurse=False):
            parameters = [layer.get_parameter(name) for layer in layers]
            whole = nn.Parameter(torch.stack([each.detach() for each in parameters]))
            self.register_parameter(name, whole)
            for parameter, part in zip(parameters, whole.detach().unbind(), strict=True):
                parameter.data = part

    def parted(self, x: Tensor) -> Tensor:
        """Return (S, M, C) of (S M, C) or (S B, T, C)."""
        return x.reshape(self.members, -1, x.shape[-1])


class Linear(SideBySide):
    """S linear layers."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D)."""
        parts, weight = self.parted(x), self.weight.mT  # (S, M, C), (S, C, D)
        if self.bias is None:
            y = torch.bmm(parts, weight)
        else:
            y = torch.baddbmm(self.bias[:, None], parts, weight)
        return y.view(*x.shape[:-1], -1)


class LayerNorm(SideBySide):
    """S layer normalisations without bias."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., C)."""
        return (self.parted(F.layer_norm(x, x.shape[-1:])) * self.weight[:, None]).view(x.shape)


class Embedding(SideBySide):
    """S tables of V rows."""

    def forward(self, index: Tensor) -> Tensor:
        """Return (..., C) of indices (...) whose first S-th asks the first table."""
        rows = self.weight.shape[1]
        firsts = rows * torch.arange(self.members, device=index.device)
        asked = index.reshape(self.members, -1) + firsts[:, None]
        return F.embedding(asked, self.weight.flatten(0, 1)).view(*index.shape, -1)


class Positions(Embedding):
    """S tables of positions; windows ask for the same (T,) in every row."""

    def forward(self, index: Tensor) -> Tensor:
        """Return (N, C), or (S B, T, C) for windows."""
        if not self.rows:
            return super().forward(index)
        table = self.weight[:, None, : len(index)]  # (S, 1, T, C)
        return table.expand(-1, self.rows, -1, -1).flatten(0, 1)


class ShortConvolutions(SideBySide):
    """S short convolutions; no member reads what another's text ends with."""

    def forward(self, h: Tensor, index: Tensor, before: Tensor | None = None) -> Tensor:
        """Return the shape of `h`: (S N, C) of streams, or (S B, T, C) of windows."""
        parts = h.unflatten(0, (self.members, -1))  # (S, N, C) or (S, B, T, C)
        weights = self.weight.unbind(1)  # of each place back (S, 1, C)
        if self.rows:
            weights = tuple(weight[:, None] for weight in weights)
        else:
            index = index.view(self.members, -1)  # (S, N)
        return convolve(parts, weights, index, before).flatten(0, 1)


SIDE_BY_SIDE: dict[type[nn.Module], type[SideBySide]] = {
    nn.Linear: Linear,
    nn.LayerNorm: LayerNorm,
    nn.Embedding: Embedding,
    ShortConvolution: ShortConvolutions,
}
