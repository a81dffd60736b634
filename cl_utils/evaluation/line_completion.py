r"""Line completion: from a program's lines so far, write the next one.

In: a model, a corpus and its teacher-forced scores. Out: one row per line, with exact match and
edit similarity under two rules. The lines are the paper's: all of a record but the
first, the output included, the blank line at the end not.

- oracle (the paper's): exactly as many characters as the true line has are written.
- newline: the line written is what comes before the first newline.

The paper samples once at temperature 1; here the model is greedy, so that exact match follows from
the scores: every character, and for the newline rule the newline after them, must be the argmax.
Only the other lines are generated, for their similarity: rapidfuzz's `ratio`, 0 to 100, not
rounded (the paper's fuzzywuzzy gives whole numbers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.model.completion import complete
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import Scores
from cl_utils.tinypy.tokenizer import decode, encode

_NEWLINE: Final = int(encode("\n")[0])


@dataclass(frozen=True)
class Lines:
    """Where the L lines to complete stand: tokens[starts[i]:ends[i]], without the newline."""

    programs: NDArray[np.int64]  # (L,) index of the program in the corpus
    starts: NDArray[np.int64]  # (L,)
    ends: NDArray[np.int64]  # (L,) place of the newline after the line

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of each line, (L,)."""
        return self.ends - self.starts

    def take(self, lines: NDArray[np.integer] | NDArray[np.bool_]) -> Lines:
        """Return some of the lines."""
        return Lines(self.programs[lines], self.starts[lines], self.ends[lines])


@dataclass(frozen=True)
class LineScores:
    """How the L lines were completed; similarities in 0..100, nan where they were not asked for."""

    lines: Lines
    exact_oracle: NDArray[np.bool_]  # (L,)
    exact: NDArray[np.bool_]  # (L,) newline rule
    similarity_oracle: NDArray[np.float64]  # (L,)
    similarity: NDArray[np.float64]  # (L,) newline rule


def find_lines(corpus: Corpus) -> Lines:
    """Return every line of every program but the first, in the order of the corpus."""
    newlines = np.flatnonzero(corpus.tokens == _NEWLINE)
    starts, ends = newlines[:-1] + 1, newlines[1:]
    programs = np.searchsorted(corpus.offsets, starts, side="right") - 1
    kept = (starts < ends) & (starts > corpus.offsets[programs])  # neither blank nor the first
    return Lines(programs[kept], starts[kept], ends[kept])


def complete_lines(
    model: GPT, corpus: Corpus, scores: Scores, *, programs: int | None = None
) -> LineScores:
    """Complete every line of a corpus greedily; `scores` are the model's on this corpus.

    Similarity is measured on `programs` programs (None: all), see `sample_evenly`; exact match
    costs nothing more and is measured on all.
    """
    lines = find_lines(corpus)
    right = np.concatenate([[0], np.cumsum(scores.correct)])
    exact_oracle = right[lines.ends] - right[lines.starts] == lines.lengths
    exact = exact_oracle & scores.correct[lines.ends]
    similarities = np.where(exact, 100.0, np.nan)[:, None].repeat(2, axis=1)  # (L, 2)
    sampled = np.isin(lines.programs, sample_evenly(len(corpus), programs))
    similarities[~sampled] = np.nan
    written = np.flatnonzero(sampled & ~exact)
    similarities[written] = _similarities(model, corpus, scores, lines.take(written))
    return LineScores(lines, exact_oracle, exact, similarities[:, 0], similarities[:, 1])


def _similarities(model: GPT, corpus: Corpus, scores: Scores, lines: Lines) -> NDArray[np.float64]:
    """Return the edit similarity to the true lines under both rules, (L, 2).

    A line ends at a newline within the length of the corpus's longest line, or is cut there.
    """
    longest = int(find_lines(corpus).lengths.max(initial=0)) + 1
    written = complete(
        model,
        corpus,
        scores,
        lines.programs,
        lines.starts,
        longest,
        stop="line",
        at_least=lines.lengths,
    )
    true = [decode(corpus.tokens[s:e]) for s, e in zip(lines.starts, lines.ends, strict=True)]
    rows = [
        (fuzz.ratio(text[: len(line)], line), fuzz.ratio(text.partition("\n")[0], line))
        for text, line in zip(map(decode, written), true, strict=True)
    ]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 2)
