"""Evaluation speed: all three tasks on a test set, against one program at a time.

In: settings. Out: rows. The model is a trained one of profile laptop where there is one; a fresh
clone has none, and trains one for a few steps. What both ways find on the programs that both did is
compared one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import corpus
from benchmarks.reference.generation import PlainAnswers, answer_plainly
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from benchmarks.workers import Task, Workload, in_turns
from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.errors import StudyError
from cl_utils.evaluation.evaluate import evaluate
from cl_utils.evaluation.line_completion import complete_lines
from cl_utils.evaluation.paper_protocol import LIMIT_WITH_FOR
from cl_utils.evaluation.program_rows import MARGIN, greedy_predictions
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import execution_exact, score
from cl_utils.parallel import available_cores
from cl_utils.paths import PARAMS
from cl_utils.study.data_files import load_split
from cl_utils.study.params import read_params
from cl_utils.study.run_files import load_run
from cl_utils.training.assembly import make_trainer

TARGET = Target(300.0)
PLAIN = "one by one"
AGREEMENT = Target(0.0, "value", "at most")
FRESH_STEPS = 60  # of a model that no study has trained
SUBSET = 60  # programs whose results are compared one by one


@dataclass(frozen=True)
class Evaluated:
    """A model, programs to evaluate it on, and the programs that baselines are counted from."""

    model: GPT
    tests: Corpus
    train: Corpus
    origin: str


@dataclass(frozen=True)
class StudyEvaluation:
    """A task: evaluate a model as notebook 05 does; amounts in programs."""

    evaluated: Evaluated

    def prepare(self) -> Workload:
        """Return the work: the whole test set at once."""
        evaluated = self.evaluated

        def work() -> float:
            evaluate(evaluated.model, {"balanced": evaluated.tests}, evaluated.train, seed=0)
            return len(evaluated.tests)

        return Workload(work)


@dataclass(frozen=True)
class Scoring:
    """A task: what greedy decoding gets right in the three tasks, by one pass over true texts."""

    evaluated: Evaluated

    def prepare(self) -> Workload:
        """Return the work: the whole test set at once."""
        model, tests = self.evaluated.model, self.evaluated.tests

        def work() -> float:
            scores = score(model, tests)  # token completion is `scores.correct`
            execution_exact(scores, tests)
            complete_lines(model, tests, scores, programs=0)
            return len(tests)

        return Workload(work)


@dataclass(frozen=True)
class PlainEvaluation:
    """A task: the three tasks one program after another; amounts in programs."""

    evaluated: Evaluated

    def prepare(self) -> Workload:
        """Return the work: the next of programs evenly spread over the test set."""
        tests = self.evaluated.tests
        turn = cycle(sample_evenly(len(tests), SUBSET).tolist())
        limit = limit_of(tests)

        def work() -> float:
            answer_plainly(self.evaluated.model, tests, next(turn), limit)
            return 1.0

        return Workload(work)


def limit_of(tests: Corpus) -> int:
    """Return how many characters of output a model may write."""
    longest = int((tests.offsets[1:] - tests.answers).max())
    return max(longest, LIMIT_WITH_FOR) + MARGIN


def evaluation(settings: Settings) -> list[SpeedRow]:
    """Measure evaluation on all cores, and compare what it finds on some programs."""
    evaluated = trained_model(settings)
    tasks: dict[str, Task] = {
        "right or wrong in three tasks": Scoring(evaluated),
        "all that notebook 05 measures, generated texts too": StudyEvaluation(evaluated),
        PLAIN: PlainEvaluation(evaluated),
    }
    arms = {name: ([task], available_cores()) for name, task in tasks.items()}
    rates = in_turns(arms, settings.seconds, settings.repetitions).rates
    rows = [
        speed_row(
            f"evaluation of {len(evaluated.tests):,} programs, {evaluated.origin}: {what}",
            "programs/s",
            values,
            reference=PLAIN,
            references=rates[PLAIN],
            target=TARGET,
        )
        for what, values in rates.items()
        if what != PLAIN
    ]
    return [*rows, *disagreements(evaluated, settings.size(SUBSET, 6))]


def trained_model(settings: Settings) -> Evaluated:
    """Return the baseline and test set of profile laptop, or a fresh model and such programs."""
    params = read_params(PARAMS / "laptop.yaml")
    try:
        model, _ = load_run(params)
        tests, train = load_split(params, "test"), load_split(params, "train")
        origin = "the baseline of profile laptop"
    except StudyError:
        tests, train = (
            corpus(1000, seed=seed, maximum_characters=params.maximum_characters, rule="tertiles")
            for seed in (0, 1)
        )
        steps = settings.size(FRESH_STEPS, 2)
        trainer = make_trainer(replace(params.run(), steps=steps, compiled=False), train, tests)
        for _ in range(steps):
            trainer.advance()
        model, origin = trainer.model.eval(), f"a model of {steps} steps"
    some = sample_evenly(len(tests), settings.size(3000, 60))
    return Evaluated(model, tests.take(some), train, origin)


def disagreements(evaluated: Evaluated, count: int) -> list[SpeedRow]:
    """Return rows of how often both ways differ on `count` programs, one row a task."""
    tests = evaluated.tests.take(sample_evenly(len(evaluated.tests), count))
    limit = limit_of(tests)
    answers = [answer_plainly(evaluated.model, tests, p, limit) for p in range(len(tests))]
    scores = score(evaluated.model, tests)
    lines = complete_lines(evaluated.model, tests, scores)
    texts, _ = greedy_predictions(evaluated.model, tests, scores, execution_exact(scores, tests))
    first = np.zeros(len(tests.tokens), dtype=bool)
    first[tests.offsets[:-1]] = True  # a program's first character is never predicted
    found = {
        "next characters": (joined(answers, "characters"), scores.correct[~first]),
        "lines (exact)": (joined(answers, "lines"), lines.exact_oracle),
        "lines (similarity)": (joined(answers, "similarities"), lines.similarity_oracle),
        "outputs (as text)": (np.asarray([each.text for each in answers]), np.asarray(texts)),
    }
    return [
        speed_row(
            f"{task} of {len(plain):,} on which evaluation and one by one disagree",
            task.partition(" (")[0],
            [float((plain != ours).sum())],
            target=AGREEMENT,
        )
        for task, (plain, ours) in found.items()
    ]


def joined(answers: list[PlainAnswers], part: str) -> NDArray[Any]:
    """Return one part of all answers as one array."""
    return np.concatenate([getattr(answer, part) for answer in answers])
