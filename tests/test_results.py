"""Loading what notebook 05 wrote, finished or not, and the main table."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories import SCHEDULES, change_manifest, seal, synthetic_results, write_results
from refusals import refusal
from studies import tiny_params

from cl_utils.artifacts import save_csv, save_table
from cl_utils.errors import StudyError
from cl_utils.files import file_digest
from cl_utils.manifests import manifest_path, read_manifest, write_manifest
from cl_utils.report.main_table import main_table
from cl_utils.stats import mean_interval, paired_difference
from cl_utils.study.data_files import data_fingerprint
from cl_utils.study.results import finished_runs, load_results
from cl_utils.study.stage_params import BucketParams


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return results/laptop with two arms and two seeds."""
    write_results(tmp_path / "laptop", synthetic_results(["baseline", "hybrid"], [2, 10]))
    return tmp_path / "laptop"


def test_round_trip(folder: Path) -> None:
    """What was written comes back, with recipe, arm and seed in front."""
    written, loaded = synthetic_results(["baseline", "hybrid"], [2, 10]), load_results(folder)
    for name in ("measures", "curves", "history", "programs"):
        table = getattr(loaded, name)
        assert list(table.columns[:3]) == ["recipe", "arm", "seed"]
        assert len(table) == len(getattr(written, name))
    assert list(loaded.measures["seed"].unique()) == [2, 10]
    there, here = (each.measures.query("subset_kind != 'bucket'") for each in (written, loaded))
    assert here["value"].sum() == pytest.approx(there["value"].sum())


def test_empty_folder_names_the_notebook(tmp_path: Path) -> None:
    """A missing or empty folder is reported with its fix."""
    for folder in (tmp_path, tmp_path / "paper"):
        fix = f"no finished run: run notebooks/05_evaluation.ipynb with profile='{folder.name}'"
        fix += f", or `make reproduce PROFILE={folder.name}`"
        with pytest.raises(StudyError, match=fix):
            load_results(folder)


def test_an_empty_profile_names_those_with_rows(tmp_path: Path) -> None:
    (tmp_path / "study" / "fast" / "hybrid" / "seed0").mkdir(parents=True)
    with pytest.raises(StudyError, match=r"the profiles with rows: study\)"):
        load_results(tmp_path / "laptop")


def test_missing_tables_are_fine_but_no_run_vanishes(folder: Path) -> None:
    """Tables but the measures may be missing; a run without its manifest is named."""
    (folder / "gpt/hybrid/seed10/manifest.json").unlink()
    with pytest.raises(StudyError, match=r"hybrid/seed10 has no manifest.json.*05_evaluation"):
        load_results(folder)
    shutil.rmtree(folder / "gpt/hybrid/seed10")
    for path in folder.rglob("programs.parquet"):
        path.unlink()
        if (path.parent / "manifest.json").exists():
            seal(path.parent)
    loaded = load_results(folder)
    counts = loaded.measures.groupby("arm")["seed"].nunique().to_dict()
    assert counts == {"baseline": 2, "hybrid": 1}
    assert loaded.programs.empty and "program_id" in loaded.programs


def test_what_is_in_the_place_of_a_run_does_not_make_it_vanish(folder: Path) -> None:
    run = folder / "gpt/hybrid/seed10"
    kept = run.rename(folder.parent / "kept")
    run.write_text("")
    assert f"{run} is no folder of a run" in refusal(lambda: load_results(folder))
    run.unlink()
    for path in (run, folder / "gpt/mastery", folder / "other"):
        path.symlink_to(folder / "gone")
        assert f"{path} is a link that leads nowhere" in refusal(lambda: load_results(folder))
        path.unlink()
    run.symlink_to(kept, target_is_directory=True)
    assert len(finished_runs(folder)) == 4


@pytest.mark.parametrize(
    "beside",
    [
        *("data/.ipynb_checkpoints/leak-checkpoint.csv", "benchmarks/cpu/training.csv"),
        *("gpt/.ipynb_checkpoints/note-checkpoint.md", ".ipynb_checkpoints/hybrid/seed10"),
    ],
)
def test_what_lies_beside_the_runs_is_not_taken_for_one(folder: Path, beside: str) -> None:
    """Rows about speed, tables about the programs, and what JupyterLab keeps of opened files."""
    (folder / beside).parent.mkdir(parents=True)
    (folder / beside).write_text("")
    assert len(finished_runs(folder)) == 4


