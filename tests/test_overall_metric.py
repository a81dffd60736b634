"""Difficulty: equal to radon's own numbers, and to a program worked by hand."""

from __future__ import annotations

import ast
import re
import string
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radon.metrics import h_visit
from radon.visitors import ComplexityVisitor
from refusals import refusal

from cl_utils import parallel
from cl_utils.difficulty import overall_metric as difficulty_module
from cl_utils.difficulty.halstead import form_of, radon_scores, source_of, token_halstead
from cl_utils.difficulty.overall_metric import difficulty, measure, token_halstead_difficulty
from cl_utils.errors import StudyError
from cl_utils.tinypy.grammar import GRAMMAR, generate

SOURCES = [p.source for p in generate(300, rng=np.random.default_rng(4)).programs]
HAND_WORKED = "a = 1\nfor b in range(1, 4) :\n\tprint(a * (b - 1))"


@pytest.mark.parametrize("level", GRAMMAR)
def test_bit_identical_to_radon_on_text(level: str) -> None:
    rng = np.random.default_rng(1)
    drawn = generate(1500, [level], rng=rng, variant="fixed", operand_max=99).programs
    table = measure([program.source for program in drawn])
    for program, row in zip(drawn, table.itertuples(), strict=True):
        complexity = ComplexityVisitor.from_code(program.source).total_complexity
        halstead = h_visit(program.source).total.difficulty
        assert row.cyclomatic_complexity == complexity
        assert row.halstead_difficulty == halstead
        assert row.overall_metric == (complexity + halstead) / 2


def test_hand_worked_program() -> None:
    """radon: 2 operators (*, -) and 4 operands, all 4 distinct, as the bracket is one of its own.

    Tokens: operators = for in range ( , : print * - are 10 distinct; operands a 1 b 1 4 a b 1 are
    8, of which a b 1 4 are 4 distinct.
    """
    scores = difficulty(HAND_WORKED)
    assert scores.cyclomatic_complexity == 2
    assert scores.halstead_difficulty == 2 / 2 * 4 / 4
    assert scores.halstead_difficulty_token == 10 / 2 * 8 / 4
    assert scores.overall_metric == (2 + 1) / 2
    assert scores.overall_metric_token == (2 + 10) / 2


def test_without_operands_the_difficulty_is_zero() -> None:
    assert token_halstead("") == 0
    assert difficulty("a = 1\nprint(a)").halstead_difficulty == 0


def test_two_character_relations_are_one_operator() -> None:
    assert token_halstead("a <= b") == 1 / 2 * 2 / 2


def test_halstead_by_tokens_is_that_of_the_scores() -> None:
    assert token_halstead_difficulty("a = 4") == 1 / 2 * 2 / 2
    for source in SOURCES:
        assert token_halstead_difficulty(source) == difficulty(source).halstead_difficulty_token


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("a = 4 # the first value, then more", "'#' is not part of it, leave comments out"),
        ("first = 4", "'first' is not part of it"),
        ("print(len(4))", "'len' is not part of it"),
        ("a = 4.0", "use whole numbers"),
    ],
)
def test_what_tokens_would_count_wrong_is_refused_by_all_scores(source: str, fault: str) -> None:
    for judge in (difficulty, token_halstead_difficulty, lambda source: measure([source])):
        assert fault in refusal(partial(judge, source))


@pytest.mark.parametrize("processes", [1, 2])
def test_measure_is_difficulty_row_by_row(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "ALONE", 0.0)
    monkeypatch.setattr(difficulty_module, "_BATCH", 70)
    expected = pd.DataFrame([difficulty(source) for source in SOURCES])
    pd.testing.assert_frame_equal(measure(SOURCES, processes=processes), expected)
    pd.testing.assert_frame_equal(measure(pd.Series(SOURCES), processes=processes), expected)


def test_nothing_to_measure_is_an_empty_table() -> None:
    pd.testing.assert_frame_equal(measure([]), measure(SOURCES)[:0])


BEYOND_TINYPY = [
    "print(0 + 00)",
    "a = 1.5 + 1.50",
    "print(1e1 + 10.0)",
    "b = 'a = 5' + 'a = 6'",
    "print(a # print(b)\n+ 3)",
    "c = lambda b = 1,\\\na = 5 : a * b",
    "dict(b = a + 1,\na = 5\n)",
    "dict(b = 1,\na = 5\n)",
    "a = (\nb < 1)",
    "print(a < b for a in range(1, 2))",
    "for a in print(b) :\n\tb = b",
    "def range(a, b = 3) :\n\treturn a == b",
]
AT_ITS_EDGE = [
    "a = 5",
    "a = 5\nb = 5\na = a + 5",
    "if a < 5 :\n\ta = 5",
    "if (a) < (b) :\n\tprint(a)",
    "for a in range(1, 2) :\n\tfor b in range(a, 2 + 2, 2) :\n\t\tprint(a + b)",
    "while a > -3 :\n\ta = a - 3",
]


@pytest.mark.parametrize("source", BEYOND_TINYPY + AT_ITS_EDGE)
def test_radons_scores_are_radons_for_any_python(source: str) -> None:
    complexity = ComplexityVisitor.from_code(source).total_complexity
    assert radon_scores(ast.parse(source)) == (complexity, h_visit(source).total.difficulty)


@pytest.mark.parametrize("source", AT_ITS_EDGE)
def test_no_short_cut_misses_what_radon_sees(source: str) -> None:
    row = measure([source]).iloc[0]
    assert row["cyclomatic_complexity"] == ComplexityVisitor.from_code(source).total_complexity
    assert row["halstead_difficulty"] == h_visit(source).total.difficulty


def test_a_form_says_what_is_left_of_a_source_and_stands_for_it() -> None:
    form = form_of("x = 5\ny = 7\nz = x + 7\nprint(z)")
    assert form == "_\na = b + 0\nprint(_)"
    assert source_of(form) == "a = 0\na = b + 0\nprint(a)"


@pytest.mark.parametrize("source", BEYOND_TINYPY)
def test_what_is_beyond_tinypy_is_refused_by_its_own_text(source: str) -> None:
    sentence = refusal(lambda: measure([source]))
    assert sentence == refusal(lambda: difficulty(source)) and "_" not in sentence


@given(st.sampled_from(SOURCES), st.permutations(string.ascii_lowercase))
def test_names_do_not_matter(source: str, letters: list[str]) -> None:
    twin = re.sub(r"\b[a-z]\b", lambda match: letters[ord(match[0]) - ord("a")], source)
    assert difficulty(twin) == difficulty(source)


def test_what_is_not_python_is_refused() -> None:
    for judge in (difficulty, lambda source: measure([source])):
        with pytest.raises(StudyError, match="valid Python, fix 'if z :'"):
            judge("if z :")
