"""Slips at the edges: a home, a copy of a file, a stray notebook or folder, an option of Snakemake.

In: what somebody did beside the study. Out: a failure that shows what was taken for something else.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal

from cl_utils import code_fingerprint, paths
from cl_utils.artifacts import load_table, manifest_path, save_table
from cl_utils.manifests import write_manifest
from cl_utils.paths import HOME_VARIABLE, NOTEBOOKS, home, notebooks
from cl_utils.study import committed_models as committed
from cl_utils.workflow.profiles import check_options


@pytest.mark.parametrize("named", ["rel_home", "~/home", "./here"])
def test_a_home_that_depends_on_the_working_directory_is_refused(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, named)
    assert f"{HOME_VARIABLE}={named} is no absolute path" in refusal(home)


def test_a_file_copied_under_another_name_is_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    save_table(first, pd.DataFrame({"a": [1]}), params={})
    assert len(load_table(first, "01_data_generation", params={})) == 1
    shutil.copy(first, second)
    shutil.copy(manifest_path(first), manifest_path(second))
    said = refusal(lambda: load_table(second, "01_data_generation", params={}))
    assert f"{second} is a copy of 'first.parquet'" in said


def test_files_of_before_their_names_were_kept_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    save_table(path, pd.DataFrame({"a": [1]}), params={})
    manifest = json.loads(manifest_path(path).read_text())
    del manifest["file"]
    write_manifest(manifest_path(path), {k: v for k, v in manifest.items() if k != "checksum"})
    assert len(load_table(path, "01_data_generation", params={})) == 1


def test_copies_and_scratch_notebooks_are_no_part_of_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    names = [path.name for path in notebooks()]
    for name in ("Untitled.ipynb", "09_factorial-Copy1.ipynb", "my idea.ipynb"):
        (tmp_path / "notebooks" / name).write_text("")
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    assert names and [path.name for path in notebooks()] == names, (
        "a copy beside a notebook counts as one, or a notebook does not: see NUMBERED in "
        "cl_utils/paths.py"
    )
    showing = code_fingerprint.showing_notebooks()
    assert {"06_figures", "14_findings"} <= set(showing) and "09_factorial-Copy1" not in showing


@pytest.mark.parametrize("text", ["", "[]", '{"cells": [{"cell_type": "code"}]}', "{}"])
def test_a_numbered_notebook_that_cannot_be_read_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "06_figures.ipynb").write_text(text)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    said = refusal(code_fingerprint.showing_notebooks)
    assert "06_figures.ipynb cannot be read as a notebook of the study" in said


def test_a_folder_that_jupyterlab_makes_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".ipynb_checkpoints", "baseline"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(committed, "MODELS", tmp_path)
    assert committed.committed_models() == ["baseline"]


def test_an_option_that_nobody_reads_is_refused() -> None:
    check_options(["profile", "resumed"])
    check_options([])
    assert "--config profil=... is no option (did you mean 'profile'?)" in refusal(
        lambda: check_options(["profil"])
    )
    assert "--config steps=... is no option: write profile=" in refusal(
        lambda: check_options(["profile", "steps"])
    )
