"""The study's path through its files, when all goes well: what comes back, and what it says."""

from __future__ import annotations

import ast
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from refusals import refusal
from studies import (
    RESULT,
    RUN,
    FinishedStudy,
    draw,
    make_buckets,
    measure_difficulty,
    tiny_params,
)
from worlds import same_weights

from cl_utils import artifacts
from cl_utils.code_fingerprint import code_fingerprint, module_digests
from cl_utils.data.corpus import SPLITS
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import StudyError
from cl_utils.manifests import manifest_path
from cl_utils.paths import NOTEBOOKS, REPOSITORY
from cl_utils.study import loaded, run_files
from cl_utils.study.data_files import (
    data_fingerprint,
    load_agreement,
    load_counts,
    load_difficulty,
    load_exams,
    load_programs,
    load_split,
    save_difficulty,
    save_programs,
)
from cl_utils.study.device import device_of
from cl_utils.study.results import load_results, run_manifest
from cl_utils.study.run_files import load_run, load_training, save_evaluation, save_run
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams
from cl_utils.workflow.made import is_made

PARAMS = tiny_params()


@pytest.mark.usefixtures("study_home")
def test_what_was_trained_and_measured_comes_back(finished_study: FinishedStudy) -> None:
    trained, evaluation = finished_study.trained, finished_study.evaluation
    assert same_weights(load_run(PARAMS)[0], trained.model)
    results = load_results(PARAMS.paths.results)
    written = evaluation.measures["value"].to_numpy()
    assert results.measures["value"].to_numpy() == pytest.approx(written, abs=1e-4, nan_ok=True)
    wrong = ~results.programs["exact"]
    kept, written_texts = results.programs["prediction"], evaluation.programs["prediction"]
    assert (kept[wrong] == written_texts[wrong]).all() and kept[~wrong].isna().all()
    assert len(results.history) == len(trained.history)
    assert len(results.curves) == len(trained.curve)
    assert set(results.measures["arm"]) == {"baseline"}


def test_results_and_counts_need_nothing_but_the_results_folder(study_home: Path) -> None:
    shutil.rmtree(study_home / "runs")
    assert len(load_results(PARAMS.paths.results).programs) == 3 * 20 + 30
    levels = load_counts(PARAMS, "difficulty_by_level")["level"]
    assert set(levels) == {"1.1", "1.2", "2.1", "2.2", "3.1", "3.2"}
    assert load_agreement(PARAMS).shape == (12, 12)


@pytest.mark.usefixtures("study_home")
def test_the_rows_of_results_carry_every_metric_as_it_was_measured() -> None:
    rows = load_results(PARAMS.paths.results).programs.set_index("program_id")
    measured = load_difficulty(PARAMS).set_index("program_id").loc[rows.index]
    metrics = [name for name in METRICS if name != "model_loss"]
    pd.testing.assert_frame_equal(rows[metrics], measured[metrics])


@pytest.mark.usefixtures("study_home")
def test_later_params_do_not_spoil_what_came_before() -> None:
    assert len(load_programs(tiny_params(test_programs=19, steps=5))) == 3000
    assert len(load_split(tiny_params(steps=5, seed=3), "test")) == 3 * 20
    load_run(tiny_params(line_programs=6, device="auto", compile=True))


@pytest.mark.usefixtures("study_home")
def test_the_same_split_made_again_is_the_same_data() -> None:
    before = data_fingerprint(PARAMS)
    make_buckets(PARAMS)
    assert data_fingerprint(PARAMS) == before
    load_run(PARAMS)


@pytest.mark.usefixtures("study_home")
@pytest.mark.parametrize("metric", ["overall_metric", "overall_metric_token", "characters"])
def test_the_training_corpus_is_in_order_of_difficulty_with_ties_by_hash(metric: str) -> None:
    params = tiny_params(metric=metric)
    if metric != PARAMS.metric:
        for notebook in (draw, measure_difficulty, make_buckets):
            notebook(params)
    labels = pd.read_parquet(params.paths.buckets)
    known = load_difficulty(params).merge(labels, on="program_id").set_index("program_id")
    corpus = load_split(params, "train")
    rows = known.loc[corpus.program_ids]
    keys = list(zip(rows[metric], rows["text_hash"], strict=True))
    assert keys == sorted(keys) and rows[metric].duplicated().any()
    assert [BUCKETS[code] for code in corpus.buckets] == rows["bucket"].tolist()


