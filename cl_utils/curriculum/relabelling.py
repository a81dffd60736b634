"""What an arm changes about the training programs: their labels, and whether outputs are there.

In: a training corpus. Out: the corpus that the arm's schedule draws from. The test and validation
programs never change.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cl_utils.curriculum.arms import PERMUTED, REVERSED, Arm
from cl_utils.data.corpus import Corpus
from cl_utils.data.ragged import character_places
from cl_utils.errors import StudyError
from cl_utils.seeds import stream
from cl_utils.tinypy.record import OUTPUT_MARK, SEPARATOR, stable_hash


@dataclass(frozen=True)
class Relabelled(Corpus):
    """Programs in other buckets than the study's; what is taken of them is not known to be."""


def apply_arm_controls(corpus: Corpus, arm: Arm, seed: int) -> Corpus:
    """Return the corpus with the labels and outputs of an arm.

    Raises StudyError where the arm's labels are a metric's and the corpus has the study's: only
    `relabelled` makes those, since it takes the scores.
    """
    if arm.bucket_metric and not isinstance(corpus, Relabelled):
        raise StudyError(
            f"the arm's buckets are those of labels={arm.labels!r}, these programs have the "
            "study's: load them with cl_utils.study.run_files.load_training, or give "
            "relabelled(corpus, scores)"
        )
    if arm.labels == PERMUTED:
        corpus = relabelled(corpus, stream(seed, "labels").random(len(corpus)))
    elif arm.labels == REVERSED:
        corpus = relabelled(corpus, -np.arange(len(corpus)))
    return corpus if arm.outputs else without_outputs(corpus)


def relabelled(corpus: Corpus, scores: ArrayLike) -> Relabelled:
    """Return the programs sorted by other scores (P,), in buckets of the same sizes as before.

    Equal scores are ordered by a hash, since sizes must not change. Raises StudyError when a
    program has no score.
    """
    sizes = np.bincount(corpus.buckets, minlength=3)
    ordered = corpus.take(easiest_first(corpus, scores))
    columns = {each.name: getattr(ordered, each.name) for each in fields(ordered)}
    columns["buckets"] = np.repeat(np.arange(3, dtype=np.uint8), sizes)
    return Relabelled(**columns)


def ranked(corpus: Corpus, scores: ArrayLike) -> Corpus:
    """Return the same corpus with the programs' ranks by other scores (P,), 0 the easiest.

    For arms that read what the baseline draws in another order: what is drawn stays the same.
    Raises StudyError when a program has no score.
    """
    ranks = np.empty(len(corpus), dtype=np.int64)
    ranks[easiest_first(corpus, scores)] = np.arange(len(corpus))
    return replace(corpus, ranks=ranks)


def easiest_first(corpus: Corpus, scores: ArrayLike) -> NDArray[np.int64]:
    """Return the programs' places in order of their scores (P,), ties by a hash of their numbers.

    Raises StudyError when a program has no score or one that is not finite, when all have the
    same (then the hashes alone would decide), and for a column of a table whose rows are not the
    programs in the corpus's order.
    """
    _check_rows(corpus, scores)
    values = np.asarray(scores, dtype=float)
    if values.shape != (len(corpus),) or np.isnan(values).any():
        raise StudyError(
            f"{np.isfinite(values).sum()} scores for {len(corpus)} training programs: run "
            "notebooks/02_metric_analysis.ipynb (or 08_model_difficulty) again with these params"
        )
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise StudyError(
            f"the score of program {corpus.program_ids[first]} is {values[first]}: give every "
            "program a finite number"
        )
    if len(values) > 1 and (values == values[0]).all():
        raise StudyError(
            f"all {len(values)} training programs have the score {values[0]:g}, which puts them in "
            "no order: choose another metric"
        )
    ties = np.asarray([stable_hash(str(each)) for each in corpus.program_ids.tolist()])
    return np.lexsort((ties, values))


def _check_rows(corpus: Corpus, scores: ArrayLike) -> None:
    """Raise StudyError for a pandas Series whose index is not the programs' numbers, in order."""
    index = getattr(scores, "index", None) if hasattr(scores, "to_numpy") else None
    if index is not None and not np.array_equal(np.asarray(index), corpus.program_ids):
        raise StudyError(
            "the scores' rows are not the corpus's programs in its order: give "
            "scores.reindex(corpus.program_ids), with the programs' numbers as index"
        )


def without_outputs(corpus: Corpus) -> Corpus:
    """Return the programs without output mark and outputs: source and blank line alone."""
    sources = corpus.answers - corpus.offsets[:-1] - len(OUTPUT_MARK)  # (P,) characters
    tokens = corpus.tokens[_kept(corpus, sources)]
    offsets = np.concatenate([[0], np.cumsum(sources + len(SEPARATOR))]).astype(np.int64)
    return replace(
        corpus,
        tokens=tokens,
        offsets=offsets,
        answers=offsets[1:].copy(),
        intermediate_values=None,  # they would be those of other characters
    )


def _kept(corpus: Corpus, sources: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of the sources' characters and of the separators, program by program."""
    lengths = np.stack([sources, np.full_like(sources, len(SEPARATOR))], axis=1).ravel()
    ends = corpus.offsets[1:] - len(SEPARATOR)
    starts = np.stack([corpus.offsets[:-1], ends], axis=1).ravel()
    return character_places(starts, lengths)
