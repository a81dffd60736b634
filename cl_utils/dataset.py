"""The study's programs: first the grammar's natural mix, then on until every bucket is full.

In: the data parameters. Out: a table program_id, level, source, output, natural, and the numbers
of rejected drafts by reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import pandas as pd

from cl_utils.buckets import BUCKETS, bucket_of
from cl_utils.difficulty import measure
from cl_utils.grammar import Program, ProgramStream

CHUNK = 20_000
FULL = "bucket full"


def draw_programs(
    stream: ProgramStream,
    count: int,
    *,
    least_per_bucket: int = 0,
    metric: str = "overall_metric",
    limits: Sequence[float] = (),
) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """Return `count` programs in their natural mix, and more for the buckets that lack them.

    After the natural ones (column `natural`), drawing goes on and keeps what falls into a bucket
    with fewer than `least_per_bucket` programs. Returns the table and the rejected drafts.
    """
    table = pd.DataFrame(islice(stream, count), columns=list(Program._fields))
    parts = [table.assign(natural=True)]
    rejected = {FULL: 0}
    if least_per_bucket:
        lower, upper = limits
        labels = bucket_of(measure(table["source"].tolist())[metric], (lower, upper))
        have = {bucket: int((labels == bucket).sum()) for bucket in BUCKETS}
        while min(have.values()) < least_per_bucket:
            more = pd.DataFrame(islice(stream, CHUNK), columns=list(Program._fields))
            more["bucket"] = bucket_of(measure(more["source"].tolist())[metric], (lower, upper))
            place = more.groupby("bucket").cumcount() + more["bucket"].map(have)
            kept = more[place < least_per_bucket]
            rejected[FULL] += len(more) - len(kept)
            for bucket, number in kept["bucket"].value_counts().items():
                have[str(bucket)] += int(number)
            parts.append(kept.drop(columns="bucket").assign(natural=False))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "program_id", range(len(table)))
    return table, {**stream.rejected, **rejected}
