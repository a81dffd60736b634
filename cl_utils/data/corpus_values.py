"""The values known along a corpus, as codes: targets beside the characters themselves.

In: a corpus. Out: for each of its characters the code of the value that is known once it is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus
from cl_utils.tinypy.intermediate_values import values_of
from cl_utils.tinypy.record import OUTPUT_MARK

MOST_NAMES = 255  # values that are told apart: one byte, with one code for all that is not known


@dataclass(frozen=True)
class Values:
    """The values known along a corpus of N characters."""

    codes: NDArray[np.uint8]  # (N,) 1 + place in `names` of what is known once this is read, or 0
    names: tuple[str, ...]  # the commonest first


def values_along(corpus: Corpus) -> Values:
    """Return what is known along all programs; the rarest values count as unknown."""
    places: list[int] = []
    names: list[str] = []
    for program, start in enumerate(corpus.offsets[:-1].tolist()):
        known = values_of(corpus.prompt(program).removesuffix(OUTPUT_MARK))
        places += [start + place for place in known]
        names += known.values()
    commonest = tuple(name for name, _ in Counter(names).most_common(MOST_NAMES))
    code_of = {name: code for code, name in enumerate(commonest, start=1)}
    codes = np.zeros(len(corpus.tokens), dtype=np.uint8)
    codes[places] = [code_of.get(name, 0) for name in names]
    return Values(codes, commonest)
