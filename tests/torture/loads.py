"""Every function that reads a file of the study, and which files it reads.

In: a home that holds what `ground.py` makes. Out: digests of what the functions return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from studies import tiny_params
from worlds import quiet

from benchmarks import speed
from cl_utils.data.corpus import SPLITS
from cl_utils.errors import StudyError
from cl_utils.experiments import load_curves
from cl_utils.experiments.curves import machine_text
from cl_utils.study import committed_models, data_files, run_files
from cl_utils.study.device import run_of
from cl_utils.study.model_losses import model_difficulty
from cl_utils.study.results import load_results
from cl_utils.training.loop import train
from cl_utils.workflow import resume
from torture.apart import Call
from torture.digests import digest, home_digests
from torture.ground import STARTED, at_home, checkpoint_of, toy


@dataclass(frozen=True)
class Load:
    """A function of a home, and patterns of the files that it depends on."""

    reads: tuple[str, ...]
    function: Callable[[Path], object]

    def depends_on(self, file: str) -> bool:
        """Return whether a file, by its path in a home, is one that this reads."""
        return any(fnmatch(file, pattern) for pattern in self.reads)


def call_at(name: str, home: Path) -> Call:
    """Return the call of a load in a home, which returns the digest of its value."""

    def loaded() -> str:
        with at_home(home):
            return digest(LOADS[name].function(home))

    return Call(name, loaded)


def _training_by_loss(home: Path) -> object:
    return run_files.load_training(tiny_params(arm="incremental-by-model_loss"))


def _rest_of_a_run(home: Path) -> object:
    """Train a run on from its checkpoint, as notebook 04 does."""
    params = tiny_params(**STARTED)
    corpora = run_files.load_training(params), data_files.load_split(params, "validation")
    run = run_of(params)
    trained = train(run, *corpora, checkpoint=checkpoint_of(params), report=quiet)
    return trained.model, trained.mixes, trained.history.drop(columns="characters_per_second")


def _restored(home: Path) -> object:
    """Mark finished runs as done; return which, and the files of their folders.

    A run that is left out is trained again, and the command says so.
    """
    restored, left = resume.restore(tiny_params())
    if left:
        raise StudyError(f"{left[0]} is left out")
    names = [path.relative_to(home).as_posix() for path in restored]
    wanted = ("/mixes.json", "/manifest.json", "/evaluated.json")
    files = home_digests(home / "runs")
    return names, {name: each for name, each in files.items() if name.endswith(wanted)}


def _split(name: str) -> Callable[[Path], object]:
    return lambda _: data_files.load_split(tiny_params(), name)


def _counts(name: str) -> Callable[[Path], object]:
    return lambda _: data_files.load_counts(tiny_params(), name)


def _committed(home: Path) -> object:
    vars(committed_models)["MODELS"] = home / "models"  # in a process that ends with this
    return [committed_models.load_committed(name) for name in ("baseline", "hybrid")]


_DATA: Final = ("runs/*/programs.parquet*",)
_SCORES: Final = (*_DATA, "runs/*/difficulty.parquet*")
_CHAIN: Final = (*_SCORES, "runs/*/buckets.parquet*")
_CORPORA: Final = ("runs/*/corpus/*",)
_ROWS: Final = ("results/*/fast/*", "results/*/data/tested*", "results/*/data/model_loss*")

LOADS: Final[Mapping[str, Load]] = {
    "programs": Load(_DATA, lambda _: data_files.load_programs(tiny_params())),
    "difficulty": Load(_SCORES, lambda _: data_files.load_difficulty(tiny_params())),
    **{
        f"corpus {split}": Load(
            (*_CHAIN, f"runs/*/corpus/{split}.*"),
            _split(split),
        )
        for split in SPLITS
    },
    "fingerprint": Load(_CORPORA, lambda _: data_files.data_fingerprint(tiny_params())),
    "agreement": Load(
        ("results/*/data/metric_agreement*",), lambda _: data_files.load_agreement(tiny_params())
    ),
    **{
        name: Load(
            (f"results/*/data/{name}*",),
            _counts(name),
        )
        for name in ("leak", "difficulty_by_level")
    },
    "exams": Load(("results/*/data/exams*",), lambda _: data_files.load_exams(tiny_params())),
    "model loss": Load(
        ("runs/*/model_difficulty*", *_CORPORA),
        lambda _: model_difficulty(tiny_params()),
    ),
    "training by model loss": Load(
        ("runs/*/model_difficulty*", *_CHAIN, *_CORPORA), _training_by_loss
    ),
    "run": Load(
        ("runs/*/baseline/seed0/*", *_CORPORA), lambda _: run_files.load_run(tiny_params())
    ),
    "mixes": Load(
        ("runs/*/mastery/seed0/*", *_CORPORA),
        lambda _: run_files.recorded_mixes(tiny_params(arm="yoked-mastery")),
    ),
    "rest of a run": Load(
        ("runs/*/incremental/seed0/*", "runs/*/precision-*", *_CHAIN, *_CORPORA), _rest_of_a_run
    ),
    "results": Load(_ROWS, lambda _: load_results(tiny_params().paths.results)),
    "results by params": Load(
        _ROWS, lambda _: load_results(tiny_params().paths.results, tiny_params())
    ),
    "resume": Load(("results/*/fast/*", *_CORPORA), _restored),
    "curves": Load(("results/experiments/*",), lambda home: load_curves(toy(home))),
    "machine": Load(("results/experiments/*",), lambda home: machine_text(toy(home))),
    "speed": Load(("results/benchmarks/*",), lambda _: speed.load_rows(speed.results_folder())),
    "speed page": Load(("results/benchmarks/*",), lambda _: speed.speed_page()),
    "models": Load(("models/*.json", "models/*.safetensors"), _committed),
}
UNREAD: Final = (
    "toy.yaml",
    "models/README.md",
    "runs/experiments/*",
    "runs/*/evaluated.json",
    "runs/*/baseline/seed1/*",
)
"""Files that no load reads: an attempt on them says nothing."""


def loads_of(file: str) -> list[str]:
    """Return the names of the loads that read a file."""
    return [name for name, load in LOADS.items() if load.depends_on(file)]
