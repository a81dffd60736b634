"""What can be had without a network: the most frequent output, and an n-gram over characters.

In: a training and a test corpus. Out: whether each program, or each character, is predicted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.tinypy.tokenizer import VOCABULARY_SIZE, decode


def majority_answer(train: Corpus) -> str:
    """Return the answer of most training programs, the earliest of them in a tie."""
    texts = train.tokens.tobytes()
    spans = zip(train.answers.tolist(), train.offsets[1:].tolist(), strict=True)
    counts = Counter(texts[start:end] for start, end in spans)
    (answer, _), *_ = counts.most_common(1)
    return decode(np.frombuffer(answer, dtype=np.uint8))


def has_answer(corpus: Corpus, answer: str) -> NDArray[np.bool_]:
    """Return which programs have this answer, (P,)."""
    return np.asarray([corpus.answer(program) == answer for program in range(len(corpus))])


@dataclass(frozen=True)
class NGram:
    """The most frequent next character after each context of k = 0, 1, ... characters.

    Table k is (keys, next characters), keys ascending; see `_contexts` for what a key is.
    """

    tables: list[tuple[NDArray[np.int64], NDArray[np.uint8]]]

    def correct(self, corpus: Corpus) -> NDArray[np.bool_]:
        """Return which characters are predicted from the longest context known, (N,).

        The first character of a program counts as wrong, as in `scoring`.
        """
        predicted = np.full(len(corpus.tokens), VOCABULARY_SIZE, dtype=np.uint8)
        for length, (keys, following) in enumerate(self.tables):  # a longer context overwrites
            places, wanted = _contexts(corpus, length)
            found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
            known = keys[found] == wanted
            predicted[places[known]] = following[found[known]]
        right: NDArray[np.bool_] = predicted == corpus.tokens
        right[corpus.offsets[:-1]] = False
        return right


def train_ngram(train: Corpus, order: int = 6, characters: int = 4_000_000) -> NGram:
    """Count contexts of up to `order` - 1 characters within programs.

    About `characters` of the training text are read, evenly spaced programs of it.
    """
    programs = int(len(train) * min(1.0, characters / max(1, len(train.tokens))))
    corpus = train.take(sample_evenly(len(train), max(1, programs)))
    return NGram([_table(corpus, length) for length in range(order)])


def _contexts(corpus: Corpus, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places with `length` characters before them in their program, and these as keys.

    A key is the context read as a number with the vocabulary's size as base.
    """
    inside = np.arange(len(corpus.tokens)) - np.repeat(corpus.offsets[:-1], corpus.lengths)
    places = np.flatnonzero(inside >= max(1, length))
    keys = np.zeros(len(places), dtype=np.int64)
    for back in range(length, 0, -1):
        keys = keys * VOCABULARY_SIZE + corpus.tokens[places - back]
    return places, keys


def _table(corpus: Corpus, length: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return each context of `length` characters and its most frequent next character."""
    places, keys = _contexts(corpus, length)
    pairs, counts = np.unique(keys * VOCABULARY_SIZE + corpus.tokens[places], return_counts=True)
    context, following = np.divmod(pairs, VOCABULARY_SIZE)
    order = np.lexsort((-counts, context))
    known, first = np.unique(context[order], return_index=True)
    return known, following[order][first].astype(np.uint8)
