"""One chunk of drafts, drawn and measured: the work that a process does on its own.

In: how to make the stream, a seed, a number of drafts. Out: the chunk's programs with their hashes
and buckets, and what was rejected. Whoever joins chunks must still reject what two of them share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cl_utils.difficulty.buckets import bucket_of
from cl_utils.difficulty.overall_metric import DIFFICULTY_COLUMNS, scores
from cl_utils.tinypy.grammar import Program, ProgramStream
from cl_utils.tinypy.record import stable_hash

NOT_NEEDED = "not needed"


@dataclass(frozen=True, kw_only=True)
class ChunkRequest:
    """What a chunk is made from; `stream` lacks only its random generator, `rng`.

    With `limits` programs get buckets by `metric`, and those of the buckets in `full` are left out.
    """

    stream: Callable[..., ProgramStream]
    seed: int
    drafts: int
    metric: str
    limits: tuple[float, float] | None
    full: frozenset[str]


@dataclass(frozen=True)
class Chunk:
    """Programs in the order drawn, each once, and the rejected drafts by reason.

    A row is level, source, output, hash of the source, and bucket ("" where the request has no
    limits). Rows are plain tuples, which travel between processes faster than `Program`s.
    """

    rows: list[tuple[str, str, str, int, str]]
    rejected: Counter[str]


def draw_chunk(request: ChunkRequest) -> Chunk:
    """Return the chunk of a request, which alone decides it."""
    stream = request.stream(rng=np.random.default_rng(request.seed))
    drafts = [stream.draft() for _ in range(request.drafts)]
    programs = [program for program in drafts if program is not None]
    rows = [
        (*program, stable_hash(program.source), bucket)
        for program, bucket in zip(programs, _buckets(programs, request), strict=True)
        if bucket not in request.full
    ]
    return Chunk(rows, stream.rejected + Counter({NOT_NEEDED: len(programs) - len(rows)}))


def _buckets(programs: list[Program], request: ChunkRequest) -> list[str]:
    if request.limits is None:
        return [""] * len(programs)
    metric = scores([program.source for program in programs])[
        :, DIFFICULTY_COLUMNS.index(request.metric)
    ]
    return [str(bucket) for bucket in bucket_of(metric, request.limits)]
