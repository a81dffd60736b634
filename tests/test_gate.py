"""The gate: TinyPy comes through, the rest is refused in one sentence, by whatever asks it.

In: programs of the grammar, texts near to it and far from it. Out: the same verdict everywhere that
programs come in from outside, and never another exception than StudyError.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from itertools import islice
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from refusals import refusal

from benchmarks.reference.grammar import plain_programs
from cl_utils.difficulty.overall_metric import difficulty, measure, token_halstead_difficulty
from cl_utils.difficulty.static_metrics import static_metrics
from cl_utils.errors import StudyError
from cl_utils.tinypy.gate import MOST_CHARACTERS, parse_tinypy
from cl_utils.tinypy.grammar import GRAMMAR, generate
from cl_utils.tinypy.intermediate_values import values_of
from cl_utils.tinypy.interpreter import executed_lines
from cl_utils.tinypy.operators import MOST_DIGITS
from cl_utils.tinypy.record import parse
from cl_utils.tinypy.sandbox import run
from cl_utils.tinypy.syntax import MOST_DEPTH, MOST_LOOPS

PROGRAMS = generate(300, rng=np.random.default_rng(4)).programs
SOURCES = [program.source for program in PROGRAMS]
READERS: dict[str, Callable[[str], object]] = {  # they run nothing
    "parse": parse_tinypy,
    "difficulty": difficulty,
    "tokens": token_halstead_difficulty,
    "measure": lambda source: measure([source], processes=1),
}
RUNNERS: dict[str, Callable[[str], object]] = {  # they may refuse what fails, too
    "static metrics": lambda source: static_metrics(source, ""),
    "executed lines": lambda source: executed_lines(parse_tinypy(source)),
    "values": values_of,
}
ENTRIES = READERS | RUNNERS | {"run": run}
LONGEST_SENTENCE = 400
every_entry = pytest.mark.parametrize("entry", ENTRIES)


def nested(header: str, levels: int) -> str:
    """Return a print within that many blocks."""
    lines = [f"{' ' * level}{header} :" for level in range(levels)]
    return "\n".join([*lines, f"{' ' * levels}print(1)"])


def chain(links: int) -> str:
    """Return a sum of that many ones."""
    return f"print({'+'.join(['1'] * links)})"


def branches(count: int) -> str:
    """Return an `if` with that many `elif` behind it."""
    return "a = 1\nif a > 1 :\n\tprint(a)" + "\nelif a > 1 :\n\tprint(a)" * count


@pytest.mark.parametrize("level", GRAMMAR)
def test_every_program_of_the_grammar_comes_through(level: str) -> None:
    rng = np.random.default_rng(2)
    for program in generate(400, [level], rng=rng, variant="fixed", operand_max=255).programs:
        assert ast.dump(parse_tinypy(program.source)) == ast.dump(ast.parse(program.source))


def test_programs_by_the_papers_rules_come_through() -> None:
    for text in islice(plain_programs(Random(3)), 500):
        parse_tinypy(parse(text)[0])


def depth(node: ast.AST) -> int:
    """Return how many levels of expressions and statements a tree has."""
    inner = [depth(each) for each in ast.iter_child_nodes(node)]
    return isinstance(node, ast.expr | ast.stmt | ast.Module) + max(inner, default=0)


def test_the_largest_programs_of_the_grammar_are_far_from_the_limits() -> None:
    for variant, most in (("paper2024", 9), ("fixed", 255)):
        drawn = generate(4000, rng=np.random.default_rng(5), variant=variant, operand_max=most)
        sources = [program.source for program in drawn.programs]
        assert max(map(len, sources)) < MOST_CHARACTERS / 20
        assert max(depth(ast.parse(source)) for source in sources) < MOST_DEPTH / 2


AT_THE_LIMIT = {
    "characters": "a = 1\n" * (MOST_CHARACTERS // 6) + "\n" * (MOST_CHARACTERS % 6),
    "digits": f"a = {10**MOST_DIGITS - 1}",
    "a chain": chain(MOST_DEPTH - 2),
    "branches": branches(MOST_DEPTH - 4),
    "blocks": nested("if 1 < 2", MOST_DEPTH - 3),
    "loops": nested("for a in range(1)", MOST_LOOPS),
    "brackets": f"print({'(' * 150}1{')' * 150})",
}
BEYOND_THE_LIMIT = {
    "characters": f"{AT_THE_LIMIT['characters']}\n",
    "digits": f"a = {10**MOST_DIGITS}",
    "a chain": chain(MOST_DEPTH - 1),
    "branches": branches(MOST_DEPTH - 3),
    "blocks": nested("if 1 < 2", MOST_DEPTH - 2),
    "loops": nested("for a in range(1)", MOST_LOOPS + 1),
    "brackets": f"print({'(' * 250}1{')' * 250})",
}


@every_entry
@pytest.mark.parametrize("limit", AT_THE_LIMIT)
def test_what_is_at_a_limit_comes_through_and_what_is_beyond_does_not(
    limit: str, entry: str
) -> None:
    ENTRIES[entry](AT_THE_LIMIT[limit])
    sentence = refusal(lambda: ENTRIES[entry](BEYOND_THE_LIMIT[limit]))
    assert sentence == refusal(lambda: parse_tinypy(BEYOND_THE_LIMIT[limit]))
    assert len(sentence) < LONGEST_SENTENCE


@pytest.mark.parametrize(
    "source",
    [
        *("import os", "print(__name__)", "ab = 1", "A = 1", "a = 1.5", "a = True", "a = 'x'"),
        *("a = 2 ** 9", "a = 7 // 2", "a = +1", "a = 1 << 2", "a = -b @ c", "a = [1]", "a = ()"),
        *("a = b = 1", "a, b = 1, 2", "(a) = b, 1", "a += 1", "a : b = 1", "a = print(1)"),
        *("a = range(3)", "print", "print()", "print(1, 2)", "print(1, end=2)", "print(a = 1)"),
        *("print(*a)", "print(print(1))", "print(range)", "range(3)", "1 + 1", "a(1)", "print = 1"),
        *("for i in a :\n\tprint(i)", "for i in range() :\n\tprint(i)"),
        *("for i in range(1, 2, 3, 4) :\n\tprint(i)", "for print in range(3) :\n\tprint(1)"),
        *("for a, b in range(3) :\n\tprint(1)", "for i in print(3) :\n\tprint(i)"),
        "for i in range(1, 2,) :\n\tprint(i)",
        "for i in range(3) :\n\tprint(i)\nelse :\n\tprint(1)",
        "while 1 < 0 :\n\tprint(1)\nelse :\n\tprint(1)",
        *("while 1 :\n\tbreak", "def f() :\n\tprint(1)", "print(1 if 2 else 3)", "print(a.b)"),
        *("(print)(1)(2)", "print(a in b)", "print(a not in b)", "print(a for a in range(3))"),
        *("if 1 < 2 : print(1)", "if 1 < 2 :\n\tprint(1)\nelse : print(2)", "print((a := 1))"),
        *("a = 1; b = 2", "a = 1 + \\\n2", "print(1 +\n2)", "a = (\n1)", "print(a\n= 5\n)"),
        *("a = 1_000", "a = 0x1f", "a = 1e5", "a = 1j", "a = 007", "a = 00", "if 1or 2 :\n\ta = 1"),
        *("a1 = 2", "a = 1 # one", "# a", "a = 1\n# output\n# 1", "a\x00", "\ufeffa = 1"),
        *("a = 1\r\nprint(a)", "a = 1\x0c", "a = 1\xa0", "é = 1", "a = ٣", "a = 1\ud800"),
        *(
            "a = ١٠",
            "ª = 1",
            "ａ = 1",
            "a = ²",
            "a\u2028= 1",
            "print(a,)",
            "print(a ,\t)",
            "a = 1,",
        ),
    ],
)
def test_text_outside_the_subset_is_refused_with_its_line(source: str) -> None:
    sentence = refusal(lambda: parse_tinypy(source))
    assert "leaves the TinyPy subset" in sentence and len(sentence) < LONGEST_SENTENCE
    assert sentence.startswith(("line 1 ", "line 2 ", "line 3 "))
    for entry in ENTRIES.values():
        assert refusal(partial(entry, source)) == sentence


@pytest.mark.parametrize(
    ("source", "line"),
    [
        *(("a = ", 1), ("a = 1\nif :", 2), ("a = 1\n b = 2", 2), ("if a < b :\nprint(a)", 2)),
        *(("a b", 1), ("print(1))(", 1), ("if 1 < 2 :\n\ta = 1\n  b = 2", 3), ("1 = a", 1)),
        *(("a = 1 <> 2", 1), ("else :\n\tprint(1)", 1), ("a = !1", 1), ("print(1)print(2)", 1)),
    ],
)
def test_text_that_is_not_python_is_refused_with_its_line(source: str, line: int) -> None:
    sentence = refusal(lambda: parse_tinypy(source))
    assert sentence.startswith(f"line {line} of the TinyPy program is not valid Python, fix ")
    for entry in ENTRIES.values():
        assert refusal(partial(entry, source)) == sentence


@every_entry
@pytest.mark.parametrize("source", [None, b"a = 1", 3, 1.5, ["a = 1"], ("a = 1",), object])
def test_what_is_no_text_is_refused_by_its_type(source: object, entry: str) -> None:
    sentence = refusal(lambda: ENTRIES[entry](source))  # type: ignore[arg-type]
    assert sentence == f"the program is of type {type(source).__name__}: give its text, a str"


@every_entry
@pytest.mark.parametrize("source", ["", "\n", " \n\t\n"])
def test_what_holds_no_statement_is_refused(source: str, entry: str) -> None:
    assert "the program is empty" in refusal(lambda: ENTRIES[entry](source))


@every_entry
@pytest.mark.parametrize("piece", ["a = 1\n", "(", "-", "not ", "a.b", "[", "\x00", "\ud800", "9"])
def test_ten_megabytes_are_refused_by_their_size(piece: str, entry: str) -> None:
    sentence = refusal(lambda: ENTRIES[entry](piece * 2_000_000))
    assert "shorten it to 10,000" in sentence and len(sentence) < LONGEST_SENTENCE * 2


PIECES = (
    *("a", "b", "z", "1", "0", "27", " ", " ", "\n", "\n\t", "\t", "(", ")", " :", "=", ",", "!"),
    *("+", "-", "*", "/", "<", ">", "==", "!=", "and ", "or ", "not ", "if ", "elif ", "else :"),
    *("for a in range(3) :\n\t", "while a < 2 :\n\t", "print(a)", "range(", "in ", "print("),
    *(".", "#", "'", "\r", "\x00", "\ud800", "é", "_", "lambda ", "import ", "[", "@", "1e9", ";"),
)
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
REPEATED = st.builds(
    lambda before, piece, count, after: before + piece * count + after,
    *(st.sampled_from(SOURCES), SOUP.filter(len), st.integers(1, 400), SOUP),
)


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A program of the grammar with some pieces put in place of others."""
    source = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(source)))
        end = min(len(source), start + draw(st.integers(0, 6)))
        source = source[:start] + draw(st.sampled_from(("", *PIECES))) + source[end:]
    return source


