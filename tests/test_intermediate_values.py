"""Intermediate values of a program: what is known where, and what is not."""

from __future__ import annotations

import pytest

from cl_utils.errors import StudyError
from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import generate
from cl_utils.tinypy.intermediate_values import values_of
from cl_utils.tinypy.operators import MOST_DIGITS


def marked(source: str) -> str:
    """Return a source with every known value in brackets behind the character that settles it."""
    known = values_of(source)
    text = "".join(
        f"{character}[{known[place]}]" if place in known else character
        for place, character in enumerate(f"{source}\n")
    )
    return text.removesuffix("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 7\nprint(a)", "a = 7\n[7]print(a[7])"),
        ("a = 7\nb = a - 9\nprint(b / 4)", "a = 7\n[7]b = a[7] - 9\n[-2]print(b[-2] / 4)[-0.5]"),
        ("a = 2\na = a * a\nprint(-a)", "a = 2\n[2]a = a[2] * a[2]\n[4]print(-a[4])[-4]"),
        (
            "a = 1\nif a < 2 and not a == 1 :\n\tprint(a)\nelse :\n\tprint(a + 5)",
            "a = 1\n[1]if a[1] < 2 [True]and not a[1] == 1 [False]:\n\tprint(a[1])\nelse :\n"
            "\tprint(a[1] + 5)[6]",
        ),
        (
            "a = 1\nif 0 < a < 1 :\n\tprint(a)",
            "a = 1\n[1]if 0 < a[1] < 1 [False]:\n\tprint(a[1])",
        ),
        ("a = 0\nprint((a + 1) * 3)", "a = 0\n[0]print((a[0] + 1)[1] * 3)[3]"),
    ],
)
def test_a_value_stands_where_it_is_settled(source: str, expected: str) -> None:
    assert marked(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (  # what divides by zero, here in a branch not taken, and what contains it
            "a = 0\nif a > 0 :\n\tprint(1 / a + 1)\nprint(a)",
            "a = 0\n[0]if a[0] > 0 [False]:\n\tprint(1 / a[0] + 1)\nprint(a[0])",
        ),
        (  # a loop's variable, in the loop and after it; its bounds are known
            "a = 3\nfor a in range(a, 9) :\n\tprint(a + 1)\nprint(a)",
            "a = 3\n[3]for a in range(a[3], 9) :\n\tprint(a + 1)\nprint(a)",
        ),
        (  # what a branch assigns, but for the rest of that branch
            "a = 1\nb = 2\nif b == 2 :\n\ta = b + 1\n\tprint(a)\nprint(a)",
            "a = 1\n[1]b = 2\n[2]if b[2] == 2 [True]:\n\ta = b[2] + 1\n[3]\tprint(a[3])\nprint(a)",
        ),
        (  # what changes from pass to pass is not known in the header either
            "a = 1\nwhile a < 4 :\n\ta = a + 1\nprint(a)",
            "a = 1\n[1]while a < 4 :\n\ta = a + 1\nprint(a)",
        ),
    ],
)
def test_what_may_change_or_fail_is_not_known(source: str, expected: str) -> None:
    assert marked(source) == expected


def test_the_outermost_expression_counts_even_where_it_is_not_known() -> None:
    source = "a = 1\nwhile a > -4 :\n\ta = a - 1"
    assert marked(source) == "a = 1\n[1]while a > -4 :\n\ta = a - 1"
    assert marked("a = 1\nif a > -4 :\n\tprint(a)") == (
        "a = 1\n[1]if a[1] > -4 [True]:\n\tprint(a[1])"
    )


def test_numbers_too_long_to_write_are_not_known_and_cost_no_time() -> None:
    known = values_of("a = 9\n" + "a = a * a\n" * 40 + "b = 1\nprint(b)")
    assert max(map(len, known.values())) == len(str(9**512)) and max(known) > 400
    assert 9**512 < 10**MOST_DIGITS < 9**1024 and "1" in known.values()


@pytest.mark.parametrize("link", ["and", "or"])
@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("second", [0, 5])
def test_joined_values_are_those_of_python(link: str, first: int, second: int) -> None:
    source = f"a = {first}\nb = {second}\nprint(a {link} b)"
    assert values_of(source)[len(source) - 1] == str(eval(f"{first} {link} {second}"))


def test_straight_programs_end_with_their_output() -> None:
    drawn = generate(300, rng=stream(0, "values"), levels=("1.1", "1.2"), maximum_characters=96)
    assert len(drawn.programs) == 300
    for program in drawn.programs:
        known = values_of(program.source)
        assert known[max(known)] == program.output


def test_what_a_branch_prints_is_known_with_the_condition_that_leads_to_it() -> None:
    drawn = generate(200, rng=stream(1, "values"), levels=("2.1", "2.2"), maximum_characters=200)
    for program in drawn.programs:
        known, place, printed, holds = values_of(program.source), 0, "", False
        for line in program.source.split("\n"):
            inside = [known[at] for at in range(place, place + len(line)) if at in known]
            if line.startswith(("if", "elif")):
                holds = not printed and inside[-1] == "True"
            elif line.startswith("else"):
                holds = not printed
            elif line.startswith("\tprint") and holds:
                printed, holds = inside[-1], False
            place += len(line) + 1
        assert printed == program.output, program.source


@pytest.mark.parametrize(
    "source",
    [
        *("a = ", "import os", "print('a')", "a = [1]\nprint(a)", "print(q)"),
        *("a = 3\nprint(+a)", "a = 3\nprint(~a)", "a = 3\nprint(a % 2)"),
        *("for b in list(3) :\n\tprint(b)", "while 1 < 0 :\n\tprint(1)\nelse :\n\tprint(2)"),
    ],
)
def test_what_is_not_tinypy_is_refused(source: str) -> None:
    with pytest.raises(StudyError, match="TinyPy"):
        values_of(source)
