"""What is attacked: a finished tiny study with every kind of file, and another one beside it.

In: a folder. Out: homes in it. Each attempt gets a copy that it may spoil, in which files are links
to the same content, so that it costs milliseconds; nothing ever writes into such a file. Everybody
may read the folders, for attempts that give up the rights of root.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import yaml
from studies import draw, evaluate_run, make_buckets, measure_difficulty, tiny_params, train_run
from worlds import quiet

from benchmarks.rows import save_rows, speed_row
from benchmarks.speed import results_folder
from cl_utils.experiments import Experiment, load_experiment
from cl_utils.experiments.programs import World
from cl_utils.experiments.training import learn, missing
from cl_utils.paths import HOME_VARIABLE, MODELS
from cl_utils.processes import environment
from cl_utils.study.data_files import load_split
from cl_utils.study.device import run_of
from cl_utils.study.model_losses import measure_model_difficulty
from cl_utils.study.params import Params
from cl_utils.study.run_files import load_training
from cl_utils.training.checkpoints import save_checkpoint
from cl_utils.training.loop import Monitor, start_or_resume
from cl_utils.training.model_loss import model_loss

STARTED: Final = {"arm": "incremental"}
"""A run that was left in the middle, with a checkpoint."""
EXPERIMENT: Final = "toy"
_EXPERIMENT: Final[dict[str, Any]] = {
    "name": EXPERIMENT,
    "profile": "smoke",
    "at_once": False,
    "reference": "plain",
    "programs": {"validation": 2, "test": 5, "natural": 1, "points": 2},
    "defaults": {
        "recipe": "fast",
        "arm": "baseline",
        "steps": 2,
        "characters_per_step": 1024,
        "training_programs": 40,
        "seeds": 2,
    },
    "variants": [{"name": "plain", "words": "nothing changed"}],
}


def at_home(folder: Path) -> AbstractContextManager[None]:
    """Let CURRICULUM_HOME be `folder` in a block."""
    return environment({HOME_VARIABLE: str(folder)})


@dataclass(frozen=True)
class Ground:
    """The homes under `folder`, made when they are first asked for, and copies of them."""

    folder: Path

    @cached_property
    def home(self) -> Path:
        """The home of a study of which everything is finished but one run."""
        home = self._new("study")
        with at_home(home):
            _data(0)
            for changes in ({}, {"seed": 1}, {"arm": "mastery"}):
                train_run(tiny_params(**changes))
                evaluate_run(tiny_params(**changes))
            measure_model_difficulty(tiny_params(), partial(model_loss, report=quiet))
            _start(tiny_params(**STARTED))
            _beside(home)
        return home

    @cached_property
    def other(self) -> Path:
        """The home of a study with another seed."""
        home = self._new("other")
        with at_home(home):
            _data(1)
            train_run(tiny_params(data_seed=1))
            evaluate_run(tiny_params(data_seed=1))
        return home

    def copy(self, name: str = "copy") -> Path:
        """Return a copy of `home` in the place of an earlier one of that name."""
        copy = self.folder / name
        self.remove(name)
        return Path(shutil.copytree(self.home, copy, copy_function=os.link))

    def remove(self, name: str) -> None:
        """Remove a copy."""
        if (self.folder / name).exists():
            shutil.rmtree(self.folder / name)

    def _new(self, name: str) -> Path:
        self.folder.chmod(0o755)
        home = self.folder / name
        home.mkdir()
        return home


def _data(seed: int) -> None:
    """Do what notebooks 01 to 03 do."""
    params = tiny_params(data_seed=seed)
    draw(params, seed)
    measure_difficulty(params)
    make_buckets(params, seed)


def checkpoint_of(params: Params) -> Path:
    """Return where notebook 04 keeps the checkpoint of a run."""
    return params.paths.run(params.recipe, params.arm, params.seed) / "checkpoint.pt"


def _start(params: Params) -> None:
    """Begin a run, and leave a checkpoint after its second step."""
    corpora = load_training(params), load_split(params, "validation")
    run = run_of(params)
    trainer = start_or_resume(run, *corpora, None, quiet)
    monitor = Monitor(trainer, None, quiet)
    for _ in range(2):
        trainer.advance()
        monitor.tick(1.0)
    save_checkpoint(checkpoint_of(params), trainer.state())


def toy(folder: Path) -> Experiment:
    """Return the experiment of the file beside a home."""
    return load_experiment(EXPERIMENT, folder)


def _beside(home: Path) -> None:
    """Leave what stands beside a study: an experiment's curves, rows of speed, committed models."""
    (home / f"{EXPERIMENT}.yaml").write_text(yaml.safe_dump(_EXPERIMENT), encoding="utf-8")
    world = World(*(load_split(tiny_params(), name) for name in ("train", "validation")))
    for task in missing(toy(home)):
        learn(task, world)
    for name in ("training", "memory"):
        row = speed_row(name, "x/s", [1.5, 1.25], reference="plain", references=[1.0, 1.0])
        save_rows(results_folder(), name, [row], {}, processor="a processor")
    shutil.copytree(MODELS, home / "models")
