"""Programs as tokens, one record after another, with what training and evaluation ask of them.

In: a table of programs. Out: a `Corpus` of numpy arrays, small enough to stay in memory and
written as one safetensors file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.difficulty.buckets import BUCKETS, difficulty_order
from cl_utils.errors import StudyError
from cl_utils.names import shown
from cl_utils.tinypy.record import prompt, record
from cl_utils.tinypy.tokenizer import decode, encode

SPLITS = ("train", "validation", "test", "natural", "leaky")
LEVEL_CHARACTERS = 3  # of a level's name, as its column in files has them
_BATCH = 10_000  # programs encoded at once


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
    intermediate_values: NDArray[np.uint8] | None = None  # (N,) codes, see `value_codes`; no file's
    ranks: NDArray[np.int64] | None = (
        None  # (P,) places by another metric than the study's; no file's
    )

    @classmethod
    def from_programs(cls, frame: pd.DataFrame) -> Corpus:
        """Encode a table with program_id, level, bucket, source, output and overall_metric.

        Raises StudyError for a bucket that does not exist, or a level of a longer name than files
        hold.
        """
        codes = pd.Categorical(frame["bucket"], categories=BUCKETS).codes
        if (codes < 0).any():
            raise StudyError(f"a bucket of the programs is none of {', '.join(BUCKETS)}")
        for level in frame["level"].unique():
            if len(str(level)) > LEVEL_CHARACTERS:
                raise StudyError(
                    f"level {shown(level)} is longer than {LEVEL_CHARACTERS} characters, which is "
                    "all that a corpus holds: give it a shorter name"
                )
        tokens, lengths, prompts = _encoded(frame)
        offsets = _offsets(lengths)
        return cls(
            tokens=tokens,
            offsets=offsets,
            answers=offsets[:-1] + prompts,
            buckets=codes.astype(np.uint8),
            levels=frame["level"].to_numpy(dtype=f"<U{LEVEL_CHARACTERS}"),
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
        prompts = self.answers - self.offsets[:-1]
        lengths = np.stack([prompts, self.lengths - prompts], axis=1)  # (P, 2)
        return np.repeat(np.tile([False, True], len(self)), lengths.ravel())

    def take(self, programs: NDArray[np.integer]) -> Corpus:
        """Return the corpus of these programs, in this order."""
        starts, ends = self.offsets[:-1][programs], self.offsets[1:][programs]
        offsets = _offsets(ends - starts)
        places = list(zip(starts.tolist(), ends.tolist(), strict=True))

        def taken(column: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return np.concatenate([column[:0], *(column[a:b] for a, b in places)])

        values = self.intermediate_values
        return Corpus(
            tokens=taken(self.tokens),
            offsets=offsets,
            answers=offsets[:-1] + self.answers[programs] - starts,
            buckets=self.buckets[programs],
            levels=self.levels[programs],
            overall_metric=self.overall_metric[programs],
            program_ids=self.program_ids[programs],
            intermediate_values=None if values is None else taken(values),
            ranks=None if self.ranks is None else self.ranks[programs],
        )


def corpora(programs: pd.DataFrame, metric: str) -> dict[str, Corpus]:
    """Return the corpus of every split, sorted by bucket and metric, ties by hash.

    `programs` has the columns of `Corpus.from_programs`, text_hash, split and `metric`.
    """
    return {name: _corpus(programs[programs["split"] == name], metric) for name in SPLITS}


def _corpus(programs: pd.DataFrame, metric: str) -> Corpus:
    easiest_first = difficulty_order(programs[metric], programs["text_hash"])
    places = pd.Categorical(programs["bucket"], categories=BUCKETS).codes[easiest_first]
    return Corpus.from_programs(programs.iloc[easiest_first[np.argsort(places, kind="stable")]])


def _encoded(frame: pd.DataFrame) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return the tokens of P programs (N,), and the characters of records and prompts, (P,) each.

    A batch at a time, since texts take several times the memory of tokens.
    """
    tokens, lengths, prompts = [encode("")], [], []
    for start in range(0, len(frame), _BATCH):
        batch = frame[start : start + _BATCH]
        records = [record(s, o) for s, o in zip(batch["source"], batch["output"], strict=True)]
        tokens.append(encode("".join(records)))
        lengths += [len(text) for text in records]
        prompts += [len(prompt(source)) for source in batch["source"]]
    return np.concatenate(tokens), np.asarray(lengths, np.int64), np.asarray(prompts, np.int64)


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where records of these lengths begin, and where the last one ends, (P + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def sample_evenly(count: int, size: int | None) -> NDArray[np.int64]:
    """Return `size` of `count` indices at even distances, all when there are not more.

    A corpus is in order of difficulty, so this keeps the shares of buckets and levels.
    """
    if size is None or size >= count:
        return np.arange(count)
    return (np.arange(size) * count + count // 2) // size
