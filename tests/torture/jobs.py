"""Pieces of work that may be killed: what notebooks 01 to 05 do, as one command each.

In: a copy of a study. Out: files, whose digest says whether the work came to the same. A training
keeps a checkpoint after every step, so that a kill finds one to continue from.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from studies import draw, evaluate_run, make_buckets, measure_difficulty, tiny_params
from worlds import quiet

from cl_utils import parallel
from cl_utils.paths import home
from cl_utils.study.data_files import load_split
from cl_utils.study.device import run_of
from cl_utils.study.params import Params
from cl_utils.study.run_files import (
    load_training,
    recorded_mixes,
    save_run,
)
from cl_utils.training import loop
from torture.digests import digest, home_digests
from torture.ground import at_home, checkpoint_of


@dataclass(frozen=True)
class Job:
    """Work on a study and the folders, by their paths in a home, that it leaves.

    shared: whether several processes do it.
    """

    name: str
    work: Callable[[], None]
    leaves: tuple[str, ...]
    shared: bool = False

    def done(self, folder: Path) -> str:
        """Do the work in a home; return the digest of what it left there."""
        with at_home(folder):
            self.work()
            return digest([home_digests(home() / each) for each in self.leaves])

    def clear(self, folder: Path) -> None:
        """Remove from a home what the work leaves."""
        for each in self.leaves:
            shutil.rmtree(folder / each, ignore_errors=True)


def training(recipe: str, arm: str) -> Job:
    """Return the training of one run, as notebook 04 does it."""
    params = tiny_params(recipe=recipe, arm=arm)
    return Job(f"training {recipe} {arm}", lambda: _train(params), (_run_folder(params),))


def _run_folder(params: Params) -> str:
    run = params.paths.run(params.recipe, params.arm, params.seed)
    return run.relative_to(home()).as_posix()


def _train(params: Params) -> None:
    loop.CHECKPOINT_SECONDS = 0.0  # in a process that ends with this work
    corpora = load_training(params), load_split(params, "validation")
    checkpoint = checkpoint_of(params)
    run = run_of(params, recorded_mixes(params))
    trained = loop.train(run, *corpora, checkpoint=checkpoint, report=quiet)
    save_run(params, trained)
    checkpoint.unlink(missing_ok=True)


def evaluation() -> Job:
    """Return the evaluation of a finished run, as notebook 05 does it."""
    params = tiny_params()
    rows = params.paths.result(params.recipe, params.arm, params.seed)
    leaves = (rows.relative_to(home()).as_posix(),)
    return Job("evaluation", lambda: _evaluate(params), leaves)


def _evaluate(params: Params) -> None:
    evaluate_run(params)


def data() -> Job:
    """Return what notebooks 01 to 03 do."""
    return Job("data", _make_data, ("runs", "results"))


def shared_data() -> Job:
    """Return the same, shared by two processes."""
    return Job("data shared", _share_data, ("runs", "results"), shared=True)


def _make_data() -> None:
    params = tiny_params()
    for notebook in (draw, measure_difficulty, make_buckets):
        notebook(params)


def _share_data() -> None:
    parallel.ALONE = 0.0  # in a process that ends with this work
    os.environ[parallel.CORES_VARIABLE] = "2"
    _make_data()


KILLED: Final[Mapping[str, tuple[str, ...]]] = {
    "fast": (
        *("baseline", "incremental", "hybrid", "mastery", "progress", "competence"),
        *("hybrid-shuffled", "yoked-mastery", "random-buckets", "no-output"),
        *("baseline-in-hybrid-order-restarts", "hybrid-budget30", "incremental-by-model_loss"),
    ),
    "paper": ("baseline", "incremental", "mastery", "hybrid-shuffled", "random-buckets"),
    "strong": ("baseline", "hybrid"),
}
"""Arms of every kind, by recipe."""


def all_jobs() -> list[Job]:
    """Return every kind of work: trainings of every kind of arm, among them the rest."""
    jobs = [training(recipe, arm) for recipe, arms in KILLED.items() for arm in arms]
    for place in range(3, 2 * len(jobs), 5):
        jobs[place:place] = [(evaluation, data, shared_data)[place % 3]()]
    return jobs
