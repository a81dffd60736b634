"""The study's path through its files: the whole chain, and all that is refused on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from refusals import refusal
from studies import (
    draw,
    evaluate_run,
    make_buckets,
    measure_difficulty,
    run_of,
    tiny_params,
    train_run,
)
from worlds import same_weights

from cl_utils.artifacts import manifest_path
from cl_utils.buckets import BUCKETS
from cl_utils.checkpoints import save_model
from cl_utils.evaluation import Evaluation
from cl_utils.fingerprint import code_fingerprint
from cl_utils.model import build
from cl_utils.params import BucketParams, DataParams, Params, TrainingParams
from cl_utils.paths import HOME_VARIABLE, NOTEBOOKS
from cl_utils.results import load_results
from cl_utils.study import (
    CORPORA,
    data_fingerprint,
    device_of,
    load_counts,
    load_difficulty,
    load_programs,
    load_run,
    load_split,
    save_programs,
    seal_figures,
)
from cl_utils.training import Trained

PARAMS = tiny_params()
RUN = "runs/smoke/training/fast/baseline/seed0"
RESULT = "results/smoke/fast/baseline/seed0"
LOADS: dict[str, Callable[[Params], object]] = {
    "programs": load_programs,
    "difficulty": load_difficulty,
    "corpus": lambda params: load_split(params, "train"),
    "counts": lambda params: load_counts(params, "leak"),
    "run": load_run,
    "results": lambda params: load_results(params.paths.results),
}
FILES = [  # what is loaded, one of its files, the notebook that writes it
    ("programs", "runs/smoke/programs.parquet", "01_data_generation"),
    ("programs", "runs/smoke/programs.parquet.manifest.json", "01_data_generation"),
    ("difficulty", "runs/smoke/difficulty.parquet", "02_metric_analysis"),
    ("corpus", "runs/smoke/corpus/train.safetensors", "03_bucketing"),
    ("counts", "results/smoke/data/leak.csv", "03_bucketing"),
    ("run", f"{RUN}/manifest.json", "04_training"),
    ("run", f"{RUN}/model.json", "04_training"),
    ("run", f"{RUN}/model.safetensors", "04_training"),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trained, Evaluation]:
    """Return the home of a study that went through, with what was trained and evaluated."""
    home = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        for notebook in (draw, measure_difficulty, make_buckets):
            notebook(PARAMS)
        return home, train_run(PARAMS), evaluate_run(PARAMS)


@pytest.fixture
def home(
    done: tuple[Path, Trained, Evaluation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a copy of the finished study that a test may spoil; it is the study's home."""
    copy = shutil.copytree(done[0], tmp_path / "home")
    monkeypatch.setenv(HOME_VARIABLE, str(copy))
    return copy


def flip(path: Path, place: float = 0.5) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)


def test_what_was_trained_and_measured_comes_back(
    done: tuple[Path, Trained, Evaluation], home: Path
) -> None:
    _, trained, evaluation = done
    assert same_weights(load_run(PARAMS)[0], trained.model)
    results = load_results(PARAMS.paths.results)
    assert results.measures["value"].sum() == pytest.approx(
        evaluation.measures["value"].sum(), rel=1e-5
    )
    assert (results.programs["prediction"] == evaluation.programs["prediction"]).all()
    assert len(results.history) == len(trained.history)
    assert len(results.curves) == len(trained.curve)
    assert set(results.measures["schedule"]) == {"baseline"}


def test_results_and_counts_need_nothing_but_the_results_folder(home: Path) -> None:
    shutil.rmtree(home / "runs")
    assert len(load_results(PARAMS.paths.results).programs) == 3 * 20 + 30
    assert set(load_counts(PARAMS, "difficulty_by_level")["level"]) <= {
        *("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")
    }


@pytest.mark.parametrize("name", LOADS)
def test_in_an_empty_home_every_load_names_a_notebook_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    sentence = refusal(lambda: LOADS[name](PARAMS))
    assert str(tmp_path) in sentence and "run notebooks/0" in sentence


@pytest.mark.parametrize(("name", "file", "notebook"), FILES)
def test_before_its_notebook_has_run_a_load_names_the_file_and_the_notebook(
    name: str, file: str, notebook: str, home: Path
) -> None:
    (home / file).unlink()
    sentence = refusal(lambda: LOADS[name](PARAMS))
    assert str(home / file) in sentence and f"notebooks/{notebook}.ipynb" in sentence


def test_without_an_evaluation_the_results_name_notebook_05(home: Path) -> None:
    (home / RESULT / "measures.csv").unlink()
    sentence = refusal(lambda: LOADS["results"](PARAMS))
    assert "notebooks/05_evaluation.ipynb with profile='smoke'" in sentence


