"""One command at a time on a profile; what a killed one left is ended and removed, and no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from refusals import refusal

from cl_utils.artifacts import atomic
from cl_utils.paths import HOME_VARIABLE
from cl_utils.processes import MARK_VARIABLE
from cl_utils.workflow.profile_lock import (
    AT_REST,
    AT_REST_AFTER_KILL,
    only_command,
    owner_of,
    remove_half_written,
)

HOLDER = """
import os, subprocess, sys, time
from cl_utils.processes import MARK_VARIABLE
from cl_utils.workflow.profile_lock import only_command

with only_command("mine", "make reproduce PROFILE=mine") as mark:
    sleeper, marked = ["sleep", "600"], os.environ | {MARK_VARIABLE: mark}
    child = subprocess.Popen(sleeper, env=marked, start_new_session=True)
    print(child.pid, flush=True)
    time.sleep(600)
"""
Start = Callable[[], tuple["subprocess.Popen[str]", int]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def start() -> Iterator[Start]:
    """Start another command on the profile `mine`; return it and the number of its child."""
    started: list[subprocess.Popen[str]] = []
    children: list[int] = []

    def begin() -> tuple[subprocess.Popen[str], int]:
        holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
        started.append(holder)
        assert holder.stdout is not None
        children.append(int(holder.stdout.readline()))
        return holder, children[-1]

    yield begin
    for child in filter(is_running, children):
        os.kill(child, signal.SIGKILL)
    for holder in started:
        holder.kill()
        holder.communicate()


def is_running(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def ends(process: int) -> bool:
    """Return whether a process is gone soon: on a busy machine its end takes a moment."""
    until = time.monotonic() + 5
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_running(process)


def test_a_second_command_is_told_who_works_there_since_when_and_how_to_end_it(
    start: Start,
) -> None:
    holder, child = start()
    told = refusal(lambda: only_command("mine", "make resume").__enter__())
    assert "`make reproduce PROFILE=mine`" in told and f"`kill {holder.pid}`" in told
    assert time.strftime("since %Y-%m-%d") in told
    assert is_running(child), "a refused command ends nothing"


def test_another_profile_is_free(start: Start) -> None:
    start()
    with only_command("yours", "make reproduce"):
        assert owner_of("yours") is not None and owner_of("mine") is not None


def test_the_processes_of_a_killed_command_are_ended_and_the_next_one_goes_on(
    start: Start,
) -> None:
    holder, child = start()
    holder.kill()
    holder.wait()
    assert is_running(child), "nobody told it"
    with only_command("mine", "make resume") as mark:
        assert ends(child)
        owner = owner_of("mine")
        assert owner is not None and (owner.process, owner.mark) == (os.getpid(), mark)
    assert owner_of("mine") is None


def test_the_end_of_a_command_ends_what_it_started() -> None:
    with only_command("mine", "make figures") as mark:
        sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleeper, env=os.environ | {MARK_VARIABLE: mark})
    assert child.wait(5) == -signal.SIGTERM


def test_processes_with_another_mark_or_none_are_left_alone() -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    others = [
        subprocess.Popen(sleeper, env=os.environ | {MARK_VARIABLE: "another"}),
        subprocess.Popen(sleeper),
    ]
    with only_command("mine", "make figures"):
        pass
    assert [other.poll() for other in others] == [None, None]
    for other in others:
        other.kill()
        other.wait()


@pytest.mark.parametrize(
    "note",
    [
        {"command": "make", "process": 1, "host": "elsewhere", "since": "long ago", "mark": "gone"},
        {"command": "make", "process": os.getpid(), "host": "here", "since": "now", "mark": ""},
        {"strange": 1},
        "no JSON",
    ],
)
def test_a_note_without_its_lock_stops_nobody(note: object, home: Path) -> None:
    """It may name a process number that another process has by now, or another machine's."""
    path = home / "runs" / ".locks" / "mine.json"
    path.parent.mkdir(parents=True)
    path.write_text(note if isinstance(note, str) else json.dumps(note))
    with only_command("mine", "make reproduce"):
        owner = owner_of("mine")
        assert owner is not None and owner.command == "make reproduce"


def test_a_place_that_cannot_be_locked_is_refused(home: Path) -> None:
    (home / "runs").write_text("no folder")
    told = refusal(lambda: only_command("mine", "make").__enter__())
    assert str(home) in told and HOME_VARIABLE in told


def test_a_note_that_cannot_be_written_is_one_sentence_and_the_profile_is_free(home: Path) -> None:
    note = home / "runs" / ".locks" / "mine.json"
    note.mkdir(parents=True)
    said = refusal(lambda: only_command("mine", "make").__enter__())
    assert f"{note} could not be written" in said
    note.rmdir()
    with only_command("mine", "make"):
        assert owner_of("mine") is not None


def half_written(path: Path, seconds_ago: float) -> Path:
    """Leave what a kill in the middle of a write leaves, so long ago."""
    with atomic(path) as temporary:
        left = temporary.with_name(temporary.name)
        content = b"half"
        path.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(content)
    path.unlink()
    os.utime(left, (time.time() - seconds_ago,) * 2)
    return left


def test_half_written_files_of_a_killed_command_are_removed_and_all_others_stay(
    home: Path,
) -> None:
    old = [
        half_written(home / folder / "mine" / name, 2 * AT_REST)
        for folder, name in (
            ("runs", "training/fast/hybrid/seed0/checkpoint.pt"),
            ("runs", "corpus/train.safetensors"),
            ("runs", "../mine+steps=200/training/fast/hybrid/seed0/checkpoint.pt"),
            ("results", "fast/hybrid/seed0/manifest.json"),
            ("figures", "effects forest.png"),
            ("runs", "../.locks/mine.json"),
        )
    ]
    others = [
        half_written(home / "runs" / "mine" / "being_written.csv", 0),
        half_written(home / "runs" / "yours" / "curve.csv", 2 * AT_REST),
        *(home / "runs" / "mine" / name for name in (".hidden", "curve.csv", ".gitignore")),
    ]
    for path in others[2:]:
        path.write_text("whole")
        os.utime(path, (0, 0))
    with only_command("mine", "make reproduce"):
        assert not any(path.exists() for path in old)
        assert all(path.exists() for path in others)
    assert all(path.exists() for path in others)


def test_after_a_kill_files_need_not_rest_for_long(start: Start, home: Path) -> None:
    holder, _ = start()
    holder.kill()
    holder.wait()
    left = half_written(home / "runs" / "mine" / "curve.csv", 2 * AT_REST_AFTER_KILL)
    assert remove_half_written("mine", rested=AT_REST) == []
    with only_command("mine", "make reproduce"):
        assert not left.exists()
