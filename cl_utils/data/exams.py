"""Exams off the training distribution: each goes beyond all training programs in one quantity.

In: the training programs, the levels of the grammar, a seed. Out: a table exam, program_id, level,
source, output, beyond (how far the program goes in what the exam is about), overall_metric, bucket.
Of every level that can go beyond, an exam has as many programs; one that no level can fill is left
out. More passes of a loop and longer chains take more characters, so these exams are longer, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.difficulty.buckets import bucket_of
from cl_utils.difficulty.overall_metric import DIFFICULTY_COLUMNS, scores
from cl_utils.errors import StudyError
from cl_utils.names import shown
from cl_utils.seeds import stream
from cl_utils.tinypy.derivation import LETTERS
from cl_utils.tinypy.grammar import uniforms
from cl_utils.tinypy.record import VARIABLE, record
from cl_utils.tinypy.statements import Level, write_program

Quantity = Callable[[str, str], float]  # of source and output
COLUMNS: Final = ("exam", "level", "source", "output", "beyond")
TWINS: Final = "twins"
DRAFTS: Final = 20_000  # of a level, after which an exam does without it
STRETCH: Final = 1.5  # an exam's longest record, in the training's longest
_INITIALISATION = re.compile(r"^[a-z] = \d+$", re.MULTILINE)
_RANGE = re.compile(r"range\(.*\)")
_NUMBER = re.compile(r"\d+")


def characters(source: str, output: str) -> int:
    """Return the characters of the record."""
    return len(record(source, output))


def initialisations(source: str, output: str) -> int:
    """Return how many lines give a variable a number."""
    return len(_INITIALISATION.findall(source))


def passes(source: str, output: str) -> int:
    """Return how often a loop prints; 0 without a loop."""
    return len(output.splitlines()) if "for " in source or "while " in source else 0


def links(source: str, output: str) -> int:
    """Return the bracketed expressions of the longest chain that is assigned."""
    return max(
        (line.count("(") for line in source.splitlines() if line[1:4] == " = "),
        default=0,
    )


def literal(source: str, output: str) -> int:
    """Return the largest number that is written outside of a range; -1 without any."""
    return max(map(int, _NUMBER.findall(_RANGE.sub("", source))), default=-1)


@dataclass(frozen=True, kw_only=True)
class Exam:
    """What an exam goes beyond, and how its programs are drawn.

    longer: whether a record may be longer than any trained on, as many of its programs must be.
    initialisations: their maximum, where it is not the level's own.
    operands: literals are below it.
    """

    words: str
    quantity: Quantity
    longer: bool = False
    initialisations: int | None = None
    operands: int | None = None


EXAMS: Final[Mapping[str, Exam]] = {
    "longer": Exam(words="longer programs", quantity=characters, longer=True),
    "initialisations": Exam(
        words="more initialisations", quantity=initialisations, initialisations=9
    ),
    "passes": Exam(words="more passes of a loop", quantity=passes, longer=True),
    "chains": Exam(words="longer chains of expressions", quantity=links, longer=True),
    "literals": Exam(words="larger numbers", quantity=literal, operands=20),
}
"""By name; beside them `TWINS`, programs of the training set with other variables."""


def draw_exams(
    training: pd.DataFrame,
    levels: Sequence[tuple[str, Level]],
    *,
    limits: tuple[float, float],
    programs: int,
    operands: int,
    seed: int,
) -> pd.DataFrame:
    """Return every exam, of at most `programs` programs.

    `training` has level, source and output. `levels` and `operands` (literals are below) are those
    that it was drawn from; `limits` makes the buckets by the overall metric. Raises StudyError for
    an exam with the name of the twins, and for one whose quantity is no number.
    """
    if TWINS in EXAMS:
        raise StudyError(f"EXAMS has an exam {TWINS!r}, which is another's name: take another name")
    sources, outputs = training["source"].tolist(), training["output"].tolist()
    longest = max(map(characters, sources, outputs))
    rows = []
    for name, written in EXAMS.items():
        exam = replace(written, quantity=partial(_measured, name, written.quantity))
        most = max(map(exam.quantity, sources, outputs))
        of_levels = []
        for level in levels:
            of_levels.append(
                _drawn(
                    level,
                    exam,
                    most=most,
                    limit=round(longest * STRETCH) if exam.longer else longest,
                    operands=exam.operands or operands,
                    count=programs,
                    rng=stream(seed, "exam", name, level[0]),
                )
            )
        rows += [(name, *program) for program in balanced(of_levels, programs)]
    twins = _twins(training, programs, stream(seed, "exam", TWINS))
    rows += [(TWINS, *program) for program in balanced(twins, programs)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.insert(1, "program_id", np.arange(len(table)))
    metric = scores(table["source"].tolist())[:, DIFFICULTY_COLUMNS.index("overall_metric")]
    return table.assign(overall_metric=metric, bucket=bucket_of(metric, limits))


def _measured(name: str, quantity: Quantity, source: str, output: str) -> float:
    """Return an exam's quantity of a program; StudyError for what is no number."""
    found: object = quantity(source, output)
    if not isinstance(found, int | float | np.integer | np.floating) or np.isnan(found):
        raise StudyError(
            f"the quantity of exam {name!r} is {shown(found)} for the program {shown(source)}: let "
            "it return a number for every program"
        )
    return found  # type: ignore[return-value]


Row = tuple[str, str, str, float]  # level, source, output, how far it goes


def _drawn(
    level: tuple[str, Level],
    exam: Exam,
    *,
    most: float,
    limit: int,
    operands: int,
    count: int,
    rng: np.random.Generator,
) -> list[Row]:
    """Return at most `count` different programs of a level that go beyond `most`."""
    found: dict[str, Row] = {}
    name, written = level
    if exam.initialisations is not None:
        written = replace(written, initialisations=exam.initialisations)
    draw = uniforms(rng).__next__
    for _ in range(DRAFTS):
        try:
            source, output = write_program(written, operands, draw)
        except ZeroDivisionError:
            continue
        beyond = exam.quantity(source, output)
        if beyond > most and characters(source, output) <= limit:
            found.setdefault(source, (name, source, output, beyond))
            if len(found) == count:
                break
    return list(found.values())


def balanced(of_levels: Sequence[Sequence[Row]], programs: int) -> list[Row]:
    """Return as many rows of each level that has its share of `programs`, at most so many in all.

    A level has its share with as many rows as if all levels had the same.
    """
    able = [rows for rows in of_levels if len(rows) >= max(1, programs // len(of_levels))]
    if not able:
        return []
    each = min(programs // len(able), min(map(len, able)))
    return [row for rows in able for row in rows[:each]]


def _twins(training: pd.DataFrame, programs: int, rng: np.random.Generator) -> list[list[Row]]:
    """Return, for each level, training programs with other variables, none of them trained on."""
    seen = set(training["source"])
    of_levels: list[list[Row]] = []
    for level, rows in training.groupby("level", sort=True):
        chosen = rows.iloc[rng.permutation(len(rows))[:programs]]
        renamed = [renamed_by(rng, source) for source in chosen["source"]]
        of_levels.append(
            [
                (str(level), source, output, 0)
                for source, output in zip(renamed, chosen["output"], strict=True)
                if source not in seen
            ]
        )
    return of_levels


def renamed_by(rng: np.random.Generator, source: str) -> str:
    """Return a program with every variable renamed at random, different ones differently."""
    letters = rng.permutation(list(LETTERS))
    names = dict(zip(LETTERS, letters.tolist(), strict=True))
    return VARIABLE.sub(lambda match: names[match[0]], source)
