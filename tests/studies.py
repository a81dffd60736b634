"""A whole study in seconds: what notebooks 01 to 05 do, on few programs and four training steps.

In: params, made tiny by `tiny_params`; where to is CURRICULUM_HOME's business. Out: the files that
each notebook leaves. One function a notebook, and `whole_study` for all of them, which conftest.py
offers as the fixtures `finished_study` and `study_home`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from worlds import quiet

from cl_utils.data import exams
from cl_utils.data.corpus import corpora
from cl_utils.data.generation import draw_programs
from cl_utils.data.split import leak_by_split, split
from cl_utils.difficulty.buckets import bucket_of, counts_by_level, thresholds
from cl_utils.difficulty.static_metrics import agreement, measure_all
from cl_utils.evaluation.evaluate import Evaluation, evaluate
from cl_utils.paths import PARAMS
from cl_utils.study.data_files import (
    load_difficulty,
    load_exams,
    load_programs,
    load_split,
    save_agreement,
    save_buckets,
    save_counts,
    save_difficulty,
    save_exams,
    save_programs,
    save_tested,
)
from cl_utils.study.device import run_of
from cl_utils.study.params import Params, read_params
from cl_utils.study.run_files import (
    load_run,
    load_training,
    recorded_mixes,
    save_evaluation,
    save_run,
)
from cl_utils.tinypy.grammar import ProgramStream, level_rows
from cl_utils.tinypy.record import canonical_hash, stable_hash
from cl_utils.training.loop import Trained, train

TINY = {
    "programs": 3000,
    "training_programs": 300,
    "validation_programs": 8,
    "test_programs": 20,
    "natural_programs": 30,
    "steps": 4,
    "characters_per_step": 512,
    "line_programs": 5,
}
RUN = "runs/smoke/training/fast/baseline/seed0"
RESULT = "results/smoke/fast/baseline/seed0"


@dataclass(frozen=True)
class FinishedStudy:
    """The home of a study of one run, and what was trained and measured there."""

    home: Path
    trained: Trained
    evaluation: Evaluation


def tiny_params(**changes: object) -> Params:
    """Return the smoke profile, made smaller still, as if its file said so, with `changes`."""
    return Params(**{**read_params(PARAMS / "smoke.yaml").model_dump(), **TINY, **changes})


def draw(params: Params, seed: int = 0) -> None:
    """Do what notebook 01 does, with any seed."""
    drafts = partial(ProgramStream, params.levels, maximum_characters=params.maximum_characters)
    save_programs(params, *draw_programs(drafts, params.programs, seed=seed))


def measure_difficulty(params: Params) -> None:
    """Do what notebook 02 does."""
    programs = load_programs(params)
    difficulty = measure_all(programs)
    save_agreement(params, agreement(difficulty))
    difficulty.insert(0, "program_id", programs["program_id"])
    save_difficulty(params, difficulty)


def make_buckets(params: Params, seed: int = 0) -> None:
    """Do what notebook 03 does, with any seed of the split."""
    programs = load_difficulty(params)
    metric: str = params.metric
    limits = {metric: thresholds(params.bucket_rule, programs[metric])}
    programs["bucket"] = bucket_of(programs[metric], limits[metric])
    programs["canonical_hash"] = programs["source"].map(canonical_hash)
    programs["text_hash"] = programs["source"].map(stable_hash)
    programs["split"] = split(programs, params.wanted, seed=seed)
    save_buckets(params, programs, corpora(programs, params.metric))
    by_level, leak = counts_by_level(programs, limits), leak_by_split(programs, seed=seed)
    save_tested(params, programs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            exams, "DRAFTS", 500
        )  # not the 20,000 that a rare exam of many programs takes
        drawn = exams.draw_exams(
            programs[programs["split"] == "train"],
            level_rows(params.levels, params.variant, while_loops=params.while_loops),
            limits=limits[metric],
            programs=params.natural_programs,
            operands=params.operand_max + 1,
            seed=params.data_seed,
        )
    save_exams(params, drawn)
    save_counts(params, difficulty_by_level=by_level, leak=leak)


def train_run(params: Params) -> Trained:
    """Do what notebook 04 does."""
    corpora = load_training(params), load_split(params, "validation")
    run = run_of(params, recorded_mixes(params))
    trained = train(run, *corpora, report=quiet)
    save_run(params, trained)
    return trained


def evaluate_run(params: Params) -> Evaluation:
    """Do what notebook 05 does."""
    model, manifest = load_run(params)
    tests = {"balanced": load_split(params, "test"), "natural": load_split(params, "natural")}
    corpus = load_split(params, "train")
    evaluation = evaluate(
        model,
        tests,
        corpus,
        seed=params.seed,
        leaky=load_split(params, "leaky"),
        exams=load_exams(params),
        line_programs=params.line_programs,
    )
    save_evaluation(params, evaluation, manifest)
    return evaluation


def whole_study(home: Path) -> FinishedStudy:
    """Run the tiny study from 01 to 05; `home` must be CURRICULUM_HOME."""
    params = tiny_params()
    for notebook in (draw, measure_difficulty, make_buckets):
        notebook(params)
    return FinishedStudy(home, train_run(params), evaluate_run(params))
