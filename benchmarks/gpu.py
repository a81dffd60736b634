"""Training speed on a GPU: both recipes against the paper's loop, in one process each.

In: settings. Out: rows under the GPU's name; a sentence where there is no GPU.
"""

from __future__ import annotations

import torch

from benchmarks.ceiling import MatrixProducts
from benchmarks.crews import Crew, Task, in_turns
from benchmarks.machine import device_name
from benchmarks.rows import SpeedRow, Target
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

TARGET = Target(5.0)
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
        *stacked(settings),
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
    with Crew([study], THREADS) as again:
        start_ups = turns.start_up["study", ""], again.start_up
    where, rates, rows = device_name(device), turns.rates, []
    for mode in MODES:
        pair = {("study", mode): rates["study", ""], ("plain", mode): rates["plain", mode]}
        target = TARGET if mode == EAGER else None
        rows += compared(f"training, recipe {recipe}", pair, [mode], target, where)
    rows.append(of_machine(run, rates, dtype, [""], None))
    return rows + start_up_rows(*start_ups, where)


def stacked(settings: Settings) -> list[SpeedRow]:
    """Return rows of several models trained as one program; none as long as the study has no such.

    To add them: a task like `StudyTraining` whose amounts are the characters of all models.
    """
    return []
