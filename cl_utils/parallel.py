"""Work shared among processes: results in the order of the tasks, whichever is done first.

In: a function of a module and its tasks. Out: its results, the same for any number of processes,
as long as the function depends on its task alone.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from cl_utils.errors import StudyError
from cl_utils.names import shown
from cl_utils.processes import end_with_parent

Task = TypeVar("Task")
Result = TypeVar("Result")
CORES_VARIABLE = "PYTHON_CPU_COUNT"  # the name that Python 3.13 gave it
DEFAULT = "default"  # what Python 3.13 takes for "as many as there are"
MOST_DIGITS = 6  # of a number of cores
ALONE = 1.0  # seconds of work before processes start: what is done sooner gains nothing by them
AHEAD = 2  # tasks a process: one at work, one that waits


def available_cores() -> int:
    """Return how many cores this process may use; the variable PYTHON_CPU_COUNT overrules it.

    Raises StudyError when the variable is neither a number of cores nor Python's own "default".
    """
    given = os.environ.get(CORES_VARIABLE, DEFAULT)
    if given not in ("", DEFAULT):
        if not given.isdecimal() or len(given) > MOST_DIGITS or int(given) < 1:
            raise StudyError(
                f"{CORES_VARIABLE}={shown(given)}: set it to a number of cores from 1 on"
            )
        return int(given)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def installed_memory() -> int | None:
    """Return the bytes of memory that this machine has; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def ordered_map(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, processes: int | None = None
) -> Generator[Result, None, None]:
    """Yield `function(task)` for every task, in their order, by `processes` (default: all cores).

    A task is taken from `tasks` when it is about to start, at most `AHEAD` a process before its
    result is asked for; so tasks may have no end, and the memory in use stays the same. The work
    begins in this process, and others start when it lasts longer than `ALONE`. They import the
    function by its name, hence it must stand in a module; nothing of this process is copied.
    What `function` raises is raised here; a process that dies is a StudyError.
    """
    count = available_cores() if processes is None else processes
    if count < 1:
        raise StudyError(f"processes is {count}: use 1 or more")
    begin = time.monotonic()
    remaining = iter(tasks)
    for task in remaining:
        yield function(task)
        if count > 1 and time.monotonic() - begin > ALONE:
            yield from _in_pool(function, remaining, count)


def _in_pool(
    function: Callable[[Task], Result], tasks: Iterator[Task], processes: int
) -> Generator[Result, None, None]:
    running: deque[Future[Result]] = deque()
    # "spawn": forking a process that has imported torch copies its locks, and may hang.
    spawn, parent = get_context("spawn"), (os.getpid(),)
    pool = ProcessPoolExecutor(processes, spawn, initializer=_follow_parent, initargs=parent)
    try:
        while True:
            for task in islice(tasks, AHEAD * processes - len(running)):
                running.append(pool.submit(function, task))
            if not running:
                return
            yield running.popleft().result()
    except BrokenProcessPool as error:
        raise StudyError(
            "a process that shared the work died, perhaps for want of memory: free some, or set "
            f"{CORES_VARIABLE}=1 to work in this process alone; a script of your own must call "
            "this under `if __name__ == '__main__':`"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _follow_parent(parent: int) -> None:
    """Leave Ctrl-C to the first process, which then ends the others; end when it is killed.

    It may be killed while this one still starts, so it says its number.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(parent)