@pytest.mark.usefixtures("study_home")
def test_splits_are_as_large_as_wanted_and_share_no_program_and_no_renamed_twin() -> None:
    corpora = {name: load_split(PARAMS, name) for name in SPLITS}
    assert [len(corpora[name]) for name in SPLITS[:4]] == [3 * 300, 3 * 8, 3 * 20, 30]
    everyone = [program for corpus in corpora.values() for program in corpus.program_ids]
    assert len(set(everyone)) == len(everyone)
    twins = pd.read_parquet(PARAMS.paths.buckets).set_index("program_id")["canonical_hash"]
    classes = {name: set(twins.loc[corpora[name].program_ids]) for name in SPLITS}
    leaky = classes.pop("leaky")
    assert sum(map(len, classes.values())) == len(set().union(*classes.values()))
    assert abs(len(corpora["leaky"]) - 30) <= 3 and leaky & classes["train"]


@pytest.mark.parametrize(
    ("file", "stage", "inputs"),
    [
        ("runs/smoke/programs.parquet", DataParams, []),
        ("runs/smoke/difficulty.parquet", DataParams, ["programs.parquet"]),
        ("results/smoke/data/metric_agreement.csv", DataParams, ["programs.parquet"]),
        ("runs/smoke/buckets.parquet", BucketParams, ["difficulty.parquet"]),
        ("runs/smoke/corpus/train.safetensors", BucketParams, ["buckets.parquet"]),
        ("results/smoke/data/leak.csv", BucketParams, ["buckets.parquet"]),
    ],
)
def test_a_manifest_says_what_a_file_was_made_from_when_and_where(
    file: str, stage: type[DataParams], inputs: list[str], study_home: Path
) -> None:
    manifest = json.loads(manifest_path(study_home / file).read_text())
    assert manifest["params"] == PARAMS.of(stage)
    assert list(manifest["inputs"]) == inputs
    assert manifest["time"] and manifest["machine"]
    assert {"python", "numpy", "pandas", "radon", "torch"} <= set(manifest["versions"])


@pytest.mark.usefixtures("study_home")
def test_the_manifest_of_programs_counts_the_rejected() -> None:
    manifest = json.loads(manifest_path(PARAMS.paths.programs).read_text())
    assert {"division by zero", "duplicate", "too long"} <= set(manifest["rejected"])
    assert manifest["rejected"]["too long"] > 0


def test_the_manifest_of_a_run_says_all_that_made_it_and_goes_with_its_results(
    study_home: Path,
) -> None:
    _, manifest = load_run(PARAMS)
    assert manifest["params"] == PARAMS.of(TrainingParams)
    assert manifest["data_fingerprint"] == data_fingerprint(PARAMS)
    assert manifest["code"] == code_fingerprint(NOTEBOOKS / "04_training.ipynb")
    assert manifest["characters"] == PARAMS.steps * PARAMS.characters_per_step
    facts = {"parameters", "training_seconds", "device", "threads", "time", "machine", "versions"}
    assert facts <= set(manifest)
    result = run_manifest(study_home / RESULT)
    evaluated = result.pop("evaluation")
    assert result == manifest
    assert evaluated["code"] == code_fingerprint(NOTEBOOKS / "05_evaluation.ipynb")
    assert evaluated["line_programs"] == PARAMS.line_programs
    assert {"time", "machine", "versions"} <= set(evaluated)


@pytest.mark.usefixtures("study_home")
def test_a_failed_save_leaves_the_older_file_and_its_manifest() -> None:
    broken = pd.DataFrame({"program_id": [1, "two"]})  # no type for parquet
    with pytest.raises(Exception, match="program_id"):
        save_difficulty(PARAMS, broken)
    assert len(load_difficulty(PARAMS)) == 3000
    with pytest.raises(StudyError, match="lacks the columns"):
        save_programs(PARAMS, broken, {})
    assert len(load_programs(PARAMS)) == 3000


def loaded_corpora() -> None:
    """Load what a training reads."""
    load_training(PARAMS)
    load_split(PARAMS, "validation")


