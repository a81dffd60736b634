"""The grammar: outputs as CPython prints them, reproducible unique draws, and clear refusals.

That the programs are distributed as the authors' are is tested in test_grammar_distribution.py.
"""

from __future__ import annotations

import contextlib
import io
import re
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cl_utils.errors import StudyError
from cl_utils.tinypy.grammar import GRAMMAR, LEVELS, REASONS, ProgramStream, generate
from cl_utils.tinypy.record import record
from cl_utils.tinypy.tokenizer import decode, encode


def executed(source: str) -> str:
    """What CPython prints for the source."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(source, {})
    return printed.getvalue().rstrip("\n")


@pytest.mark.parametrize("level", LEVELS)
def test_output_is_what_cpython_prints(level: str) -> None:
    for program in generate(5000, [level], rng=np.random.default_rng(10)).programs:
        assert executed(program.source) == program.output, program.source


@pytest.mark.parametrize("operand_max", [9, 255])
@pytest.mark.parametrize("level", GRAMMAR)
def test_output_is_what_cpython_prints_in_the_mended_variant(level: str, operand_max: int) -> None:
    rng = np.random.default_rng(11)
    drawn = generate(1000, [level], rng=rng, variant="fixed", operand_max=operand_max)
    for program in drawn.programs:
        assert executed(program.source) == program.output, program.source
        assert max(map(int, re.findall(r"\d+", program.source))) <= operand_max + 8


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3))
def test_same_generator_same_programs(seed: int, levels: list[str]) -> None:
    first = generate(50, levels, rng=np.random.default_rng(seed))
    again = generate(50, levels, rng=np.random.default_rng(seed))
    other = generate(50, levels, rng=np.random.default_rng(seed + 1))
    assert first == again
    assert first.programs != other.programs
    assert {program.level for program in first.programs} <= set(levels)


def test_a_stream_goes_on_where_it_stopped() -> None:
    whole = generate(200, rng=np.random.default_rng(5)).programs
    stream = ProgramStream(rng=np.random.default_rng(5))
    assert [*islice(stream, 80), *islice(stream, 120)] == whole
    assert stream.accepted == 200


def test_programs_are_unique_and_in_the_vocabulary() -> None:
    drawn = generate(5000, rng=np.random.default_rng(6), variant="fixed", while_loops=True)
    texts = [record(program.source, program.output) for program in drawn.programs]
    assert len(set(texts)) == len(texts) == 5000
    assert decode(encode("".join(texts))) == "".join(texts)
    assert {program.level for program in drawn.programs} == set(GRAMMAR)


def test_rejected_drafts_are_counted_by_reason() -> None:
    drawn = generate(3000, ["1.1"], rng=np.random.default_rng(7), maximum_characters=40)
    assert set(drawn.rejected) == set(REASONS)
    assert all(count > 0 for count in drawn.rejected.values())
    assert all(len(record(p.source, p.output)) <= 40 for p in drawn.programs)


def test_an_exhausted_level_is_an_error_and_not_an_endless_loop() -> None:
    """29 characters hold `a = 1`, `print(a)` and one character of output: 26 * 10 programs."""
    stream = ProgramStream(["1.1"], rng=np.random.default_rng(8), maximum_characters=29)
    assert len({program.source for program in islice(stream, 260)}) == 260
    with pytest.raises(StudyError, match=r"level 1\.1 .* after 260 were found"):
        next(stream)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": ["5.1"]}, "level '5.1' does not exist"),
        ({"levels": []}, "no level given"),
        ({"variant": "paper"}, "variant 'paper' does not exist"),
        ({"operand_max": 300, "variant": "fixed"}, "operand_max is 300"),
        ({"operand_max": 99}, "single digits"),
        ({"levels": ["4.1"]}, "no level 4.1"),
        ({"while_loops": True}, "no level 4.1"),
    ],
)
def test_what_does_not_exist_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        ProgramStream(rng=np.random.default_rng(9), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["3.1", "3.2", "4.1"])
def test_mended_loops_always_print_and_end_soon(level: str) -> None:
    """The end is step * count - 1 past the start, so 1 to 5: at least one turn, at most five."""
    rng = np.random.default_rng(12)
    for program in generate(2000, [level], rng=rng, variant="fixed").programs:
        assert program.output
        assert len(program.output.split("\n")) <= 5


def test_levels_contain_what_the_paper_says() -> None:
    rng = np.random.default_rng(13)
    for program in generate(3000, rng=rng).programs:
        assert ("if" in program.source) == program.level.startswith("2")
        assert ("for" in program.source) == program.level.startswith("3")
        if program.level in ("2.1", "3.1"):
            assert not re.search(r"= .* [-+*/] ", program.source)
