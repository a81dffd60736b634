"""Functions that the tests give to other processes, which import them from here by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cl_utils.errors import StudyError


def wait(seconds: float) -> tuple[float, int]:
    """Return how long this waited, and in which process."""
    time.sleep(seconds)
    return seconds, os.getpid()


def tell_and_wait(task: tuple[str, float]) -> None:
    """Leave a file in a folder that is named by this process, then wait for as many seconds."""
    folder, seconds = task
    Path(folder, str(os.getpid())).touch()
    time.sleep(seconds)


def refuse(number: int) -> int:
    """Return a number; raise StudyError for 13."""
    if number == 13:
        raise StudyError("13 is refused")
    return number


def die_unless(process: int) -> int:
    """Return the process; when it is not this one, end at once, as a killed process does."""
    if os.getpid() != process:
        os._exit(1)
    return process
