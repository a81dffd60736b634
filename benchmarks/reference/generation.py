"""The three tasks as one evaluates them first: each character reads its whole text again.

In: a model and a corpus. Out: for each program what the greedy model writes: the next character at
every place, every line but the first with as many characters as the true one has, and the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from cl_utils.data.corpus import Corpus
from cl_utils.model.decoding import Ids, generate_plain
from cl_utils.model.gpt import GPT
from cl_utils.tinypy.tokenizer import decode, encode

NEWLINE = int(encode("\n")[0])


@dataclass(frozen=True)
class PlainAnswers:
    """What a model did with one program of N characters and L lines after the first."""

    characters: NDArray[np.bool_]  # (N - 1,) whether each character after the first was written
    lines: list[bool]  # (L,) whether each line was written exactly
    similarities: list[float]  # (L,) edit similarity to the true line, 0 to 100
    text: str  # written after "# output"


def answer_plainly(model: GPT, corpus: Corpus, program: int, limit: int) -> PlainAnswers:
    """Do the three tasks with one program; its output has at most `limit` characters."""
    start, end = corpus.offsets[program], corpus.offsets[program + 1]
    ids = corpus.tokens[start:end]
    characters = [
        int(generate_plain(model, ids[:place], 1, stop=None)[0]) == int(ids[place])
        for place in range(1, len(ids))
    ]
    pairs = [complete_plainly(model, ids, *span) for span in line_spans(ids)]
    prompt = ids[: corpus.answers[program] - start]
    return PlainAnswers(
        characters=np.asarray(characters),
        lines=[written == true for written, true in pairs],
        similarities=[fuzz.ratio(written, true) for written, true in pairs],
        text=decode(generate_plain(model, prompt, limit)),
    )


def complete_plainly(model: GPT, ids: Ids, start: int, end: int) -> tuple[str, str]:
    """Return the line that a model writes at `start`, as long as the true one, and the true one."""
    written = generate_plain(model, ids[:start], end - start, stop=None)
    return decode(written), decode(ids[start:end])


def line_spans(ids: Ids) -> list[tuple[int, int]]:
    """Return where each line but the first begins and ends; blank ones are left out."""
    ends = np.flatnonzero(ids == NEWLINE).tolist()
    starts = [end + 1 for end in ends]
    return [(start, end) for start, end in zip(starts, ends[1:], strict=False) if start < end]
