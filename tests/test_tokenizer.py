"""The tokenizer: a fixed vocabulary, a lossless round trip, and refusals that say where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_utils.errors import StudyError
from cl_utils.tinypy.tokenizer import VOCABULARY, decode, encode


def test_vocabulary_is_the_53_characters_in_code_point_order() -> None:
    assert len(VOCABULARY) == 53
    assert list(VOCABULARY) == sorted(set(VOCABULARY))


@given(st.text(alphabet=VOCABULARY))
def test_round_trip(text: str) -> None:
    ids = encode(text)
    assert ids.dtype == np.uint8
    assert [VOCABULARY[i] for i in ids] == list(text)
    assert decode(ids) == text


@given(st.text(alphabet=VOCABULARY), st.characters(exclude_characters=VOCABULARY))
def test_unknown_character_is_named_with_its_position(text: str, character: str) -> None:
    with pytest.raises(StudyError) as error:
        encode(text + character + "a")
    assert repr(character) in str(error.value)
    assert f"position {len(text)} " in str(error.value)


def test_encoded_ids_can_be_written_to() -> None:
    ids = encode("ab")
    ids[0] = ids[1]
    assert decode(ids) == "bb"


@pytest.mark.parametrize("ids", [[0, 53], np.array([3, -1]), np.array([1, 300])])
def test_ids_outside_the_vocabulary_are_refused(ids: list[int]) -> None:
    with pytest.raises(StudyError, match=r"position 1 is not in 0\.\.52"):
        decode(ids)


def test_decode_takes_any_integer_type() -> None:
    assert decode(encode("x = 1").astype(np.int64)) == "x = 1"
    assert decode([]) == ""
