"""How far a workflow is: `python -m cl_utils.study.progress snakemake …` adds the time left.

In: the command that runs Snakemake. Out: its output, with "12 of 63 jobs, about 20 minutes left"
after every finished job, and its exit status.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence

FINISHED = re.compile(r"(\d+) of (\d+) steps \(.*\) done\s*")
NOISE = re.compile(r"(Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\.)\s*")
LATEST = 20
"""The time left goes by the pace of so many jobs: the first ones, the data, are of another kind."""


class Pace:
    """The pace of the latest finished jobs; all times in seconds."""

    def __init__(self, start: float) -> None:
        """Begin at `start`, with no job finished."""
        self._seen = deque([(0, start)], maxlen=LATEST + 1)

    def seconds_left(self, done: int, jobs: int, now: float) -> float:
        """Note that `done` of `jobs` are finished; return what the others will take."""
        self._seen.append((done, now))
        first, then = self._seen[0]
        return (now - then) / max(1, done - first) * (jobs - done)


def progress_line(done: int, jobs: int, seconds: float) -> str:
    """Return how far a workflow is, for a reader."""
    if done == jobs:
        return f"all {jobs} jobs done"
    minutes = max(1, round(seconds / 60))
    return f"{done} of {jobs} jobs, about {minutes} {'minute' if minutes == 1 else 'minutes'} left"


def main(command: Sequence[str]) -> int:
    """Run a command and show its progress; return its exit status."""
    pace = Pace(time.monotonic())
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        while True:
            try:
                for line in process.stdout:
                    show(line, pace)
                return process.wait()
            except KeyboardInterrupt:  # Snakemake gets it too, and stops its jobs before it ends
                continue


def show(line: str, pace: Pace) -> None:
    """Print one line of Snakemake's, the count of its jobs with the time left."""
    if found := FINISHED.fullmatch(line):
        done, jobs = map(int, found.groups())
        line = progress_line(done, jobs, pace.seconds_left(done, jobs, time.monotonic())) + "\n"
    if not NOISE.fullmatch(line):
        print(line, end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
