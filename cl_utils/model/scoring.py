"""Teacher-forced scoring: one pass over true texts instead of generating them.

In: a model and a corpus. Out: for every character whether it was the model's first choice, and
its log-probability. Greedy decoding writes an answer exactly if and only if the argmax is right at
every one of its characters, terminator included, so this pass gives execution accuracy too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.data.corpus import Corpus
from cl_utils.data.ragged import spread
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.model.packing import Layout, lay_out, row_sizes

ON_CPU, ON_GPU = 16_384, 131_072  # characters of a batch


@dataclass(frozen=True)
class Scores:
    """Scores of the N characters of a corpus; a program's first character is never predicted."""

    correct: NDArray[np.bool_]  # (N,) the argmax is the true character; False at first characters
    log_probability: NDArray[np.float32]  # (N,) nats; nan at first characters


@dataclass(frozen=True)
class ScoringBatch:
    """Some programs of a corpus on the device of the model that is to score them."""

    sources: NDArray[np.int64]  # (M,) the place in the corpus of each input character
    inputs: Tensor  # (M,) int64
    true: Tensor  # (M,) int64, what follows each
    layout: Layout


def scoring_batches(
    corpus: Corpus, device: str | torch.device = "cpu", characters: int | None = None
) -> list[ScoringBatch]:
    """Return a corpus as batches of about so many characters, laid out once for several models."""
    lengths = corpus.lengths - 1  # inputs: all but the last character
    sizes, place = row_sizes(lengths), torch.device(device)
    batch_of = np.cumsum(lengths) // (characters or (ON_CPU if place.type == "cpu" else ON_GPU))
    batches = []
    for batch in np.unique(batch_of):
        chosen = np.flatnonzero(batch_of == batch)
        sources = spread(corpus.offsets[:-1][chosen], lengths[chosen])
        inputs, true = torch.from_numpy(corpus.tokens[[sources, sources + 1]]).to(place).long()
        layout = lay_out(lengths[chosen], sizes, least_rows=0).to(place)
        batches.append(ScoringBatch(sources, inputs, true, layout))
    return batches


@torch.inference_mode()
def score(
    model: GPT,
    corpus: Corpus,
    *,
    device: str | torch.device = "cpu",
    batches: Sequence[ScoringBatch] = (),
) -> Scores:
    """Score every character of every program given the true ones before it, in float32.

    `batches`: those of the corpus, where they were made before.
    """
    correct = np.zeros(len(corpus.tokens), dtype=bool)
    log_probability = np.full(len(corpus.tokens), np.nan, dtype=np.float32)
    _check(corpus.lengths - 1, model.config.context)
    model.eval()
    for batch in batches or scoring_batches(corpus, device):
        logits = model(batch.inputs, layout=batch.layout).float()
        correct[batch.sources + 1] = (logits.argmax(-1) == batch.true).cpu().numpy()
        picked = logits.log_softmax(-1).gather(1, batch.true[:, None])[:, 0]
        log_probability[batch.sources + 1] = picked.cpu().numpy()
    return Scores(correct, log_probability)


def _check(lengths: NDArray[np.int64], context: int) -> None:
    if lengths.max(initial=0) > context:
        raise StudyError(
            f"a program of {lengths.max() + 1} characters does not fit the model's context of "
            f"{context} and one more: use the data it was trained for"
        )


def execution_exact(scores: Scores, corpus: Corpus) -> NDArray[np.bool_]:
    """Return whether greedy decoding writes each program's answer exactly, (P,)."""
    wrong = ~scores.correct & corpus.is_answer()
    exact: NDArray[np.bool_] = np.add.reduceat(wrong, corpus.offsets[:-1], dtype=np.int64) == 0
    return exact


def answer_log_probability(scores: Scores, corpus: Corpus) -> NDArray[np.float64]:
    """Return the log-probability of each program's whole answer, (P,), nats.

    Its exponential is the expected accuracy of sampling at temperature 1.
    """
    kept = np.where(corpus.is_answer(), scores.log_probability, 0.0)
    return np.add.reduceat(kept, corpus.offsets[:-1], dtype=np.float64)