@pytest.mark.parametrize(
    ("name", "changes", "words", "notebook"),
    [
        ("programs", {"programs": 2999}, "programs=3000, not 2999", "01_data_generation"),
        ("difficulty", {"data_seed": 1}, "data_seed=0, not 1", "01_data_generation"),
        ("corpus", {"test_programs": 19}, "test_programs=20, not 19", "03_bucketing"),
        ("corpus", {"bucket_rule": [2.0, 4.0]}, "'tertiles', not [2.0, 4.0]", "03_bucketing"),
        ("counts", {"data_seed": 1}, "data_seed=0, not 1", "03_bucketing"),
        ("run", {"steps": 5}, "steps=4, not 5", "04_training"),
        ("run", {"metric": "overall_metric_token"}, "not 'overall_metric_token'", "04_training"),
    ],
)
def test_other_params_are_told_with_both_values(
    name: str, changes: dict[str, object], words: str, notebook: str, home: Path
) -> None:
    sentence = refusal(lambda: LOADS[name](tiny_params(**changes)))
    assert next(iter(changes)) in sentence and words in sentence
    assert f"notebooks/{notebook}.ipynb" in sentence


def test_later_params_do_not_spoil_what_came_before(home: Path) -> None:
    assert len(load_programs(tiny_params(test_programs=19, steps=5))) == 3000
    assert len(load_split(tiny_params(steps=5, seed=3), "test")) == 3 * 20
    load_run(tiny_params(line_programs=6, device="auto", compile=True))


@pytest.mark.parametrize(
    ("name", "file", "notebook"), [row for row in FILES if not row[1].startswith(RUN)]
)
def test_one_changed_byte_is_noticed(name: str, file: str, notebook: str, home: Path) -> None:
    # the first byte of a manifest: a flip within its text may leave it valid
    flip(home / file, place=0.0 if file.endswith(".json") else 0.5)
    sentence = refusal(lambda: LOADS[name](PARAMS))
    assert sentence == (
        f"{home / file} is damaged or was changed by hand: delete it and run "
        f"notebooks/{notebook}.ipynb again"
    )


@pytest.mark.parametrize("place", [0.0, 0.99])
def test_one_changed_byte_of_the_weights_is_noticed(place: float, home: Path) -> None:
    flip(home / RUN / "model.safetensors", place)
    sentence = refusal(lambda: load_run(PARAMS))
    assert str(home / RUN) in sentence and "notebooks/04_training.ipynb again" in sentence


def test_other_programs_under_the_same_name_make_the_difficulty_stale(home: Path) -> None:
    draw(PARAMS, seed=1)
    sentence = refusal(lambda: load_difficulty(PARAMS))
    assert "difficulty.parquet was made from another programs.parquet" in sentence
    assert "notebooks/02_metric_analysis.ipynb again" in sentence


def test_another_split_under_the_same_name_makes_corpora_stale(home: Path) -> None:
    corpora = home / "runs/smoke/corpus"
    shutil.copytree(corpora, home / "older")
    make_buckets(PARAMS, seed=1)
    shutil.copytree(home / "older", corpora, dirs_exist_ok=True)
    sentence = refusal(lambda: load_split(PARAMS, "test"))
    assert "test.safetensors was made from another buckets.parquet" in sentence
    assert "notebooks/03_bucketing.ipynb again" in sentence


def test_a_run_on_another_split_is_refused(home: Path) -> None:
    before = data_fingerprint(PARAMS)
    make_buckets(PARAMS, seed=1)
    assert data_fingerprint(PARAMS) != before
    sentence = refusal(lambda: load_run(PARAMS))
    assert f"{home / RUN} was trained on other data" in sentence


def test_the_same_split_made_again_is_the_same_data(home: Path) -> None:
    before = data_fingerprint(PARAMS)
    make_buckets(PARAMS)
    assert data_fingerprint(PARAMS) == before
    load_run(PARAMS)


def test_a_run_copied_to_another_seed_is_refused(home: Path) -> None:
    shutil.copytree(run_of(home), run_of(home).with_name("seed1"))
    sentence = refusal(lambda: load_run(tiny_params(seed=1)))
    assert "was trained with seed=0, not 1" in sentence


def test_the_weights_of_another_run_are_refused(home: Path) -> None:
    save_model(run_of(home), build(PARAMS.run().model, seed=1))
    sentence = refusal(lambda: load_run(PARAMS))
    assert "model.safetensors is not the one that was trained here" in sentence


