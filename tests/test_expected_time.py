"""How long training takes, told before it begins: by what was recorded, and only by that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from studies import tiny_params

from cl_utils.paths import HOME_VARIABLE, params_file
from cl_utils.study import expected_time
from cl_utils.study.expected_time import (
    ON_GPU,
    UNKNOWN,
    Pace,
    expected_study,
    expected_training,
    pace_of,
    recorded,
)
from cl_utils.study.params import read_params
from cl_utils.study.stage_params import TrainingParams

SIZE: dict[str, Any] = {"steps": 100, "characters_per_step": 1000, "contrasts": []}
PARAMS = tiny_params(**SIZE, arms={"baseline": 3, "hybrid": 1})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home without rows; the repository has none, either."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(expected_time, "REPOSITORY", tmp_path)
    return tmp_path


def record(home: Path, seed: int, **changes: Any) -> Path:
    """Leave a manifest of a run that was trained at 1,000 characters per second; return it."""
    path = home / f"results/any/fast/baseline/seed{seed}/manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "device": "cpu",
        "params": PARAMS.of(TrainingParams),
        "machine": "Linux x86_64, 2 cores",
        "processor": "AMD EPYC",
        "characters": 50_000,
        "training_seconds": 50.0,
    }
    path.write_text(json.dumps({**facts, **changes}))
    return path


def test_the_time_is_that_of_recorded_runs_of_the_size(home: Path) -> None:
    assert expected_training(PARAMS) == UNKNOWN
    record(home, 0)
    assert expected_training(PARAMS) == "About 2 min, by 1 recorded run of this size (AMD EPYC)."
    assert "About 5 min, by" in expected_training(PARAMS, runs=3)
    record(home, 1, training_seconds=5.0)
    record(home, 2, training_seconds=25.0)  # the median: 2,000 characters per second
    assert "About 50 s, by 3 recorded runs" in expected_training(PARAMS)


@pytest.mark.parametrize(
    "changes",
    [
        {"params": {**PARAMS.of(TrainingParams), "width": 64}},
        {"params": {**PARAMS.of(TrainingParams), "recipe": "strong"}},
        {"device": "NVIDIA H200"},
        {"training_seconds": 0},
        {"training_seconds": "long"},
        {"characters": None},
        {"params": None},
    ],
    ids=["width", "recipe", "device", "no time", "no number", "no characters", "no params"],
)
def test_runs_of_another_size_or_of_a_gpu_say_nothing(
    home: Path, changes: dict[str, object]
) -> None:
    record(home, 0, **changes)
    assert expected_training(PARAMS) == UNKNOWN


@pytest.mark.parametrize("gpu", [False, True])
def test_runs_for_a_gpu_are_not_estimated_by_those_of_a_cpu(
    home: Path, monkeypatch: pytest.MonkeyPatch, gpu: bool
) -> None:
    """Where a profile takes a GPU if there is one, this machine decides."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    record(home, 0)
    either = PARAMS.model_copy(update={"device": "auto"})
    assert expected_training(either) == (ON_GPU if gpu else expected_training(PARAMS))
    assert expected_study(either) == ("" if gpu else expected_study(PARAMS))
    assert expected_training(PARAMS.model_copy(update={"device": "cuda"})) == ON_GPU


def test_a_run_that_another_home_links_to_counts_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(home, 0)
    other = tmp_path / "other"
    (other / "results").mkdir(parents=True)
    (other / "results/any").symlink_to(home / "results/any", target_is_directory=True)
    monkeypatch.setenv(HOME_VARIABLE, str(other))
    assert "by 1 recorded run of this size" in expected_training(PARAMS)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"], ids=repr)
def test_a_damaged_manifest_stops_no_estimate(home: Path, text: str) -> None:
    record(home, 0)
    record(home, 1).write_text(text)
    assert "1 recorded run of" in expected_training(PARAMS)


def test_a_study_counts_the_runs_that_are_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_CPU_COUNT", "2")
    assert expected_study(PARAMS) == ""
    record(home, 0)
    assert expected_study(PARAMS).startswith("4 runs to train: about 3 min on 2 cores, by 1 ")
    done = PARAMS.paths.evaluated("fast", "baseline", 0)
    done.parent.mkdir(parents=True)
    done.touch()
    assert expected_study(PARAMS).startswith("3 runs to train: about 2 min on 2 cores")
    for arm, seeds in PARAMS.seeds.items():
        for seed in seeds:
            PARAMS.paths.evaluated("fast", arm, seed).parent.mkdir(parents=True, exist_ok=True)
            PARAMS.paths.evaluated("fast", arm, seed).touch()
    assert expected_study(PARAMS) == ""


def test_a_smaller_budget_takes_its_share(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_CPU_COUNT", "1")
    record(home, 0, training_seconds=5.0)
    params = tiny_params(**SIZE, arms={"baseline": 1, "hybrid-budget30": 1})
    assert "2 runs to train: about 13 s on one core" in expected_study(params)


def test_every_recipe_of_a_study_has_its_own_pace(home: Path) -> None:
    record(home, 0)
    both = tiny_params(**SIZE, arms={"baseline": 1}, recipes=["fast", "strong"])
    assert expected_study(both) == ""
    strong = {**PARAMS.of(TrainingParams), "recipe": "strong"}
    for seed in (1, 2):
        record(home, seed, params=strong, training_seconds=25.0)
    said = expected_study(both)
    assert "2 runs to train" in said
    assert "1 recorded run of this size" in said and "and 2 recorded runs of this size" in said


def test_the_committed_runs_of_the_laptop_profile_give_its_pace() -> None:
    pace = pace_of(read_params(params_file("laptop")), recorded())
    assert isinstance(pace, Pace) and pace.runs >= 228
    assert 10_000 < pace.characters_per_second < 1_000_000
