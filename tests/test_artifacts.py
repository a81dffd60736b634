"""Atomic writing: a file is whole or absent, whatever happens in the middle."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from cl_utils.errors import StudyError
from cl_utils.files import atomic


def names(folder: Path) -> list[str]:
    """Return the names of all files of a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


def test_a_block_that_ends_well_leaves_the_whole_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "table.txt"
    with atomic(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists() and temporary.parent == path.parent
    assert path.read_text() == "whole" and names(path.parent) == ["table.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, StudyError])
def test_an_interrupted_block_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "table.txt"
    path.write_text("old")
    with pytest.raises(error), atomic(path) as temporary:
        temporary.write_text("ha")
        raise error("stop")
    assert path.read_text() == "old" and names(tmp_path) == ["table.txt"]


def test_a_process_killed_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text("old")
    script = f"""
        import os, signal
        from pathlib import Path
        from cl_utils.files import atomic
        with atomic(Path({str(path)!r})) as temporary:
            temporary.write_text("half of the new")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    child = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    with atomic(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_full_disk_is_one_sentence_that_names_the_file(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.txt"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if moment == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    if moment == "replace":
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StudyError) as refused, atomic(path) as temporary:
        temporary.write_text("half")
        if moment == "write":
            full()
    assert str(path) in str(refused.value) and "No space left" in str(refused.value)
    assert path.read_text() == "old" and names(tmp_path) == ["table.txt"]


def test_a_folder_that_cannot_be_is_one_sentence_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    path = tmp_path / "taken" / "table.txt"
    with pytest.raises(StudyError) as refused, atomic(path):
        pytest.fail("the block ran without a place to write to")
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("read", [Path.read_bytes, lambda path: shutil.copyfile(path, "/dev/null")])
def test_a_file_that_the_block_cannot_read_is_not_taken_for_a_full_disk(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path, source = tmp_path / "table.txt", tmp_path / "source.txt"
    with pytest.raises(StudyError) as refused, atomic(path):
        read(source)
    assert str(refused.value).startswith(f"{source} cannot be read (No such file or directory)")
    assert "disk" not in str(refused.value) and names(tmp_path) == []


def test_a_copy_that_fills_the_disk_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`shutil` names both files then, the one that it reads first."""
    path, source = tmp_path / "table.txt", tmp_path / "source.txt"
    with pytest.raises(StudyError, match="could not be written") as refused, atomic(path) as half:
        raise OSError(errno.ENOSPC, "No space left on device", str(source), None, str(half))
    assert str(path) in str(refused.value)
