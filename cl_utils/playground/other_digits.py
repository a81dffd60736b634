"""The same program with other digits: whether a model computes, or knows one program by heart.

In: a program whose first two numbers are to change. Out: the programs with each pair of digits from
1 to 9 in their places, and how many of them a model answers correctly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.playground.answering import written_by
from cl_utils.playground.program import Program, normalised
from cl_utils.tinypy.record import answer
from cl_utils.tinypy.sandbox import run

DIGITS = range(1, 10)
_NUMBER = re.compile(r"\d+")  # names in TinyPy have no digits


def with_other_digits(text: str) -> list[Program]:
    """Return the 81 programs that differ from a text in nothing but its first two numbers.

    Raises StudyError when the text is not TinyPy, has fewer than two numbers, or fails with one of
    the pairs.
    """
    source = normalised(text)
    places = [match.span() for match in _NUMBER.finditer(source)][:2]
    if len(places) < 2:
        raise StudyError("the program has fewer than two numbers: write one with two or more")
    (start, end), (next_start, next_end) = places
    between, after = source[end:next_start], source[next_end:]
    programs = []
    for a, b in product(DIGITS, repeat=2):
        changed = f"{source[:start]}{a}{between}{b}{after}"
        try:
            programs.append(Program(changed, run(changed)))
        except StudyError as error:
            raise StudyError(f"with {a} and {b} in it {error}") from None
    return programs


def count_correct(model: GPT, programs: Sequence[Program]) -> int:
    """Return how many programs a model answers with exactly what they print."""
    written = written_by(model, [program.source for program in programs])
    return sum(
        text == answer(program.output) for text, program in zip(written, programs, strict=True)
    )
