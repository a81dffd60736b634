"""Compiled losses: the whole graph for a few models, the blocks alone for dozens.

In: the function that turns a batch's tensors into a loss. Out: the same function, compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from cl_utils.model.gpt import GPT
from cl_utils.model.packing import Layout

MOST_ROWS = 2**20  # of one size in a batch
MOST_ROWS_ON_GPU = 2**15  # so that its kernels can count cells in 32 bits
Losses = Callable[[Tensor, Tensor, Tensor, Layout | None, Tensor | None], tuple[Tensor, Tensor]]


def compiled_for(device: torch.device, losses: Losses) -> Losses:
    """Return `losses` compiled for a device.

    A GPU gets CUDA graphs: a step's launches are replayed as one, which asks for shapes that never
    change, and whose outputs and gradients last until the next call. On a CPU the number of rows
    may differ from batch to batch.
    """
    replayed = device.type != "cpu"
    options: dict[str, Any] = {"mode": "reduce-overhead", "dynamic": False} if replayed else {}
    compiled = torch.compile(losses, **options)

    def compute(
        inputs: Tensor,
        targets: Tensor,
        groups: Tensor,
        layout: Layout | None,
        values: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        if replayed:
            torch.compiler.cudagraph_mark_step_begin()
        else:
            _let_rows_vary(layout, MOST_ROWS)
        return compiled(inputs, targets, groups, layout, values)

    return compute


def with_compiled_blocks(model: GPT, losses: Losses) -> Losses:
    """Return `losses` of a model whose blocks are compiled; the number of rows may differ.

    The blocks are alike, so the compiler works on one of them: a fraction of its time. Dozens of
    models keep a GPU busy without CUDA graphs.
    """
    for block in model.blocks:
        block.compile()

    def compute(
        inputs: Tensor,
        targets: Tensor,
        groups: Tensor,
        layout: Layout | None,
        values: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        _let_rows_vary(layout, MOST_ROWS_ON_GPU)
        return losses(inputs, targets, groups, layout, values)

    return compute


def _let_rows_vary(layout: Layout | None, most: int) -> None:
    for rows in () if layout is None else layout.rows:
        torch._dynamo.mark_dynamic(rows, 0, min=2, max=most)
