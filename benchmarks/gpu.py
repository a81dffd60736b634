"""Training speed on a GPU: each recipe against the paper's loop, and batched models.

In: settings. Out: rows under the GPU's name; a sentence where there is no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from benchmarks.ceiling import MatrixProducts, synchronize_of
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings, Skipped
from benchmarks.training import (
    PlainTraining,
    StudyTraining,
    compared,
    data,
    of_machine,
    run_of,
    start_up_rows,
)
from benchmarks.workers import Task, WorkerPool, Workload, in_turns
from cl_utils.data.corpus import Corpus
from cl_utils.machine import device_name
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batched_runs import BatchedModel
from cl_utils.training.run import Run

TARGET = Target(5.0)
MEMBERS = 8  # models of a batched model
STACK_TARGET = Target(3.0)
THREADS = 1  # of the processor, beside the GPU
EAGER, COMPILED = "against the eager loop", "against the compiled loop"
MODES = {EAGER: False, COMPILED: True}  # the authors' script compiles its model


def gpu(settings: Settings) -> list[SpeedRow]:
    """Measure both recipes on the GPU; raise `Skipped` where torch sees none."""
    if not torch.cuda.is_available():
        raise Skipped("torch sees no GPU here: run this benchmark where it does")
    return [
        *on_gpu("fast", settings, torch.bfloat16),
        *on_gpu("paper", settings, torch.float32),
        *batched_training("fast", settings),
        *batched_training("paper", settings),
    ]


def on_gpu(
    recipe: str, settings: Settings, dtype: torch.dtype, device: str = "cuda"
) -> list[SpeedRow]:
    """Measure a recipe, the reference loop eager and compiled, and matrix products, in turns."""
    run, corpora = run_of(recipe, settings, device=device), data(settings)
    study = StudyTraining(run, *corpora)
    tasks: dict[tuple[str, str], Task] = {("study", ""): study}
    for mode, compiled in MODES.items():
        tasks["plain", mode] = PlainTraining(run, corpora[0], compiled)
    tasks["ceiling", ""] = MatrixProducts(dtype, device)
    arms = {key: ([task], THREADS) for key, task in tasks.items()}
    turns = in_turns(arms, settings.seconds, settings.repetitions)
    with WorkerPool([study], THREADS) as again:
        start_ups = turns.start_up["study", ""], again.start_up
    where, rates, rows = device_name(device), turns.rates, []
    for mode in MODES:
        pair = {("study", mode): rates["study", ""], ("plain", mode): rates["plain", mode]}
        target = TARGET if mode == EAGER else None
        rows += compared(f"training, recipe {recipe}", pair, [mode], target, where)
    rows.append(of_machine(run, rates, dtype, [""], None))
    return rows + start_up_rows(*start_ups, where)


def batched_training(recipe: str, settings: Settings, device: str = "cuda") -> list[SpeedRow]:
    """Measure several models trained as one batched model against one model at a time, in turns."""
    run, corpora = run_of(recipe, settings, device=device), data(settings)
    tasks: dict[str, Task] = {
        "batched": BatchedTraining(run, *corpora),
        "alone": StudyTraining(run, *corpora),
    }
    arms = {(arm, ""): ([task], THREADS) for arm, task in tasks.items()}
    turns = in_turns(arms, settings.seconds, settings.repetitions)
    row = speed_row(
        f"training, recipe {recipe}: {MEMBERS} models as one batched model, all together",
        "characters/s",
        turns.rates["batched", ""],
        reference="one model at a time",
        references=turns.rates["alone", ""],
        target=STACK_TARGET,
        device=device_name(device),
    )
    return [row]


@dataclass(frozen=True)
class BatchedTraining:
    """A task: train `MEMBERS` seeds of a run as one batched model; amounts in characters."""

    run: Run
    train: Corpus
    validation: Corpus

    def prepare(self) -> Workload:
        """Build the trainers and their batched model."""
        runs = [replace(self.run, seed=seed) for seed in range(MEMBERS)]
        batched = BatchedModel([make_trainer(run, self.train, self.validation) for run in runs])

        def work() -> float:
            batched.advance()
            return MEMBERS * self.run.characters_per_step

        return Workload(work, synchronize_of(self.run.device))
