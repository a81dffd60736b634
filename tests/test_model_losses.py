"""The losses of small models: measured once, by whichever notebook needs them first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from refusals import refusal
from studies import tiny_params

from cl_utils.data.corpus import Corpus
from cl_utils.study.data_files import load_split
from cl_utils.study.model_losses import measure_model_difficulty, model_difficulty
from cl_utils.study.run_files import load_training
from cl_utils.training.loop import Run

BY_LOSS = tiny_params(arm="incremental-by-model_loss")


class Measuring:
    """Stands for the training of small models: longer programs cost more."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def __call__(
        self, run: Run, train: Corpus, validation: Corpus, scored: list[Corpus]
    ) -> pd.DataFrame:
        """Return a loss of every program, and remember that it was asked for."""
        self.runs.append(run)
        parts = [
            pd.DataFrame({"program_id": each.program_ids, "model_loss": each.lengths / 10})
            for each in scored
        ]
        return pd.concat(parts, ignore_index=True)


@pytest.mark.usefixtures("study_home")
def test_training_by_model_loss_needs_no_notebook_out_of_turn() -> None:
    assert "run notebooks/08_model_difficulty.ipynb first" in refusal(
        lambda: load_training(BY_LOSS)
    )
    measure = Measuring()
    corpus = load_training(BY_LOSS, measure)
    assert [run.name for run in measure.runs] == ["baseline"]
    by_bucket = [corpus.lengths[corpus.buckets == code].mean() for code in range(3)]
    assert by_bucket == sorted(by_bucket)
    again = load_training(BY_LOSS, measure)
    assert len(measure.runs) == 1 and np.array_equal(again.tokens, corpus.tokens)


@pytest.mark.usefixtures("study_home")
def test_losses_of_other_programs_are_measured_again_only_by_their_notebook(
    study_home: Path,
) -> None:
    measure = Measuring()
    losses = measure_model_difficulty(BY_LOSS, measure)
    assert model_difficulty(BY_LOSS).equals(losses)
    assert "steps=4, not 5" in refusal(
        lambda: model_difficulty(BY_LOSS.model_copy(update={"steps": 5}), measure)
    )
    kept = pd.read_csv(study_home / "results/smoke/data/model_loss-fast.csv")
    tested = [load_split(BY_LOSS, name).program_ids for name in ("test", "natural")]
    assert set(kept["program_id"]) == set(np.concatenate(tested))
