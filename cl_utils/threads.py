"""How many threads torch computes with: one where more gain little, whoever starts it.

In: the size of a step's matrix products. Out: torch's number of threads, set. Threads that wait for
each other spin. Two of them train a small model at most 1.6 times as fast as one on a machine that
does nothing else, and up to 25 times as slowly where another job has a core (docs/log/speed.md). So
small models take one, in JupyterLab as in the workflow, which also gives them the same bits. A
number in OMP_NUM_THREADS is the user's word and counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

from cl_utils.processes import environment

GIVEN = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
SEVERAL = 2 * 10**8  # characters at once x width^2, from which on more than one thread is taken


def set_threads_for(width: int, characters: int) -> int:
    """Let torch compute with as many threads as suit a model of `width`; return how many.

    characters: that it reads at once. Large products get as many as torch had at first.
    """
    at_first = threads_at_first()
    if not any(os.environ.get(name) for name in GIVEN):
        torch.set_num_threads(1 if characters * width**2 < SEVERAL else at_first)
    return torch.get_num_threads()


@cache
def threads_at_first() -> int:
    """Return torch's own number, or what the caller set before anything was computed."""
    return torch.get_num_threads()


@contextmanager
def fixed_threads(count: int) -> Iterator[None]:
    """Compute with as many threads whatever the size, as a training with a core of its own does."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with environment({GIVEN[0]: str(count)}):
            yield
    finally:
        torch.set_num_threads(before)
