"""The study's path through its files: what each notebook loads from those before it and leaves.

In: params. Out: tables, corpora and models that belong to exactly these params. Each function is
one arrow of the data flow in the README.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from cl_utils.arms import arm_named
from cl_utils.artifacts import (
    atomic,
    check,
    circumstances,
    fingerprint,
    load_corpus,
    load_table,
    read_json,
    save_corpus,
    save_table,
    write_json,
)
from cl_utils.checkpoints import load_model, save_model
from cl_utils.corpus import SPLITS, Corpus
from cl_utils.errors import StudyError
from cl_utils.fingerprint import code_fingerprint
from cl_utils.model import GPT
from cl_utils.params import Params
from cl_utils.paths import NOTEBOOKS
from cl_utils.stages import BucketParams, DataParams, TrainingParams

if TYPE_CHECKING:
    from cl_utils.evaluation import Evaluation
    from cl_utils.training import Trained

DATA, METRIC_ANALYSIS, BUCKETING = "01_data_generation", "02_metric_analysis", "03_bucketing"
TRAINING, EVALUATION = "04_training", "05_evaluation"
PROGRAM_COLUMNS = (
    *("program_id", "test_set", "exact", "log_probability"),
    *("paper_correct", "paper_correct_greedy", "cut", "prediction"),
)
RESULT_FILES = ("measures.csv", "programs.parquet", "history.csv", "curve.csv")


def save_programs(params: Params, programs: pd.DataFrame, rejected: Mapping[str, int]) -> None:
    """Leave notebook 01's programs."""
    made = {"params": params.of(DataParams), "code": code_of(DATA)}
    save_table(params.paths.programs, programs, rejected=dict(rejected), **made)


def load_programs(params: Params) -> pd.DataFrame:
    """Return program_id, level, source, output, natural."""
    return load_table(params.paths.programs, DATA, params=params.of(DataParams))


def save_difficulty(params: Params, difficulty: pd.DataFrame) -> None:
    """Leave notebook 02's metrics, one row a program."""
    save_table(
        params.paths.difficulty,
        difficulty,
        params=params.of(DataParams),
        inputs=[params.paths.programs],
        code=code_of(METRIC_ANALYSIS),
    )


def load_difficulty(params: Params) -> pd.DataFrame:
    """Return the programs with every metric beside them."""
    programs = load_programs(params)
    metrics = load_table(
        params.paths.difficulty,
        METRIC_ANALYSIS,
        params=params.of(DataParams),
        inputs=[params.paths.programs],
    )
    return programs.merge(metrics, on="program_id", validate="one_to_one")


def save_buckets(params: Params, programs: pd.DataFrame, corpora: Mapping[str, Corpus]) -> None:
    """Leave notebook 03's labels, and the tokens of every split."""
    kept = programs[["program_id", "bucket", "split", "canonical_hash", "text_hash"]]
    made = {"params": params.of(BucketParams), "code": code_of(BUCKETING)}
    save_table(params.paths.buckets, kept, inputs=[params.paths.difficulty], **made)
    for name in SPLITS:
        corpus = corpora[name]
        save_corpus(params.paths.corpus(name), corpus, inputs=[params.paths.buckets], **made)


def load_split(params: Params, name: str) -> Corpus:
    """Return the tokens of one of `corpus.SPLITS`.

    Everything that they were made from must still be what it was.
    """
    paths, bucketing = params.paths, params.of(BucketParams)
    check(paths.difficulty, METRIC_ANALYSIS, params=params.of(DataParams), inputs=[paths.programs])
    check(paths.buckets, BUCKETING, params=bucketing, inputs=[paths.difficulty])
    return load_corpus(paths.corpus(name), params=bucketing, inputs=[paths.buckets])


def data_fingerprint(params: Params) -> str:
    """Return one fingerprint for all corpora: runs compare only if it is the same."""
    parts = [fingerprint(params.paths.corpus(name)) for name in SPLITS]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def device_of(params: Params) -> str:
    """Return cpu or cuda; raise StudyError when cuda is asked for and not there."""
    if params.device == "cuda" and not torch.cuda.is_available():
        raise StudyError("device='cuda', but torch sees no GPU here: use device='auto' or 'cpu'")
    if params.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return params.device


