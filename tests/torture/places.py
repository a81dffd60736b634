"""Attack: places where a study is hard to keep: full disks, closed folders, odd names, no network.

In: a ground. Out: an outcome an attempt: the work comes to the same, or a sentence names the path;
and after a refusal, the same work in a good place comes to the same as if nothing had been.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from torture.apart import Call, End, ends_of
from torture.ground import Ground
from torture.jobs import Job, data, evaluation, training
from torture.judge import judged
from torture.outcome import SKIPPED, Outcome, UndisturbedError
from torture.surroundings import (
    as_nobody,
    small_file_system,
    without_large_files,
    without_network,
)

SECONDS: Final = 120.0
NAMES: Final = (
    "with blanks",
    "größer",
    "it's",
    "100% {sure} $HOME",
    "a\nline",
    "-dash",
    "[a]*?",
    "日本",
    "x" * 200,
)


class Places:
    """Every kind of work in every kind of place."""

    name = "places"

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground, self._values = ground, dict[str, str]()
        self.kinds: Mapping[str, Callable[[int, Random], Iterator[Outcome]]] = {
            "a full disk": self._full,
            "a closed folder": self._closed,
            "an odd name": self._named,
            "no network": self._without_network,
            "a small file system": self._small,
            "nothing there": self._empty,
        }

    @cached_property
    def jobs(self) -> list[Job]:
        """The work that is tried."""
        return [data(), training("fast", "mastery"), evaluation()]

    def value(self, job: Job) -> str:
        """Return what undisturbed work leaves."""
        if job.name not in self._values:
            (end,) = ends_of([_call(job, self._place(job, "undisturbed"))], seconds=SECONDS)
            if end.kind != "value":
                raise UndisturbedError(f"{job.name} ends with {end.kind}: {end.text}")
            self._values[job.name] = end.text
        return self._values[job.name]

    def kind(self, number: int) -> str:
        """Return in which kind of place an attempt works."""
        return list(self.kinds)[number % len(self.kinds)]

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Try one kind of place."""
        yield from self.kinds[self.kind(number)](number // len(self.kinds), random)

    def _place(self, job: Job, name: str = "place") -> Path:
        copy = self.ground.copy(name)
        job.clear(copy)
        return copy

    def _full(self, turn: int, random: Random) -> Iterator[Outcome]:
        """No file may grow beyond a size, which to a process is what a full disk is."""
        job = self.jobs[turn % len(self.jobs)]
        copy, most = self._place(job), int(2 ** random.uniform(0, 19))
        first = Call(job.name, without_large_files(lambda: job.done(copy), most))
        case = f"{job.name}, no file above {most} bytes"
        yield from self._twice("places: a full disk", job, case, first, copy)

    def _closed(self, turn: int, random: Random) -> Iterator[Outcome]:
        """The home belongs to somebody else."""
        job = self.jobs[turn % len(self.jobs)]
        copy = self._place(job)
        first = Call(job.name, as_nobody(lambda: job.done(copy)))
        case = f"{job.name}, in a folder of another user"
        if os.geteuid():
            yield Outcome(
                "places: a closed folder", SKIPPED, detail="root is needed to leave a user"
            )
            return
        yield from self._twice("places: a closed folder", job, case, first, copy)

    def _named(self, turn: int, random: Random) -> Iterator[Outcome]:
        """The home has a name that a shell, a URL or a pattern reads otherwise."""
        job, name = random.choice(self.jobs), NAMES[turn % len(NAMES)]
        copy = self._place(job, name)
        (end,) = ends_of([_call(job, copy)], seconds=SECONDS)
        case = f"{job.name}, in {name!r}"
        yield judged("places: an odd name", case, end, {self.value(job)}, may_refuse=False)
        self.ground.remove(name)

    def _without_network(self, turn: int, random: Random) -> Iterator[Outcome]:
        """Whatever turns to the network fails."""
        job = self.jobs[turn % len(self.jobs)]
        copy = self._place(job)
        (end,) = ends_of([Call(job.name, without_network(lambda: job.done(copy)))], seconds=SECONDS)
        expected = {self.value(job)}
        yield judged("places: no network", job.name, end, expected, may_refuse=False)

    def _small(self, turn: int, random: Random) -> Iterator[Outcome]:
        """The home lies in a file system without room, where the system lets one be made."""
        job, size = self.jobs[turn % len(self.jobs)], int(2 ** random.uniform(2, 10))
        attack = "places: a small file system"
        with small_file_system(size) as folder:
            if folder is None:
                yield Outcome(attack, SKIPPED, detail="this user may mount nothing")
                return
            copy = self._place(job)
            links = [copy / each for each in job.leaves]
            for place, link in enumerate(links):
                link.parent.mkdir(parents=True, exist_ok=True)
                (folder / str(place)).mkdir()
                link.symlink_to(folder / str(place))
            (end,) = ends_of([_call(job, copy)], seconds=SECONDS)
            case = f"{job.name}, {size} KiB"
            yield judged(attack, case, end, {self.value(job)}, naming="/")
            for link in links:
                link.unlink()

    def _empty(self, turn: int, random: Random) -> Iterator[Outcome]:
        """Nothing is there, not even the home, or a file stands in its place."""
        job = self.jobs[turn % len(self.jobs)]
        home = self.ground.folder / "empty" / "below"
        blocked = random.random() < 0.5
        if blocked:
            home.parent.mkdir(exist_ok=True)
            home.touch()
        (end,) = ends_of([_call(job, home)], seconds=SECONDS)
        case = f"{job.name}, {'a file' if blocked else 'nothing'} in the place of the home"
        expected = {self.value(job)} if job.name == "data" and not blocked else set()
        yield judged("places: nothing there", case, end, expected, naming=str(home))
        self.ground.remove("empty")

    def _twice(
        self, attack: str, job: Job, case: str, first: Call, copy: Path
    ) -> Iterator[Outcome]:
        """Try in the bad place; after a refusal, the same must come to the same in a good one."""
        end, again = _ends(first, _call(job, copy))
        expected = {self.value(job)}
        yield judged(attack, case, end, expected, naming="/")
        yield judged(f"{attack}, then room", case, again, expected, may_refuse=False)


def _ends(*calls: Call) -> list[End]:
    """Return how calls ended, each in a process of its own."""
    return [end for call in calls for end in ends_of([call], seconds=SECONDS)]


def _call(job: Job, folder: Path) -> Call:
    return Call(job.name, lambda: job.done(folder))
