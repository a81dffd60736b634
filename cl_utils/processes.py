"""Processes that belong together: known by a mark in their environment, and ended together.

In: the mark that a run gave its processes, which every child inherits. Out: they are ended. Others
are never touched, whatever their names and numbers: a mark is random and belongs to one run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import psutil

MARK_VARIABLE = "CURRICULUM_RUN"
PATIENCE = 10.0  # seconds from asking a process to end to killing it
GONE = (psutil.Error, OSError)  # ended meanwhile, or another user's


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Let variables of the environment have these values in a block, and what they had after it."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes that carry a mark, but for this one."""
    found = []
    for process in psutil.process_iter() if mark else ():
        with suppress(*GONE):
            carries = process.environ().get(MARK_VARIABLE) == mark
            if carries and process.pid != os.getpid():
                found.append(process)
    return found


def end_marked(mark: str, patience: float = PATIENCE) -> None:
    """End all processes that carry a mark, but for this one: first asked, later killed."""
    for end in (psutil.Process.terminate, psutil.Process.kill):
        asked: set[psutil.Process] = set()
        until = time.monotonic() + patience
        while time.monotonic() < until:
            left = marked(mark)  # looked up each time: what is ended may just have started others
            if not left:
                return
            for process in set(left) - asked:
                with suppress(*GONE):
                    end(process)
            asked |= set(left)
            time.sleep(0.1)


def after_parent(act: Callable[[], object], parent: int | None = None, every: float = 1.0) -> None:
    """Call `act` soon after the parent of this process has ended.

    `parent`: its number, where it may be killed before this process gets to look; None: the present
    one. A killed parent tells its children nothing: each has to look. On Windows none can.
    """
    own = os.getppid() if parent is None else parent

    def watch() -> None:
        while os.getppid() == own:
            time.sleep(every)
        act()

    threading.Thread(target=watch, daemon=True).start()


def end_with_parent(parent: int | None = None) -> None:
    """End this process soon after its parent has ended; `parent` as in `after_parent`."""
    after_parent(lambda: os._exit(1), parent)
