"""The study's path through its files: what each notebook loads from those before it and leaves.

In: params. Out: tables, corpora and models that belong to exactly these params. Each function is
one arrow of the data flow in the README.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch

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
    write,
    write_json,
)
from cl_utils.buckets import BUCKETS, difficulty_order
from cl_utils.checkpoints import load_model, save_model
from cl_utils.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.fingerprint import code_fingerprint
from cl_utils.model import GPT
from cl_utils.params import BucketParams, DataParams, Params, TrainingParams
from cl_utils.paths import NOTEBOOKS

if TYPE_CHECKING:
    from cl_utils.evaluation import Evaluation
    from cl_utils.training import Trained

DATA, METRICS, BUCKETING = "01_data_generation", "02_metric_analysis", "03_bucketing"
TRAINING, EVALUATION = "04_training", "05_evaluation"
CORPORA = ("train", "validation", "test", "natural")


def save_programs(params: Params, programs: pd.DataFrame, rejected: Mapping[str, int]) -> None:
    """Leave notebook 01's programs."""
    save_table(params.paths.programs, programs, params=params.of(DataParams), rejected=rejected)


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
    )


def load_difficulty(params: Params) -> pd.DataFrame:
    """Return the programs with every metric beside them."""
    programs = load_programs(params)
    metrics = load_table(
        params.paths.difficulty,
        METRICS,
        params=params.of(DataParams),
        inputs=[params.paths.programs],
    )
    return programs.merge(metrics, on="program_id", validate="one_to_one")


def save_buckets(params: Params, programs: pd.DataFrame) -> None:
    """Leave notebook 03's labels and the tokens of every split, training in difficulty order."""
    kept = programs[["program_id", "bucket", "split", "canonical_hash", "text_hash"]]
    expected = {"params": params.of(BucketParams), "inputs": [params.paths.difficulty]}
    save_table(params.paths.buckets, kept, **expected)
    place = {bucket: code for code, bucket in enumerate(BUCKETS)}
    order = difficulty_order(programs[params.metric], programs["text_hash"])
    ordered = programs.iloc[order].sort_values("bucket", key=lambda b: b.map(place), kind="stable")
    expected["inputs"] = [params.paths.buckets]
    for name in CORPORA:
        corpus = Corpus.from_programs(ordered[ordered["split"] == name])
        save_corpus(params.paths.corpus(name), corpus, **expected)


def save_counts(params: Params, **tables: pd.DataFrame) -> None:
    """Leave notebook 03's tables about the data, for figures and README."""
    for name, table in tables.items():
        write(
            params.paths.counts / f"{name}.csv",
            partial(table.to_csv, index=False),
            params=params.of(BucketParams),
            inputs=[params.paths.buckets],
        )


def load_counts(params: Params, name: str) -> pd.DataFrame:
    """Return one of the tables of `save_counts`; it needs no file outside results/."""
    path = params.paths.counts / f"{name}.csv"
    check(path, BUCKETING, params=params.of(BucketParams))
    return pd.read_csv(path, dtype={"level": str})


def load_split(params: Params, name: str) -> Corpus:
    """Return the tokens of one of train, validation, test, natural."""
    return load_corpus(
        params.paths.corpus(name),
        params=params.of(BucketParams),
        inputs=[params.paths.buckets],
    )


def data_fingerprint(params: Params) -> str:
    """Return one fingerprint for all four corpora: runs compare only if it is the same."""
    parts = [fingerprint(params.paths.corpus(name)) for name in CORPORA]
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
    folder = params.paths.run(params.recipe, params.schedule, params.seed)
    save_model(folder, trained.model)
    for name, table in (("history", trained.history), ("curve", trained.curve)):
        with atomic(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False)
    write_json(
        folder / "manifest.json",
        {
            "params": params.of(TrainingParams),
            "data_fingerprint": data_fingerprint(params),
            "code": code_fingerprint(NOTEBOOKS / f"{TRAINING}.ipynb"),
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
    folder = params.paths.run(params.recipe, params.schedule, params.seed)
    manifest = read_json(folder / "manifest.json", TRAINING)
    for name, value in params.of(TrainingParams).items():
        if name not in ("device", "compile") and manifest["params"].get(name) != value:
            raise StudyError(
                f"{folder} was trained with {name}={manifest['params'].get(name)!r}, "
                f"not {value!r}: run notebooks/{TRAINING}.ipynb again"
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
    """Leave notebook 05's rows beside the run's history and curve; measures.csv comes last."""
    run = params.paths.run(params.recipe, params.schedule, params.seed)
    folder = params.paths.result(params.recipe, params.schedule, params.seed)
    for name in ("history", "curve"):
        with atomic(folder / f"{name}.csv") as temporary:
            temporary.write_bytes((run / f"{name}.csv").read_bytes())
    with atomic(folder / "programs.parquet") as temporary:
        evaluation.programs.to_parquet(temporary, index=False, compression="zstd")
    evaluated = {"code": code_fingerprint(NOTEBOOKS / f"{EVALUATION}.ipynb"), **circumstances()}
    write_json(folder / "manifest.json", {**manifest, "evaluation": evaluated})
    with atomic(folder / "measures.csv") as temporary:
        evaluation.measures.to_csv(temporary, index=False, float_format="%.4f")
    write_json(run / "evaluated.json", {"measures": fingerprint(folder / "measures.csv")})


def seal_figures(params: Params) -> list[str]:
    """Leave notebook 06's list of figures with their fingerprints; return their names."""
    made = {path.name: fingerprint(path) for path in sorted(params.figures.glob("*.p[nd][gf]"))}
    write_json(params.paths.runs / f"figures-{params.recipe}.json", made)
    return sorted({Path(name).stem for name in made})


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "cpu"
