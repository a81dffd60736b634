"""One command at a time works on a profile, and one that was killed leaves nothing in the way.

In: a profile, and what the command is called. Out: a lock that the operating system takes back when
its process ends, however it ends; a note of who has it, for the sentence that another command ends
with; and, of a command that was killed, its processes ended and its half-written files removed.
"""

from __future__ import annotations

import json
import os
import platform
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cl_utils.errors import StudyError
from cl_utils.files import write_json
from cl_utils.paths import HOME_VARIABLE, REPOSITORY, home
from cl_utils.processes import end_marked

HALF_WRITTEN = re.compile(r"\..+\.[a-z]+\.[a-z0-9_]{8}")
"""What `atomic` calls a file until it is whole: `.curve.csv.k3v_81qd`."""
AT_REST = 60.0  # seconds without a change, after which nobody writes a file any more
AT_REST_AFTER_KILL = 5.0  # the same, where a command was killed and its processes are ended


@dataclass(frozen=True)
class Owner:
    """Who works on a profile: a command, its process, and the mark of the processes it started."""

    command: str
    process: int
    host: str
    since: str
    mark: str


@contextmanager
def only_command(profile: str, command: str) -> Iterator[str]:
    """Keep other commands off a profile; yield the mark for the processes that this one starts.

    At the end, these processes are ended. Raises StudyError when another command has the profile.
    """
    lock, note = _files(profile)
    with _locked(lock, note, profile):
        _clean_after_killed(note, profile)
        owner = Owner(command, os.getpid(), platform.node(), _clock(), uuid.uuid4().hex)
        write_json(note, asdict(owner))
        try:
            yield owner.mark
        finally:
            end_marked(owner.mark)
            remove_half_written(profile, rested=AT_REST)
            note.unlink(missing_ok=True)


def owner_of(profile: str) -> Owner | None:
    """Return who works on a profile, or worked on it until it was killed, if anybody."""
    return _read(_files(profile)[1])


def remove_half_written(profile: str, rested: float) -> list[Path]:
    """Remove what a kill left half-written and nobody has changed for `rested` seconds; return it.

    A notebook in JupyterLab may write at the same time: its files change until they are whole.
    """
    removed, before = [], time.time() - rested
    for path in _hidden(profile):
        try:
            if HALF_WRITTEN.fullmatch(path.name) and path.stat().st_mtime < before:
                path.unlink()
                removed.append(path)
        except OSError:  # a folder, or renamed meanwhile: then it is whole
            continue
    return removed


def _hidden(profile: str) -> Iterator[Path]:
    """Yield the hidden files beside those that the commands write."""
    for kind in ("runs", "results", "figures"):
        for name in (profile, "experiments"):
            yield from (home() / kind / name).rglob(".*")
    yield from (home() / "runs" / ".locks").glob(f".{profile}.json.*")
    for folder in (home() / "runs").glob(f"{profile}+*"):  # of its changed parameters
        yield from folder.rglob(".*")
    if home() == REPOSITORY:  # then the notebooks write its pages, too
        yield from REPOSITORY.glob(".*")
        yield from (REPOSITORY / "docs").rglob(".*")


def _files(profile: str) -> tuple[Path, Path]:
    """Return the lock of a profile and the note of who has it: both outlive the profile's runs."""
    folder = home() / "runs" / ".locks"
    return folder / f"{profile}.lock", folder / f"{profile}.json"


@contextmanager
def _locked(lock: Path, note: Path, profile: str) -> Iterator[None]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire(blocking=False)
    except Timeout:
        raise StudyError(_taken(profile, _read(note))) from None
    except OSError as error:
        raise StudyError(
            f"{lock} cannot be locked ({error.strerror or error}): make its folder writable, or "
            f"name another one by {HOME_VARIABLE}"
        ) from error
    try:
        yield
    finally:
        held.release()


def _taken(profile: str, owner: Owner | None) -> str:
    if owner is None:
        return f"another command works on profile {profile}: wait for its end"
    return (
        f"profile {profile} is at work already: `{owner.command}`, process {owner.process} on "
        f"{owner.host}, since {owner.since}: wait for its end, or end it by `kill {owner.process}`"
    )


def _clean_after_killed(note: Path, profile: str) -> None:
    """Remove what a command left that had no time to: its note stands, though the lock is free."""
    killed = _read(note)
    if killed is not None:
        end_marked(killed.mark)
    remove_half_written(profile, rested=AT_REST if killed is None else AT_REST_AFTER_KILL)


def _read(note: Path) -> Owner | None:
    try:
        return Owner(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # nobody, or half a note: whoever wrote it was killed before it began


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M")