def test_seeds_that_a_profile_does_not_declare_are_left_out() -> None:
    """Or seeds would be added until a difference is significant; other arms keep theirs."""
    results = synthetic_results(["baseline", "hybrid", "warmup"], [0, 1, 2], programs=5)
    kept = results.of_declared({"baseline": range(1, 3), "hybrid": range(1)})
    for table in vars(kept).values():
        seeds = table.groupby("arm")["seed"].agg(lambda own: sorted(set(own))).to_dict()
        assert seeds == {"baseline": [1, 2], "hybrid": [0], "warmup": [0, 1, 2]}


def test_loading_says_which_seeds_it_leaves_out(
    study_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = tiny_params()
    first = params.paths.results / "fast/baseline/seed0"
    assert len(load_results(params.paths.results, params).measures)
    assert capsys.readouterr().out == ""
    second = shutil.copytree(first, first.parent / "seed1")
    change_manifest(second, params={"seed": 1})
    loaded = load_results(params.paths.results, params)
    assert list(loaded.measures["seed"].unique()) == [0]
    said = "Left out, as smoke.yaml does not declare these seeds: fast/baseline/seed1\n"
    assert capsys.readouterr().out == said
    shutil.rmtree(first)
    sentence = refusal(lambda: load_results(params.paths.results, params))
    assert "no run of a declared seed" in sentence and "smoke.yaml" in sentence


def test_runs_on_different_data_are_refused(folder: Path) -> None:
    """The message names the run and both fingerprints."""
    change_manifest(folder / "gpt/hybrid/seed10", data_fingerprint="xyz")
    with pytest.raises(StudyError, match=r"hybrid/seed10 was evaluated on data 'xyz'.*abc.*again"):
        load_results(folder)


def test_a_table_that_its_run_s_manifest_does_not_name_is_refused(folder: Path) -> None:
    """Nothing would tell whether it is the one that was written."""
    run = folder / "gpt/hybrid/seed10"
    files = {"curve.csv": file_digest(run / "curve.csv")}
    change_manifest(run, evaluation={"code": "1", "files": files})
    assert "seed10/manifest.json is damaged" in refusal(lambda: load_results(folder))


def test_test_programs_in_other_buckets_than_were_measured_are_refused(folder: Path) -> None:
    """The same programs, from a table that passes for another study's own."""
    path = folder / "data/tested.parquet"
    table, made = pd.read_parquet(path), read_manifest(manifest_path(path), "")["params"]
    save_table(path, table, params=made)
    assert len(load_results(folder).programs)
    save_table(path, table.assign(bucket=table["bucket"].to_numpy()[::-1]), params=made)
    said = refusal(lambda: load_results(folder))
    assert f"{path} is not the table of the programs that the runs were tested on" in said


def test_test_programs_of_other_data_are_refused_by_their_manifest(study_home: Path) -> None:
    params = tiny_params()
    path, made = params.paths.tested, {"params": params.of(BucketParams)}
    table, data = pd.read_parquet(path), data_fingerprint(params)
    save_table(path, table, **made, data_fingerprint=data)
    assert len(load_results(params.paths.results, params).programs)
    save_table(path, table, **made, data_fingerprint="0123456789abcdef")
    said = refusal(lambda: load_results(params.paths.results, params))
    assert f"{path} is not the table of the programs that the runs were tested on" in said


@pytest.mark.parametrize("text", ["{}", "[]", "", '{"content": "1", "params": {}, "inputs": {}}'])
def test_a_manifest_of_another_kind_is_refused(folder: Path, text: str) -> None:
    """So is one that was changed by hand: it has a checksum of itself."""
    path = folder / "gpt/hybrid/seed10/manifest.json"
    whole = path.read_text()
    for content in (text, whole.replace("abc", "abd")):
        path.write_text(content)
        with pytest.raises(StudyError, match=r"seed10/manifest.json is damaged or was changed"):
            load_results(folder)
    write_manifest(path, {"content": "1", "params": {}, "inputs": {}})
    with pytest.raises(StudyError, match=r"hybrid/seed10/manifest.json is damaged or was changed"):
        load_results(folder)


def test_a_table_without_a_column_is_refused(folder: Path) -> None:
    """The message names the file and the columns."""
    path = folder / "gpt/hybrid/seed10/curve.csv"
    path.write_text("step,characters\n1,2\n")
    with pytest.raises(StudyError, match="curve.csv is not the file that was written"):
        load_results(folder)
    seal(path.parent)
    with pytest.raises(StudyError, match=r"curve.csv lacks the columns \['seconds'"):
        load_results(folder)


def test_level_names_stay_text(folder: Path) -> None:
    """A subset column of levels alone must not become numbers."""
    path = folder / "gpt/hybrid/seed10/measures.csv"
    head = "test_set,subset_kind,subset,measure,value,n\n"
    path.write_text(head + "balanced,level,1.1,execution_exact,50,10\n")
    seal(path.parent)
    assert "1.1" in set(load_results(folder).measures["subset"])


def test_runs_with_other_columns_keep_their_own_rows(folder: Path) -> None:
    """Neighbours with the same columns are read as one table; no row may change its run by that."""
    before = load_results(folder).history
    path = folder / "gpt/baseline/seed10/history.csv"
    rows = pd.read_csv(path).head(2).assign(extra=[1, 2])
    rows.to_csv(path, index=False)
    seal(path.parent)
    after = load_results(folder).history
    changed = (after["arm"] == "baseline") & (after["seed"] == 10)
    assert list(after[changed]["extra"]) == [1, 2] and after[~changed]["extra"].isna().all()
    kept = before[(before["arm"] != "baseline") | (before["seed"] != 10)].reset_index(drop=True)
    assert after[~changed].drop(columns="extra").reset_index(drop=True).equals(kept)


def test_main_table_agrees_with_the_statistics() -> None:
    """Means, half-widths and differences are those of the stats module."""
    results = synthetic_results(SCHEDULES, [0, 1, 2], programs=10)
    table = main_table(results)
    rows = results.measures
    chosen = rows[
        (rows["arm"] == "hybrid")
        & (rows["measure"] == "execution_exact")
        & (rows["subset"] == "macro")
    ]
    interval = mean_interval(chosen["value"])
    contrast = paired_difference(rows, "hybrid")
    hybrid = table.loc["hybrid"]
    assert (hybrid["macro"], hybrid["macro_half_width"]) == (interval.mean, interval.half_width)
    assert (hybrid["difference"], hybrid["difference_low"]) == (contrast.difference, contrast.low)
    assert (table["n"] == 3).all() and np.isnan(table.loc["baseline", "difference"])


def test_main_table_of_one_seed_without_baseline() -> None:
    """No interval and no difference, but a row."""
    row = main_table(synthetic_results(["hybrid"], [0], programs=10)).loc["hybrid"]
    assert row["n"] == 1 and row["macro"] > 0
    assert np.isnan(row["macro_half_width"]) and np.isnan(row["difference"])


def test_of_recipe_chooses_or_refuses() -> None:
    """One recipe at a time."""
    results = synthetic_results(["baseline"], [0], programs=10)
    assert len(results.of_recipe("gpt").measures) == len(results.measures)
    with pytest.raises(StudyError, match="no results of recipe 'large'"):
        results.of_recipe("large")


def test_evaluated_programs_have_level_bucket_metrics_and_the_small_models_loss(
    folder: Path,
) -> None:
    losses = pd.DataFrame({"program_id": range(200), "model_loss": 0.5})
    path = folder / "data" / "model_loss-gpt.csv"
    save_csv(path, losses, params={"profile": folder.name, "recipe": "gpt"})
    programs = load_results(folder).programs
    assert programs[["level", "bucket", "overall_metric"]].notna().all(axis=None)
    assert (programs["model_loss"] == 0.5).all()
    path.write_text(path.read_text().replace("0.5", "0.6", 1))
    with pytest.raises(StudyError, match=r"model_loss-gpt.csv is damaged.*08_model_difficulty"):
        load_results(folder)
    save_csv(path, losses, params={"profile": folder.name, "recipe": "fast"})
    with pytest.raises(StudyError, match="was made with recipe='fast', not 'gpt'"):
        load_results(folder)


def test_a_missing_table_of_test_programs_names_its_notebook(folder: Path) -> None:
    (folder / "data" / "tested.parquet").unlink()
    with pytest.raises(StudyError, match="tested.parquet is missing: run notebooks/03_bucketing"):
        load_results(folder)
