"""How many threads torch computes with: one where more gain nothing, whoever starts it.

In: the size of a step's matrix products. Out: torch's number of threads, set. Threads that wait for
each other spin, and on a machine that does something else two of them can be many times slower than
one (docs/log/speed.md); so small models take one, in JupyterLab as in the workflow. A number in
OMP_NUM_THREADS is the user's word and counts.
"""

from __future__ import annotations

import os
from functools import cache

import torch

GIVEN = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
LEAST = 2 * 10**8
"""Characters at once x width^2, from which on several threads gain on an idle machine."""


def set_threads_for(width: int, characters: int) -> int:
    """Let torch compute with as many threads as a model of `width` gains from; return how many.

    characters: that it reads at once. Large products get as many as torch had at first.
    """
    at_first = threads_at_first()
    if not any(os.environ.get(name) for name in GIVEN):
        wanted = 1 if characters * width**2 < LEAST else at_first
        if wanted != torch.get_num_threads():  # a compiled step depends on it
            torch.set_num_threads(wanted)
    return torch.get_num_threads()


@cache
def threads_at_first() -> int:
    """Return torch's own number, or what the caller set before anything was trained."""
    return torch.get_num_threads()
