"""What a refusal says: the sentence of a StudyError, for tests that read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cl_utils.errors import StudyError


def refusal(call: Callable[[], object]) -> str:
    """Return what `call` is refused with; fail unless it is a StudyError of one sentence."""
    with pytest.raises(StudyError) as refused:
        call()
    sentence = str(refused.value)
    assert sentence and "\n" not in sentence, f"not one sentence: {sentence!r}"
    return sentence
