"""The text of a program: the record's form, and canonical forms that only twins share."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_utils.errors import StudyError
from cl_utils.tinypy import record
from cl_utils.tinypy.grammar import generate

SOURCES = [p.source for p in generate(300, rng=np.random.default_rng(3)).programs]
printed_lines = st.lists(st.text(alphabet="0123456789.-e", min_size=1), max_size=4)
EXPECTED_HASH = 1151846248925667939
permutations = st.permutations(string.ascii_lowercase)


def renamed(source: str, letters: list[str]) -> str:
    """The source with every variable replaced by another letter, one to one."""
    return re.sub(r"\b[a-z]\b", lambda match: letters[ord(match[0]) - ord("a")], source)


def test_record_is_the_paper_s_text() -> None:
    assert record.record("a = 1\nprint(a)", "1") == "a = 1\nprint(a)\n# output\n# 1\n\n"
    assert record.record("x", "1\n-2") == "x\n# output\n# 1\n# -2\n\n"
    assert record.record("x", "") == "x\n# output\n# \n\n"


@given(st.sampled_from(SOURCES), printed_lines)
def test_parse_inverts_record_and_prompt_plus_answer_is_the_record(
    source: str, lines: list[str]
) -> None:
    output = "\n".join(lines)
    text = record.record(source, output)
    assert record.parse(text) == (source, output)
    assert record.prompt(source) + record.answer(output) == text


@pytest.mark.parametrize(
    "text",
    ["a = 1", "a\n# output\n# 1", "a\n# output\n1\n\n", "a\n# output\n# 1\n2\n\n"],
)
def test_what_is_not_a_record_is_refused(text: str) -> None:
    with pytest.raises(StudyError, match="record"):
        record.parse(text)


@given(st.sampled_from(SOURCES), permutations)
def test_twins_share_canonical_form_hash_and_skeleton(source: str, letters: list[str]) -> None:
    twin = renamed(source, letters)
    assert record.canonical_form(twin) == record.canonical_form(source)
    assert record.canonical_hash(twin) == record.canonical_hash(source)
    assert record.skeleton(twin) == record.skeleton(source)


@given(st.sampled_from(SOURCES))
def test_canonical_form_is_a_fixed_point_and_only_renames(source: str) -> None:
    form = record.canonical_form(source)
    assert record.canonical_form(form) == form
    assert re.sub(r"\b[a-z]\b", "v", form) == re.sub(r"\b[a-z]\b", "v", source)
    variables = re.findall(r"\b[a-z]\b", form)
    assert list(dict.fromkeys(variables)) == list(string.ascii_lowercase[: len(set(variables))])


def test_canonical_form_by_hand() -> None:
    source = "x = 10\nif not x < 3 :\n\tprint(q)"
    assert record.canonical_form(source) == "a = 10\nif not a < 3 :\n\tprint(b)"
    assert record.skeleton(source) == "a = 0\nif not a < 0 :\n\tprint(b)"


def test_different_programs_have_different_hashes() -> None:
    forms = {record.canonical_form(source) for source in SOURCES}
    hashes = {record.canonical_hash(source) for source in SOURCES}
    assert len(forms) == len(hashes)
    assert all(0 <= value < 2**63 for value in hashes)


def test_hash_is_stable_over_processes_and_versions() -> None:
    assert record.canonical_hash("z = 1") == record.stable_hash("a = 1") == EXPECTED_HASH
