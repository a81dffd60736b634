"""Compiled losses: the whole graph for a few models, the blocks alone for dozens.

In: the function that turns a batch's tensors into a loss. Out: the same function, compiled; where
the machine cannot compile it, one sentence that says why and what to do. It is refused and not
computed uncompiled instead: uncompiled code rounds differently, on a CPU even in another precision,
and a study whose arms were half compiled, because a disk filled up, would compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from subprocess import SubprocessError
from typing import Any

import torch
from torch import Tensor

from cl_utils.model.gpt import GPT
from cl_utils.model.packing import Layout
from cl_utils.training.compiler_faults import keep_warnings_short, refusal

MOST_ROWS = 2**20  # of one size in a batch
MOST_ROWS_ON_GPU = 2**15  # so that its kernels can count cells in 32 bits
Losses = Callable[[Tensor, Tensor, Tensor, Layout | None, Tensor | None], tuple[Tensor, Tensor]]


def compiled_for(device: torch.device, losses: Losses) -> Losses:
    """Return `losses` compiled for a device; what calls it raises StudyError if that cannot work.

    A GPU gets CUDA graphs: a step's launches are replayed as one, which asks for shapes that never
    change, and whose outputs and gradients last until the next call. On a CPU the number of rows
    may differ from batch to batch.
    """
    if device.type == "cpu":
        return _checked(losses, _compiled(losses), partial(_let_rows_vary, most=MOST_ROWS))
    replayed = _compiled(losses, mode="reduce-overhead", dynamic=False)
    return _checked(losses, replayed, lambda _: torch.compiler.cudagraph_mark_step_begin())


def with_compiled_blocks(model: GPT, losses: Losses) -> Losses:
    """Return `losses` of a model whose blocks are compiled; the number of rows may differ.

    The blocks are alike, so the compiler works on one of them: a fraction of its time. Dozens of
    models keep a GPU busy without CUDA graphs.
    """
    keep_warnings_short()
    try:
        for block in model.blocks:
            block.compile()
    except Exception as error:
        raise refusal(error) from None
    return _checked(losses, losses, partial(_let_rows_vary, most=MOST_ROWS_ON_GPU))


def backward(loss: Tensor) -> None:
    """Add a loss's gradients up; StudyError where its backward pass cannot be compiled.

    The compiler may put that pass off until it is needed, so its faults can show here first.
    """
    try:
        loss.backward()
    except Exception as error:
        if isinstance(error, torch._dynamo.exc.TorchDynamoException | OSError | SubprocessError):
            raise refusal(error) from None
        raise


def _compiled(losses: Losses, **options: Any) -> Losses:
    keep_warnings_short()
    try:
        return torch.compile(losses, **options)
    except Exception as error:  # a Python that torch cannot compile for, say
        raise refusal(error) from None


# Compiling begins at the first call, and again when a batch has a new form, so any call may fail in
# the compiler, in as many ways as there are systems. What sets such a fault apart from a mistake of
# ours, or from a batch that cannot be computed, is that the same batch passes uncompiled.


def _checked(plain: Losses, compiled: Losses, before: Callable[[Layout | None], object]) -> Losses:
    """Return `compiled`, called after `before`; `plain` tells whose fault an exception is."""

    def compute(
        inputs: Tensor,
        targets: Tensor,
        groups: Tensor,
        layout: Layout | None,
        values: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        before(layout)
        try:
            return compiled(inputs, targets, groups, layout, values)
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            with torch.compiler.set_stance("force_eager"):
                plain(inputs, targets, groups, layout, values)
            raise refusal(error) from None

    return compute


def _let_rows_vary(layout: Layout | None, most: int) -> None:
    for rows in () if layout is None else layout.rows:
        torch._dynamo.mark_dynamic(rows, 0, min=2, max=most)
