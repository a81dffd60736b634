"""Characters as tokens: the fixed vocabulary of the 53 characters that TinyPy records use.

In: text. Out: token ids as numpy uint8, one a character, and back. The ids are the ranks of the
characters by code point and never change, so that token files and models stay valid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cl_utils.errors import StudyError

VOCABULARY = "\t\n !#()*+,-./0123456789:<=>abcdefghijklmnopqrstuvwxyz"
VOCABULARY_SIZE = len(VOCABULARY)
_UNKNOWN = 255
_CODE_POINT_TO_ID = bytes(
    VOCABULARY.index(chr(code)) if chr(code) in VOCABULARY else _UNKNOWN for code in range(256)
)
_CODE_POINTS = VOCABULARY.encode("ascii")
_ID_TO_CODE_POINT = _CODE_POINTS.ljust(256, b"?")


def encode(text: str) -> NDArray[np.uint8]:
    """The ids of a text, shape (len(text),), each in 0..52.

    Raises StudyError that names the first character outside the vocabulary and its position.
    """
    # A character beyond latin-1 becomes "?", which is no character of the vocabulary either.
    ids = text.encode("latin-1", "replace").translate(_CODE_POINT_TO_ID)
    position = ids.find(_UNKNOWN)
    if position >= 0:
        raise StudyError(
            f"character {text[position]!r} at position {position} is not one of the"
            f" {VOCABULARY_SIZE} characters of TinyPy: remove it"
        )
    return np.frombuffer(ids, dtype=np.uint8).copy()


def decode(ids: ArrayLike) -> str:
    """The text of a sequence of ids, the inverse of `encode`.

    Raises StudyError that names the first id outside 0..52 and its position.
    """
    array = np.asarray(ids).reshape(-1)
    wrong = np.flatnonzero((array < 0) | (array >= VOCABULARY_SIZE))
    if wrong.size:
        position = int(wrong[0])
        raise StudyError(
            f"token {array[position]} at position {position} is not in 0..{VOCABULARY_SIZE - 1}:"
            " decode what this tokenizer encoded"
        )
    return array.astype(np.uint8).tobytes().translate(_ID_TO_CODE_POINT).decode("ascii")
