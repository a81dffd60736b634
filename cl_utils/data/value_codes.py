"""The intermediate values of a corpus as one byte a character: a column beside tokens and kinds.

In: a corpus. Out: the corpus with the code of the value that stands fixed once each character is
read. Which values have codes and which code is whose depends on the programs alone, not on their
order, so that all arms over the same programs are asked for the same values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus
from cl_utils.parallel import ordered_map
from cl_utils.tinypy.intermediate_values import values_of
from cl_utils.tinypy.record import OUTPUT_MARK

MOST_VALUES = 255  # that are told apart: one byte, with one code for all that is not known
_CHUNK = 2_000  # programs a task


class _Found(NamedTuple):
    """The K values of some programs."""

    places: NDArray[np.int64]  # (K,) in the corpus
    numbers: NDArray[np.int64]  # (K,) of each value its place in `names`
    names: list[str]  # as Python writes them, each once


def with_intermediate_values(corpus: Corpus) -> Corpus:
    """Return the corpus with the codes of its intermediate values; itself where it has them.

    Raises StudyError for a program that is not TinyPy.
    """
    if corpus.intermediate_values is not None:
        return corpus
    return replace(corpus, intermediate_values=value_codes(corpus)[0])


def value_count(corpus: Corpus) -> int:
    """Return how many values have codes in a corpus of `with_intermediate_values`."""
    codes = corpus.intermediate_values
    return 0 if codes is None else int(codes.max(initial=0))


def value_codes(
    corpus: Corpus, *, processes: int | None = None
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return the code of what is known after each character, (N,), and the values by code.

    Code 0: nothing is known, or a value that is not among the 255 commonest; code k: the k-th
    commonest, of equally common ones the first by name. The same for any number of `processes`
    (default: all cores).
    """
    found = list(ordered_map(_read, _tasks(corpus), processes=processes))
    counts: Counter[str] = Counter()
    for part in found:
        often = np.bincount(part.numbers, minlength=len(part.names)).tolist()
        counts.update(dict(zip(part.names, often, strict=True)))
    named = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_VALUES]
    code_of = {name: code for code, name in enumerate(named, start=1)}
    codes = np.zeros(len(corpus.tokens), dtype=np.uint8)
    for part in found:
        of_names = np.asarray([code_of.get(name, 0) for name in part.names], dtype=np.uint8)
        codes[part.places] = of_names[part.numbers]
    return codes, tuple(named)


def _tasks(corpus: Corpus) -> Iterator[list[tuple[int, str]]]:
    """Yield where programs begin, and their sources, some at a time."""
    starts = corpus.offsets[:-1].tolist()
    for first in range(0, len(starts), _CHUNK):
        chosen = range(first, min(first + _CHUNK, len(starts)))
        yield [(starts[each], corpus.prompt(each).removesuffix(OUTPUT_MARK)) for each in chosen]


def _read(sources: Sequence[tuple[int, str]]) -> _Found:
    places: list[int] = []
    numbers: list[int] = []
    number_of: dict[str, int] = {}
    for start, source in sources:
        for place, name in values_of(source).items():
            places.append(start + place)
            numbers.append(number_of.setdefault(name, len(number_of)))
    both = np.asarray([places, numbers], dtype=np.int64)
    return _Found(both[0], both[1], list(number_of))
