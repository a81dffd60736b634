"""The compiler's caches, put aside: what is timed pays for its own compilation.

In: nothing. Out: a context in which nothing has been compiled yet.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cl_utils.processes import environment
from cl_utils.training.compiler_faults import CACHE


@contextmanager
def nothing_compiled() -> Iterator[None]:
    """Let the compiler start from nothing, as on a machine that has never trained."""
    torch.compiler.reset()
    with (
        tempfile.TemporaryDirectory(prefix="compiled-") as folder,
        environment({CACHE: folder}),
    ):
        yield
