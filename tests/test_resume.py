"""Resuming: committed rows stand for their runs, and nothing else does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from factories import change_manifest
from refusals import refusal
from studies import RESULT, RUN, tiny_params

from cl_utils.files import file_digest
from cl_utils.workflow import resume

PARAMS = tiny_params()


def test_a_finished_run_is_marked_as_done_without_its_weights(study_home: Path) -> None:
    before = json.loads((study_home / RUN / "manifest.json").read_text())
    shutil.rmtree(study_home / RUN)
    restored, left = resume.restore(PARAMS)
    assert [str(each.relative_to(study_home)) for each in restored] == [RESULT] and not left
    run = study_home / RUN
    assert json.loads((run / "manifest.json").read_text()) == before
    assert file_digest(run / "mixes.json") == file_digest(study_home / RESULT / "mixes.json")
    assert (run / "evaluated.json").exists() and not (run / "model.safetensors").exists()
    corpus = PARAMS.paths.corpus("train")
    assert (run / "evaluated.json").stat().st_mtime > corpus.stat().st_mtime


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "other"},
        {"arm": {"schedule": "hybrid"}},
        {"evaluation": {"code": "other"}},
        {"params": {"steps": PARAMS.steps + 1}},
        {"replayed": {"arm": "mastery", "seed": 3}},
    ],
    ids=str,
)
def test_a_run_of_other_code_parameters_or_arm_is_left_to_be_made_again(
    changed: dict[str, object], study_home: Path
) -> None:
    shutil.rmtree(study_home / RUN)
    change_manifest(study_home / RESULT, **changed)
    restored, left = resume.restore(PARAMS)
    assert not restored and len(left) == 1 and not (study_home / RUN).exists()


def test_rows_of_other_data_or_changed_by_hand_are_refused(study_home: Path) -> None:
    manifest = study_home / RESULT / "manifest.json"
    kept = manifest.read_text()
    change_manifest(study_home / RESULT, data_fingerprint="other")
    assert "was evaluated on data other, but runs/smoke holds" in refusal(
        lambda: resume.restore(PARAMS)
    )
    manifest.write_text(kept)
    (study_home / RESULT / "curve.csv").write_text("step\n1\n")
    assert "is not the file that was written" in refusal(lambda: resume.restore(PARAMS))


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(study_home: Path) -> None:
    folder = (study_home / RUN).parent
    shutil.rmtree(folder)
    folder.write_text("")
    said = refusal(lambda: resume.restore(PARAMS))
    assert f"{study_home / RUN / 'mixes.json'} could not be written" in said


@pytest.mark.usefixtures("study_home")
def test_a_resumed_study_says_how_many_runs_need_no_training() -> None:
    assert resume.resume(PARAMS).startswith("Runs that need no training: 1;")
