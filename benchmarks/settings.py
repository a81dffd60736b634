"""How long and how large the benchmarks are: for the record, or quickly to see that they work.

In: what the command was told. Out: `Settings`, which every benchmark gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cl_utils.errors import StudyError


class Skipped(StudyError):
    """A benchmark that cannot run here; the message says why, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A benchmark's settings: whether to be quick, and where the authors' code lies."""

    quick: bool = False
    authors: Path | None = None

    @property
    def repetitions(self) -> int:
        """How often each arm is measured, in turns."""
        return 2 if self.quick else 5

    @property
    def seconds(self) -> float:
        """How long one arm is measured at least, in one repetition."""
        return 0.5 if self.quick else 10.0

    def size(self, full: int, quick: int) -> int:
        """Return a number of programs, characters or steps: `full`, or `quick` in a quick run."""
        return quick if self.quick else full
