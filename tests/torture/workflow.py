"""Attack: `make reproduce` is killed with all its processes, and started again.

In: a folder. Out: an outcome an attempt: after kills at random moments, the same command ends well,
and what it leaves is what an undisturbed one leaves. The profile is smoke with a few arms, in a
copy of the repository, so that it takes a minute; CURRICULUM_HOME names a folder with blanks and an
umlaut.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

import yaml

from cl_utils.paths import HOME_VARIABLE, REPOSITORY
from torture.digests import difference, home_digests
from torture.ground import Ground
from torture.outcome import HUNG, RAW, SILENT, SURVIVED, Outcome, UndisturbedError

SECONDS: Final = 600.0  # of one whole reproduction
PATIENCE: Final = 120.0  # from a kill to the end; asked to end, a job may finish its file
SMALLER: Final = {
    "programs": 4000,
    "training_programs": 400,
    "validation_programs": 16,
    "test_programs": 30,
    "natural_programs": 40,
    "steps": 20,
    "arms": {"baseline": 1, "mastery": 1, "yoked-mastery": 1, "hybrid-shuffled": 1},
    "contrasts": [["hybrid-shuffled", "baseline"]],
}
PARTS: Final = ("cl_utils", "benchmarks", "notebooks", "params", "profiles", "docs", "tools")
FILES: Final = ("Makefile", "Snakefile", "README.md", "pyproject.toml", "constraints.txt")
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Workflow:
    """The whole reproduction, killed."""

    name = "workflow"

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground

    @cached_property
    def repository(self) -> Path:
        """A copy of what the workflow needs of the repository, with a smaller profile smoke."""
        copy = self.ground.folder / "repository"
        for part in PARTS:
            if (REPOSITORY / part).exists():
                shutil.copytree(REPOSITORY / part, copy / part)
        for file in FILES:
            shutil.copy2(REPOSITORY / file, copy / file)
        params = copy / "params" / "smoke.yaml"
        content = yaml.safe_load(params.read_text(encoding="utf-8"))
        params.write_text(yaml.safe_dump({**content, **SMALLER}), encoding="utf-8")
        (copy / "installed").touch()
        return copy

    @cached_property
    def undisturbed(self) -> tuple[dict[str, str], float]:
        """What an undisturbed reproduction leaves, and how many seconds it takes."""
        home, began = self.ground.folder / "whole ü", time.monotonic()
        end = self._reproduce(home)
        if end:
            raise UndisturbedError(f"`make reproduce` ends with {end}")
        return _left(home), time.monotonic() - began

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Kill a reproduction a few times; yield what its last start came to."""
        left, seconds = self.undisturbed
        home, case = self.ground.folder / f"killed ü {number}", f"--case {number}: killed by"
        attack = "workflow: make reproduce"
        for sent in random.sample(SIGNALS, len(SIGNALS)):
            moment = random.uniform(0.05, 0.6) * seconds
            case += f" {sent.name} after {moment:.1f} s,"
            if not self._killed(home, sent, moment):
                yield Outcome(attack, HUNG, case, f"still at work {PATIENCE:g} s after the last")
                return
        if end := self._reproduce(home):
            yield Outcome(attack, RAW, case, f"exit status and last words: {end}")
            return
        wrong = difference(left, _left(home))
        yield Outcome(
            attack, SILENT if wrong else SURVIVED, case, wrong and f"other-files: {wrong}"
        )
        shutil.rmtree(home)

    @contextlib.contextmanager
    def _started(self, home: Path) -> Iterator[subprocess.Popen[str]]:
        """Start the Makefile's own command; end it with this block, if it has not ended."""
        command = ["make", "reproduce", "PROFILE=smoke", f"BIN={Path(sys.executable).parent}"]
        home.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [*command, "STAMP=installed"],
            cwd=self.repository,
            env=os.environ | {"PYTHONPATH": str(self.repository), HOME_VARIABLE: str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _killed(self, home: Path, sent: signal.Signals, moment: float) -> bool:
        """Start a reproduction and kill it; return whether it ends then."""
        with self._started(home) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=moment)
                return True  # it was done before
            os.killpg(process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=PATIENCE)
            return process.returncode is not None

    def _reproduce(self, home: Path) -> str:
        """Run to the end; return "", or the exit status and the last words of what failed."""
        with self._started(home) as process:
            try:
                printed, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return f"hung for {SECONDS:g} s"
        return f"{process.returncode} {printed[-600:]}" if process.returncode else ""


def _left(home: Path) -> dict[str, str]:
    """Return digests of data, runs and rows; figures show times, too."""
    kept = [each for each in ("runs", "results") if (home / each).exists()]
    found = {f"{each}/{name}": d for each in kept for name, d in home_digests(home / each).items()}
    return {name: each for name, each in found.items() if "/figures/" not in name}
