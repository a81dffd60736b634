"""The study in two calls: what they give is what the notebooks and the statistics give."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from refusals import refusal
from studies import TINY, draw, evaluate_run, make_buckets, measure_difficulty, train_run

from cl_utils.errors import StudyError
from cl_utils.paths import (
    HOME_VARIABLE,
    REPOSITORY,
    UNTRACKED,
    committed_results,
    share_committed_results,
)
from cl_utils.stats import contrast_table
from cl_utils.study import data_files, run_files
from cl_utils.study.data_files import save_difficulty
from cl_utils.study.notebook_names import code_of
from cl_utils.study.params import Params, notebook_params
from cl_utils.study.results import Results, load_results
from cl_utils.workflow import api, made

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


def paths_of(arm: str) -> Params:
    """Return the params of the runs that these tests train."""
    return notebook_params({"profile": "smoke", "arm": arm, "seed": 3, **TINY})


@pytest.mark.parametrize(
    ("notebook", "again"),
    [
        ("04_training", ["04_training", "05_evaluation"]),
        ("05_evaluation", ["05_evaluation"]),
        ("02_metric_analysis", ["02_metric_analysis"]),  # which gives the same metrics
    ],
)
def test_what_other_code_made_is_made_again(
    notebook: str, again: list[str], executed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(name: str) -> str:
        return "of an edited schedule" if name == notebook else code_of(name)

    api.train("baseline", seed=3, **TINY)
    executed.clear()
    for module in (made, run_files, data_files):
        monkeypatch.setattr(module, "code_of", edited)
    run = api.train("baseline", seed=3, **TINY)
    assert executed == again
    manifest = {"04_training": run.manifest, "05_evaluation": run.manifest["evaluation"]}
    assert manifest.get(notebook, {"code": "of an edited schedule"})["code"] == edited(notebook)


def test_a_run_of_code_that_gives_the_same_bits_is_kept(
    executed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.train("baseline", seed=3, **TINY)
    executed.clear()
    monkeypatch.setattr(made, "code_of", lambda name: f"a nicer {name}")
    monkeypatch.setattr(made, "same_code", lambda notebook, code: "the same")
    api.train("baseline", seed=3, **TINY)
    assert executed == []


def test_metrics_that_were_made_again_reach_the_buckets_and_the_arms_that_learn_from_them(
    executed: list[str],
) -> None:
    by_characters = "competence-by-characters"
    for arm in ("baseline", by_characters):
        api.train(arm, seed=3, **TINY)
    executed.clear()
    params = paths_of("baseline")
    left = pd.read_parquet(params.paths.difficulty)
    save_difficulty(params, left.assign(characters=left["characters"].to_numpy()[::-1]))
    api.train("baseline", seed=3, **TINY)
    assert executed == ["03_bucketing"]  # the buckets, made again, are the same
    api.train(by_characters, seed=3, **TINY)
    assert executed == ["03_bucketing", "04_training", "05_evaluation"]


def test_what_was_changed_by_hand_is_told_and_not_overwritten(executed: list[str]) -> None:
    run = api.train("baseline", seed=3, **TINY)
    executed.clear()
    rows = run.params.paths.result(run.params.recipe, "baseline", 3) / "measures.csv"
    written = rows.read_bytes()
    for path in (rows, run.params.paths.buckets):
        before = path.read_bytes()
        path.write_bytes(before + b"1")
        said = refusal(lambda: api.train("baseline", seed=3, **TINY))
        assert str(path) in said and path.read_bytes() == before + b"1"
        path.write_bytes(before)
    assert executed == [] and rows.read_bytes() == written
    api.train("baseline", seed=3, **TINY)


@pytest.mark.parametrize("marked", [False, True])
def test_committed_rows_whose_model_is_not_here_are_not_overwritten(
    marked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`marked`: as `make resume` marks runs that need no training."""

    def execute(*given: object) -> None:
        raise AssertionError(f"executed: {given}")

    monkeypatch.setattr(api, "execute", execute)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    share_committed_results(tmp_path)
    if marked:
        run = tmp_path / "runs/study/training/fast/hybrid/seed0"
        run.mkdir(parents=True)
        shutil.copy(committed_results("study") / "fast/hybrid/seed0/manifest.json", run)
    said = refusal(lambda: api.train("hybrid", profile="study"))
    assert str(tmp_path / "results/study/fast/hybrid/seed0") in said
    assert "would overwrite them: change a parameter, such as steps=" in said
    assert "`make resume PROFILE=study`" in said
    for changes in ({"steps": 200}, {"seed": 999}):
        with pytest.raises(StudyError, match="executed: "):
            api.train("hybrid", profile="study", **changes)  # type: ignore[arg-type]


def test_rows_of_another_model_than_the_one_here_are_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its weights were damaged, or trained again by hand: they are not said to be gone."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    share_committed_results(tmp_path)
    weights = tmp_path / "runs/study/training/fast/hybrid/seed0/model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"damaged")
    said = refusal(lambda: api.train("hybrid", profile="study"))
    assert f"holds the rows of another model than {weights}" in said and "delete the rows" in said


def test_a_run_has_the_recipe_of_its_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the notebooks' own parameters say."""
    given: list[tuple[Path, Mapping[str, Any]]] = []

    def execute(notebook: Path, stored: Path, params: None, run: Mapping[str, Any]) -> None:
        given.append((stored, run))
        raise StudyError("enough")

    monkeypatch.setattr(api, "execute", execute)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    with pytest.raises(StudyError, match="enough"):
        api.train("hybrid", profile="study-strong", steps=3)
    ((stored, run),) = given
    assert "/strong/hybrid/seed0/" in str(stored)
    assert notebook_params({"recipe": None, **run}).recipe == "strong"


def test_the_profiles_whose_rows_may_be_overwritten_are_those_that_git_ignores() -> None:
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    named = {line.split("/")[1] for line in ignored if line.startswith("results/")}
    assert set(UNTRACKED) == named, "name the same profiles in .gitignore and in paths.py"


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


@pytest.fixture(scope="module")
def loaded() -> Results:
    """The committed study, read once."""
    return load_results(committed_results("study"))


def test_a_comparison_is_that_of_the_statistics(loaded: Results) -> None:
    measures = loaded.of_recipe("fast").measures
    rows = contrast_table(measures, contrasts=[("hybrid", "baseline")]).iloc[0]
    found = api.compare("hybrid")
    assert (found.n, found.difference, found.low) == (rows["n"], rows["difference"], rows["low"])


def test_a_comparison_says_what_it_compares_and_whose_runs(
    loaded: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "load_results", lambda *_: loaded)
    said = str(api.compare("hybrid", test_set="natural", subset="1.1"))
    assert said.startswith("hybrid − baseline: ")
    assert said.endswith(" [execution_exact on natural/1.1, profile study, recipe fast]")


def test_an_arm_without_runs_in_the_profile_is_named_with_those_that_have_some(
    loaded: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = loaded.of_arms(["baseline", "hybrid"])
    monkeypatch.setattr(api, "load_results", lambda *_: few)
    for asked in (("mastery", "baseline"), ("hybrid", "mastery")):
        said = refusal(lambda asked=asked: api.compare(*asked))
        assert "profile study has no run of mastery with recipe fast" in said
        assert "compare among baseline, hybrid," in said


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
def test_a_comparison_of_what_is_not_there_names_it(
    asked: dict[str, Any], said: str, loaded: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "load_results", lambda *_: loaded)
    assert said in refusal(lambda: api.compare(**asked))
