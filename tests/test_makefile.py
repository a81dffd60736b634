"""The Makefile on a machine that is not ready; a shell script stands for Python.

In: the Makefile, in a folder that holds nothing else. Out: a failure that shows what make said.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder that has what `make install` needs, in one whose name has a blank."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-s", *words], cwd=folder, capture_output=True, text=True)


def script(path: Path, text: str) -> None:
    """Write what stands for a Python: a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.mark.parametrize("text", ["exit 1\n", None])
def test_a_python_that_is_too_old_or_missing_is_named_before_anything_is_made(
    bare: Path, text: str | None
) -> None:
    if text:
        script(bare / "old", text)
    done = make(bare, "report", "PYTHON=./old")
    assert done.returncode and "Python 3.11 or newer is needed" in done.stderr
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize(("inside", "options"), [("exit 1", "--clear .venv"), ("", ".venv")])
def test_only_an_environment_of_a_python_that_does_not_fit_is_made_from_nothing(
    bare: Path, inside: str, options: str
) -> None:
    script(bare / "new", 'case "$1" in -m) echo "$@" ;; esac\n')
    script(bare / ".venv" / "bin" / "python", f'case "$1" in -c) {inside or "exit 0"} ;; esac\n')
    done = make(bare, "install", "PYTHON=./new")
    assert done.stdout == f"-m venv {options}\n" and (bare / ".venv" / ".installed").exists()


def test_a_failed_installation_says_where_to_look_and_is_repeated(bare: Path) -> None:
    script(bare / "new", "exit 0\n")
    script(bare / ".venv" / "bin" / "python", 'case "$1" in -m) exit 1 ;; esac\n')
    done = make(bare, "lab", "PYTHON=./new")
    assert done.returncode and "docs/faq.md" in done.stderr
    assert not (bare / ".venv" / ".installed").exists()


def test_a_command_that_is_not_there_is_answered_by_where_they_are_listed(bare: Path) -> None:
    done = make(bare, "reprodce")
    assert done.returncode and "make alone lists them" in done.stderr
    assert "PROFILE" in make(bare).stdout and "reproduce" in make(bare).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reproduce", "smoke"), "named as in: make reproduce PROFILE=smoke"),
        (("figures", "study"), "There is no such command"),
        (("reproduce", "profile=smoke"), "Nothing reads one of these variables"),
        (("reproduce", "PROFILE=smoke", "STEPS=200"), "Nothing reads one of these variables"),
    ],
)
def test_a_slip_ends_make_before_anything_has_begun(
    bare: Path, words: tuple[str, ...], said: str
) -> None:
    script(bare / ".venv" / "bin" / "python", 'echo "$@"\n')
    (bare / ".venv" / ".installed").touch()
    done = make(bare, *words)
    assert done.returncode and not done.stdout and said in done.stderr


def test_variables_of_make_and_of_the_study_are_read(bare: Path) -> None:
    script(bare / ".venv" / "bin" / "python", 'echo "$@ $PROFILE $OMP_NUM_THREADS"\n')
    (bare / ".venv" / ".installed").touch()
    assert make(bare, "test", "OMP_NUM_THREADS=2").stdout.split()[-1] == "2"
    assert "reproduce smoke" in make(bare, "reproduce", "PROFILE=smoke").stdout
    assert "pytest" in make(bare, "test", "PYTHON=python3", "-j2").stdout


def test_the_lab_opens_the_first_notebook_and_reaches_every_folder(bare: Path) -> None:
    script(bare / ".venv" / "bin" / "python", 'echo "$@"\n')
    (bare / ".venv" / ".installed").touch()
    said = make(bare, "lab").stdout.split()
    assert said[-1] == "notebooks/00_start_here.ipynb" and (REPOSITORY / said[-1]).exists()
    assert "--ServerApp.root_dir=." in said
