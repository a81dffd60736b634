"""What an arm needs beyond the split: other metrics' labels, and the mixes it is yoked to.

In: params that name an arm. Out: the corpus that it learns from and the mixes that it replays; the
losses of small models that make one of the metrics.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd

from cl_utils.arms import PERMUTED, REVERSED, STUDY, Recorded, arm_named
from cl_utils.artifacts import load_table, save_table, write
from cl_utils.controls import relabelled
from cl_utils.corpus import SPLITS, Corpus
from cl_utils.errors import StudyError
from cl_utils.fingerprint import code_fingerprint
from cl_utils.params import Params
from cl_utils.paths import NOTEBOOKS
from cl_utils.stages import TrainingParams
from cl_utils.study import TRAINING, load_difficulty, load_split

MODEL_DIFFICULTY = "08_model_difficulty"
MODEL_LOSS = "model_loss"
HELD_OUT = ("test", "natural")


def load_training(params: Params) -> Corpus:
    """Return the training programs, in the buckets of the metric that the arm's labels name."""
    corpus, labels = load_split(params, "train"), arm_named(params.arm).labels
    if labels in (STUDY, PERMUTED, REVERSED):
        return corpus
    scores = load_model_difficulty(params) if labels == MODEL_LOSS else load_difficulty(params)
    if labels not in scores:
        raise StudyError(
            f"arm {params.arm} has labels {labels!r}, which is no metric: choose one of "
            f"{[name for name in scores if scores[name].dtype.kind in 'if']}"
        )
    return relabelled(corpus, scores.set_index("program_id")[labels].reindex(corpus.program_ids))


def recorded_mixes(params: Params) -> Recorded:
    """Return what the run drew that a yoked arm is yoked to; nothing for other arms."""
    source = arm_named(params.arm).yoked
    if not source:
        return ()
    path = params.paths.run(params.recipe, source, params.yoked_seed) / "mixes.json"
    try:
        return [(int(step), mix) for step, mix in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise StudyError(
            f"{path} is missing: run notebooks/{TRAINING}.ipynb with arm={source!r} and "
            f"seed={params.yoked_seed} first"
        ) from None
    except (TypeError, ValueError):
        raise StudyError(
            f"{path} is damaged: run notebooks/{TRAINING}.ipynb again with arm={source!r} and "
            f"seed={params.yoked_seed}"
        ) from None


def save_model_difficulty(params: Params, losses: pd.DataFrame) -> None:
    """Leave notebook 08's losses, and those of the test programs where results are tracked."""
    made: dict[str, Any] = {
        "params": _of_ensemble(params),
        "inputs": [params.paths.corpus(name) for name in SPLITS],
        "code": code_fingerprint(NOTEBOOKS / f"{MODEL_DIFFICULTY}.ipynb"),
    }
    save_table(params.paths.model_difficulty(params.recipe), losses, **made)
    ids = [load_split(params, name).program_ids for name in HELD_OUT]
    tested = losses[losses["program_id"].isin(set().union(*ids))]
    path = params.paths.counts(f"{MODEL_LOSS}-{params.recipe}")
    write(path, partial(tested.to_csv, index=False, float_format="%.6g"), **made)


def load_model_difficulty(params: Params) -> pd.DataFrame:
    """Return program_id and model_loss of every program of the split."""
    return load_table(
        params.paths.model_difficulty(params.recipe),
        MODEL_DIFFICULTY,
        params=_of_ensemble(params),
        inputs=[params.paths.corpus(name) for name in SPLITS],
    )


def _of_ensemble(params: Params) -> dict[str, object]:
    """Return the parameters that the small models depend on: neither arm nor seed, nor device."""
    apart = ("arm", "seed", "device", "compile")
    return {name: value for name, value in params.of(TrainingParams).items() if name not in apart}
