"""The study in two calls: what they give is what the notebooks and the statistics give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from studies import TINY, draw, evaluate_run, make_buckets, measure_difficulty, train_run

from cl_utils.paths import HOME_VARIABLE, committed_results
from cl_utils.stats import contrast_table
from cl_utils.study.params import notebook_params
from cl_utils.study.results import load_results
from cl_utils.workflow import api

STEPS = (draw, measure_difficulty, make_buckets, train_run, evaluate_run)
IN_SECONDS = dict(zip(api.STAGES, STEPS, strict=True))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without any file."""
    return tmp_path_factory.mktemp("api")


@pytest.fixture
def executed(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notebooks that were executed, by what does the same in seconds and in this process."""
    names: list[str] = []

    def counting(notebook: Path, stored: Path, params: None, run: Mapping[str, Any]) -> None:
        names.append(notebook.stem)
        IN_SECONDS[notebook.stem](notebook_params(dict(run)))

    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setattr(api, "execute", counting)
    return names


def test_one_call_makes_what_is_missing_and_the_next_makes_nothing(executed: list[str]) -> None:
    run = api.train("hybrid", seed=3, **TINY)
    assert executed == list(api.STAGES)
    assert run.manifest["params"]["arm"] == "hybrid" and run.manifest["params"]["steps"] == 4
    assert 0 <= run.accuracy <= 100 and run.model.parameter_count == run.manifest["parameters"]
    assert "smoke+" in str(run.params.paths.results)  # a place of its own
    again = api.train("hybrid", seed=3, **TINY)
    assert executed == list(api.STAGES) and again.accuracy == run.accuracy
    api.train("baseline", seed=3, **TINY)
    assert executed[len(api.STAGES) :] == ["04_training", "05_evaluation"]


def test_wrong_parameters_are_refused_before_anything_is_executed() -> None:
    assert "hybrid" in refusal(lambda: api.train("hybird"))
    assert "stepz" in refusal(lambda: api.train(stepz=3))
    for name, value in {"schedule": len, "_steps": 5, "exit": 3, "In": 3, "math": pytest}.items():
        changes: dict[str, Any] = {name: value}
        assert f"parameter={name!r} does not exist" in refusal(lambda: api.train(**changes))  # noqa: B023
    assert "did you mean 'baseline'?" in refusal(lambda: api.compare("hybrid", "basline"))


def test_a_notebook_that_fails_is_told_in_its_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    said = refusal(lambda: api.train("yoked-mastery", **TINY))
    assert said.startswith("04_training, recipe fast, arm yoked-mastery, seed 0 failed: ")
    assert "arm='mastery'" in said


def test_a_comparison_is_that_of_the_statistics() -> None:
    measures = load_results(committed_results("study")).of_recipe("fast").measures
    rows = contrast_table(measures, contrasts=[("hybrid", "baseline")]).iloc[0]
    found = api.compare("hybrid")
    assert (found.n, found.difference, found.low) == (rows["n"], rows["difference"], rows["low"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"arm": "hybrid", "reference": "hybrid"}, "arm and reference are both hybrid"),
        ({"arm": ["hybrid"]}, "arm"),
        ({"arm": "hybrid", "measure": "execution_exat"}, "did you mean 'execution_exact'?"),
        ({"arm": "hybrid", "test_set": "balancd"}, "did you mean 'balanced'?"),
        ({"arm": "hybrid", "subset": "hardd"}, "did you mean 'hard'?"),
        ({"arm": "hybrid", "recipe": ""}, "no results of recipe ''"),
    ],
)
def test_a_comparison_of_what_is_not_there_names_it(asked: dict[str, Any], said: str) -> None:
    assert said in refusal(lambda: api.compare(**asked))
