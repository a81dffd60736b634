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
from cl_utils.evaluation.line_completion import complete_lines
from cl_utils.evaluation.measures import (
    execution_tallies,
    line_tallies,
    measure_rows,
    scored_tallies,
    token_tallies,
)
from cl_utils.evaluation.program_rows import (
    MARGIN,
    prompts,
    scored_programs,
    with_generated,
)
from cl_utils.evaluation.trivial_predictors import (
    has_answer,
    majority_answer,
    train_ngram,
)
from cl_utils.model.decoding import generate, generate_plain
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import (
    ON_CPU,
    ScoringBatch,
    execution_exact,
    score,
    scoring_batches,
)
from cl_utils.seeds import torch_stream
from cl_utils.threads import set_threads_for
from cl_utils.tinypy.tokenizer import decode

LEAKY: Final = "leaky"  # a test set of which execution alone is measured, as of the exams


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
    exams: Mapping[str, Corpus] | None = None,
    line_programs: int | None = None,
    device: str | torch.device = "cpu",
) -> Evaluation:
    """Measure everything on every test set; models with one seed share their random numbers.

    On `leaky` programs, some of which have a renamed twin in training, and on `exams` off the
    training distribution (test set "exam <name>"), execution alone is measured.
    `line_programs` bounds the programs a test set whose lines are generated for edit similarity.
    """
    if torch.device(device).type == "cpu":
        set_threads_for(model.config.width, ON_CPU)
    by_execution = {exam_test_set(name): corpus for name, corpus in (exams or {}).items()}
    if leaky is not None:
        by_execution = {LEAKY: leaky, **by_execution}
    prepared = prepare_tests(tests, train, device, by_execution=by_execution)
    return evaluate_prepared(model.to(device), prepared, Generation(seed, line_programs))


def exam_test_set(name: str) -> str:
    """Return what rows call the test set of an exam."""
    return f"exam {name}"


@dataclass(frozen=True)
class PreparedTest:
    """A test set laid out on a device, with what does not depend on the model.

    ngram: which characters (N,) the n-gram predictor gets right; majority: which answers (P,) are
    the most frequent one of the training programs. execution_only: whether nothing else is
    measured.
    """

    corpus: Corpus
    batches: list[ScoringBatch]
    ngram: NDArray[np.bool_]
    majority: NDArray[np.bool_]
    execution_only: bool = False


def prepare_tests(
    corpora: Mapping[str, Corpus],
    train: Corpus,
    device: str | torch.device,
    *,
    by_execution: Mapping[str, Corpus] | None = None,
) -> dict[str, PreparedTest]:
    """Return test sets by name, ready for any number of models on one device.

    Of those in `by_execution` execution alone is measured.
    """
    majority, ngram = majority_answer(train), train_ngram(train)
    return {
        name: PreparedTest(
            corpus,
            scoring_batches(corpus, device),
            ngram.correct(corpus),
            has_answer(corpus, majority),
            execution_only=name not in corpora,
        )
        for name, corpus in {**corpora, **(by_execution or {})}.items()
    }


@dataclass(frozen=True)
class Generation:
    """What is generated character by character, and with which random numbers."""

    seed: int
    line_programs: int | None = None


def evaluate_prepared(
    model: GPT, tests: Mapping[str, PreparedTest], generation: Generation | None = None
) -> Evaluation:
    """Measure what one teacher-forced pass tells, and with `generation` everything else.

    Without it the paper's protocol, lines and predictions are missing in the rows.
    """
    measures, programs = [], []
    for test_set, test in tests.items():
        scores = score(model, test.corpus, batches=test.batches)
        if test.execution_only:
            tallies = scored_tallies(scores, test.corpus)
        else:
            table, lines = scored_programs(scores, test.corpus, test.majority), {}
            if generation is not None:
                rng = torch_stream(generation.seed, "evaluation", test_set)
                table = with_generated(table, model, test.corpus, scores, rng)
                chosen = generation.line_programs
                lines = line_tallies(
                    complete_lines(model, test.corpus, scores, programs=chosen), test.corpus
                )
            tallies = execution_tallies(table)
            tallies |= token_tallies(scores, test.corpus, test.ngram) | lines
            table.insert(0, "test_set", test_set)
            programs.append(table)
        rows = measure_rows(tallies, test.corpus, macro=test_set == "balanced")
        rows.insert(0, "test_set", test_set)
        measures.append(rows)
    return Evaluation(
        pd.concat(measures, ignore_index=True), pd.concat(programs, ignore_index=True)
    )


def check_decoding(model: GPT, corpus: Corpus, count: int) -> int:
    """Return on how many of `count` programs three ways of decoding disagree; it must be 0.

    The ways: teacher-forced exactness, generation with a cache, plain generation. They disagree if
    the two texts differ, or if their being the answer differs from teacher-forced exactness.
    """
    chosen = corpus.take(sample_evenly(len(corpus), count))
    model = model.eval()
    device = next(model.parameters()).device
    if device.type == "cpu":
        set_threads_for(model.config.width, len(chosen.tokens))
    exact = execution_exact(score(model, chosen, device=device), chosen)
    limit = int((chosen.offsets[1:] - chosen.answers).max(initial=0)) + MARGIN
    starts = prompts(chosen)
    cached = [decode(ids) for ids in generate(model, starts, limit)]
    plain = [decode(generate_plain(model, start, limit)) for start in starts]
    return sum(
        fast != slow or (fast == chosen.answer(program)) != exact[program]
        for program, (fast, slow) in enumerate(zip(cached, plain, strict=True))
    )
