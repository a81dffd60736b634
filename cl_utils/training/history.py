"""What a run records: losses and drawn shares over training, and the learning curve.

In: the sums of each step. Out: two tables, history (about 100 rows) and curve (20 points).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.difficulty.buckets import BUCKETS

ROWS = 100
POINTS = 20


def curve_steps(steps: int) -> frozenset[int]:
    """Return the steps after which the learning curve has a point, closer together early on."""
    return frozenset(np.unique(np.geomspace(max(1, steps / 50), steps, POINTS).round().astype(int)))


def history_step(step: int, steps: int) -> bool:
    """Return whether a history row ends after `step` steps."""
    return step == steps or step % max(1, steps // ROWS) == 0


class History:
    """Sums since the last row, and the rows so far."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.curve: list[dict[str, object]] = []
        self._clear()

    def _clear(self) -> None:
        self.totals: Tensor | None = None
        self.programs = np.zeros(len(BUCKETS), dtype=np.int64)

    def add(self, totals: Tensor, programs: NDArray[np.int64]) -> None:
        """Add one step: loss sums by group (2, 6), and programs begun by bucket (3,)."""
        before = self.totals
        self.totals = totals if before is None else before.to(totals.device) + totals
        self.programs = self.programs + programs

    def end_row(self, step: int, stage: str, characters_per_second: float) -> dict[str, Any]:
        """Close a row: mean losses and drawn shares since the last one."""
        if self.totals is None:
            raise RuntimeError("a history row needs at least one step")
        sums, counts = self.totals.cpu()
        means = sums / counts  # nan where nothing was drawn
        shares = self.programs / max(1, self.programs.sum())
        row: dict[str, Any] = {"step": step, "stage": stage}
        row["loss"] = float(sums.sum() / counts.sum())
        for place, bucket in enumerate(BUCKETS):
            row[f"loss_{bucket}"] = float(means[len(BUCKETS) + place])
            row[f"share_{bucket}"] = float(shares[place])
        row["characters_per_second"] = characters_per_second
        self.rows.append(row)
        self._clear()
        return row

    def add_curve(
        self, step: int, characters: int, seconds: float, accuracy: Mapping[str, float]
    ) -> None:
        """Add a point of the learning curve: one row per bucket and their unweighted mean."""
        values = {**accuracy, "macro": sum(accuracy.values()) / len(accuracy)}
        place = {"step": step, "characters": characters, "seconds": seconds}
        for bucket, value in values.items():
            self.curve.append({**place, "bucket": bucket, "execution_exact": 100 * value})

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return history and curve as tables."""
        return pd.DataFrame(self.rows), pd.DataFrame(self.curve)

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep."""
        return {
            "rows": list(self.rows),
            "curve": list(self.curve),
            "totals": self.totals,
            "programs": self.programs.tolist(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.rows, self.curve = list(state["rows"]), list(state["curve"])
        totals = state["totals"]
        self.totals = totals if totals is None else torch.as_tensor(totals)
        self.programs = np.asarray(state["programs"], dtype=np.int64)
