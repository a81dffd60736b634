"""What notebooks left and today's code or parameters would make otherwise is made again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from factories import change_manifest
from studies import RESULT, RUN, make_buckets, measure_difficulty, tiny_params

from cl_utils.manifests import MANIFEST, manifest_path, read_manifest, write_manifest
from cl_utils.paths import REPOSITORY
from cl_utils.study.model_losses import measure_model_difficulty
from cl_utils.study.params import Params
from cl_utils.workflow import commands, stale
from cl_utils.workflow.commands import Work

PARAMS = tiny_params(arms={"baseline": 1}, contrasts=[])
DATA = {"runs/smoke/programs.parquet", "runs/smoke/difficulty.parquet"}
BUCKETS = "runs/smoke/buckets.parquet"
SEAL = f"{RUN}/evaluated.json"


def stale_of(home: Path, params: Params = PARAMS) -> set[str]:
    """Return the stale files of a study, from its home."""
    found = [(REPOSITORY / each).resolve() for each in stale.stale_files(params)]
    return {str(each.relative_to(home.resolve())) for each in found}


def change(path: Path, **facts: object) -> None:
    """Let the manifest of a table say something else."""
    write_manifest(manifest_path(path), {**read_manifest(manifest_path(path), ""), **facts})


@pytest.fixture
def study(study_home: Path) -> Path:
    """A whole study of one run, whose every file is of today's code and parameters."""
    assert (study_home / SEAL).exists() and not stale_of(study_home)
    return study_home


@pytest.mark.parametrize("table", ["programs", "difficulty", "buckets"])
def test_data_of_other_code_are_stale(table: str, study: Path) -> None:
    change(study / f"runs/smoke/{table}.parquet", code="other")
    assert stale_of(study) == {f"runs/smoke/{table}.parquet"}


def test_data_of_other_parameters_are_stale_with_all_that_came_of_them(study: Path) -> None:
    more = tiny_params(arms={"baseline": 1}, contrasts=[], programs=3100)
    assert {*DATA, BUCKETS} <= stale_of(study, more)
    fewer = tiny_params(arms={"baseline": 1}, contrasts=[], test_programs=19)
    assert not DATA & stale_of(study, fewer) and BUCKETS in stale_of(study, fewer)


def test_metrics_that_were_measured_again_make_the_buckets_stale(study: Path) -> None:
    """As after a change of a metric and notebook 02 by hand: the buckets are of the old values."""
    measure_difficulty(PARAMS)
    assert not stale_of(study)  # the same values, byte by byte
    path = study / "runs/smoke/difficulty.parquet"
    change(study / BUCKETS, inputs={path.name: "other"})
    assert BUCKETS in stale_of(study)
    make_buckets(PARAMS)
    assert not stale_of(study)


@pytest.mark.parametrize(
    "facts",
    [{"code": "other"}, {"params": {"steps": 5}}, {"arm": {"schedule": "hybrid"}}],
    ids=str,
)
def test_a_run_of_other_code_parameters_or_arm_is_stale(
    facts: dict[str, object], study: Path
) -> None:
    change_manifest(study / RUN, **facts)
    assert f"{RUN}/{MANIFEST}" in stale_of(study)


@pytest.mark.parametrize(
    "facts", [{"code": "other"}, {"line_programs": 4}, {"exams": "other"}], ids=str
)
def test_rows_of_another_evaluation_are_stale_and_their_run_is_not(
    facts: dict[str, object], study: Path
) -> None:
    change_manifest(study / RESULT, evaluation=facts)
    assert stale_of(study) == {SEAL}


def test_losses_of_other_parameters_or_code_are_stale_where_an_arm_needs_them(study: Path) -> None:
    arms = {"arms": {"baseline": 1, "incremental-by-model_loss": 1}, "contrasts": []}
    needing, losses = tiny_params(**arms), PARAMS.paths.model_difficulty("fast")
    measured = pd.DataFrame({"program_id": [1], "model_loss": [1.0]})
    measure_model_difficulty(needing, lambda *_: measured)
    assert not stale_of(study, needing)
    change(losses, code="other")
    assert stale_of(study, needing) == {"runs/smoke/model_difficulty-fast.parquet"}
    assert not stale_of(study)  # no arm asks for them
    measure_model_difficulty(needing, lambda *_: measured)
    more = tiny_params(**arms, steps=5)
    assert "runs/smoke/model_difficulty-fast.parquet" in stale_of(study, more)


def test_rows_that_were_deleted_are_made_again_and_their_run_is_not(study: Path) -> None:
    shutil.rmtree(study / RESULT)
    assert stale_of(study) == {SEAL}


def test_weights_need_not_be_there_and_runs_that_are_not_are_not_stale(study: Path) -> None:
    """`resume` restores runs without weights; Snakemake itself makes what is missing."""
    (study / RUN / "model.safetensors").unlink()
    assert not stale_of(study)
    assert not stale_of(study, tiny_params(arms={"baseline": 2, "hybrid": 1}, contrasts=[]))


def test_rows_that_came_without_weights_are_taken_as_they_are(study: Path) -> None:
    """Those of a committed study: nothing here could evaluate their runs again."""
    change_manifest(study / RESULT, evaluation={"exams": "other"})
    (study / RUN / "model.safetensors").unlink()
    assert not stale_of(study)
    shutil.rmtree(study / RESULT)
    assert stale_of(study) == {SEAL}


def test_a_table_without_manifest_counts_as_missing_and_a_damaged_one_is_left(
    study: Path,
) -> None:
    manifest_path(study / BUCKETS).unlink()
    assert BUCKETS in stale_of(study)
    (study / "runs/smoke/difficulty.parquet").write_text("no table")
    assert "runs/smoke/difficulty.parquet" not in stale_of(study)


def test_make_lets_snakemake_make_stale_files_again(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "study_named", lambda _: PARAMS)
    work = Work("reproduce", "smoke", "")
    assert work.forced() == ()
    change_manifest(study / RUN, code="other")
    option, *files = work.forced()
    assert option == "--forcerun" and f"{RUN}/{MANIFEST}" in "\n".join(files)
    shutil.rmtree(study / "runs")
    assert work.forced() == ()


def test_the_command_prints_a_file_a_line(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stale, "study_named", lambda _: PARAMS)
    monkeypatch.setattr("sys.argv", ["stale", "smoke"])
    change_manifest(study / RESULT, evaluation={"code": "other"})
    assert stale.main() == 0
    assert capsys.readouterr().out.strip().endswith(SEAL)
