"""Programs for the benchmarks: corpora to train and evaluate on, and a whole study's data, timed.

In: how many programs, how long, which rule makes the buckets. Out: corpora; or the seconds that
each stage from the grammar to the tokens takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pandas as pd

from cl_utils.data.corpus import Corpus, corpora
from cl_utils.data.generation import draw_programs
from cl_utils.data.split import split
from cl_utils.difficulty.buckets import (
    BUCKETS,
    PAPER_THRESHOLDS,
    bucket_of,
    difficulty_order,
    thresholds,
)
from cl_utils.difficulty.overall_metric import measure
from cl_utils.experiments.programs import METRIC, Rule, drawn
from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import ProgramStream
from cl_utils.tinypy.record import canonical_hash, stable_hash

STAGES = ("generation", "difficulty", "buckets, split and tokens")
FULL_LENGTH = 257  # characters of a record: the paper's context and one more
TRAINING_SHARE = 0.7  # of the smallest bucket; what is held out comes from the rest
HELD_OUT = {"validation": 0.0005, "test": 0.002, "natural": 0.005}  # of all programs


def program_stream(*purpose: str | int) -> ProgramStream:
    """Return the endless full-length programs of one purpose, of all levels."""
    return ProgramStream(rng=stream(0, "benchmarks", *purpose), maximum_characters=FULL_LENGTH)


def corpus(
    per_bucket: int,
    *,
    seed: int,
    maximum_characters: int = FULL_LENGTH,
    rule: Rule = PAPER_THRESHOLDS,
) -> Corpus:
    """Return at most `per_bucket` programs of each bucket by difficulty; others by `seed`."""
    table = drawn(per_bucket, seed=seed, maximum_characters=maximum_characters, rule=rule)
    table = table.groupby("bucket").head(per_bucket)
    return Corpus.from_programs(table.iloc[difficulty_order(table[METRIC], table["text_hash"])])


def whole_data(count: int) -> dict[str, float]:
    """Make the data of a study of `count` programs in memory; return the seconds of each stage."""
    seconds: dict[str, float] = {}
    with timed(seconds, STAGES[0]):
        drafts = partial(ProgramStream, maximum_characters=FULL_LENGTH)
        table, _ = draw_programs(drafts, count, seed=0)
    with timed(seconds, STAGES[1]):
        scores = measure(table["source"])
    with timed(seconds, STAGES[2]):
        table[METRIC] = scores[METRIC]
        table["bucket"] = bucket_of(table[METRIC], thresholds("tertiles", table[METRIC]))
        table["canonical_hash"] = table["source"].map(canonical_hash)
        table["text_hash"] = table["source"].map(stable_hash)
        table["split"] = split(table, wanted(table["bucket"]), seed=0)
        corpora(table, METRIC)
    return seconds


def wanted(buckets: pd.Series) -> dict[str, int]:
    """Return how many programs each split gets: per bucket, for the natural test set in all."""
    parts = {name: max(1, round(share * len(buckets))) for name, share in HELD_OUT.items()}
    smallest = min(int((buckets == bucket).sum()) for bucket in BUCKETS)
    return {"train": int(TRAINING_SHARE * smallest), **parts}


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note the seconds that a block takes under `stage`."""
    began = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - began
