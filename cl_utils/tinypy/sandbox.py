"""Runs a program text that did not come from our grammar, checked first and kept within limits.

In: source text from a user. Out: what it prints. The text is only run when it comes through the
gate, and then in a child process. Limits on time, output and the digits of a printed integer hold
on all systems, and on Linux one on memory. Time is the processor's, on Windows the clock's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from cl_utils.errors import StudyError
from cl_utils.tinypy.failures import reason_of
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.operators import MOST_DIGITS

MEMORY_BYTES: Final = 512 * 2**20
OUTPUT_BYTES: Final = 2**20
MOST_SECONDS: Final = 3600.0
PATIENCE: Final = 10 if hasattr(signal, "setitimer") else 1
"""How many times its limit on time a program may take by the clock, where others are busy."""
CHILD: Final = Path(__file__).with_name("child.py")
_ERROR_CHARACTERS = 4096  # that are read of what the child writes to its error stream
_LIMITS = {
    "OutputLimit": f"it prints more than {OUTPUT_BYTES // 2**20} MiB",
    "MemoryError": f"it needs more than {MEMORY_BYTES // 2**20} MiB",
}


def run(source: str, *, seconds: float = 2.0) -> str:
    """What a program prints, without the trailing newline; "" when it prints nothing.

    Raises StudyError when the text is not TinyPy (see `gate.parse_tinypy`), and, naming the reason,
    when it divides by zero, uses an unassigned variable, or exceeds `seconds` or a limit above.
    """
    if not 0 < seconds <= MOST_SECONDS:
        raise StudyError(f"seconds is {seconds}: use more than 0 and at most {MOST_SECONDS:.0f}")
    parse_tinypy(source)
    limits = (MEMORY_BYTES, OUTPUT_BYTES, MOST_DIGITS, float(seconds))
    command = [sys.executable, "-I", "-S", str(CHILD), *map(str, limits)]
    # Files, not pipes: a process that holds them open keeps nobody waiting.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as printed,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
    ):
        failed = _execute(command, source, seconds, printed, errors)
        printed.seek(0)
        errors.seek(0)
        if failed:
            raise StudyError(f"the program failed: {_reason(errors.read(_ERROR_CHARACTERS))}")
        return printed.read(OUTPUT_BYTES).removesuffix("\n")


def _execute(
    command: Sequence[str], source: str, seconds: float, printed: IO[str], errors: IO[str]
) -> bool:
    """Run a command in a process group of its own, ended in time; return whether it failed.

    The child ends itself after `seconds` of the processor's time, and is ended after `PATIENCE`
    times as many by the clock.
    """
    too_long = StudyError(
        f"the program ran longer than {seconds} s: end its loops or use smaller numbers"
    )
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # on Windows it means nothing
        )
    except OSError as error:
        raise StudyError(f"no process could be started to run the program: {error}") from error
    with child:
        try:
            child.communicate(source, timeout=PATIENCE * seconds)
        except subprocess.TimeoutExpired as error:
            raise too_long from error
        finally:
            if child.returncode is None:
                _kill(child)
    if PATIENCE > 1 and child.returncode == -signal.SIGPROF:
        raise too_long
    return child.returncode != 0


def _kill(child: subprocess.Popen[str]) -> None:
    """Kill a child that has not ended, with all that it started where there are process groups."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):  # it ended by itself meanwhile
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _reason(errors: str) -> str:
    """A reason in words from what the child wrote to its error stream."""
    kind, _, message = (errors.strip().splitlines() or [""])[-1].partition(":")
    if not kind:
        return "it was stopped by a limit on memory or time, use smaller numbers and loops"
    return _LIMITS.get(kind) or reason_of(kind, message.strip())