def save_run(params: Params, trained: Trained) -> None:
    """Leave notebook 04's model, history and learning curve; the manifest comes last."""
    folder = params.paths.run(params.recipe, params.arm, params.seed)
    save_model(folder, trained.model)
    for name, table in (("history", trained.history), ("curve", trained.curve)):
        with atomic(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.7g")
    with atomic(folder / "mixes.json") as temporary:
        temporary.write_text(json.dumps(trained.mixes) + "\n", encoding="utf-8")
    write_json(
        folder / "manifest.json",
        {
            "params": params.of(TrainingParams),
            "arm": asdict(arm_named(params.arm)),
            "data_fingerprint": data_fingerprint(params),
            "code": code_of(TRAINING),
            "weights": fingerprint(folder / "model.safetensors"),
            "parameters": trained.model.parameter_count,
            "characters": trained.characters,
            "training_seconds": round(trained.seconds, 1),
            "device": _device_name(device_of(params)),
            "threads": torch.get_num_threads(),
            **circumstances(),
        },
    )


def load_run(params: Params) -> tuple[GPT, dict[str, Any]]:
    """Return a run's model and manifest.

    Raises StudyError when the run is missing, damaged, of other params or of other data.
    """
    folder = params.paths.run(params.recipe, params.arm, params.seed)
    manifest = read_json(folder / "manifest.json", TRAINING)
    for name, value in params.of(TrainingParams).items():
        if name not in ("device", "compile") and manifest["params"].get(name) != value:
            raise StudyError(
                f"{folder} was trained with {name}={manifest['params'].get(name)!r}, "
                f"not {value!r}: run notebooks/{TRAINING}.ipynb again"
            )
    if manifest.get("arm") != asdict(arm_named(params.arm)):
        raise StudyError(
            f"{folder} was trained when the arm was {manifest.get('arm')}: run "
            f"notebooks/{TRAINING}.ipynb again, or restore params/study/arms.yaml"
        )
    if manifest["data_fingerprint"] != data_fingerprint(params):
        raise StudyError(
            f"{folder} was trained on other data: run notebooks/{TRAINING}.ipynb again"
        )
    model = load_model(folder, params.run().model)
    if manifest["weights"] != fingerprint(folder / "model.safetensors"):
        raise StudyError(
            f"{folder}/model.safetensors is not the one that was trained here: run "
            f"notebooks/{TRAINING}.ipynb again"
        )
    return model, manifest


def save_evaluation(params: Params, evaluation: Evaluation, manifest: Mapping[str, Any]) -> None:
    """Leave notebook 05's rows beside the run's history, curve and mixes; the manifest comes last.

    A right prediction is the true answer and not written again; what the programs themselves are
    stands in the table of `save_tested`.
    """
    run = params.paths.run(params.recipe, params.arm, params.seed)
    folder = params.paths.result(params.recipe, params.arm, params.seed)
    for name in ("history.csv", "curve.csv", "mixes.json"):
        with atomic(folder / name) as temporary:
            temporary.write_bytes((run / name).read_bytes())
    programs = evaluation.programs[list(PROGRAM_COLUMNS)]
    programs = programs.assign(
        log_probability=programs["log_probability"].astype(np.float32),
        prediction=programs["prediction"].where(~programs["exact"]),
    )
    with atomic(folder / "programs.parquet") as temporary:
        programs.to_parquet(temporary, index=False, compression="zstd")
    with atomic(folder / "measures.csv") as temporary:
        evaluation.measures.to_csv(temporary, index=False, float_format="%.4f")
    files = {name: fingerprint(folder / name) for name in RESULT_FILES}
    evaluated = {"code": code_of(EVALUATION), "files": files, **circumstances()}
    write_json(folder / "manifest.json", {**manifest, "evaluation": evaluated})
    write_json(run / "evaluated.json", files)


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


def code_of(notebook: str) -> str:
    """Return the fingerprint of what a notebook computes."""
    return code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")
