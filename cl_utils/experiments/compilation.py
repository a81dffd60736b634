"""The compiler's caches, put aside: what is timed pays for its own compilation.

In: nothing. Out: a context in which nothing has been compiled yet.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import torch

COMPILER_CACHE = "TORCHINDUCTOR_CACHE_DIR"


@contextmanager
def nothing_compiled() -> Iterator[None]:
    """Let the compiler start from nothing, as on a machine that has never trained."""
    torch.compiler.reset()
    before = os.environ.get(COMPILER_CACHE)
    with tempfile.TemporaryDirectory(prefix="compiled-") as folder:
        os.environ[COMPILER_CACHE] = folder
        try:
            yield
        finally:
            os.environ.pop(COMPILER_CACHE)
            if before is not None:
                os.environ[COMPILER_CACHE] = before
