"""The machine's own ceiling: how fast it multiplies matrices, and what a token costs by the count.

In: a number type and device. Out: floating-point operations a second; operations a token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from benchmarks.workers import Workload, measure
from cl_utils.model.gpt import ModelConfig

SHAPES = ((16384, 120, 480), (1024, 1024, 1024), (2048, 2048, 2048))  # (m, k, n), the study's first
GPU_SHAPES = ((16384, 120, 480), (4096, 4096, 4096), (8192, 8192, 8192))
TRIAL_SECONDS = 0.3


def flop_per_token(config: ModelConfig) -> float:
    """Return the operations that training on one character takes, forward and backward.

    Six a weight of a matrix product, and 12 x layers x width x keys for attention, with a third of
    the context as keys: between short programs and full windows. The paper's model: 7 MFLOP.
    """
    matrices = 12 * config.layers * config.width**2 + config.width * config.vocabulary
    attention = 12 * config.layers * config.width * config.context / 3
    return 6 * matrices + attention


@dataclass(frozen=True)
class MatrixProducts:
    """A task that multiplies matrices, of that shape which is fastest here; amounts in FLOP."""

    dtype: torch.dtype
    device: str = "cpu"

    def prepare(self) -> Workload:
        """Try every shape and return the fastest."""
        shapes = SHAPES if self.device == "cpu" else GPU_SHAPES
        workloads = [self._products(*shape) for shape in shapes]
        for workload in workloads:
            workload.work()  # first calls choose kernels
        return max(workloads, key=lambda workload: measure(workload, TRIAL_SECONDS))

    def _products(self, rows: int, inner: int, columns: int) -> Workload:
        left = torch.randn(rows, inner).to(self.device, self.dtype)
        right = torch.randn(inner, columns).to(self.device, self.dtype)
        out = torch.empty(rows, columns, device=self.device, dtype=self.dtype)

        def work() -> float:
            torch.mm(left, right, out=out)
            return 2.0 * rows * inner * columns

        return Workload(work, synchronize_of(self.device))


def synchronize_of(device: str) -> Callable[[], object]:
    """Return what waits until a device has done all its work."""
    return (lambda: None) if device == "cpu" else torch.cuda.synchronize
