"""The authors' own training script, timed from a checkout that the user names with --authors.

In: a checkout of github.com/kamel-yamani/CurriculumLearningForSmallCodeLanguageModels. Out: rows of
the study's speed beside the script's, on the same programs. The script runs unchanged but for the
length of its first evaluation, in a child process that stops after a few steps, and in a folder of
its own, where it finds the data.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.rows import SpeedRow, speed_row
from benchmarks.settings import Settings, Skipped
from benchmarks.training import StudyTraining, data, run_of
from benchmarks.workers import WorkerPool, alternate
from cl_utils.data.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.machine import device_name
from cl_utils.parallel import available_cores
from cl_utils.paths import REPOSITORY
from cl_utils.tinypy.tokenizer import VOCABULARY

SCRIPT = Path("code/train_baseline.py")
NEEDED = (SCRIPT, Path("code/model.py"))
DATA = Path("data/TinyPy_processed/all")  # where the script looks, below the working folder
CHARACTERS = 64 * 256  # of a step of the script
SECONDS = "seconds"  # the file that the child leaves
SECONDS_AT_MOST = 1800


def authors(settings: Settings) -> list[SpeedRow]:
    """Measure both recipes beside the authors' script, in turns, on one device and its cores."""
    if settings.authors is None:
        raise Skipped("no checkout of the authors' repository was named: give --authors PATH")
    checkout = checked(settings.authors)
    device = "cuda" if torch.cuda.is_available() else "cpu"  # the script's own choice
    corpora = data(settings)
    steps = settings.size(12, 2)
    arms = {"script": partial(script_rate, checkout, corpora[0], steps)}
    tasks = {
        recipe: StudyTraining(run_of(recipe, settings, device=device), *corpora)
        for recipe in ("fast", "paper")
    }
    for recipe, task in tasks.items():
        arms[recipe] = partial(study_rate, task, settings.seconds)
    rates = alternate(arms, settings.size(2, 1))
    return [
        speed_row(
            f"training, recipe {recipe}, one process, threads: {available_cores()}",
            "characters/s",
            rates[recipe],
            reference="the authors' script",
            references=rates["script"],
            device=device_name(device),
        )
        for recipe in tasks
    ]


def study_rate(task: StudyTraining, seconds: float) -> float:
    """Return the study's characters per second, in a process that ends before the script starts."""
    with WorkerPool([task], available_cores()) as pool:
        return pool.rate(seconds)


def checked(checkout: Path) -> Path:
    """Return the folder of a checkout; StudyError when the script is not in it."""
    for each in NEEDED:
        if not (checkout / each).is_file():
            raise StudyError(
                f"--authors {checkout} holds no {each.as_posix()}: name a checkout of "
                "github.com/kamel-yamani/CurriculumLearningForSmallCodeLanguageModels"
            )
    return checkout.resolve()


def script_rate(checkout: Path, corpus: Corpus, steps: int) -> float:
    """Return the characters a second of `steps` steps of the script, compilation left out."""
    with tempfile.TemporaryDirectory(prefix="authors-") as name:
        folder = Path(name)
        write_data(folder / DATA, corpus)
        command = [sys.executable, "-B", "-m", "benchmarks.script", str(checkout / SCRIPT)]
        path = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": str(available_cores())}
        try:
            done = subprocess.run(
                [*command, str(folder / SECONDS), str(steps)],
                cwd=folder,
                env=os.environ | path,
                capture_output=True,
                text=True,
                timeout=SECONDS_AT_MOST,
            )
        except subprocess.TimeoutExpired:
            raise StudyError(
                f"{checkout / SCRIPT} did not take {steps} steps within {SECONDS_AT_MOST} s: "
                "leave --authors out on this machine"
            ) from None
        if done.returncode or not (folder / SECONDS).exists():
            last = (done.stderr.strip().splitlines() or ["it ended too early"])[-1]
            raise StudyError(f"{checkout / SCRIPT} failed: {last}")
        return CHARACTERS * steps / float((folder / SECONDS).read_text())


def write_data(folder: Path, corpus: Corpus) -> None:
    """Write the programs as the script reads them: tokens of 16 bits, and the vocabulary."""
    folder.mkdir(parents=True)
    for name in ("train.bin", "val.bin"):
        corpus.tokens.astype(np.uint16).tofile(folder / name)
    places = dict(enumerate(VOCABULARY))
    back = {letter: place for place, letter in places.items()}
    meta = {"vocab_size": len(VOCABULARY), "itos": places, "stoi": back}
    (folder / "meta.pkl").write_bytes(pickle.dumps(meta))
