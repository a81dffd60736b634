"""Pools: the parts of the training corpus that a schedule names.

In: a corpus in difficulty order and the name of a pool. Out: an interval of its programs.
"""

from __future__ import annotations

import numpy as np

from cl_utils.curriculum.mixes import EASIEST, HARDEST, WHOLE, check_pool, easiest_share
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.names import shown


class Pools:
    """Names of pools -> intervals [start, stop) of a corpus sorted by bucket and difficulty."""

    def __init__(self, corpus: Corpus, hardest_share: float = 0.5) -> None:
        if (np.diff(corpus.buckets.astype(int)) < 0).any():
            raise StudyError("the training corpus is not sorted by bucket: run notebook 03 again")
        if not 0 < hardest_share <= 1:
            raise StudyError(
                f"hardest_share={shown(hardest_share)} of a bucket: give a number above 0 and at "
                "most 1"
            )
        self.programs = len(corpus)
        self.edges = np.searchsorted(corpus.buckets, np.arange(len(BUCKETS) + 1)).tolist()
        self.hardest_share = hardest_share

    def bounds(self, pool: str) -> tuple[int, int]:
        """Return the interval of a pool.

        Raises StudyError for a name that means nothing, and for a pool without a program: its
        neighbours would be read under its name.
        """
        check_pool(pool)
        start, stop = self._interval(pool)
        if start >= stop:
            raise StudyError(
                f"no training program is in the pool {pool!r}: give programs of every bucket that "
                "the schedule draws from"
            )
        return start, stop

    def _interval(self, pool: str) -> tuple[int, int]:
        if pool == WHOLE:
            return 0, self.programs
        if pool.startswith(EASIEST):
            return 0, min(self.programs, max(1, round(easiest_share(pool) * self.programs)))
        bucket = pool.removeprefix(HARDEST)
        start, stop = self.edges[BUCKETS.index(bucket)], self.edges[BUCKETS.index(bucket) + 1]
        if bucket != pool and start < stop:
            start = stop - max(1, round((stop - start) * self.hardest_share))
        return start, stop
