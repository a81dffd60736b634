"""Attack: work is killed, perhaps several times, and started again until it is done.

In: a ground. Out: an outcome an attempt: what the last start leaves is what undisturbed work
leaves, to the bit. A kill comes at a random moment, or just before a random change of the file
system, such as the renaming that makes a written file count.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

from torture.apart import Call, end_group, ends_of, forked, silenced
from torture.ground import Ground
from torture.jobs import Job, all_jobs
from torture.judge import judged
from torture.outcome import HUNG, SURVIVED, Outcome, UndisturbedError, Verdict

SECONDS: Final = 120.0  # of work that takes seconds
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOST_KILLS: Final = 3  # of one piece of work
SECONDS_LEFT: Final = 15.0  # that processes of the work may live on, on a busy machine
CHANGES: Final = frozenset({"os.rename", "os.remove", "os.mkdir", "os.chmod", "tempfile.mkstemp"})
"""Audit events of the interpreter that change files, beside opening one to write."""


@dataclass(frozen=True)
class Whole:
    """What undisturbed work leaves, how long it takes, and how often it changes files."""

    digest: str
    seconds: float
    changes: int


class Kills:
    """Every kind of work, killed."""

    name = "kills"

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground, self._whole = ground, dict[str, Whole]()

    @cached_property
    def jobs(self) -> list[Job]:
        """The kinds of work, in the order of the attempts."""
        return all_jobs()

    @property
    def kinds(self) -> set[str]:
        """What is killed: a training, and whatever else there is."""
        return set(map(_kind, self.jobs))

    def kind(self, number: int) -> str:
        """Return which of `kinds` an attempt kills."""
        return _kind(self.jobs[number % len(self.jobs)])

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Kill one piece of work; yield what its last start came to."""
        job = self.jobs[number % len(self.jobs)]
        whole = self.whole(job)
        copy = self.ground.copy("killed")
        job.clear(copy)
        kills, left = [], False
        for _ in range(random.choice([1, 1, 1, 2, MOST_KILLS])):
            chosen = random.choice(SIGNALS)
            words, left_now = _killed(job, copy, chosen, whole, random)
            kills.append(words)
            left = left or left_now
        (end,) = ends_of([Call(job.name, lambda: job.done(copy))], seconds=SECONDS)
        case = f"--case {number}: {job.name}, {', then '.join(kills)}"
        attack = f"kills: {_kind(job)}, last {chosen.name}"
        yield judged(attack, case, end, {whole.digest}, may_refuse=False)
        if job.shared or left:
            verdict: Verdict = HUNG if left else SURVIVED
            yield Outcome("kills: no process stays", verdict, case, f"{SECONDS_LEFT:g} s later")

    def whole(self, job: Job) -> Whole:
        """Return what undisturbed work comes to."""
        if job.name not in self._whole:
            copy = self.ground.copy("whole")
            job.clear(copy)
            began = time.perf_counter()
            (end,) = ends_of([Call(job.name, lambda: _counted(job, copy))], seconds=SECONDS)
            if end.kind != "value":
                raise UndisturbedError(f"{job.name} ends with {end.kind}: {end.text}")
            digest, changes = end.text.split()
            self._whole[job.name] = Whole(digest, time.perf_counter() - began, int(changes))
        return self._whole[job.name]


def _kind(job: Job) -> str:
    return job.name.partition(" ")[0]


def _counted(job: Job, folder: Path) -> str:
    """Do a job; return its digest and how many changes of files it made."""
    changes = _Changes(folder)
    return f"{job.done(folder)} {changes.count}"


class _Changes:
    """Counts this process's changes of files below a folder; ends it before one of them."""

    def __init__(self, folder: Path, last: int = 0, sent: signal.Signals = signal.SIGKILL) -> None:
        self.folder, self.last, self.sent, self.count = str(folder), last, sent, 0
        sys.addaudithook(self._seen)

    def _seen(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            writes = isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        else:
            writes = event in CHANGES
        if writes and str(given[0]).startswith(self.folder):
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), self.sent)


def _killed(
    job: Job, copy: Path, sent: signal.Signals, whole: Whole, random: Random
) -> tuple[str, bool]:
    """Start a job and kill it; return when, in words, and whether a process of it lives on.

    It may be done before: then the kill comes too late.
    """
    if random.random() < 0.5:
        change = random.randint(1, whole.changes)
        process = forked(lambda: _begin(job, copy, change, sent))
        words = f"{sent.name} before change {change} of files"
    else:
        moment = random.random() * whole.seconds
        process = forked(lambda: _begin(job, copy))
        if not _wait(process, moment):
            os.kill(process, sent)
        words = f"{sent.name} after {moment:.3f} s"
    try:
        left = not _wait(process, SECONDS)
        if not left:
            os.waitpid(process, 0)
            left = not _vanished(process)
    finally:
        end_group(process)
    return words, left


def _vanished(group: int) -> bool:
    """Return whether all processes of a group whose first is dead end soon."""
    until = time.monotonic() + SECONDS_LEFT
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def _begin(job: Job, copy: Path, change: int = 0, sent: signal.Signals = signal.SIGKILL) -> None:
    silenced()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if change:
        _Changes(copy, change, sent)
    job.done(copy)


def _wait(process: int, seconds: float) -> bool:
    """Return whether a process ended within `seconds`."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True
