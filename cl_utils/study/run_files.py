"""The study's files of runs: what an arm learns from, the model it leaves, and how it was measured.

In: params that name a run. Out: the training corpus with the arm's labels, the mixes it is yoked
to, the losses of small models that make a metric, a run's model and manifest, its rows under
results/<profile>/. Each function is one arrow of the data flow in docs/design.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cl_utils.curriculum.arms import Recorded, arm_named, is_arm
from cl_utils.curriculum.relabelling import ranked, relabelled
from cl_utils.data.corpus import Corpus
from cl_utils.errors import MissingError
from cl_utils.files import atomic, file_digest, read_json, running, write_json
from cl_utils.manifests import (
    MANIFEST,
    check_files,
    circumstances,
    forget,
    read_manifest,
    write_manifest,
)
from cl_utils.model.gpt import GPT
from cl_utils.study.arm_metrics import check_metrics, metric_digests, training_values
from cl_utils.study.data_files import (
    check_chain,
    check_tested_on,
    check_trained_on,
    data_fingerprint,
    load_split,
)
from cl_utils.study.device import device_of
from cl_utils.study.loaded import check_code, note_code
from cl_utils.study.model_losses import Measure
from cl_utils.study.notebook_names import BUCKETING, EVALUATION, TRAINING, code_of
from cl_utils.study.params import Params
from cl_utils.study.places import share_tables
from cl_utils.study.stage_params import TrainingParams
from cl_utils.training.checkpoints import load_model, save_model

if TYPE_CHECKING:
    from cl_utils.evaluation.evaluate import Evaluation
    from cl_utils.training.loop import Trained

PROGRAM_COLUMNS = (
    *("program_id", "test_set", "exact", "log_probability"),
    *("paper_correct", "paper_correct_greedy", "cut", "prediction"),
)
RECORDS = ("history.csv", "curve.csv", "mixes.json")
"""What a training recorded, kept beside the run's rows."""
MIXES = RECORDS[-1]
WEIGHTS = "model.safetensors"
RUN_FILES = ("model.json", WEIGHTS, *RECORDS)
RESULT_FILES = ("measures.csv", "programs.parquet", *RECORDS)