def test_a_gpu_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    sentence = refusal(lambda: device_of(tiny_params(device="cuda")))
    assert "device='cuda'" in sentence and "device='auto' or 'cpu'" in sentence
    assert device_of(tiny_params(device="auto")) == "cpu"


def test_auto_takes_the_gpu_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of(tiny_params(device="auto")) == "cuda"
    assert device_of(tiny_params(device="cpu")) == "cpu"


@pytest.mark.parametrize("metric", ["overall_metric", "overall_metric_token"])
def test_the_training_corpus_is_in_order_of_difficulty_with_ties_by_hash(
    metric: str, home: Path
) -> None:
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


def test_splits_are_as_large_as_wanted_and_share_no_program_and_no_renamed_twin(
    home: Path,
) -> None:
    corpora = {name: load_split(PARAMS, name) for name in CORPORA}
    assert [len(corpora[name]) for name in CORPORA] == [3 * 300, 3 * 8, 3 * 20, 30]
    everyone = [program for corpus in corpora.values() for program in corpus.program_ids]
    assert len(set(everyone)) == len(everyone)
    twins = pd.read_parquet(PARAMS.paths.buckets).set_index("program_id")["canonical_hash"]
    classes = [set(twins.loc[corpus.program_ids]) for corpus in corpora.values()]
    assert sum(map(len, classes)) == len(set().union(*classes))


@pytest.mark.parametrize(
    ("file", "stage", "inputs"),
    [
        ("runs/smoke/programs.parquet", DataParams, []),
        ("runs/smoke/difficulty.parquet", DataParams, ["programs.parquet"]),
        ("runs/smoke/buckets.parquet", BucketParams, ["difficulty.parquet"]),
        ("runs/smoke/corpus/train.safetensors", BucketParams, ["buckets.parquet"]),
        ("results/smoke/data/leak.csv", BucketParams, ["buckets.parquet"]),
    ],
)
def test_a_manifest_says_what_a_file_was_made_from_when_and_where(
    file: str, stage: type[DataParams], inputs: list[str], home: Path
) -> None:
    manifest = json.loads(manifest_path(home / file).read_text())
    assert manifest["params"] == PARAMS.of(stage)
    assert list(manifest["inputs"]) == inputs
    assert manifest["time"] and manifest["machine"]
    assert {"python", "numpy", "pandas", "radon", "torch"} <= set(manifest["versions"])


def test_the_manifest_of_programs_counts_the_rejected(home: Path) -> None:
    manifest = json.loads(manifest_path(PARAMS.paths.programs).read_text())
    assert {"division by zero", "duplicate", "too long"} <= set(manifest["rejected"])
    assert manifest["rejected"]["too long"] > 0


def test_the_manifest_of_a_run_says_all_that_made_it_and_goes_with_its_results(home: Path) -> None:
    _, manifest = load_run(PARAMS)
    assert manifest["params"] == PARAMS.of(TrainingParams)
    assert manifest["data_fingerprint"] == data_fingerprint(PARAMS)
    assert manifest["code"] == code_fingerprint(NOTEBOOKS / "04_training.ipynb")
    assert manifest["characters"] == PARAMS.steps * PARAMS.characters_per_step
    facts = {"parameters", "training_seconds", "device", "threads", "time", "machine", "versions"}
    assert facts <= set(manifest)
    result = json.loads((home / RESULT / "manifest.json").read_text())
    evaluated = result.pop("evaluation")
    assert result == manifest
    assert evaluated["code"] == code_fingerprint(NOTEBOOKS / "05_evaluation.ipynb")
    assert {"time", "machine", "versions"} <= set(evaluated)


def test_a_failed_save_leaves_the_older_file_and_its_manifest(home: Path) -> None:
    broken = pd.DataFrame({"program_id": [1, "two"]})  # no type for parquet
    with pytest.raises(Exception, match="program_id"):
        save_programs(PARAMS, broken, {})
    assert len(load_programs(PARAMS)) == 3000


def test_figures_are_sealed_by_name_with_their_fingerprints(home: Path) -> None:
    PARAMS.figures.mkdir(parents=True)
    for name in ("curves.png", "curves.pdf", "audit.png", "notes.txt"):
        (PARAMS.figures / name).write_text(name)
    assert seal_figures(PARAMS) == ["audit", "curves"]
    sealed = json.loads((home / "runs/smoke/figures-fast.json").read_text())
    assert list(sealed) == ["audit.png", "curves.pdf", "curves.png"]
    flip(PARAMS.figures / "audit.png")
    seal_figures(PARAMS)
    again = json.loads((home / "runs/smoke/figures-fast.json").read_text())
    assert [name for name in sealed if sealed[name] != again[name]] == ["audit.png"]
