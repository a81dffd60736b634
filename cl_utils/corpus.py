"""Programs as tokens, one record after another, with what training and evaluation ask of them.

In: a table of programs. Out: a `Corpus` of numpy arrays, small enough to stay in memory and
written as one safetensors file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.buckets import BUCKETS, difficulty_order
from cl_utils.errors import StudyError
from cl_utils.programs import prompt, record
from cl_utils.tokenizer import decode, encode

SPLITS = ("train", "validation", "test", "natural")


@dataclass(frozen=True)
class Corpus:
    """P programs in N characters, in the order of the table they were made from."""

    tokens: NDArray[np.uint8]  # (N,) all records, separators included
    offsets: NDArray[np.int64]  # (P + 1,) record p is tokens[offsets[p]:offsets[p + 1]]
    answers: NDArray[np.int64]  # (P,) place in `tokens` of the first character after "# output"
    buckets: NDArray[np.uint8]  # (P,) 0 easy, 1 medium, 2 hard
    levels: NDArray[np.str_]  # (P,)
    overall_metric: NDArray[np.float32]  # (P,)
    program_ids: NDArray[np.int64]  # (P,)

    @classmethod
    def from_programs(cls, frame: pd.DataFrame) -> Corpus:
        """Encode a table with program_id, level, bucket, source, output and overall_metric."""
        codes = pd.Categorical(frame["bucket"], categories=BUCKETS).codes
        if (codes < 0).any():
            raise StudyError(f"a bucket of the programs is none of {', '.join(BUCKETS)}")
        records = [record(s, o) for s, o in zip(frame["source"], frame["output"], strict=True)]
        offsets = np.concatenate([[0], np.cumsum([len(text) for text in records])]).astype(np.int64)
        prompts = np.asarray([len(prompt(source)) for source in frame["source"]], dtype=np.int64)
        return cls(
            tokens=encode("".join(records)),
            offsets=offsets,
            answers=offsets[:-1] + prompts,
            buckets=codes.astype(np.uint8),
            levels=frame["level"].to_numpy(dtype="<U3"),
            overall_metric=frame["overall_metric"].to_numpy(dtype=np.float32),
            program_ids=frame["program_id"].to_numpy(dtype=np.int64),
        )

    def __len__(self) -> int:
        """Return the number of programs P."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of each record, (P,)."""
        return np.diff(self.offsets)

    def text(self, program: int) -> str:
        """Return the whole record of a program."""
        return decode(self.tokens[self.offsets[program] : self.offsets[program + 1]])

    def prompt(self, program: int) -> str:
        """Return what a model is given: the record up to and with "# output"."""
        return decode(self.tokens[self.offsets[program] : self.answers[program]])

    def answer(self, program: int) -> str:
        """Return what a model should write: the rest of the record."""
        return decode(self.tokens[self.answers[program] : self.offsets[program + 1]])

    def program_of_token(self) -> NDArray[np.int64]:
        """Return the index of the program that each character belongs to, (N,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def is_answer(self) -> NDArray[np.bool_]:
        """Return which characters belong to an answer, terminator included, (N,)."""
        return np.arange(len(self.tokens)) >= np.repeat(self.answers, self.lengths)

    def take(self, programs: NDArray[np.integer]) -> Corpus:
        """Return the corpus of these programs, in this order."""
        lengths = self.lengths[programs]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        source = np.arange(offsets[-1]) + np.repeat(
            self.offsets[:-1][programs] - offsets[:-1], lengths
        )
        return Corpus(
            tokens=self.tokens[source],
            offsets=offsets,
            answers=offsets[:-1] + (self.answers - self.offsets[:-1])[programs],
            buckets=self.buckets[programs],
            levels=self.levels[programs],
            overall_metric=self.overall_metric[programs],
            program_ids=self.program_ids[programs],
        )


def corpora(programs: pd.DataFrame, metric: str) -> dict[str, Corpus]:
    """Return the corpus of every split, sorted by bucket and metric, ties by hash.

    `programs` has the columns of `Corpus.from_programs`, text_hash, split and `metric`.
    """
    place = {bucket: code for code, bucket in enumerate(BUCKETS)}
    ordered = programs.iloc[difficulty_order(programs[metric], programs["text_hash"])]
    ordered = ordered.sort_values("bucket", key=lambda bucket: bucket.map(place), kind="stable")
    return {name: Corpus.from_programs(ordered[ordered["split"] == name]) for name in SPLITS}


def sample_evenly(count: int, size: int | None) -> NDArray[np.int64]:
    """Return `size` of `count` indices at even distances, all when there are not more.

    A corpus is in order of difficulty, so this keeps the shares of buckets and levels.
    """
    if size is None or size >= count:
        return np.arange(count)
    return (np.arange(size) * count + count // 2) // size
