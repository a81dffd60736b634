"""An arm's metrics: what is asked for is there or named, and values that changed are noticed."""

from __future__ import annotations

import json
from types import MappingProxyType

import pandas as pd
import pytest
from refusals import refusal
from studies import tiny_params, train_run

from cl_utils.curriculum.arms import Arm
from cl_utils.errors import MissingError
from cl_utils.manifests import MANIFEST
from cl_utils.study import arm_metrics, run_files
from cl_utils.study.data_files import load_difficulty, save_difficulty
from cl_utils.study.params import Params
from cl_utils.study.run_files import load_run, load_training, run_folder, save_run

PARAMS = tiny_params(arm="competence-by-characters")


def measured_again(params: Params, **columns: object) -> None:
    """Leave another difficulty.parquet: some metrics with other values, or one more."""
    left = load_difficulty(params).drop(columns=["level", "source", "output", "natural"])
    save_difficulty(params, left.assign(**columns))


@pytest.mark.usefixtures("study_home")
def test_a_metric_that_was_added_after_the_programs_were_measured_names_the_notebooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (run_files, arm_metrics):
        monkeypatch.setattr(module, "arm_named", lambda name: Arm(labels="operations"))
    said = refusal(lambda: load_training(PARAMS))
    assert "metric='operations' does not exist" in said and "program_id" not in said
    more = MappingProxyType({**arm_metrics.METRICS, "operations": "arithmetic and comparisons"})
    monkeypatch.setattr(arm_metrics, "METRICS", more)
    said = refusal(lambda: load_training(PARAMS))
    assert f"{PARAMS.paths.difficulty} lacks operations" in said
    assert "run notebooks/02_metric_analysis.ipynb again, then notebooks/03_bucketing" in said


@pytest.mark.usefixtures("study_home")
def test_a_run_by_a_metric_that_was_measured_again_with_other_values_is_refused() -> None:
    train_run(PARAMS)
    manifest = json.loads((run_folder(PARAMS) / MANIFEST).read_text())
    assert list(manifest["metrics"]) == ["characters"]
    shuffled = load_difficulty(PARAMS).sample(frac=1, random_state=1)
    assert arm_metrics.metric_digests(PARAMS) == manifest["metrics"]
    left = shuffled.drop(columns=["level", "source", "output", "natural"])
    save_difficulty(PARAMS, left.assign(zlib_ratio=0.5))  # the order and other metrics: no matter
    load_run(PARAMS)
    measured_again(PARAMS, characters=pd.RangeIndex(len(left)))
    with pytest.raises(MissingError, match="was trained by other values of characters"):
        load_run(PARAMS)


@pytest.mark.usefixtures("study_home")
def test_a_run_is_not_saved_as_one_of_values_that_were_measured_since() -> None:
    trained = train_run(PARAMS)
    measured_again(PARAMS, zlib_ratio=0.5)  # another metric, in the same file
    save_run(PARAMS, trained)
    measured_again(PARAMS, characters=1)
    said = refusal(lambda: save_run(PARAMS, trained))
    path = PARAMS.paths.difficulty
    assert said.startswith(f"characters in {path} has changed since this process loaded it")


@pytest.mark.usefixtures("study_home")
def test_a_run_from_before_the_values_were_recorded_is_accepted() -> None:
    train_run(PARAMS)
    manifest = json.loads((run_folder(PARAMS) / MANIFEST).read_text())
    del manifest["metrics"], manifest["checksum"]
    run_files.write_manifest(run_folder(PARAMS) / MANIFEST, manifest)
    measured_again(PARAMS, characters=1)
    load_run(PARAMS)


@pytest.mark.usefixtures("study_home")
def test_a_yoked_run_is_refused_where_it_would_replay_another() -> None:
    arms = {"baseline": 1, "mastery": 3, "yoked-mastery": 1}
    yoked = tiny_params(arm="yoked-mastery", arms=arms, contrasts=[])
    train_run(tiny_params(arm="mastery"))
    train_run(yoked)
    _, manifest = load_run(yoked)
    assert manifest["replayed"] == {"arm": "mastery", "seed": 0}
    more = tiny_params(arm="yoked-mastery", arms={**arms, "yoked-mastery": 2}, contrasts=[])
    said = refusal(lambda: load_run(more))
    assert "replays {'arm': 'mastery', 'seed': 0}, not {'arm': 'mastery', 'seed': 1}" in said
    assert "as many seeds as it had" in said


def test_a_yoked_run_replays_the_next_of_the_seeds_that_its_arm_has() -> None:
    arms = {"baseline": 1, "mastery": 9, "yoked-mastery": "6-8"}
    seeds = [
        tiny_params(arm="yoked-mastery", arms=arms, contrasts=[], seed=seed).yoked_seed
        for seed in (6, 7, 8)
    ]
    assert seeds == [7, 8, 6]