TEXTS = SOUP | changed() | REPEATED | st.text(max_size=60)


def verdict(entry: Callable[[str], object], source: str) -> tuple[object, str]:
    """Return what an entry gives and "", or None and its refusal, a short sentence."""
    try:
        return entry(source), ""
    except StudyError as error:
        sentence = str(error)
        assert sentence and "\n" not in sentence and len(sentence) < LONGEST_SENTENCE
        return None, sentence


@given(TEXTS)
@settings(derandomize=True, max_examples=600)
@example("dict(b = 1,\na = 5\n)")
@example("print(\na = 5\n)")
def test_all_that_read_a_text_give_the_gates_verdict(source: str) -> None:
    _, refused = verdict(parse_tinypy, source)
    for name, entry in ENTRIES.items():
        if name != "run":
            value, sentence = verdict(entry, source)
            assert sentence == refused if refused or name in READERS else value or sentence


@given(changed() | st.sampled_from(SOURCES))
@settings(derandomize=True, max_examples=400)
def test_what_comes_through_measures_the_same_alone_and_among_others(source: str) -> None:
    alone, refused = verdict(difficulty, source)
    if not refused:
        assert tuple(measure([source], processes=1).iloc[0]) == tuple(vars(alone).values())


@given(TEXTS)
@settings(derandomize=True, max_examples=25)
def test_running_any_text_prints_or_is_refused(source: str) -> None:
    _, refused = verdict(parse_tinypy, source)
    printed, sentence = verdict(lambda text: run(text, seconds=1), source)
    assert sentence == refused if refused else sentence or isinstance(printed, str)


@given(st.none() | st.binary() | st.integers() | st.floats() | st.lists(st.text()))
@settings(derandomize=True, max_examples=30)
def test_any_other_value_is_refused(source: object) -> None:
    for entry in ENTRIES.values():
        assert "give its text" in refusal(partial(entry, source))  # type: ignore[arg-type]
