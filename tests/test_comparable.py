"""Which runs may be compared: every way in which one does not belong is refused by its name."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import change_manifest, synthetic_results, write_results
from refusals import refusal

from cl_utils.curriculum.arms import arm_named
from cl_utils.paths import PARAMS, REPOSITORY, committed_results
from cl_utils.report.pages.settings import ASKED
from cl_utils.report.settings import ORDERED, STUDIED
from cl_utils.study.comparable import check_comparable, check_pairs, unlike
from cl_utils.study.notebook_names import EVALUATION, TRAINING, code_of
from cl_utils.study.params import read_params
from cl_utils.study.results import finished_runs, load_results, run_manifest
from cl_utils.study.same_code import FILE
from cl_utils.study.stage_params import TrainingParams

ODD = "gpt/hybrid/seed1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return results/smoke with two arms of three seeds."""
    results = synthetic_results(["baseline", "hybrid"], [0, 1, 2], programs=10)
    write_results(tmp_path / "smoke", results)
    for run in finished_runs(tmp_path / "smoke"):
        change_manifest(run, params={"steps": 60, "width": 32})
    return tmp_path / "smoke"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"params": {"steps": 200}}, "trained with steps=200, but"),
        ({"params": {"width": 64}}, "trained with width=64, but"),
        ({"params": {"profile": "mine"}}, "trained with profile='mine', but"),
        ({"code": "other"}, "trained by code 'other', but"),
        ({"evaluation": {"code": "other"}}, "evaluated by code 'other', but"),
        ({"data_fingerprint": "other"}, "evaluated on data 'other', but"),
    ],
)
def test_the_run_that_differs_from_most_is_named(
    folder: Path, changed: dict[str, object], words: str
) -> None:
    change_manifest(folder / ODD, **changed)
    sentence = refusal(lambda: load_results(folder))
    assert sentence.startswith(f"{folder / ODD} was {words} {folder}")
    assert "notebooks/04_training.ipynb and 05_evaluation.ipynb again" in sentence


def test_rows_from_before_a_parameter_was_stated_are_loaded_with_those_that_state_it(
    folder: Path,
) -> None:
    """Also where no params are given, as the pages load every setting."""
    for run in finished_runs(folder)[:3]:
        change_manifest(run, params={"precision": "bfloat16"})
    assert len(finished_runs(folder)) == 6 and len(load_results(folder).measures)


@pytest.mark.parametrize(
    ("name", "words"),
    [("line_programs", "evaluated with line_programs='"), ("exams", "evaluated on exams '")],
)
def test_rows_from_before_a_fact_was_recorded_go_with_those_that_have_it(
    folder: Path, name: str, words: str
) -> None:
    manifests = {run: run_manifest(run) for run in finished_runs(folder)}
    for manifest in manifests.values():
        manifest["evaluation"].pop(name, None)
    first, second, *_ = manifests.values()
    first["evaluation"][name] = "one"
    check_comparable(manifests)
    second["evaluation"][name] = "another"
    assert f"{words}another', but" in refusal(lambda: check_comparable(manifests))


@pytest.mark.parametrize("notebook", [TRAINING, EVALUATION])
def test_runs_of_codes_that_give_the_same_bits_are_compared(folder: Path, notebook: str) -> None:
    first, *_, last = yaml.safe_load(FILE.read_text())[notebook][0]["codes"]
    for run in finished_runs(folder):
        code = {"code": last if str(run).endswith(ODD) else first}
        change_manifest(run, **(code if notebook == TRAINING else {"evaluation": code}))
    assert len(load_results(folder).measures)


def test_codes_that_differ_can_be_named_as_the_same(folder: Path) -> None:
    change_manifest(folder / ODD, code="other")
    sentence = refusal(lambda: load_results(folder))
    assert (
        "if a run has the same bits by both, name them in params/study/same_code.yaml" in sentence
    )


