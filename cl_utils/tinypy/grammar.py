"""The TinyPy grammar as a table of levels, and the endless stream of unique programs drawn from it.

In: levels, a variant and a numpy random generator. Out: programs (level, source, output), each
text once, and how many drafts were rejected for which reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from cl_utils.errors import StudyError
from cl_utils.tinypy.record import record, stable_hash
from cl_utils.tinypy.statements import Level, write_program

Variant = Literal["paper2024", "fixed"]
_NONE = ("none",)
_SIMPLE = ("none", "expression")
_ADVANCED = ("none", "expression", "chain")
_DISPLAY = ("display",)
_BRANCHES = ("if", "if-elif-else", "if-else")

GRAMMAR: Mapping[str, Level] = {
    "1.1": Level(initialisations=2, assignments=_SIMPLE, blocks=_DISPLAY, expression_share=1 / 2),
    "1.2": Level(initialisations=4, assignments=_ADVANCED, blocks=_DISPLAY, expression_share=1 / 2),
    "2.1": Level(initialisations=6, assignments=_NONE, blocks=_BRANCHES),
    "2.2": Level(
        initialisations=6,
        assignments=_ADVANCED,
        blocks=_BRANCHES,
        expression_share=1 / 2,
        chained=True,
    ),
    "3.1": Level(initialisations=3, assignments=_NONE, blocks=("for",)),
    # Half the loops of 3.2 display simply, the others choose once more.
    "3.2": Level(initialisations=5, assignments=_ADVANCED, blocks=("for",), expression_share=1 / 4),
    "4.1": Level(initialisations=3, assignments=_NONE, blocks=("while",)),
}
ALL = "ALL"
ALL_INITIALISATIONS = 6
LEVELS = ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")
WHILE_LEVEL = "4.1"
# No program prints an unassigned name: the grammar uses only letters that it has assigned.
REASONS = ("division by zero", "duplicate", "too long")


class Program(NamedTuple):
    """A program: its level, its source, and what it prints (no trailing newline)."""

    level: str
    source: str
    output: str


@dataclass(frozen=True)
class Generated:
    """Programs, and the number of rejected drafts by reason (every key of `REASONS`)."""

    programs: list[Program]
    rejected: Mapping[str, int]


def generate(
    count: int,
    levels: Sequence[str] | Literal["ALL"] = "ALL",
    *,
    rng: np.random.Generator,
    variant: Variant = "paper2024",
    operand_max: int = 9,
    maximum_characters: int | None = None,
    while_loops: bool = False,
) -> Generated:
    """`count` unique programs; the arguments and errors are `ProgramStream`'s."""
    stream = ProgramStream(
        levels,
        rng=rng,
        variant=variant,
        operand_max=operand_max,
        maximum_characters=maximum_characters,
        while_loops=while_loops,
    )
    return Generated(list(islice(stream, count)), dict(stream.rejected))


class ProgramStream(Iterator[Program]):
    """Endless unique programs; `rejected` counts drafts by reason, `accepted` the programs.

    Each program draws its level uniformly from `levels`. "ALL" is the paper's six levels, and as in
    the authors' generator all of them then share one maximum of initialisations. Memory grows by
    one 63-bit hash a program, whatever its length.
    """

    def __init__(
        self,
        levels: Sequence[str] | Literal["ALL"] = "ALL",
        *,
        rng: np.random.Generator,
        variant: Variant = "paper2024",
        operand_max: int = 9,
        maximum_characters: int | None = None,
        while_loops: bool = False,
        patience: int = 10_000,
    ) -> None:
        """`maximum_characters` limits the record; `while_loops` adds level 4.1 to "ALL".

        Raises StudyError for levels, variants and operands that do not exist; drawing raises it
        after `patience` rejected drafts in a row.
        """
        self._names = _names(levels, while_loops)
        _check(self._names, variant, operand_max)
        self._rows = level_rows(levels, variant, while_loops=while_loops)
        self._draw = uniforms(rng).__next__
        self._operands = operand_max + 1
        self._maximum_characters = maximum_characters
        self._patience = patience
        self._seen: set[int] = set()
        self.rejected: Counter[str] = Counter(dict.fromkeys(REASONS, 0))

    @property
    def accepted(self) -> int:
        """How many programs were drawn so far."""
        return len(self._seen)

    def __next__(self) -> Program:
        """The next program that is not rejected."""
        for _ in range(self._patience):
            program = self.draft()
            if program is not None:
                return program
        raise StudyError(
            f"level {', '.join(self._names)} gave no new program in {self._patience} drafts in a"
            f" row after {self.accepted} were found: ask for fewer, or allow longer ones"
        )

    def draft(self) -> Program | None:
        """One draft: a program, or None when it was rejected, which `rejected` counts."""
        name, level = self._rows[int(self._draw() * len(self._rows))]
        try:
            source, output = write_program(level, self._operands, self._draw)
        except ZeroDivisionError:
            self.rejected["division by zero"] += 1
            return None
        reason = self._reason_to_reject(source, output)
        if reason is None:
            return Program(name, source, output)
        self.rejected[reason] += 1
        return None

    def _reason_to_reject(self, source: str, output: str) -> str | None:
        limit = self._maximum_characters
        if limit is not None and len(record(source, output)) > limit:
            return "too long"
        key = stable_hash(source)  # the source determines the output, hence the record
        if key in self._seen:
            return "duplicate"
        self._seen.add(key)
        return None


def level_rows(
    levels: Sequence[str] | Literal["ALL"], variant: Variant, *, while_loops: bool = False
) -> list[tuple[str, Level]]:
    """The names and rows of the levels that a stream draws from."""
    changes: dict[str, Any] = {"initialisations": ALL_INITIALISATIONS} if levels == ALL else {}
    changes["consistent_range"] = variant == "fixed"
    return [(name, replace(GRAMMAR[name], **changes)) for name in _names(levels, while_loops)]


def _names(levels: Sequence[str], while_loops: bool) -> tuple[str, ...]:
    if levels == ALL:
        return (*LEVELS, WHILE_LEVEL) if while_loops else LEVELS
    return (levels,) if isinstance(levels, str) else tuple(levels)


def _check(names: Sequence[str], variant: str, operand_max: int) -> None:
    for name in names:
        if name not in GRAMMAR:
            raise StudyError(f"level {name!r} does not exist: use {', '.join(GRAMMAR)} or ALL")
    if not names:
        raise StudyError(f"no level given: use {', '.join(GRAMMAR)} or ALL")
    if variant not in get_args(Variant):
        raise StudyError(f"variant {variant!r} does not exist: use {', '.join(get_args(Variant))}")
    if not 9 <= operand_max <= 255:
        raise StudyError(f"operand_max is {operand_max}: use a value from 9 to 255")
    if variant == "paper2024" and (operand_max != 9 or WHILE_LEVEL in names):
        raise StudyError("paper2024 has single digits and no level 4.1: use variant='fixed'")


def uniforms(rng: np.random.Generator) -> Iterator[float]:
    """Uniform numbers in [0, 1), taken from the generator in blocks because that is faster."""
    while True:
        yield from rng.random(4096).tolist()
