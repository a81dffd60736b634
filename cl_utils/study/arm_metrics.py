"""The metrics that an arm asks for beside the study's: their values, and what tells them apart.

In: params that name a run. Out: a value a program; and digests of these values, which the manifest
of a run keeps, so that a run is not taken for that of metrics which were measured again since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_utils.curriculum.arms import arm_named
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import MissingError
from cl_utils.files import running
from cl_utils.names import unknown
from cl_utils.study.data_files import load_difficulty
from cl_utils.study.loaded import check_still, note_loaded
from cl_utils.study.model_losses import MODEL_LOSS, Measure, model_difficulty
from cl_utils.study.notebook_names import BUCKETING, METRIC_ANALYSIS
from cl_utils.study.params import Params


def metric_values(params: Params, metric: str, measure: Measure | None = None) -> pd.Series:
    """Return a metric of every program, by program_id.

    `measure`: what finds the losses of small models where they are not there yet. Raises StudyError
    for what is no metric, and for one that was added after the programs were measured.
    """
    table = model_difficulty(params, measure) if metric == MODEL_LOSS else load_difficulty(params)
    if metric not in METRICS:
        raise unknown(f"arm {params.arm}: metric", metric, METRICS)
    if metric not in table:
        raise MissingError(
            f"{params.paths.difficulty} lacks {metric}, which arm {params.arm} asks for: "
            f"{running(METRIC_ANALYSIS)} again, then notebooks/{BUCKETING}.ipynb"
        )
    return table.set_index("program_id")[metric]


def metric_digests(params: Params) -> dict[str, str]:
    """Return a digest of the values of each metric that the arm asks for.

    Raises StudyError when they are others than the run was trained by in this process.
    """
    digests = {name: _digest(metric_values(params, name)) for name in arm_named(params.arm).metrics}
    for name, digest in digests.items():
        check_still(_in_words(params, name), digest)
    return digests


def training_values(params: Params, metric: str, measure: Measure | None = None) -> pd.Series:
    """Return `metric_values`, and remember that the run of params is trained by them."""
    values = metric_values(params, metric, measure)
    note_loaded(_in_words(params, metric), _digest(values))
    return values


def _in_words(params: Params, metric: str) -> str:
    return f"{metric} in {_file(params, metric)}"


def _file(params: Params, metric: str) -> Path:
    paths = params.paths
    return paths.model_difficulty(params.recipe) if metric == MODEL_LOSS else paths.difficulty


def check_metrics(params: Params, manifest: Mapping[str, Any], repair: str) -> None:
    """Raise MissingError when a run was trained by other values of its metrics than there are now.

    Runs from before digests were recorded, and metrics that are not here, are taken as they are.
    """
    for name, trained_by in manifest.get("metrics", {}).items():
        path = _file(params, name)
        if path.exists() and _digest(metric_values(params, name)) != trained_by:
            raise MissingError(
                f"{params.paths.run(params.recipe, params.arm, params.seed)} was trained by other "
                f"values of {name} than {path} has now: {repair} again"
            )


def _digest(values: pd.Series) -> str:
    """Return 16 hexadecimal digits for values, whatever the order of the programs."""
    ordered = values.sort_index()
    programs, numbers = ordered.index.to_numpy(np.int64), ordered.to_numpy(np.float64)
    return hashlib.sha256(programs.tobytes() + numbers.tobytes()).hexdigest()[:16]