def test_what_a_next_sitting_leaves_goes_with_the_committed_rows() -> None:
    """Rows of one study may be made months apart, by code that computes the same."""
    params = read_params(REPOSITORY / "params/paper-size.yaml")
    folder = REPOSITORY / "results/paper-size"
    manifests = {run: run_manifest(run) for run in finished_runs(folder)}
    seed0 = folder / "strong-late/baseline/seed0"
    old = manifests[seed0]
    trained = code_of(TRAINING)
    recorded = (each["evaluation"].get("exams") for each in manifests.values())
    exams = next(filter(None, recorded), "some")
    evaluated = {
        **{"code": code_of(EVALUATION), "exams": exams},
        **{"line_programs": params.line_programs, "files": old["evaluation"]["files"]},
    }
    named = params.model_copy(update={"seed": 12}).of(TrainingParams)
    new = {"params": named, "code": trained, "precision": "bfloat16", "evaluation": evaluated}
    check_comparable({**manifests, seed0.with_name("seed12"): {**old, **new}}, params)


def test_runs_that_are_not_what_the_params_say_are_named(folder: Path) -> None:
    params = read_params(REPOSITORY / "params/smoke.yaml")
    assert len(load_results(folder, params).measures)
    for run in finished_runs(folder):
        change_manifest(run, params={"steps": 200})  # equal among themselves
    assert len(load_results(folder).measures)
    sentence = refusal(lambda: load_results(folder, params))
    assert "gpt/baseline/seed0 was trained with steps=200, not 60: run" in sentence
    assert "set the same steps here" in sentence


def test_folders_of_two_arms_that_changed_places_are_refused(folder: Path) -> None:
    one, other = folder / "gpt/baseline", folder / "gpt/hybrid"
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)
    assert f"{one / 'seed0'} holds the rows of arm='hybrid'" in refusal(
        lambda: load_results(folder)
    )


def test_one_seed_copied_as_others_is_refused(folder: Path) -> None:
    for seed in (3, 4):
        shutil.copytree(folder / "gpt/hybrid/seed0", folder / f"gpt/hybrid/seed{seed}")
    assert "hybrid/seed3 holds the rows of seed=0" in refusal(lambda: load_results(folder))


@pytest.mark.parametrize("name", ["seed01", "seed1 copy", "old"])
def test_a_folder_that_is_no_runs_is_named(folder: Path, name: str) -> None:
    shutil.copytree(folder / ODD, (folder / ODD).with_name(name))
    assert f"hybrid/{name} is no run's folder" in refusal(lambda: load_results(folder))


def test_a_run_of_another_arm_of_the_same_name_is_refused(folder: Path) -> None:
    change_manifest(folder / ODD, arm={"budget": 0.5})
    sentence = refusal(lambda: load_results(folder))
    assert f"{folder / ODD} was trained when arm hybrid was" in sentence
    assert "restore params/study/arms.yaml" in sentence


WITH_ROWS = [each for each in (*STUDIED, *ASKED) if finished_runs(committed_results(each))]


@pytest.mark.parametrize("profile", WITH_ROWS)
def test_the_committed_rows_are_what_their_params_say(profile: str) -> None:
    params = read_params(REPOSITORY / f"params/{profile}.yaml")
    folder = committed_results(profile)
    assert len(load_results(folder, params).measures)
    assert {run_manifest(run)["params"]["profile"] for run in finished_runs(folder)} == {profile}


def test_profiles_that_pages_read_have_rows() -> None:
    assert {*STUDIED, ORDERED} <= set(WITH_ROWS)


def committed(run: str) -> dict[str, Any]:
    return run_manifest(REPOSITORY / "results" / run)


