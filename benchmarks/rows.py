"""What a benchmark finds: rows of a value beside its reference, and the files that keep them.

In: the values of the repetitions, in the order they were measured. Out: `SpeedRow`s, and one file a
benchmark and device with a manifest that names the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import nan
from pathlib import Path
from statistics import median
from typing import Any, Literal

import pandas as pd

from cl_utils.artifacts import write_artifact
from cl_utils.errors import StudyError


@dataclass(frozen=True)
class Target:
    """A bound on the median of a row's ratio or of its value."""

    bound: float
    of: Literal["ratio", "value"] = "ratio"
    sense: Literal["at least", "at most"] = "at least"

    def met(self, ratio: float, value: float) -> bool:
        """Return whether a row with these medians keeps the bound."""
        found = ratio if self.of == "ratio" else value
        return found >= self.bound if self.sense == "at least" else found <= self.bound


@dataclass(frozen=True, kw_only=True)
class SpeedRow:
    """One finding: medians, lowest and highest over n repetitions; nan and "" where there is none.

    `ratio` is value / reference_value, taken repetition by repetition. `size` counts the programs
    or parameters that a row of the growth benchmarks belongs to.
    """

    what: str
    unit: str
    value: float
    low: float
    high: float
    n: int
    reference: str
    reference_value: float
    ratio: float
    ratio_low: float
    ratio_high: float
    target: float
    target_of: str
    met: str
    size: float
    size_unit: str
    device: str


def speed_row(
    what: str,
    unit: str,
    values: Sequence[float],
    *,
    reference: str = "",
    references: Sequence[float] = (),
    target: Target | None = None,
    size: tuple[int, str] | None = None,
    device: str = "cpu",
) -> SpeedRow:
    """Return the row of `values` (n,) beside `references` (n,), or beside none.

    Raises StudyError when there are no values, or not as many references.
    """
    if not values or (references and len(references) != len(values)):
        raise StudyError(
            f"{what}: {len(values)} values and {len(references)} references make no row: "
            "measure both equally often"
        )
    ratios = [each / other for each, other in zip(values, references, strict=False)] or [nan]
    met = target.met(median(ratios), median(values)) if target else None
    return SpeedRow(
        what=what,
        unit=unit,
        value=median(values),
        low=min(values),
        high=max(values),
        n=len(values),
        reference=reference,
        reference_value=median(references) if references else nan,
        ratio=median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        target=target.bound if target else nan,
        target_of=f"{target.of} {target.sense}" if target else "",
        met={None: "", True: "met", False: "missed"}[met],
        size=float(size[0]) if size else nan,
        size_unit=size[1] if size else "",
        device=device,
    )


def save_rows(
    folder: Path, name: str, rows: Iterable[SpeedRow], params: Mapping[str, Any], **facts: Any
) -> list[Path]:
    """Write `folder`/<device>/<name>.csv and its manifest for each device; return the files."""
    table = pd.DataFrame([asdict(row) for row in rows])
    files = []
    for device, own in table.groupby("device"):
        files.append(folder / str(device) / f"{name}.csv")
        write_artifact(files[-1], partial(own.to_csv, index=False), params=params, **facts)
    return files