def save_run(params: Params, trained: Trained) -> dict[str, Any]:
    """Leave notebook 04's model, history and learning curve; the manifest comes last.

    Returns the manifest. Raises StudyError when code, programs or metrics have changed since this
    process loaded them: the manifest would name those that are there now.
    """
    check_unchanged(params)
    folder, learnt_from = run_folder(params), _learnt_from(params)
    forget(folder / MANIFEST)
    save_model(folder, trained.model)
    for name, table in (("history", trained.history), ("curve", trained.curve)):
        with atomic(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.7g")
    with atomic(folder / MIXES) as temporary:
        temporary.write_text(json.dumps(trained.mixes) + "\n", encoding="utf-8")
    manifest = {
        "params": params.of(TrainingParams),
        "arm": asdict(arm_named(params.arm)),
        **learnt_from,
        "data_fingerprint": data_fingerprint(params),
        "code": code_of(TRAINING),
        "weights": file_digest(folder / WEIGHTS),
        "files": {name: file_digest(folder / name) for name in RUN_FILES},
        "parameters": trained.model.parameter_count,
        "characters": trained.characters,
        "training_seconds": round(trained.seconds, 1),
        "device": _device_name(device_of(params)),
        "precision": trained.precision,
        "threads": torch.get_num_threads(),
        **circumstances(),
    }
    return write_manifest(folder / MANIFEST, manifest)


def check_unchanged(params: Params) -> None:
    """Raise StudyError when code or programs are others than this process trains with."""
    check_code()
    check_trained_on(params)


def _learnt_from(params: Params) -> dict[str, Any]:
    """Return what an arm needs beside programs: the run that it replays, its metrics' digests."""
    found = {"replayed": params.replayed, "metrics": metric_digests(params)}
    return {name: value for name, value in found.items() if value}


def load_run(params: Params) -> tuple[GPT, dict[str, Any]]:
    """Return a run's model and manifest, to be evaluated or played with.

    Raises StudyError when the run is missing, damaged, of other params or of other data.
    """
    note_code(EVALUATION)
    folder, repair = run_folder(params), running(TRAINING)
    manifest = checked_manifest(params, repair)
    check_files(folder, manifest["files"], repair)
    return load_model(folder, params.run().model), manifest


def run_folder(params: Params) -> Path:
    """Return where the run of params is."""
    return params.paths.run(params.recipe, params.arm, params.seed)


def result_folder(params: Params) -> Path:
    """Return where the rows of a run are."""
    return params.paths.result(params.recipe, params.arm, params.seed)


def checked_manifest(params: Params, repair: str) -> dict[str, Any]:
    """Return the manifest of the run of params.

    Raises StudyError when it is damaged; MissingError when it is not there, or says that the run
    was trained with other params, as another arm, on other data, by metrics that were measured
    again since, or on the mixes of another run than the yoked arm replays now.
    """
    folder, again = run_folder(params), f"{repair} again"
    if not (folder / MANIFEST).exists():
        check_chain(params)  # the first notebook that is missing is the one to run
    manifest = read_manifest(
        folder / MANIFEST, repair, {"params": dict, "arm": dict, "files": dict}
    )
    for name, value in params.of(TrainingParams).items():
        if name not in ("device", "compile") and manifest["params"].get(name) != value:
            raise MissingError(
                f"{folder} was trained with {name}={manifest['params'].get(name)!r}, "
                f"not {value!r}: {again}"
            )
    if not is_arm(manifest["arm"], params.arm):
        raise MissingError(
            f"{folder} was trained when the arm was {manifest['arm']}: {again}, or restore "
            "params/study/arms.yaml"
        )
    if manifest.get("data_fingerprint") != data_fingerprint(params):
        raise MissingError(f"{folder} was trained on other data: {again}")
    if manifest.get("replayed", params.replayed) != params.replayed:
        raise MissingError(
            f"{folder} replays {manifest['replayed']}, not {params.replayed}: {again}, or give the "
            "arm as many seeds as it had"
        )
    check_metrics(params, manifest, repair)
    return manifest


def save_evaluation(params: Params, evaluation: Evaluation, manifest: Mapping[str, Any]) -> None:
    """Leave notebook 05's rows beside the run's history, curve and mixes; the manifest comes last.

    A right prediction is the true answer and not written again; what the programs themselves are
    stands in the table of `data_files.save_tested`. Raises StudyError when code, programs or exams
    have changed since this process loaded them.
    """
    check_code(EVALUATION)
    check_tested_on(params)
    run = run_folder(params)
    folder = result_folder(params)
    check_files(run, {name: manifest["files"][name] for name in RECORDS}, running(TRAINING))
    forget(folder / MANIFEST)
    for name in RECORDS:
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
    files = {name: file_digest(folder / name) for name in RESULT_FILES}
    evaluated = {
        "code": code_of(EVALUATION),
        "line_programs": params.line_programs,
        "exams": file_digest(params.paths.exams, running(BUCKETING)),
        "files": files,
        **circumstances(),
    }
    write_manifest(folder / MANIFEST, {**manifest, "evaluation": evaluated})
    share_tables(params.paths)
    write_json(params.paths.evaluated(params.recipe, params.arm, params.seed), files)


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"


def load_training(params: Params, measure: Measure | None = None) -> Corpus:
    """Return the training programs, in the buckets and the order of the metrics that an arm names.

    `measure`: what finds the losses of small models where the arm asks for them and they are not
    there yet (`training.model_loss`); without it they must be. Raises StudyError when code that
    trains has changed since this process loaded it.
    """
    check_code()
    corpus, arm = load_split(params, "train"), arm_named(params.arm)
    for name, apply in ((arm.bucket_metric, relabelled), (arm.order_metric, ranked)):
        if name:
            values = training_values(params, name, measure)
            corpus = apply(corpus, values.reindex(corpus.program_ids))
    return corpus


def replayed_run(params: Params) -> Params | None:
    """Return the params of the run whose mixes a yoked arm draws; None for other arms."""
    return params.model_copy(update=params.replayed) if params.replayed else None


def recorded_mixes(params: Params) -> Recorded:
    """Return what the run drew that a yoked arm is yoked to; nothing for other arms.

    Raises StudyError when that run is missing, is another one, or its record is not what it left.
    """
    note_code()
    theirs = replayed_run(params)
    if theirs is None:
        return ()
    repair = f"{running(TRAINING)} with arm={theirs.arm!r} and seed={theirs.seed}"
    folder, manifest = run_folder(theirs), checked_manifest(theirs, repair)
    check_files(folder, {MIXES: manifest["files"][MIXES]}, repair)
    return [(int(step), mix) for step, mix in read_json(folder / MIXES, repair)]
