"""What is known of each test program: with one teacher-forced pass, and with generated answers.

In: a model's scores on a test set. Out: one row per program; columns as in `evaluate.Evaluation`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.evaluation.paper_protocol import (
    LIMIT_WITH_FOR,
    paper_correct,
    paper_limit,
    paper_possible,
)
from cl_utils.model.completion import complete
from cl_utils.model.decoding import Ids, cut, generate
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import Scores, answer_log_probability, execution_exact
from cl_utils.tinypy.record import OUTPUT_MARK
from cl_utils.tinypy.tokenizer import decode

MARGIN: Final = 8  # characters that a greedy prediction may exceed the longest true answer by


def scored_programs(scores: Scores, corpus: Corpus, majority: NDArray[np.bool_]) -> pd.DataFrame:
    """Return what is known of each program without generating; the columns are
    `evaluate.Evaluation`'s, `majority` (P,) is one of them."""
    unknown = pd.array([None] * len(corpus), dtype="boolean")
    return pd.DataFrame(
        {
            "program_id": corpus.program_ids,
            "level": corpus.levels,
            "bucket": np.asarray(BUCKETS)[corpus.buckets],
            "overall_metric": corpus.overall_metric,
            "exact": execution_exact(scores, corpus),
            "log_probability": answer_log_probability(scores, corpus),
            "paper_correct": unknown,
            "paper_correct_greedy": unknown,
            "paper_possible": unknown,
            "majority": majority,
            "prediction": pd.array([None] * len(corpus), dtype="string"),
            "cut": unknown,
        }
    )


def with_generated(
    table: pd.DataFrame, model: GPT, corpus: Corpus, scores: Scores, rng: torch.Generator
) -> pd.DataFrame:
    """Return the programs of one test set with the answers that the model writes."""
    answers = [corpus.answer(program) for program in range(len(corpus))]
    sources = [corpus.prompt(p).removesuffix(OUTPUT_MARK) for p in range(len(corpus))]
    limits = np.asarray([paper_limit(source) for source in sources], dtype=np.int64)
    sampled = generate(model, prompts(corpus), limits, temperature=1.0, rng=rng)
    exact = table["exact"].to_numpy()
    predictions, was_cut = greedy_predictions(model, corpus, scores, exact)
    heads = [text[:limit] for text, limit in zip(predictions, limits, strict=True)]
    return table.assign(
        paper_correct=list(map(paper_correct, answers, map(decode, sampled))),
        paper_correct_greedy=list(map(paper_correct, answers, heads)),
        paper_possible=list(map(paper_possible, sources, answers)),
        prediction=predictions,
        cut=was_cut,
    )


def prompts(corpus: Corpus) -> list[Ids]:
    """Return the prompt of each program as token ids."""
    spans = zip(corpus.offsets[:-1], corpus.answers, strict=True)
    return [corpus.tokens[start:end] for start, end in spans]


def greedy_predictions(
    model: GPT, corpus: Corpus, scores: Scores, exact: NDArray[np.bool_]
) -> tuple[list[str], NDArray[np.bool_]]:
    """Return each program's greedy text, and whether the context cut it, (P,).

    Where the model is `exact` the text is the answer; only the others are generated.
    """
    longest = int((corpus.offsets[1:] - corpus.answers).max(initial=0))
    limit = max(longest, LIMIT_WITH_FOR) + MARGIN
    wrong = np.flatnonzero(~exact)
    written = complete(model, corpus, scores, wrong, corpus.answers[wrong], limit, stop="record")
    texts = [corpus.answer(program) for program in range(len(corpus))]
    for program, ids in zip(wrong, written, strict=True):
        texts[program] = decode(ids)
    was_cut = np.zeros(len(corpus), dtype=bool)
    was_cut[wrong] = cut(written, limit)
    return texts, was_cut
