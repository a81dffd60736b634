"""Named random streams: from a seed and a purpose to a generator.

Two purposes never share numbers, so drawing more programs does not shift the batches, and two arms
with one seed start from the same weights.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derived_seed(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit seed that depends on `seed` and on every word of `purpose`."""
    words = "/".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the numpy generator of one purpose, e.g. ``stream(0, "grammar")``."""
    return np.random.default_rng(derived_seed(seed, *purpose))


def torch_stream(seed: int, *purpose: str | int) -> torch.Generator:
    """Return the torch (CPU) generator of one purpose, e.g. ``torch_stream(0, "weights")``."""
    import torch  # a second, which statistics and figures do without

    return torch.Generator().manual_seed(derived_seed(seed, *purpose))
