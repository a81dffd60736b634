"""Calls in a process of their own: what each came to, within limits of time and memory.

In: calls, each of which returns a text. Out: of each what it returned, the sentence that it was
refused with, what it raised instead, or that it ran too long. The process is a fork of this one, so
it starts in milliseconds with everything imported, and whatever it breaks is gone with it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cl_utils.errors import StudyError

MEMORY: Final = 3 * 2**30  # bytes that a call may ask for beside what is there
MESSAGE: Final = 4000  # characters of a message that are passed on

Kind = Literal["value", "refusal", "exception", "death", "hang"]


@dataclass(frozen=True)
class End:
    """How a call ended, with its value, its sentence, or words for what it raised."""

    kind: Kind
    text: str
    length: int = 0  # of the whole text


@dataclass(frozen=True)
class Call:
    """A function under a name; it returns a text, such as the digest of a value."""

    name: str
    function: Callable[[], str]


def ends_of(calls: Sequence[Call], *, seconds: float) -> list[End]:
    """Return how each call ended, in order, each within `seconds`.

    They share a process until one of them hangs or dies; those after it get another one.
    """
    ends: list[End] = []
    while len(ends) < len(calls):
        ends += _of_one_process(calls[len(ends) :], seconds)
    return ends


def forked(work: Callable[[], None]) -> int:
    """Return the process that does `work` and ends with status 0, in a group of its own."""
    allowed = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # no thread is at work meanwhile
        process = os.fork()
    if process:
        signal.pthread_sigmask(signal.SIG_SETMASK, allowed)
        with contextlib.suppress(OSError):  # the child does the same, whoever comes first
            os.setpgid(process, process)
        return process
    status = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, allowed)  # which the fork itself had to survive
        work()
        status = 0
    finally:
        os._exit(status)


def end_group(process: int) -> None:
    """Kill a process that `forked` returned, with its children, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


def silenced() -> None:
    """Send what this process prints nowhere, the last words of a dying one too."""
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def _of_one_process(calls: Sequence[Call], seconds: float) -> list[End]:
    reading, writing = os.pipe()
    process = forked(lambda: _work(calls, writing))
    os.close(writing)
    ends: list[End] = []
    lines = _Lines(reading)
    try:
        while len(ends) < len(calls):
            line = lines.next(seconds)
            if line is None:
                return [*ends, End("hang", f"longer than {seconds:g} s")]
            if not line:
                _, status = os.waitpid(process, 0)
                return [*ends, End("death", _death(status))]
            ends.append(End(**json.loads(line)))
        return ends
    finally:
        os.close(reading)
        end_group(process)


class _Lines:
    """Lines from a pipe, each waited for no longer than so many seconds."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.rest = descriptor, b""

    def next(self, seconds: float) -> bytes | None:
        """Return the next line, b"" at the end, None when it took too long."""
        until = time.monotonic() + seconds
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                return None
            content = os.read(self.descriptor, 2**16)
            if not content:
                return b""
            self.rest += content
        line, _, self.rest = self.rest.partition(b"\n")
        return line


def _work(calls: Sequence[Call], writing: int) -> None:
    silenced()
    _limit_memory()
    for call in calls:
        end = json.dumps(vars(_end_of(call.function)))
        os.write(writing, end.encode() + b"\n")


def _end_of(function: Callable[[], str]) -> End:
    try:
        kind: Kind
        kind, text = "value", function()
    except StudyError as error:
        kind, text = "refusal", str(error)
    except BaseException as error:  # whatever it is: the process ends after this call
        kind, text = "exception", _exception_text(error)
    return End(kind, text[:MESSAGE], len(text))


def _exception_text(error: BaseException) -> str:
    """Return type, message, and the place in our code where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if "cl_utils" in each.filename or "benchmarks" in each.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    message = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}@{place} {message}"


def _limit_memory() -> None:
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _death(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"{signal.Signals(os.WTERMSIG(status)).name} ended the process"
    return f"status-{os.waitstatus_to_exitcode(status)} ended the process"
