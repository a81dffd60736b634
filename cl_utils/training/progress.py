"""What a reader is told of a run that trains: as numbers, and as one line.

In: a history row, what was measured last, the pace. Out: `Progress`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cl_utils.difficulty.buckets import BUCKETS


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is.

    loss: of all characters; losses: of output characters, by bucket.
    accuracy: exact execution (percent) on validation programs by bucket, as it was measured last;
    nothing before that.
    characters_per_second: of the last rows of the history, smoothed.
    """

    name: str
    step: int
    steps: int
    stage: str
    loss: float
    losses: Mapping[str, float]
    accuracy: Mapping[str, float] = field(default_factory=dict)
    characters_per_second: float
    seconds_left: float

    def __str__(self) -> str:
        """Return the line."""
        losses = " ".join(f"{self.losses[bucket]:.3f}" for bucket in BUCKETS)
        parts = [
            f"step {self.step}/{self.steps}",
            self.stage,
            f"loss {self.loss:.3f}",
            f"output loss easy/medium/hard {losses}",
        ]
        if self.accuracy:
            right = " ".join(f"{self.accuracy[bucket]:.0f}" for bucket in BUCKETS)
            parts.append(f"right {right} %")
        parts += [
            f"{self.characters_per_second:,.0f} characters/s",
            f"{time_text(self.seconds_left)} left",
        ]
        return "  ".join(parts)


def time_text(seconds: float) -> str:
    """Return a time for a reader: "40 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