def test_runs_from_before_the_precision_was_recorded_compare_by_what_their_recipe_took() -> None:
    """As the rows of a reader, of profile laptop, do with those of the committed study."""
    theirs = committed("study/fast/baseline/seed0")
    params = read_params(PARAMS / "laptop.yaml")
    said = {name: getattr(params, name) for name in TrainingParams.model_fields}
    ours = {**theirs, "params": said, "precision": "bfloat16"}
    assert "precision" not in theirs["params"] and "precision" in said
    assert unlike(ours, theirs) == []
    assert unlike({**ours, "precision": "float32"}, theirs) == [
        "precision (float32, there bfloat16)"
    ]
    other = {**ours, "params": {**said, "width": 32}}
    assert unlike(other, theirs) == [f"width (32, there {theirs['params']['width']})"]


def test_runs_of_two_profiles_are_paired_only_if_all_is_alike() -> None:
    ours, theirs = (committed(f"{name}/fast/baseline/seed0") for name in ("study-orders", "study"))
    check_pairs(ours, theirs, "a and b")
    for changed, words in (
        ({"code": "other"}, "the code that trained them (other, there d3e0de33d68bb5a7)"),
        ({"evaluation": {"code": "new"}}, "the code that evaluated them (new, there "),
        ({"data_fingerprint": "other"}, "their programs, which were made"),
        ({"precision": "float32"}, "precision (float32, there bfloat16)"),
    ):
        sentence = refusal(partial(check_pairs, {**ours, **changed}, theirs, "a and b"))
        assert sentence.startswith("the runs of a and b are compared seed by seed, but differ in ")
        assert words in sentence


@pytest.mark.parametrize("kept", [{}, {"replayed": {"arm": "mastery", "seed": 0}}], ids=str)
def test_a_yoked_run_of_another_number_of_seeds_is_refused(
    kept: dict[str, Any], tmp_path: Path
) -> None:
    """Seed 1 replayed seed 0 when two seeds were declared; of three it would replay seed 2."""
    params = read_params(PARAMS / "smoke.yaml")
    params = params.model_copy(update={"arms": {"mastery": 3, "yoked-mastery": 2}})
    run = tmp_path / "results/smoke/fast/yoked-mastery/seed1"
    manifest = {
        **{"params": params.of(TrainingParams), "code": "same", "data_fingerprint": "same"},
        **{"arm": {"yoked": "mastery"}, "evaluation": {"code": "same"}, **kept},
    }
    manifest["params"] |= {"arm": "yoked-mastery", "seed": 1}
    check_comparable({run: manifest}, params)
    more = params.model_copy(update={"arms": {"mastery": 3, "yoked-mastery": 3}})
    if not kept:  # from before it was recorded
        return check_comparable({run: manifest}, more)
    sentence = refusal(lambda: check_comparable({run: manifest}, more))
    assert f"{run} replays {kept['replayed']}" in sentence and "as many as it had" in sentence


def yoked_runs() -> list[Path]:
    """Return the committed runs of yoked arms."""
    runs = (REPOSITORY / "results").glob("*/*/*/seed*")
    return sorted(run for run in runs if arm_named(run.parts[-2]).yoked_to)


@pytest.mark.parametrize("run", yoked_runs(), ids=lambda run: "/".join(run.parts[-4:]))
def test_a_committed_yoked_run_drew_the_mixes_of_the_run_that_its_params_name(run: Path) -> None:
    """Which run it replayed was not recorded from the first run on."""
    profile, recipe, arm, seed = run.parts[-4:]
    asked = {"recipe": recipe, "arm": arm, "seed": int(seed.removeprefix("seed"))}
    theirs = read_params(PARAMS / f"{profile}.yaml", asked).replayed
    assert theirs is not None
    source = run.parents[1] / theirs["arm"] / f"seed{theirs['seed']}"
    drawn, wanted = (json.loads((each / "mixes.json").read_text()) for each in (run, source))
    assert drawn == wanted, (
        f"{run} did not replay {source}: declare as many seeds of {arm} in params/{profile}.yaml "
        "as when it was trained, or delete it and train it again"
    )
