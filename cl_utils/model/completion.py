"""Completes programs of a corpus greedily from given places, writing no more than it has to.

In: a model, a corpus, its teacher-forced scores, and places in the corpus. Out: the text that
greedy decoding writes from each place. Up to the model's first error that is the true text, so the
true text is read at once up to there, and only what follows is generated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus
from cl_utils.model.decoding import Ids, Stop, generate
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import Scores


def complete(
    model: GPT,
    corpus: Corpus,
    scores: Scores,
    programs: NDArray[np.integer],
    starts: NDArray[np.integer],
    limit: int,
    *,
    stop: Stop,
    at_least: NDArray[np.integer] | int = 0,
) -> list[Ids]:
    """Return what greedy decoding writes at `starts` (K,) in `programs` (K,), as `generate` does.

    `starts` are places in `corpus.tokens` from which the model errs somewhere before the true text
    stops. At most `limit` characters are written, counted from `starts`, as is `at_least`.
    """
    wrong = np.flatnonzero(~scores.correct)
    errors = wrong[np.searchsorted(wrong, starts)]
    spans = zip(corpus.offsets[programs], errors, strict=True)
    prompts = [corpus.tokens[start:end] for start, end in spans]
    right = errors - starts
    written = generate(model, prompts, limit - right, stop=stop, at_least=at_least - right)
    return [
        np.concatenate([corpus.tokens[start:error], ids])
        for start, error, ids in zip(starts, errors, written, strict=True)
    ]
