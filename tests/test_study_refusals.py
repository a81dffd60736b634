"""What the study refuses to load, in one sentence that names the notebook to run.

In: a finished tiny study, spoilt by each test in its own way: a file missing, damaged, of other
params, from other inputs, of another run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from refusals import refusal
from studies import (
    RESULT,
    RUN,
    draw,
    make_buckets,
    measure_difficulty,
    tiny_params,
    train_run,
)

from cl_utils.model.gpt import build
from cl_utils.paths import HOME_VARIABLE
from cl_utils.study.data_files import (
    data_fingerprint,
    load_agreement,
    load_counts,
    load_difficulty,
    load_exams,
    load_programs,
    load_split,
)
from cl_utils.study.params import Params
from cl_utils.study.results import load_results
from cl_utils.study.run_files import load_run, load_training, recorded_mixes
from cl_utils.training.checkpoints import save_model

PARAMS = tiny_params()
LOADS: dict[str, Callable[[Params], object]] = {
    "programs": load_programs,
    "difficulty": load_difficulty,
    "corpus": lambda params: load_split(params, "train"),
    "agreement": load_agreement,
    "counts": lambda params: load_counts(params, "leak"),
    "run": load_run,
    "results": lambda params: load_results(params.paths.results),
}
DATA = [  # what is loaded, one of its files, the notebook that writes it
    ("programs", "runs/smoke/programs.parquet", "01_data_generation"),
    ("programs", "runs/smoke/programs.parquet.manifest.json", "01_data_generation"),
    ("difficulty", "runs/smoke/difficulty.parquet", "02_metric_analysis"),
    ("corpus", "runs/smoke/corpus/train.safetensors", "03_bucketing"),
    ("agreement", "results/smoke/data/metric_agreement.csv", "02_metric_analysis"),
    ("counts", "results/smoke/data/leak.csv", "03_bucketing"),
]
OF_RUN = ("manifest.json", "model.json", "model.safetensors")
FILES = [*DATA, *(("run", f"{RUN}/{name}", "04_training") for name in OF_RUN)]


def flip(path: Path, place: float) -> None:
    """Change one bit of a file, at `place` (0 to 1) of its length."""
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", LOADS)
def test_in_an_empty_home_every_load_names_a_notebook_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    sentence = refusal(lambda: LOADS[name](PARAMS))
    assert str(tmp_path) in sentence and "run notebooks/0" in sentence


@pytest.mark.parametrize(("name", "file", "notebook"), FILES)
def test_before_its_notebook_has_run_a_load_names_the_file_and_the_notebook(
    name: str, file: str, notebook: str, study_home: Path
) -> None:
    (study_home / file).unlink()
    sentence = refusal(lambda: LOADS[name](PARAMS))
    assert str(study_home / file) in sentence and f"notebooks/{notebook}.ipynb" in sentence


def test_without_an_evaluation_the_results_name_notebook_05(study_home: Path) -> None:
    shutil.rmtree(study_home / RESULT)
    sentence = refusal(lambda: LOADS["results"](PARAMS))
    assert "notebooks/05_evaluation.ipynb with profile='smoke'" in sentence


def test_a_run_does_not_vanish_with_its_manifest(study_home: Path) -> None:
    (study_home / RESULT / "manifest.json").unlink()
    sentence = refusal(lambda: LOADS["results"](PARAMS))
    assert f"{study_home / RESULT} has no manifest.json" in sentence
    assert "notebooks/05_evaluation.ipynb" in sentence


@pytest.mark.usefixtures("study_home")
@pytest.mark.parametrize(
    ("name", "changes", "words", "notebook"),
    [
        ("programs", {"programs": 2999}, "programs=3000, not 2999", "01_data_generation"),
        ("difficulty", {"data_seed": 1}, "data_seed=0, not 1", "01_data_generation"),
        ("corpus", {"test_programs": 19}, "test_programs=20, not 19", "03_bucketing"),
        (
            "corpus",
            {"bucket_rule": [2.0, 4.0]},
            "='tertiles', not [2.0, 4.0]",
            "02_metric_analysis",
        ),
        ("agreement", {"data_seed": 1}, "data_seed=0, not 1", "02_metric_analysis"),
        ("counts", {"data_seed": 1}, "data_seed=0, not 1", "03_bucketing"),
        ("run", {"steps": 5}, "steps=4, not 5", "04_training"),
        ("run", {"hardest_share": 0.25}, "hardest_share=0.5, not 0.25", "04_training"),
    ],
)
def test_other_params_are_told_with_both_values(
    name: str, changes: dict[str, object], words: str, notebook: str
) -> None:
    sentence = refusal(lambda: LOADS[name](tiny_params(**changes)))
    assert words in sentence and next(iter(changes)) in sentence
    assert f"notebooks/{notebook}.ipynb" in sentence


@pytest.mark.parametrize(("name", "file", "notebook"), DATA)
def test_one_changed_byte_is_noticed(name: str, file: str, notebook: str, study_home: Path) -> None:
    # of a manifest the first byte: a flip within its text may leave it valid
    flip(study_home / file, 0.0 if file.endswith(".json") else 0.5)
    assert refusal(lambda: LOADS[name](PARAMS)) == (
        f"{study_home / file} is damaged or was changed by hand: restore it with "
        "git if it is tracked, or delete it and run "
        f"notebooks/{notebook}.ipynb again"
    )


@pytest.mark.parametrize(("file", "place"), [(OF_RUN[0], 0.0), (OF_RUN[2], 0.0), (OF_RUN[2], 0.99)])
def test_one_changed_byte_of_a_run_is_noticed(file: str, place: float, study_home: Path) -> None:
    flip(study_home / RUN / file, place)
    sentence = refusal(lambda: load_run(PARAMS))
    assert str(study_home / RUN) in sentence and "notebooks/04_training.ipynb again" in sentence


@pytest.mark.usefixtures("study_home")
def test_other_programs_under_the_same_name_make_the_difficulty_stale() -> None:
    draw(PARAMS, seed=1)
    sentence = refusal(lambda: load_difficulty(PARAMS))
    assert "difficulty.parquet was made from another programs.parquet" in sentence
    assert "notebooks/02_metric_analysis.ipynb again" in sentence


@pytest.mark.usefixtures("study_home")
def test_other_programs_and_scores_make_the_corpora_stale() -> None:
    draw(PARAMS, seed=1)
    measure_difficulty(PARAMS)
    sentence = refusal(lambda: load_split(PARAMS, "test"))
    assert "buckets.parquet was made from another difficulty.parquet" in sentence
    assert "notebooks/03_bucketing.ipynb again" in sentence


def test_another_split_under_the_same_name_makes_older_corpora_stale(study_home: Path) -> None:
    corpora = study_home / "runs/smoke/corpus"
    shutil.copytree(corpora, study_home / "older")
    make_buckets(PARAMS, seed=1)
    shutil.copytree(study_home / "older", corpora, dirs_exist_ok=True)
    sentence = refusal(lambda: load_split(PARAMS, "test"))
    assert "test.safetensors was made from another buckets.parquet" in sentence
    assert "notebooks/03_bucketing.ipynb again" in sentence


def test_a_run_on_another_split_is_refused(study_home: Path) -> None:
    before = data_fingerprint(PARAMS)
    make_buckets(PARAMS, seed=1)
    assert data_fingerprint(PARAMS) != before
    sentence = refusal(lambda: load_run(PARAMS))
    assert f"{study_home / RUN} was trained on other data" in sentence


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_damaged_corpus_is_named_itself_and_not_the_runs(split: str, study_home: Path) -> None:
    corpus = study_home / f"runs/smoke/corpus/{split}.safetensors"
    flip(corpus, 0.5)
    for load in (lambda: load_run(PARAMS), lambda: data_fingerprint(PARAMS)):
        sentence = refusal(load)
        assert sentence.startswith(f"{corpus} is damaged") and "03_bucketing" in sentence


@pytest.mark.parametrize("name", ["history.csv", "curve.csv", "mixes.json", "model.json"])
def test_what_a_training_recorded_is_not_changed_before_its_evaluation(
    name: str, study_home: Path
) -> None:
    load_run(PARAMS)
    flip(study_home / RUN / name, 0.9)
    sentence = refusal(lambda: load_run(PARAMS))
    assert f"{study_home / RUN / name} is not the file that was written" in sentence


def test_a_yoked_run_does_not_replay_a_changed_record(study_home: Path) -> None:
    yoked = tiny_params(arm="yoked-mastery")
    theirs = tiny_params(arm="mastery")
    train_run(theirs)
    assert recorded_mixes(yoked)
    mixes = study_home / RUN.replace("baseline", "mastery") / "mixes.json"
    content = mixes.read_text()
    mixes.write_text(content.replace("0.", "0.1", 1))
    assert f"{mixes} is not the file that was written" in refusal(lambda: recorded_mixes(yoked))
    mixes.write_text(content)
    assert "steps=4, not 5" in refusal(
        lambda: recorded_mixes(tiny_params(arm="yoked-mastery", steps=5))
    )


def test_a_run_copied_to_another_seed_is_refused(study_home: Path) -> None:
    run = study_home / RUN
    shutil.copytree(run, run.with_name("seed1"))
    sentence = refusal(lambda: load_run(tiny_params(seed=1)))
    assert f"{run.with_name('seed1')} was trained with seed=0, not 1" in sentence


def test_the_weights_of_another_run_are_refused(study_home: Path) -> None:
    save_model(study_home / RUN, build(PARAMS.run().model, seed=1))
    sentence = refusal(lambda: load_run(PARAMS))
    assert "model.safetensors is not the file that was written" in sentence


def test_in_an_empty_home_the_first_notebook_of_the_chain_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    params = tiny_params()
    loads = (load_programs, load_difficulty, partial(load_split, name="train"), load_run)
    for load in (*loads, load_training, load_exams):
        assert "run notebooks/01_data_generation.ipynb first" in refusal(partial(load, params))


def test_what_is_missing_between_is_named(study_home: Path) -> None:
    params = tiny_params(arm="hybrid")
    (params.paths.buckets).unlink()
    assert "run notebooks/03_bucketing.ipynb first" in refusal(lambda: load_run(params))


def test_a_split_that_does_not_exist_is_no_missing_file() -> None:
    said = refusal(lambda: load_split(tiny_params(), "val"))
    assert said.startswith("split='val' does not exist") and "validation" in said
