"""Attack: the same study in other processes comes to the same bytes.

In: a folder. Out: an outcome a stage: programs, metrics and split are the same for any number of
threads and processes and any PYTHONHASHSEED; a training and its evaluation for any PYTHONHASHSEED,
and from run to run, at one number of threads (`docs/design.md`).

`python -m torture.same_bytes FOLDER THREADS` makes one study and prints its digests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from cl_utils.parallel import CORES_VARIABLE
from cl_utils.paths import HOME_VARIABLE, REPOSITORY
from torture.digests import difference, home_digests
from torture.ground import Ground
from torture.outcome import HUNG, RAW, SILENT, SURVIVED, Outcome

SECONDS: Final = 180.0
CIRCUMSTANCES: Final = ((1, 1), (2, 1), (2, 2), (1, 2), (1, 0), (2, 0))
"""Threads, which are processes as well, and PYTHONHASHSEED."""
TRAINED: Final = ("training/", "fast/", "model_")
"""What in a path tells files that a training made."""


class SameBytes:
    """One study, made again under other circumstances."""

    name = "same bytes"

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground
        self._of_threads: dict[int, dict[str, str]] = {}

    @cached_property
    def first(self) -> dict[str, str]:
        """The digests of a study made with one thread and hash seed 0."""
        return self._first.digests()

    @cached_property
    def _first(self) -> _Study:
        return _Study(self.ground.folder / "first", 1, 0)

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Make the study once more; yield whether data and trainings are the same."""
        threads, seed = CIRCUMSTANCES[number % len(CIRCUMSTANCES)]
        case = f"{threads} threads and processes, PYTHONHASHSEED={seed}"
        _ = self._first  # both are made at the same time
        try:
            made = _Study(self.ground.folder / "again", threads, seed).digests()
        except subprocess.TimeoutExpired:
            yield Outcome("same bytes: programs, metrics, split", HUNG, case, f"{SECONDS:g} s")
            return
        except RuntimeError as error:
            yield Outcome("same bytes: programs, metrics, split", RAW, case, str(error))
            return
        same = self.first if threads == 1 else self._of_threads.setdefault(threads, made)
        data, trained = _apart(made), _apart(made, trained=True)
        yield _compared("programs, metrics, split", case, data, _apart(self.first))
        yield _compared("training, evaluation", case, trained, _apart(same, trained=True))


class _Study:
    """A study that a new process makes in a folder, which vanishes with its digests taken."""

    def __init__(self, home: Path, threads: int, seed: int) -> None:
        folders = [str(REPOSITORY / "tests"), str(REPOSITORY)]
        numbers = {"OMP_NUM_THREADS": str(threads), CORES_VARIABLE: str(threads)}
        self.home = home
        home.mkdir(parents=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "torture.same_bytes", str(threads)],
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(folders), "PYTHONHASHSEED": str(seed)}
            | {HOME_VARIABLE: str(home), **numbers},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def digests(self) -> dict[str, str]:
        """Wait for the study; return its digests."""
        printed, errors = self.process.communicate(timeout=SECONDS)
        shutil.rmtree(self.home)
        if self.process.returncode:
            raise RuntimeError(errors[-600:])
        digests: dict[str, str] = json.loads(printed.splitlines()[-1])
        return digests


def _apart(digests: dict[str, str], trained: bool = False) -> dict[str, str]:
    """Return the digests of what a training made, or those of all else."""
    chosen = {name for name in digests if any(part in name for part in TRAINED)}
    return {name: each for name, each in digests.items() if (name in chosen) == trained}


def _compared(what: str, case: str, made: dict[str, str], first: dict[str, str]) -> Outcome:
    attack = f"same bytes: {what}"
    wrong = difference(made, first)
    return Outcome(attack, SILENT if wrong else SURVIVED, case, wrong and f"other-bytes: {wrong}")


def main(threads: int) -> None:
    """Make a study, metrics and programs by that many processes; print its digests."""
    import torch
    from studies import whole_study

    from cl_utils import parallel

    parallel.ALONE = 0.0  # so that even this little work is shared
    torch.set_num_threads(threads)
    home = Path(os.environ[HOME_VARIABLE])
    whole_study(home)
    print(json.dumps(home_digests(home)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
