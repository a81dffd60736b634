"""The losses of small models on every program: one more metric of difficulty, measured and kept.

In: params, and what measures (`training.model_loss`). Out: a table of all programs, and that of the
test programs where results are tracked. Notebook 08 measures; notebook 04 does for an arm that asks
for the metric before 08 has run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from cl_utils.artifacts import check_artifact, save_table, write_artifact
from cl_utils.data.corpus import SPLITS
from cl_utils.study.data_files import check_trained_on, load_split
from cl_utils.study.device import run_of
from cl_utils.study.notebook_names import MODEL_DIFFICULTY, code_of
from cl_utils.study.params import Params
from cl_utils.study.stage_params import TrainingParams

Measure = Callable[..., pd.DataFrame]
"""Called with a run, the training and validation corpora, and the corpora to score."""
MODEL_LOSS = "model_loss"
TEST_SPLITS = ("test", "natural")


def model_difficulty(params: Params, measure: Measure | None = None) -> pd.DataFrame:
    """Return program_id and model_loss of every program of the split.

    They are measured when they are not there yet and `measure` is given.
    """
    if measure is not None and not params.paths.model_difficulty(params.recipe).exists():
        print("the losses of small models are not there yet: they are measured first")
        return measure_model_difficulty(params, measure)
    check_losses(params)
    return pd.read_parquet(params.paths.model_difficulty(params.recipe))


def check_losses(params: Params) -> dict[str, Any]:
    """Return the losses' manifest; MissingError unless they are of these params and corpora."""
    return check_artifact(
        params.paths.model_difficulty(params.recipe),
        MODEL_DIFFICULTY,
        params=of_ensemble(params),
        inputs=[params.paths.corpus(name) for name in SPLITS],
    )


def measure_model_difficulty(params: Params, measure: Measure) -> pd.DataFrame:
    """Measure the losses with the baseline of these params, and leave them; return them.

    Raises StudyError when programs were made again meanwhile.
    """
    baseline = params.model_copy(update={"arm": "baseline"})
    corpora = {name: load_split(params, name) for name in SPLITS}
    losses = measure(run_of(baseline), corpora["train"], corpora["validation"], corpora.values())
    check_trained_on(params)
    tested = [corpora[name].program_ids for name in TEST_SPLITS]
    _save(params, losses, losses[losses["program_id"].isin(set().union(*tested))])
    return losses


def _save(params: Params, losses: pd.DataFrame, tested: pd.DataFrame) -> None:
    """Leave all losses, and those of the test programs where results are tracked."""
    made: dict[str, Any] = {
        "params": of_ensemble(params),
        "inputs": [params.paths.corpus(name) for name in SPLITS],
        "code": code_of(MODEL_DIFFICULTY),
    }
    save_table(params.paths.model_difficulty(params.recipe), losses, **made)
    path = params.paths.counts(f"{MODEL_LOSS}-{params.recipe}")
    write_artifact(path, partial(tested.to_csv, index=False, float_format="%.6g"), **made)


def of_ensemble(params: Params) -> dict[str, object]:
    """Return the parameters that the small models depend on: neither arm nor seed, nor device."""
    apart = ("arm", "seed", "device", "compile")
    return {name: value for name, value in params.of(TrainingParams).items() if name not in apart}
