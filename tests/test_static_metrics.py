"""Static metrics: as worked by hand, as CPython counts, and blind to what they should not see."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import string
import sys
from collections.abc import Callable
from textwrap import indent
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal

from cl_utils import parallel
from cl_utils.difficulty import static_metrics as metrics
from cl_utils.difficulty.buckets import thresholds
from cl_utils.difficulty.catalogue import BUCKET_METRICS, METRICS
from cl_utils.difficulty.overall_metric import measure
from cl_utils.difficulty.static_metrics import (
    StaticMetrics,
    agreement,
    measure_all,
    nesting_depth,
    node_count,
    static_metrics,
)
from cl_utils.errors import StudyError
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.grammar import GRAMMAR, generate
from cl_utils.tinypy.interpreter import MOST_STEPS, executed_lines

PROGRAMS = generate(300, rng=np.random.default_rng(4)).programs
TABLE = pd.DataFrame(PROGRAMS)
SPELLING = ("zlib_ratio", "random")  # metrics that see how variables are called
BY_HAND = {  # source: (nesting depth, executed lines)
    "print(3)": (0, 1),
    "a = 1\nb = a / 2\nprint(b)": (0, 3),
    # a branch that is taken, one that is not, the last of three
    "a = 1\nif a < 2 :\n\tprint(a)": (1, 3),
    "a = 1\nif a > 2 :\n\tprint(a)": (1, 2),
    "a = 1\nif a > 2 :\n\tprint(a)\nelse :\n\tprint(a + 1)": (1, 3),
    "a = 1\nif a > 2 :\n\tprint(a)\nelif a == 1 :\n\tprint(2)\nelse :\n\tprint(3)": (1, 4),
    "a = 9\nif a < 2 :\n\tprint(a)\nelif a == 1 :\n\tprint(2)\nelse :\n\tprint(3)": (1, 4),
    "a = 1\nif a < 2 :\n\tprint(a)\nelif a == 1 :\n\tprint(2)\nelse :\n\tprint(3)": (1, 3),
    # a loop looks at its header once more than it runs its body
    "for a in range(2, 2) :\n\tprint(a)": (1, 1),
    "for a in range(3) :\n\tprint(a)": (1, 7),
    "for a in range(9, 1, -4) :\n\tprint(a)": (1, 5),
    "a = 5\nwhile a < 5 :\n\ta = a + 1": (1, 2),
    "a = 3\nwhile a >= -1 :\n\tprint(a)\n\ta = a - 2": (1, 11),
    # deeper than the grammar goes: a loop in a loop; an `if` in a loop, in an `else`, in an `elif`
    "for a in range(2) :\n\tfor b in range(2) :\n\t\tprint(a)": (2, 13),
    "for a in range(2) :\n\tif a == 1 :\n\t\tprint(a)\nprint(a)": (2, 7),
    "a = 1\nif a == 0 :\n\tprint(0)\nelse :\n\tif a == 1 :\n\t\tprint(1)": (2, 4),
    "a = 1\nif a == 0 :\n\tprint(0)\nelif a == 1 :\n\tif a < 2 :\n\t\tprint(1)": (2, 5),
    "a = 0\nif a :\n\tprint(0)\nelse :\n\ta = 1\n\tif a :\n\t\tprint(1)": (2, 5),
    # operands are evaluated only as far as CPython does
    "a = 0\nif a and 1 / a < 2 or not a :\n\tprint(a)": (1, 3),
    "a = 0\nif 1 < a < 1 / a or a != 0 :\n\tprint(a)": (1, 2),
}
REFUSED = {
    "print(a)": "line 1: it uses a variable that was never assigned",
    "a = 1\na = 1 / 0": "line 2: it divides by zero",
    "for a in range(1, 5, 0) :\n\tprint(a)": "must not be zero",
    "for a in range(1 / 2) :\n\tprint(a)": "wrong type",
    "while 1 :\n\ta = 1": f"more than {MOST_STEPS:,} steps",
    "for a in range(1000000000) :\n\tfor b in range(0) :\n\t\tprint(b)": "steps",
    "a = 1\nwhile " + "a and " * 999 + "a :\n\tb = a": "steps",
    "a = 9\n" + "a = a * a\n" * 40: "a number grows too large",
    "a = 9\nfor b in range(640) :\n\ta = a * 10": "line 3: a number grows too large",
    "a = 9\nfor b in range(400) :\n\ta = a * 10\nprint(a / 3)": "line 4: a number grows too large",
}
FOREIGN = {  # in trees that did not come through the gate
    "import os": "Import",
    "a = 1\nopen(a)": "line 2: Expr",
    "a = 'text'": "Constant",
    "for a in print(3) :\n\tprint(a)": "For",
    "for a in range(3) :\n\tprint(a)\nelse :\n\tprint(a)": "For",
    "a = 2 ** 3": "Pow",
    "a = 1" + " + 1" * 1500: "recursion",
}


def tabbed(block: str) -> str:
    """Return lines one level deeper."""
    return indent(block, "\t")


TERMS = st.sampled_from("abc0127")
EXPRESSIONS = st.recursive(
    TERMS, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
)
RELATIONS = st.sampled_from(("<", ">", "<=", ">=", "!=", "=="))
COMPARISONS = st.builds("{} {} {}".format, st.sampled_from("abc"), RELATIONS, EXPRESSIONS)
CONDITIONS = (
    COMPARISONS
    | COMPARISONS.map("not {}".format)
    | st.builds("({}) {} ({})".format, COMPARISONS, st.sampled_from(("and", "or")), COMPARISONS)
)
LINES = st.builds("{} = {}".format, st.sampled_from("abc"), EXPRESSIONS) | EXPRESSIONS.map(
    "print({})".format
)
LOOPS = st.builds("for {} in range({}, {})".format, *map(st.sampled_from, ("abc", "012", "0123")))
HEADERS = LOOPS | CONDITIONS.map("if {}".format)
BLOCKS = st.recursive(
    st.lists(LINES, min_size=1, max_size=3).map("\n".join),
    lambda inner: (
        st.builds("{} :\n{}\n{}".format, HEADERS, inner.map(tabbed), inner)
        | st.builds(
            "if {} :\n{}\nelif {} :\n{}\nelse :\n{}".format,
            *(CONDITIONS, inner.map(tabbed), CONDITIONS, inner.map(tabbed), inner.map(tabbed)),
        )
    ),
    max_leaves=8,
)


def lines_of(source: str) -> int:
    """Return the executed lines of a text."""
    return executed_lines(ast.parse(source))


def traced_lines(source: str) -> int:
    """Return how many lines CPython says that it executes."""
    lines: list[int] = []

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_code.co_filename == "program":
            lines.append(frame.f_lineno)
        return trace

    code, before = compile(source, "program", "exec"), sys.gettrace()
    with contextlib.redirect_stdout(io.StringIO()):
        sys.settrace(trace)
        try:
            exec(code, {})
        finally:
            sys.settrace(before)
    return len(lines)


@pytest.mark.parametrize("source", BY_HAND)
def test_depth_and_lines_worked_by_hand(source: str) -> None:
    assert (nesting_depth(ast.parse(source).body), lines_of(source)) == BY_HAND[source]


@pytest.mark.parametrize("source", BY_HAND)
def test_cpython_counts_the_same_lines_by_hand(source: str) -> None:
    assert traced_lines(source) == lines_of(source)


@pytest.mark.parametrize("level", GRAMMAR)
def test_cpython_counts_the_same_lines_of_the_grammar(level: str) -> None:
    rng = np.random.default_rng(2)
    for program in generate(100, [level], rng=rng, variant="fixed", operand_max=99).programs:
        assert lines_of(program.source) == traced_lines(program.source), program.source


@given(BLOCKS)
@settings(derandomize=True, max_examples=120)
def test_cpython_counts_the_same_lines_of_any_program_that_comes_through(block: str) -> None:
    source = f"a = 1\nb = 2\nc = 3\n{block}"
    tree = parse_tinypy(source)
    try:
        expected = traced_lines(source)
    except ZeroDivisionError:
        assert "divides by zero" in refusal(lambda: executed_lines(tree))
    else:
        assert executed_lines(tree) == expected


@pytest.mark.parametrize("source", REFUSED | FOREIGN)
def test_what_does_not_run_as_tinypy_is_refused_with_its_fault(source: str) -> None:
    sentence = refusal(lambda: lines_of(source))
    assert sentence.startswith("only TinyPy programs that run to their end have executed lines")
    assert (REFUSED | FOREIGN)[source] in sentence


@pytest.mark.parametrize("source", REFUSED)
def test_a_program_that_does_not_end_well_has_no_static_metrics(source: str) -> None:
    assert refusal(lambda: static_metrics(source, "")) == refusal(lambda: lines_of(source))


def test_the_largest_numbers_and_the_longest_loops_of_the_grammar_are_far_from_the_limits() -> None:
    for variant, most in (("paper2024", 9), ("fixed", 255)):
        drawn = generate(2000, rng=np.random.default_rng(6), variant=variant, operand_max=most)
        tables = [static_metrics(*program[1:]) for program in drawn.programs]
        assert max(table.executed_lines for table in tables) < MOST_STEPS / 1000
        assert max(len(line) for p in drawn.programs for line in p.output.split("\n")) < 64


def test_the_rest_worked_by_hand() -> None:
    """14 nodes: Module; of the first line Assign, Name, Store, Constant.

    Of the second Expr, Call, Name, Load, BinOp, Name, Load, Div, Constant: each Load counts.
    """
    scores = static_metrics("a = 1\nprint(a / 2)", "0.5")
    assert scores.ast_nodes == 14
    assert (scores.characters, scores.output_characters, scores.executed_lines) == (18, 3, 2)
    assert static_metrics("for a in range(0) :\n\tprint(a)", "").output_characters == 0


@pytest.mark.parametrize("source", [*BY_HAND, *(program.source for program in PROGRAMS[:100])])
def test_nodes_are_those_that_ast_walk_visits(source: str) -> None:
    assert node_count(ast.parse(source)) == len(list(ast.walk(ast.parse(source))))


def test_what_repeats_is_compressed_better_and_short_texts_grow() -> None:
    """zlib adds 8 bytes to a text in which nothing repeats."""
    assert static_metrics("print(1)", "1").zlib_ratio == 2.0
    alike = static_metrics("a = 1\na = 1\na = 1\na = 1\nprint(a)", "1")
    mixed = static_metrics("k = 3\nw = 8\ne = 5\nx = 2\nprint(x)", "2")
    assert alike.characters == mixed.characters and alike.zlib_ratio < mixed.zlib_ratio


def test_an_output_that_is_no_text_is_refused() -> None:
    assert "type NoneType: give its text" in refusal(lambda: static_metrics("print(1)", None))  # type: ignore[arg-type]


def test_what_is_not_python_is_refused() -> None:
    with pytest.raises(StudyError, match="valid Python, fix 'if z :'"):
        static_metrics("if z :", "")
    with pytest.raises(StudyError, match="valid Python, fix 'if z :'"):
        measure_all(pd.DataFrame({"source": ["if z :"], "output": [""]}))


@given(st.sampled_from(PROGRAMS), st.permutations(string.ascii_lowercase))
def test_names_do_not_matter_but_to_their_spelling(program: Any, letters: list[str]) -> None:
    renamed = re.sub(r"\b[a-z]\b", lambda match: letters[ord(match[0]) - ord("a")], program.source)
    pair = pd.DataFrame({"source": [program.source, renamed], "output": program.output})
    first, second = measure_all(pair).drop(columns=list(SPELLING)).to_numpy()
    assert first.tolist() == second.tolist()


def test_the_control_is_uniform_and_means_nothing() -> None:
    table = measure_all(TABLE)
    assert table["random"].between(0, 1, inclusive="left").all() and table["random"].is_unique
    counts, _ = np.histogram(table["random"], bins=3, range=(0, 1))
    assert counts.min() > 80  # of 300
    others = agreement(table).drop(index="random")["random"]
    assert others.abs().max() < 0.2


@pytest.mark.parametrize("processes", [1, 2])
def test_measure_all_is_row_by_row_what_the_two_parts_say(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "ALONE", 0.0)
    monkeypatch.setattr(metrics, "_BATCH", 70)
    table = measure_all(TABLE, processes=processes)
    scores, rows = measure(TABLE["source"]), [static_metrics(p.source, p.output) for p in PROGRAMS]
    pd.testing.assert_frame_equal(table[list(scores.columns)], scores)
    for name in StaticMetrics._fields:
        expected = np.asarray([getattr(row, name) for row in rows], dtype=table[name].dtype)
        assert table[name].tolist() == expected.tolist()
    assert list(table.columns) == [name for name in METRICS if name != "model_loss"]


class Written(NamedTuple):
    """Metrics as somebody would add them."""

    whole: int
    share: float


def with_metrics(
    monkeypatch: pytest.MonkeyPatch, **read: Callable[[str, str, ast.Module], object]
) -> None:
    """Let the module measure `whole` and `share` by these functions, and nothing else."""
    types = {
        "whole": metrics.column_type("whole", int),
        "share": metrics.column_type("share", float),
    }
    default = {"whole": lambda *_: 1, "share": lambda *_: 1.0}
    for name, value in {"StaticMetrics": Written, "_TYPES": types, "_READ": default | read}.items():
        monkeypatch.setattr(metrics, name, value)


def test_a_metric_that_is_a_fraction_keeps_its_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([2.7, 1e12, 0.5])
    with_metrics(monkeypatch, share=lambda *_: next(values))
    table = measure_all(TABLE[:3])
    assert table["share"].tolist() == pytest.approx([2.7, 1e12, 0.5])
    assert table["whole"].tolist() == [1, 1, 1] and table["whole"].dtype == np.int32


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("whole", 2.7, "is 2.7: annotate it float, or round it"),
        ("whole", 2**31, "is 2147483648: let it be a finite number of at most 2.147e+09"),
        ("whole", 10**400, "let it be a finite number"),
        ("whole", None, "is None: let it be a finite number"),
        ("whole", "3", "is '3': let it be a finite number"),
        ("share", float("nan"), "is nan: let it be a finite number"),
        ("share", float("-inf"), "is -inf: let it be a finite number"),
        ("share", 1e39, "is 1e+39: let it be a finite number of at most 3.403e+38"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused_by_metric_and_program(
    name: str, value: object, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_metrics(monkeypatch, **{name: lambda *_: value})
    sentence = refusal(lambda: measure_all(TABLE[:1]))
    assert sentence.startswith(f"metric {name} of the program {TABLE['source'][0]!r}"[:60])
    assert why in sentence


def test_a_metric_that_fails_is_named_with_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    with_metrics(monkeypatch, share=lambda source, output, tree: 1 / len(output))
    table = pd.DataFrame({"source": ["print(1)", "a = 1"], "output": ["1", ""]})
    sentence = refusal(lambda: measure_all(table))
    assert "metric share of the program 'a = 1' cannot be computed (ZeroDivisionError" in sentence


def test_a_metric_without_function_or_of_another_type_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "metric mine is annotated <class 'bool'>: write int or float" in refusal(
        lambda: metrics.column_type("mine", bool)
    )
    with_metrics(monkeypatch)
    monkeypatch.setattr(metrics, "_READ", {})
    assert "metric whole has no function" in refusal(lambda: measure_all(TABLE[:1]))


def test_columns_have_the_types_that_committed_tables_have() -> None:
    types = measure_all(TABLE[:3])[list(StaticMetrics._fields)].dtypes.to_dict()
    fractions = {"zlib_ratio", "random"}
    assert types == {name: np.dtype("float32" if name in fractions else "int32") for name in types}


def test_a_tables_own_index_does_not_matter() -> None:
    pd.testing.assert_frame_equal(measure_all(TABLE.set_index(TABLE.index + 5)), measure_all(TABLE))


def test_nothing_to_measure_is_an_empty_table() -> None:
    pd.testing.assert_frame_equal(measure_all(TABLE[:0]), measure_all(TABLE)[:0])


def test_small_numbers_keep_the_order_and_the_ties_of_the_exact_ones() -> None:
    table = measure_all(TABLE)
    exact = [static_metrics(program.source, program.output) for program in PROGRAMS]
    for name in SPELLING:
        values = np.asarray([getattr(row, name) for row in exact])
        assert np.unique(values, return_inverse=True)[1].tolist() == (
            np.unique(table[name], return_inverse=True)[1].tolist()
        )
    assert (table["random"] == [row.random for row in exact]).all()
    sizes = {table[name].dtype.itemsize for name in StaticMetrics._fields}
    assert sizes == {4}  # bytes


def test_agreement_is_spearmans_and_leaves_out_what_is_no_metric() -> None:
    table = pd.DataFrame(
        {"random": [1, 2, 3, 4], "program_id": [4, 3, 2, 1], "characters": [10, 11, 90, 80]}
    )
    matrix = agreement(table)
    assert list(matrix.index) == list(matrix.columns) == ["characters", "random"]
    assert matrix.loc["characters", "random"] == pytest.approx(0.8)  # 1 - 6 * 2 / (4 * 15)
    assert np.diag(matrix).tolist() == [1, 1]


def test_a_metric_of_one_value_agrees_with_nothing_and_fails_nowhere() -> None:
    table = pd.DataFrame({"characters": [1, 2, 3], "nesting_depth": [1, 1, 1]})
    matrix = agreement(table)
    assert matrix["nesting_depth"].isna().all() and matrix.loc["characters", "characters"] == 1


def test_metrics_that_make_buckets_have_tertiles_and_the_others_do_not() -> None:
    table = measure_all(TABLE)
    for name in BUCKET_METRICS:
        low, high = thresholds("tertiles", table[name])
        assert low < high
    assert set(METRICS) - set(BUCKET_METRICS) == {"nesting_depth", "model_loss"}
    with pytest.raises(StudyError, match="takes 2 values here"):
        thresholds("tertiles", table["nesting_depth"])
