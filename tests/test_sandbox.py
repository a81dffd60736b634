"""Running a foreign text: it prints what Python prints, stays in the subset and within limits."""

from __future__ import annotations

import numpy as np
import pytest

from cl_utils.errors import StudyError
from cl_utils.tinypy.grammar import GRAMMAR, generate
from cl_utils.tinypy.sandbox import check, run

ENDLESS = "a = 1\nwhile a > 0 :\n\ta = a + 1"


@pytest.mark.parametrize("level", GRAMMAR)
def test_the_child_prints_what_the_grammar_says(level: str) -> None:
    rng = np.random.default_rng(1)
    for program in generate(6, [level], rng=rng, variant="fixed").programs:
        assert run(program.source) == program.output


def test_every_program_of_the_grammar_is_in_the_subset() -> None:
    rng = np.random.default_rng(2)
    for program in generate(1500, rng=rng, variant="fixed", while_loops=True).programs:
        check(program.source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("print(1 / 0)", "divides by zero"),
        ("print(a)", "never assigned"),
        ("while 1 < 2 :\n\tprint(1)", "prints more than"),
        ("for i in range(1 / 2) :\n\tprint(i)", "wrong type"),
        ("for i in range(1, 5, 0) :\n\tprint(i)", "must not be zero"),
    ],
)
def test_a_failing_program_names_its_reason(source: str, reason: str) -> None:
    with pytest.raises(StudyError, match=reason):
        run(source)


def test_an_endless_program_is_stopped() -> None:
    with pytest.raises(StudyError, match=r"longer than 0\.3 s"):
        run(ENDLESS, seconds=0.3)


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "print(__name__)",
        "ab = 1",
        "A = 1",
        "a = 1.5",
        "a = True",
        "a = 'x'",
        "a = 2 ** 9",
        "a = 7 // 2",
        "a = -b @ c",
        "a = [1]",
        "a = b = 1",
        "a, b = 1, 2",
        "a += 1",
        "a = print(1)",
        "a = range(3)",
        "print",
        "print()",
        "print(1, 2)",
        "print(1, end=2)",
        "print(*a)",
        "print(print(1))",
        "print(range)",
        "1 + 1",
        "a(1)",
        "for i in a :\n\tprint(i)",
        "for i in range() :\n\tprint(i)",
        "for print in range(3) :\n\tprint(1)",
        "for i in range(3) :\n\tprint(i)\nelse :\n\tprint(1)",
        "while 1 :\n\tbreak",
        "def f() :\n\tprint(1)",
        "print(1 if 2 else 3)",
        "print(a.b)",
        "(print)(1)(2)",
    ],
)
def test_text_outside_the_subset_is_refused_with_its_line(source: str) -> None:
    with pytest.raises(StudyError, match="line [12] leaves the TinyPy subset"):
        check(source)


@pytest.mark.parametrize("source", ["a = ", "if :", "a\x00", "(" * 300])
def test_text_that_is_not_python_is_refused(source: str) -> None:
    with pytest.raises(StudyError, match="not valid Python"):
        check(source)
