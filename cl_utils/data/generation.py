"""The study's programs: first the grammar's natural mix, then on until every bucket is full.

In: the data parameters. Out: a table program_id, level, source, output, natural, and the numbers
of rejected drafts by reason. Drafts come in chunks, each from its own random stream, so that
processes can share the work and the seed alone decides the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import count as count_up

import pandas as pd

from cl_utils.data.drafts import NOT_NEEDED, Chunk, ChunkRequest, draw_chunk
from cl_utils.difficulty.buckets import BUCKETS, thresholds
from cl_utils.difficulty.overall_metric import DIFFICULTY_COLUMNS
from cl_utils.errors import StudyError
from cl_utils.parallel import ordered_map
from cl_utils.seeds import derived_seed
from cl_utils.tinypy.grammar import REASONS, Program, ProgramStream

CHUNK = 10_000  # drafts; another number gives other programs
PATIENCE = 20  # chunks in a row of which no program is kept


def draw_programs(
    stream: Callable[..., ProgramStream],
    count: int,
    *,
    seed: int,
    least_per_bucket: int = 0,
    metric: str = "overall_metric",
    limits: Sequence[float] = (),
    processes: int | None = None,
) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """Return `count` programs in their natural mix, and more for the buckets that lack them.

    `stream` makes a `ProgramStream` when it is given its generator `rng`. After the natural ones
    (column `natural`), drawing goes on and keeps what falls into a bucket with fewer than
    `least_per_bucket` programs; `metric`, one of `DIFFICULTY_COLUMNS`, makes these buckets.
    Returns the table and the rejected drafts: the same for any number of `processes` (default: all
    cores). Raises StudyError when nothing more can be found.
    """
    if least_per_bucket and metric not in DIFFICULTY_COLUMNS:
        raise StudyError(
            f"metric {metric!r} cannot fill buckets while programs are drawn: set least_per_bucket "
            f"to 0, or use one of {', '.join(DIFFICULTY_COLUMNS)}"
        )
    bounds = thresholds(limits, []) if least_per_bucket else None
    selection = _Selection(count, least_per_bucket)
    requests = (
        ChunkRequest(
            stream=stream,
            seed=derived_seed(seed, "grammar", place),
            drafts=CHUNK,
            metric=metric,
            limits=bounds,
            full=selection.full_buckets(),
        )
        for place in count_up()
    )
    with closing(ordered_map(draw_chunk, requests, processes=processes)) as chunks:
        while not selection.complete():
            selection.take(next(chunks))
    return selection.table(), dict(selection.rejected)


class _Selection:
    """What was kept so far and what is missing. Chunks come in order, so it is the seed's alone.

    A program is first asked for its bucket, then whether it is new: so it makes no difference
    whether the programs of a full bucket are left out here, or sooner by who draws the chunk.
    """

    def __init__(self, natural: int, least_per_bucket: int) -> None:
        if min(natural, least_per_bucket) < 0 or natural + least_per_bucket == 0:
            raise StudyError(
                f"{natural} programs and at least {least_per_bucket} a bucket are none: ask for one"
            )
        self._natural = natural  # still to come
        self._missing = Counter(dict.fromkeys(BUCKETS, least_per_bucket))
        self._seen: set[int] = set()
        self._parts: list[pd.DataFrame] = []
        self._fruitless = 0
        self.rejected = Counter(dict.fromkeys((*REASONS, NOT_NEEDED), 0))

    def complete(self) -> bool:
        """Return whether nothing is missing."""
        return self._natural == 0 and len(self.full_buckets()) == len(BUCKETS)

    def full_buckets(self) -> frozenset[str]:
        """Return the buckets of which no program will be kept any more."""
        if self._natural:
            return frozenset()
        return frozenset(bucket for bucket in BUCKETS if self._missing[bucket] <= 0)

    def take(self, chunk: Chunk) -> None:
        """Keep what is missing of a chunk, and count the rest."""
        self.rejected.update(chunk.rejected)
        rows = []
        for level, source, output, key, bucket in chunk.rows:
            if not self._natural and self._missing[bucket] <= 0:
                self.rejected[NOT_NEEDED] += 1
            elif key in self._seen:
                self.rejected["duplicate"] += 1
            else:
                rows.append((level, source, output, self._natural > 0))
                self._seen.add(key)
                self._missing[bucket] -= 1
                self._natural = max(self._natural - 1, 0)
        self._keep(rows)

    def _keep(self, rows: list[tuple[str, str, str, bool]]) -> None:
        self._fruitless = 0 if rows else self._fruitless + 1
        if rows:
            self._parts.append(pd.DataFrame(rows, columns=[*Program._fields, "natural"]))
        if self._fruitless == PATIENCE:
            raise StudyError(
                f"{PATIENCE * CHUNK} drafts in a row gave nothing that was still missing after "
                f"{len(self._seen)} programs: lower `programs` or `least_per_bucket`, or allow "
                "longer programs by `maximum_characters`"
            )

    def table(self) -> pd.DataFrame:
        """Return the programs that were kept, numbered in the order drawn."""
        table = pd.concat(self._parts, ignore_index=True)
        table.insert(0, "program_id", range(len(table)))
        return table
