"""Muon: momentum whose update is made orthogonal, for all matrices of one shape at once.

In: matrices with gradients. Out: changed matrices. The same method as `torch.optim.Muon` (Jordan et
al. 2024, with its defaults), which works on one matrix after another. It is kept because it gives
the same bits in two thirds of the time (measured, docs/log/speed.md): with many small matrices the
time of a step is overhead, on a GPU most of all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
COEFFICIENTS = (3.4445, -4.775, 2.0315)  # of the Newton-Schulz iteration
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and without weight decay; parameters have two dimensions."""

    def __init__(self, params: Iterable[Any], lr: float) -> None:
        super().__init__(params, {"lr": lr})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        update_together([self])

    def momentum(self, matrix: nn.Parameter) -> Tensor:
        """Return the momentum of a matrix, zero at first."""
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        momentum: Tensor = state["momentum"]
        return momentum


@torch.no_grad()
def update_together(optimisers: Iterable[Muon]) -> None:
    """Take a step of several optimisers, each at its own rate, all matrices of a shape at once."""
    by_shape: dict[torch.Size, list[tuple[nn.Parameter, Tensor, float]]] = defaultdict(list)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    member = (matrix, optimiser.momentum(matrix), group["lr"])
                    by_shape[matrix.shape].append(member)
    for shape, members in by_shape.items():
        matrices, momenta, rates = zip(*members, strict=True)
        gradients = [matrix.grad for matrix in matrices]
        torch._foreach_lerp_(momenta, gradients, 1 - MOMENTUM)
        looked_ahead = torch._foreach_lerp(gradients, momenta, MOMENTUM)
        updates = orthogonal(torch.stack(looked_ahead)).to(matrices[0].dtype).unbind()
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        for rate, places in groupby(range(len(rates)), rates.__getitem__):
            chosen = list(places)
            first, last = chosen[0], chosen[-1] + 1
            torch._foreach_add_(matrices[first:last], updates[first:last], alpha=-rate * scale)


# The orthogonal factor U V^T of a matrix U S V^T would need a singular value decomposition. An odd
# polynomial of the matrix changes its singular values alone, so iterating one drives them towards 1
# with matrix products only. These coefficients rise steeply at 0 rather than converge: five rounds
# bring small values near 1, and an update need not be more exact, so bfloat16 does. The Gram matrix
# is the smaller of the two that there are, hence the transposition of tall matrices.


def orthogonal(matrices: Tensor) -> Tensor:
    """Return (K, m, n) with singular values near 1, in bfloat16, by Newton-Schulz iteration."""
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.mT if tall else x
