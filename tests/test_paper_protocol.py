"""The paper's protocol: what it counts as right, its faults, and its ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cl_utils.evaluation.paper_protocol import numbers, paper_correct, paper_limit, paper_possible
from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import generate
from cl_utils.tinypy.record import answer

CEILINGS = {"1.1": 95.7, "1.2": 94.4, "2.1": 100, "2.2": 95.3, "3.1": 82.5, "3.2": 77.6}


def ceiling(levels: str | Sequence[str], count: int) -> float:
    drawn = generate(count, levels, rng=stream(0, "ceiling", *levels))
    programs = [(program.source, answer(program.output)) for program in drawn.programs]
    return 100 * float(np.mean([paper_possible(*program) for program in programs]))


def test_ceiling_on_all_levels() -> None:
    assert ceiling("ALL", 10_000) == pytest.approx(91.42, abs=1.1)  # 4 standard errors


@pytest.mark.parametrize(("level", "expected"), CEILINGS.items())
def test_ceiling_of_a_level(level: str, expected: float) -> None:
    share, count = expected / 100, 2500
    tolerance = 100 * 4 * (share * (1 - share) * (1 / count + 1 / 10_000)) ** 0.5
    assert ceiling([level], count) == pytest.approx(expected, abs=tolerance)


def test_limits() -> None:
    assert paper_limit("a = 1\nprint(a)") == 20
    assert paper_limit("for a in range(1, 5) :\n\tprint(a)") == 30


def test_numbers_are_read_up_to_the_blank_line() -> None:
    assert numbers("\n# 1\n# -2\n# 0.5\n\n# 9") == [1, -2, 0.5]


def test_right_and_wrong() -> None:
    assert paper_correct("\n# 7\n\n", "\n# 7\n\na = 1\nprint(")
    assert paper_correct("\n# 7\n\n", "\n# 7.0")  # numbers are compared, not text
    assert not paper_correct("\n# 7\n\n", "\n# 8\n\n")


def test_fault_negative_floats_fall_apart() -> None:
    assert numbers("\n# -5.5\n\n") == numbers("\n# -5.05\n\n") == [-5, 5]
    assert paper_correct("\n# -5.5\n\n", "\n# -5.05\n\n")


def test_fault_nothing_equals_anything_without_numbers() -> None:
    assert paper_correct("\n# \n\n", "")
    assert paper_correct("\n# \n\n", "print print")


def test_fault_lines_run_together() -> None:
    assert paper_correct("\n# 12\n\n", "\n# 1\n2\n\n")
    assert paper_correct("\n# 1\n# 2\n\n", "\n# 1# 2")


def test_fault_a_long_output_cannot_be_right() -> None:
    long = answer("0.3333333333333333")
    assert len(long[:20]) < len(long.rstrip())
    assert not paper_possible("a = 1\nprint(a / 3)", long)
    assert paper_possible("for a in range(1, 2) :\n\tprint(a / 3)", long)


def test_fault_a_next_program_displaces_the_answer() -> None:
    generated = "\n# 1\n\na = 3\nprint(a)\n# output"
    assert len(generated) <= 30
    assert not paper_correct("\n# 1\n\n", generated)
