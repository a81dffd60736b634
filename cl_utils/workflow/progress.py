"""How far a workflow is, and what failed in it, from what Snakemake says.

In: the command that runs Snakemake, and a file for all it says. Out: for a reader, jobs done and
time left ("12 of 63 jobs, about 20 minutes left"), the sentences of notebooks that failed, and
Snakemake's own words where they tell more; its exit status.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

from cl_utils.files import atomic

FINISHED = re.compile(r"(\d+) of (\d+) steps \(.*\) done\s*")
NOISE = re.compile(
    r"(Select jobs to execute\.\.\."
    r"|Execute \d+ jobs\.\.\."
    r"|Using workflow specific profile .*|Using shell: .*"
    r"|Assuming unrestricted shared filesystem usage\.|Building DAG of jobs\.\.\."
    r"|Provided (cores|resources): .*|Rules claiming more threads will be scaled down\."
    r"|\[\w{3} \w{3} +\d+ [\d:]{8} \d{4}\]"
    r"|Trying to restart job \d+\."
    r"|Shutting down, this might take some time\.|Complete log\(s\): .*|Elapsed time: .*"
    r"|Will exit after finishing currently running jobs \(scheduler\)\."
    r"|\[(IPKernelApp|NbConvertApp)\] .*"
    r"|Kernel died while waiting for execute reply\."
    r"|RuleException:|CalledProcessError in file .*"
    r"|Command '.*' (returned non-zero exit status|died with <Signals).*"
    r"|WorkflowError:|At least one job did not complete successfully\."
    r"|Exiting because a job execution failed\. Look above for error messages)\s*"
)
ENDED = re.compile(r"Finished jobid: \d+ \(Rule: ([\w.-]+)\)\s*")  # an arm is part of the name
FAILED = re.compile(r"\w+(, \w+ \S+)* failed: .*")  # a sentence of `cl_utils.workflow.notebook`
LATEST = 20
"""The time left goes by the pace of so many jobs: the first ones, the data, are of another kind."""
FEWEST = 3  # finished jobs that a pace can be told from: the first waits for the start, too
MOST_TOLD = 5  # failures at the end; one cause often fails many jobs
DRAIN = 5.0  # seconds for what was said before the end, should somebody keep the pipe open


class Pace:
    """The pace of the latest finished jobs; all times in seconds."""

    def __init__(self, start: float) -> None:
        """Begin at `start`, with no job finished."""
        self._seen = deque([(0, start)], maxlen=LATEST + 1)

    def seconds_left(self, done: int, jobs: int, now: float) -> float | None:
        """Note that `done` of `jobs` are finished; return what the others will take, if known."""
        self._seen.append((done, now))
        if done < FEWEST:
            return None
        first, then = self._seen[0]
        return (now - then) / max(1, done - first) * (jobs - done)


def progress_line(done: int, jobs: int, seconds: float | None, latest: str = "") -> str:
    """Return how far a workflow is, for a reader; `latest`: what kind of job was finished."""
    if done == jobs:
        return f"all {jobs} jobs done"
    line = f"{done} of {jobs} jobs" + f" ({latest})" * bool(latest)
    if seconds is None:
        return line
    minutes = max(1, round(seconds / 60))
    return f"{line}, about {minutes} {'minute' if minutes == 1 else 'minutes'} left"


def shown_path(path: Path) -> str:
    """Return a path for a reader: from the working directory, if it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


class Reader:
    """Reads what Snakemake says: keeps all of it, shows what a reader needs, notes failures."""

    def __init__(self, log: Path) -> None:
        """Write to `log`, which is made again; StudyError where it cannot be written."""
        with atomic(log):
            pass  # empty
        self._log = log
        self._pace = Pace(time.monotonic())
        self._latest = ""
        self.failures: dict[str, None] = {}  # in order, each once: a job may be tried twice

    def read(self, said: IO[str]) -> None:
        """Read until the end, of one Snakemake after another.

        A full disk or a closed terminal stops no reading: the pipe would fill, and the work hang.
        """
        self._pace = Pace(time.monotonic())
        with said:
            for line in said:
                with suppress(OSError), self._log.open("a", encoding="utf-8") as log:
                    log.write(line)
                with suppress(OSError):
                    self.show(line)

    def show(self, line: str) -> None:
        """Print one line of Snakemake's, the count of its jobs with the time left."""
        if found := ENDED.fullmatch(line):
            self._latest = found[1].replace("_", " ")
            return
        if found := FINISHED.fullmatch(line):
            done, jobs = map(int, found.groups())
            left = self._pace.seconds_left(done, jobs, time.monotonic())
            line = progress_line(done, jobs, left, self._latest) + "\n"
        if FAILED.fullmatch(line.strip()):
            self.failures[line.strip()] = None
        if not NOISE.fullmatch(line):
            print(line, end="", flush=True)

    def summary(self, status: int, again: str) -> str:
        """Return what failed, and how to go on: by the command `again`."""
        killed = f"Snakemake was ended by signal {-status}." if status < 0 else "Snakemake failed."
        head = "What failed:" if self.failures else killed
        end = f"All output is in {shown_path(self._log)}; what is finished stays. "
        end += f"Fix what is named, then run `{again}`."
        told = [f"- {each}" for each in self.failures][:MOST_TOLD]
        more = len(self.failures) - len(told)
        return "\n".join([head, *told, *[f"and {more} more"] * bool(more), end])


def follow(command: Sequence[str], environment: Mapping[str, str], folder: Path, to: Reader) -> int:
    """Run a command in `folder` and hand what it says to a reader; return its exit status."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdout is not None
    # In a thread: when Snakemake alone is killed, its jobs keep the pipe open until they end.
    reading = Thread(target=to.read, args=(process.stdout,), daemon=True)
    reading.start()
    status = process.wait()
    reading.join(DRAIN)
    return status
