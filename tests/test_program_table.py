"""A table of programs is what later notebooks can use, or refused with the program and the fix."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd
import pytest
from refusals import refusal

from cl_utils.seeds import stream
from cl_utils.study.program_table import check_programs
from cl_utils.tinypy.grammar import ALL, generate


@cache
def table(variant: str = "paper2024", *, while_loops: bool = False) -> pd.DataFrame:
    """Return programs of all levels as notebook 01 has them; leave the table as it is."""
    drawn = generate(300, ALL, rng=stream(0, "tables"), variant=variant, while_loops=while_loops)
    programs = pd.DataFrame(drawn.programs)
    programs.insert(0, "program_id", range(len(programs)))
    return programs.assign(natural=True)


@pytest.mark.parametrize(("variant", "loops"), [("paper2024", False), ("fixed", True)])
def test_the_grammar_s_programs_are_taken(variant: str, loops: bool) -> None:
    check_programs(table(variant, while_loops=loops))


Change = Callable[[pd.DataFrame], pd.DataFrame]


def first(column: str, value: object) -> Change:
    """Return what puts a value into a column of the first program."""

    def change(programs: pd.DataFrame) -> pd.DataFrame:
        values = programs[column].astype(object)
        values.iloc[0] = value
        return programs.assign(**{column: values})

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda each: each.drop(columns=["natural", "level"]),
            ["lacks the columns level, natural"],
        ),
        (lambda each: each.assign(overall_metric=1.0), ["columns overall_metric", "remove them"]),
        (lambda each: each.assign(split="train"), ["columns split", "notebooks 02 and 03"]),
        (lambda each: each.assign(program_id=0), ["program_id 0 appears twice"]),
        (lambda each: each.assign(program_id=each["program_id"] + 0.5), ["no whole number"]),
        (lambda each: each.assign(program_id=each["program_id"].astype(str)), ["whole number"]),
        (lambda each: each.assign(natural=1), ["neither True nor False"]),
        (first("level", None), ["program 0 has level=", "give a text"]),
        (first("level", "all"), ["level='all'", "other than 'all'"]),
        (first("level", " "), ["level=' '"]),
        (first("source", float("nan")), ["program 0 has source=", "give a text"]),
        (first("source", ""), ["source=''", "playground.program.read"]),
        (first("source", "a=3\nprint(a)"), ["a=3", "the grammar's layout"]),
        (first("source", "a = 3\nprint(a+2)"), ["the grammar's layout"]),
        (first("source", "a = 3\nprint(a)\n"), ["the grammar's layout"]),
        (first("source", "a = 3 \nprint(a)"), ["the grammar's layout"]),
        (first("source", "a = 3 # three\nprint(a)"), ["the grammar's layout"]),
        (first("source", "a = 3\n\nprint(a)"), ["the grammar's layout"]),
        (first("source", "a = 1\nb = a +  2\nprint(b)"), ["the grammar's layout"]),
        (first("source", "a = 1\nb =  a + 2\nprint(b)"), ["the grammar's layout"]),
        (first("source", "a = 1\nprint( a )"), ["the grammar's layout"]),
        (first("source", "a = 1\nprint(a )"), ["the grammar's layout"]),
        (first("source", "a = 1\nif   a > 2 :\n\tprint(a)"), ["the grammar's layout"]),
        (first("source", "import os"), ["import os", "the grammar's layout"]),
        (first("source", "a = 1\nimport os\nprint(a)"), ["the grammar's layout"]),
        (first("level", " 1.1"), ["level=' 1.1'", "without spaces"]),
        (first("level", "é"), ["in ASCII"]),
        (
            lambda each: each.assign(program_id=each["program_id"] - 1),
            ["program -1 has program_id=-1", "0 or more"],
        ),
        (lambda each: each.head(0), ["no row"]),
        (
            lambda each: each.assign(source=each["source"].iloc[0]),
            ["program 1 has source=", "each program once"],
        ),
        *(
            (first("output", output), ["output=", "one number per line"])
            for output in (" 5 ", "1\t", "1\r", "output\n2", "True", "٣", "inf", "-")
        ),
        (first("output", 3), ["output=3", "give a text"]),
        (
            lambda programs: programs.assign(output=programs["output"] + "0"),
            ["has output=", "but prints", "give what it prints"],
        ),
        (
            lambda programs: programs.assign(output=programs["output"].to_numpy()[::-1]),
            ["but prints"],
        ),
        (first("output", "3\n"), ["output=", "without empty lines"]),
    ],
)
def test_what_later_notebooks_could_not_use_is_refused(change: Change, words: list[str]) -> None:
    sentence = refusal(lambda: check_programs(change(table())))
    assert all(word in sentence for word in words), sentence
