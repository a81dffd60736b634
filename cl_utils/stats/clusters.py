"""Draws with replacement of seeds and of clusters of programs: what a bootstrap of both repeats.

In: the cluster of every program and the number of seeds. Out: positions of programs and of seeds.
Programs with one canonical skeleton are right or wrong together, so they are drawn together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.data.ragged import character_places

Positions = NDArray[np.int64]
CLUSTER = "skeleton"


def clusters_of(programs: pd.DataFrame) -> np.ndarray:
    """Return the cluster (rows,) of each program; its own where no skeleton is known."""
    return np.asarray(programs[CLUSTER if CLUSTER in programs else "program_id"])


def cluster_draws(
    clusters: np.ndarray, seeds: int, rng: np.random.Generator, resamples: int
) -> Iterator[tuple[Positions, Positions]]:
    """Yield `resamples` times the positions of programs (any number) and of seeds (`seeds`,).

    clusters: (programs,). As many clusters are drawn as there are, each with all its programs; all
    seeds answer the same programs, so one draw serves all drawn seeds.
    """
    _, inverse, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    members, starts = np.argsort(inverse, kind="stable"), np.cumsum(sizes) - sizes
    for _ in range(resamples):
        drawn = rng.integers(len(sizes), size=len(sizes))
        yield (
            members[character_places(starts[drawn], sizes[drawn])],
            rng.integers(seeds, size=seeds),
        )
