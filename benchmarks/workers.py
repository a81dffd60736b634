"""Rates of work in processes of their own: one with many threads, or many side by side.

In: tasks, each prepared in its process, where it then does one piece of work after another. Out:
pieces a second. All members of a pool start together and keep working until each has measured its
own time, so that none runs on an idle machine.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from cl_utils.errors import StudyError
from cl_utils.processes import environment

Key = TypeVar("Key")
WARM_UP = 2  # pieces of work after the first, before anything is measured
WARM_UP_SECONDS = 10.0  # after which no further piece is begun for warming up
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Workload:
    """Work that can be timed: `work` does a piece and returns its amount.

    `synchronize` waits for what a device has not finished yet.
    """

    work: Callable[[], float]
    synchronize: Callable[[], object] = lambda: None


class Task(Protocol):
    """What a member of a pool does; it travels to its process by pickle."""

    def prepare(self) -> Workload:
        """Prepare the work, in the process that does it."""


class WorkerPool:
    """Processes that do the tasks side by side, each on `threads` threads; close it after use.

    `start_up` is how many seconds passed until the first member had done its first piece of work,
    the start of Python included. The others start after it, and find what it has compiled.
    """

    def __init__(self, tasks: Sequence[Task], threads: int) -> None:
        self._members: list[tuple[Any, Connection]] = []
        began = time.perf_counter()
        try:
            self._start(tasks[0], threads, len(tasks) == 1)
            self._hear()
            self.start_up = time.perf_counter() - began
            for task in tasks[1:]:
                self._start(task, threads, False)
            self._hear(self._members[1:])
            self._hear()  # all are warm
        except BaseException:
            self.close()
            raise

    def _start(self, task: Task, threads: int, alone: bool) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        member = context.Process(target=_serve, args=(task, theirs, threads, alone))
        with environment(dict.fromkeys(THREAD_VARIABLES, str(threads))):
            member.start()
        theirs.close()
        self._members.append((member, ours))

    def rate(self, seconds: float) -> float:
        """Return the pieces a second of all members together, over at least `seconds`."""
        for _, connection in self._members:
            connection.send(seconds)
        rates = self._hear()
        for _, connection in self._members:
            connection.send("halt")
        self._hear()
        return sum(rates)

    def _hear(self, members: Sequence[tuple[Any, Connection]] | None = None) -> list[float]:
        heard = []
        for member, connection in self._members if members is None else members:
            try:
                word = connection.recv()
            except EOFError:
                member.join()
                raise StudyError(
                    f"a benchmark's process ended with code {member.exitcode}: its last lines "
                    "above say why"
                ) from None
            heard.append(word)
        return heard

    def close(self) -> None:
        """End the processes."""
        for _, connection in self._members:
            connection.close()
        for member, _ in self._members:
            member.join()
        self._members = []

    def __enter__(self) -> Self:
        """Return the pool itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        self.close()


def _serve(task: Task, connection: Connection, threads: int, alone: bool) -> None:
    """Do a member's work: first piece, warm-up, then one measurement for every word heard."""
    import torch  # here, because only now the number of threads is in the environment

    torch.set_num_threads(threads)
    workload = task.prepare()
    with suppress(EOFError, BrokenPipeError):  # raised when the pool was closed
        workload.work()
        workload.synchronize()
        connection.send(0.0)
        began = time.perf_counter()
        for _ in range(WARM_UP):
            if time.perf_counter() - began < WARM_UP_SECONDS:
                workload.work()
        workload.synchronize()
        connection.send(0.0)
        while True:
            connection.send(measure(workload, connection.recv()))
            while not (alone or connection.poll()):
                workload.work()
            workload.synchronize()
            connection.recv()
            connection.send(0.0)


def measure(workload: Workload, seconds: float) -> float:
    """Return the amount of work a second, over at least `seconds`."""
    amount, began = 0.0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        amount += workload.work()
    workload.synchronize()
    return amount / (time.perf_counter() - began)


@dataclass(frozen=True)
class Turns:
    """Rates of every arm, one a repetition, and the seconds until it had done its first piece."""

    rates: dict[Any, list[float]]
    start_up: dict[Any, float]


def in_turns(
    arms: Mapping[Key, tuple[Sequence[Task], int]], seconds: float, repetitions: int
) -> Turns:
    """Measure pools, each given by its tasks and the threads of each, in turns."""
    with ExitStack() as stack:
        pools = {key: stack.enter_context(WorkerPool(*arm)) for key, arm in arms.items()}
        rates = alternate({k: partial(c.rate, seconds) for k, c in pools.items()}, repetitions)
        return Turns(rates, {key: pool.start_up for key, pool in pools.items()})


def alternate(arms: Mapping[Key, Callable[[], float]], repetitions: int) -> dict[Key, list[float]]:
    """Return what each arm gave, measured in turns (A B A B), so that drift meets all alike."""
    found: dict[Key, list[float]] = {name: [] for name in arms}
    for _ in range(repetitions):
        for name, arm in arms.items():
            found[name].append(arm())
    return found