def test_a_run_is_not_saved_as_one_of_programs_that_were_made_since(
    study_home: Path, finished_study: FinishedStudy
) -> None:
    loaded_corpora()
    before = save_run(PARAMS, finished_study.trained)["data_fingerprint"]
    kept = (study_home / RUN / "manifest.json").read_bytes()
    make_buckets(PARAMS, seed=1)
    said = refusal(lambda: save_run(PARAMS, finished_study.trained))
    assert said.startswith(f"{study_home / 'runs/smoke/corpus/train.safetensors'} has changed")
    assert (study_home / RUN / "manifest.json").read_bytes() == kept
    loaded_corpora()
    assert save_run(PARAMS, finished_study.trained)["data_fingerprint"] != before


@pytest.mark.usefixtures("study_home")
def test_a_run_is_not_saved_as_one_of_code_that_was_edited_since(
    finished_study: FinishedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded_corpora()
    edited, digests = REPOSITORY / "cl_utils/training/loop.py", module_digests
    monkeypatch.setattr(loaded, "module_digests", lambda book: {**digests(book), edited: "other"})
    for call in (lambda: save_run(PARAMS, finished_study.trained), loaded_corpora):
        said = refusal(call)
        assert said.startswith(f"{edited} has changed since this process loaded it")

    def half_an_edit(book: Path) -> None:
        ast.parse("def f(:", filename=str(edited))

    monkeypatch.setattr(loaded, "module_digests", half_an_edit)
    assert str(edited) in refusal(lambda: save_run(PARAMS, finished_study.trained))


@pytest.mark.parametrize("changed", ["code", "test", "exams"])
def test_an_evaluation_is_not_saved_as_one_of_what_was_changed_since(
    study_home: Path,
    finished_study: FinishedStudy,
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
) -> None:
    """Its manifest would name code, programs or exams that nothing was evaluated with."""
    _, manifest = load_run(PARAMS)
    load_split(PARAMS, "test")
    load_exams(PARAMS)
    path = REPOSITORY / "cl_utils/evaluation/measures.py"
    if changed == "code":
        digests = module_digests
        monkeypatch.setattr(loaded, "module_digests", lambda book: {**digests(book), path: "new"})
    else:
        path = PARAMS.paths.exams if changed == "exams" else PARAMS.paths.corpus(changed)
        path.write_bytes(path.read_bytes() + b" ")
    kept = (study_home / RESULT / "manifest.json").read_bytes()
    said = refusal(lambda: save_evaluation(PARAMS, finished_study.evaluation, manifest))
    assert said.startswith(f"{path} has changed since this process loaded it")
    assert (study_home / RESULT / "manifest.json").read_bytes() == kept


class Killed(BaseException):
    """What stands for a killed process: nothing in the code under test catches it."""


def killed(*_: object) -> None:
    """Stand for writing a manifest, which a killed process never came to."""
    raise Killed


@pytest.mark.usefixtures("study_home")
def test_what_a_kill_left_between_its_files_and_its_manifest_is_made_again(
    finished_study: FinishedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for damaged, which nobody would make again."""
    trained, evaluation = finished_study.trained, finished_study.evaluation
    other = replace(trained, history=trained.history.iloc[:1])
    manifest = save_run(PARAMS, other)
    fewer = replace(evaluation, measures=evaluation.measures.iloc[:9])
    for module, notebook, save in (
        (run_files, "05_evaluation", lambda: save_evaluation(PARAMS, fewer, manifest)),
        (run_files, "04_training", lambda: save_run(PARAMS, trained)),
        (artifacts, "01_data_generation", lambda: draw(PARAMS, seed=1)),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, "write_manifest", killed)
            with pytest.raises(Killed):
                save()
        assert not is_made(notebook, PARAMS)


def test_a_gpu_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    sentence = refusal(lambda: device_of(tiny_params(device="cuda")))
    assert "device='cuda'" in sentence and "device='auto' or 'cpu'" in sentence
    assert device_of(tiny_params(device="auto")) == "cpu"


def test_auto_takes_the_gpu_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of(tiny_params(device="auto")) == "cuda"
    assert device_of(tiny_params(device="cpu")) == "cpu"
