"""Evaluates one model on the test sets: three tasks, two protocols, every subset of programs.

In: a model, the test corpora by name, the training corpus. Out: `Evaluation`, two tables:
`measures` (a row a test set, subset and measure) and `programs` (a row a test set and program).
The model is greedy wherever nothing else is said, in float32; measures are percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.evaluation.line_completion import complete_lines
from cl_utils.evaluation.measures import (
    Tally,
    execution_tallies,
    line_tallies,
    measure_rows,
    scored_tallies,
    token_tallies,
)
from cl_utils.evaluation.paper_protocol import (
    LIMIT_WITH_FOR,
    paper_correct,
    paper_limit,
    paper_possible,
)
from cl_utils.evaluation.trivial_predictors import (
    NGram,
    has_answer,
    majority_answer,
    train_ngram,
)
from cl_utils.model.completion import complete
from cl_utils.model.decoding import Ids, cut, generate, generate_plain
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import (
    Scores,
    ScoringBatch,
    answer_log_probability,
    execution_exact,
    score,
    scoring_batches,
)
from cl_utils.seeds import torch_stream
from cl_utils.tinypy.record import OUTPUT_MARK
from cl_utils.tinypy.tokenizer import decode

MARGIN: Final = 8  # characters that a greedy prediction may exceed the longest true answer by


@dataclass(frozen=True)
class Evaluation:
    """All that is measured of one model.

    measures: test_set, subset_kind, subset, measure, value (percent), n.
    programs: program_id, test_set, level, bucket, overall_metric, exact, log_probability (nats, of
    the true answer), paper_correct (temperature 1), paper_correct_greedy, paper_possible, majority
    (the answer is the most frequent one), prediction (greedy answer with its terminator), cut (the
    context ended it).
    """

    measures: pd.DataFrame
    programs: pd.DataFrame


def evaluate(
    model: GPT,
    tests: Mapping[str, Corpus],
    train: Corpus,
    *,
    seed: int,
    leaky: Corpus | None = None,
    line_programs: int | None = None,
    device: str | torch.device = "cpu",
) -> Evaluation:
    """Measure everything on every test set; models with one seed share their random numbers.

    On `leaky` programs, some of which have a renamed twin in training, execution alone is measured.
    `line_programs` bounds the programs a test set whose lines are generated for edit similarity.
    """
    model = model.to(device).eval()
    majority, ngram = majority_answer(train), train_ngram(train)
    measures, programs = [], []
    for test_set, corpus in tests.items():
        scores = score(model, corpus, device=device)
        rng = torch_stream(seed, "evaluation", test_set)
        table = program_table(model, corpus, scores, majority, rng)
        lines = complete_lines(model, corpus, scores, programs=line_programs)
        tallies = (
            execution_tallies(table)
            | token_tallies(scores, corpus, ngram.correct(corpus))
            | line_tallies(lines, corpus)
        )
        measures.append(measure_rows(tallies, corpus, macro=test_set == "balanced"))
        programs.append(table)
        for frame in (measures[-1], programs[-1]):
            frame.insert(0, "test_set", test_set)
    if leaky is not None:
        scores = score(model, leaky, device=device)
        rows = measure_rows(scored_tallies(scores, leaky), leaky, macro=False)
        measures.append(rows.assign(test_set="leaky")[measures[0].columns])
    return Evaluation(
        pd.concat(measures, ignore_index=True), pd.concat(programs, ignore_index=True)
    )


@dataclass(frozen=True)
class References:
    """What needs no network, made once from the training programs for all models."""

    majority: str
    ngram: NGram

    @classmethod
    def of(cls, train: Corpus) -> References:
        """Return the most frequent answer and the n-gram predictor of a training corpus."""
        return cls(majority_answer(train), train_ngram(train))


@dataclass(frozen=True)
class PreparedTest:
    """A test set laid out on a device, with what does not depend on the model."""

    corpus: Corpus
    batches: list[ScoringBatch]
    ngram: NDArray[np.bool_]
    majority: NDArray[np.bool_]

    @classmethod
    def of(cls, corpus: Corpus, references: References, device: torch.device) -> PreparedTest:
        """Return a test set as it is read by every model."""
        return cls(
            corpus,
            scoring_batches(corpus, device),
            references.ngram.correct(corpus),
            has_answer(corpus, references.majority),
        )


def evaluate_scored(model: GPT, tests: Mapping[str, PreparedTest]) -> Evaluation:
    """Measure what one teacher-forced pass tells; nothing is generated.

    `tests` by name; the one called leaky has measures of execution alone, as in `evaluate`. What
    only generation can tell (the paper's protocol, lines, predictions) is missing in the rows.
    """
    measures, programs = [], []
    for test_set, test in tests.items():
        corpus, scores = test.corpus, score(model, test.corpus, batches=test.batches)
        tallies = scored_tallies(scores, corpus)
        if test_set != "leaky":
            ones = np.ones(len(corpus))
            tallies |= token_tallies(scores, corpus, test.ngram)
            tallies["execution_majority"] = Tally(test.majority.astype(float), ones)
            programs.append(_scored_programs(scores, corpus).assign(test_set=test_set))
        rows = measure_rows(tallies, corpus, macro=test_set == "balanced")
        rows.insert(0, "test_set", test_set)
        measures.append(rows)
    return Evaluation(
        pd.concat(measures, ignore_index=True), pd.concat(programs, ignore_index=True)
    )


def _scored_programs(scores: Scores, corpus: Corpus) -> pd.DataFrame:
    missing = pd.array([None] * len(corpus), dtype="boolean")
    return pd.DataFrame(
        {
            "program_id": corpus.program_ids,
            "exact": execution_exact(scores, corpus),
            "log_probability": answer_log_probability(scores, corpus),
            "paper_correct": missing,
            "paper_correct_greedy": missing,
            "cut": missing,
            "prediction": pd.array([None] * len(corpus), dtype="string"),
        }
    )


def program_table(
    model: GPT, corpus: Corpus, scores: Scores, majority: str, rng: torch.Generator
) -> pd.DataFrame:
    """Return what is known of each program of one test set; the columns are `Evaluation`'s."""
    exact = execution_exact(scores, corpus)
    answers = [corpus.answer(program) for program in range(len(corpus))]
    sources = [corpus.prompt(p).removesuffix(OUTPUT_MARK) for p in range(len(corpus))]
    limits = np.asarray([paper_limit(source) for source in sources], dtype=np.int64)
    sampled = generate(model, prompts(corpus), limits, temperature=1.0, rng=rng)
    predictions, was_cut = greedy_predictions(model, corpus, scores, exact)
    heads = [text[:limit] for text, limit in zip(predictions, limits, strict=True)]
    return pd.DataFrame(
        {
            "program_id": corpus.program_ids,
            "level": corpus.levels,
            "bucket": np.asarray(BUCKETS)[corpus.buckets],
            "overall_metric": corpus.overall_metric,
            "exact": exact,
            "log_probability": answer_log_probability(scores, corpus),
            "paper_correct": list(map(paper_correct, answers, map(decode, sampled))),
            "paper_correct_greedy": list(map(paper_correct, answers, heads)),
            "paper_possible": list(map(paper_possible, sources, answers)),
            "majority": has_answer(corpus, majority),
            "prediction": predictions,
            "cut": was_cut,
        }
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


def check_decoding(model: GPT, corpus: Corpus, count: int) -> int:
    """Return on how many of `count` programs three ways of decoding disagree; it must be 0.

    The ways: teacher-forced exactness, generation with a cache, plain generation. They disagree if
    the two texts differ, or if their being the answer differs from teacher-forced exactness.
    """
    chosen = corpus.take(sample_evenly(len(corpus), count))
    model = model.eval()
    device = next(model.parameters()).device
    exact = execution_exact(score(model, chosen, device=device), chosen)
    limit = int((chosen.offsets[1:] - chosen.answers).max(initial=0)) + MARGIN
    starts = prompts(chosen)
    cached = [decode(ids) for ids in generate(model, starts, limit)]
    plain = [decode(generate_plain(model, start, limit)) for start in starts]
    return sum(
        fast != slow or (fast == chosen.answer(program)) != exact[program]
        for program, (fast, slow) in enumerate(zip(cached, plain, strict=True))
    )
