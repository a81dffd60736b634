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
    has_answer,
    majority_answer,
    train_ngram,
)
from cl_utils.model.completion import complete
from cl_utils.model.decoding import Ids, cut, generate, generate_plain
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import (
    ON_CPU,
    Scores,
    ScoringBatch,
    answer_log_probability,
    execution_exact,
    score,
    scoring_batches,
)
from cl_utils.seeds import torch_stream
from cl_utils.threads import set_threads_for
from cl_utils.tinypy.record import OUTPUT_MARK
from cl_utils.tinypy.tokenizer import decode

LEAKY: Final = "leaky"  # the test set of which execution alone is measured
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
    if torch.device(device).type == "cpu":
        set_threads_for(model.config.width, ON_CPU)
    corpora = dict(tests) if leaky is None else {**tests, LEAKY: leaky}
    prepared = prepare_tests(corpora, train, device)
    return evaluate_prepared(model.to(device), prepared, Generation(seed, line_programs))


@dataclass(frozen=True)
class PreparedTest:
    """A test set laid out on a device, with what does not depend on the model.

    ngram: which characters (N,) the n-gram predictor gets right; majority: which answers (P,) are
    the most frequent one of the training programs.
    """

    corpus: Corpus
    batches: list[ScoringBatch]
    ngram: NDArray[np.bool_]
    majority: NDArray[np.bool_]


def prepare_tests(
    corpora: Mapping[str, Corpus], train: Corpus, device: str | torch.device
) -> dict[str, PreparedTest]:
    """Return test sets by name, ready for any number of models on one device."""
    majority, ngram = majority_answer(train), train_ngram(train)
    return {
        name: PreparedTest(
            corpus,
            scoring_batches(corpus, device),
            ngram.correct(corpus),
            has_answer(corpus, majority),
        )
        for name, corpus in corpora.items()
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

    Without it the paper's protocol, lines and predictions are missing in the rows. Of the test set
    called leaky execution alone is measured.
    """
    measures, programs = [], []
    for test_set, test in tests.items():
        scores = score(model, test.corpus, batches=test.batches)
        if test_set == LEAKY:
            tallies = scored_tallies(scores, test.corpus)
        else:
            table, lines = scored_programs(scores, test), {}
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


def scored_programs(scores: Scores, test: PreparedTest) -> pd.DataFrame:
    """Return what is known of each program without generating; the columns are `Evaluation`'s."""
    corpus = test.corpus
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
            "majority": test.majority,
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
