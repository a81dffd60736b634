"""How cost grows: data with the number of programs, training speed with the size of the model.

In: settings. Out: rows that have a size, and a figure for each of the two tables.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import torch

from benchmarks import speed
from benchmarks.ceiling import MatrixProducts, flop_per_token
from benchmarks.data import STAGES
from benchmarks.figures.growth import growth_with_parameters, growth_with_programs
from benchmarks.memory import PEAK, data_cost
from benchmarks.rows import SpeedRow, speed_row
from benchmarks.settings import Settings
from benchmarks.training import StudyTraining, data, run_of
from benchmarks.workers import Task, in_turns
from cl_utils.figures import style
from cl_utils.model.gpt import GPT, ModelConfig

PROGRAMS = (10_000, 100_000, 1_000_000)
QUICK_PROGRAMS = (1_000, 3_000)
SHAPES = {  # layers, heads, width
    "0.1M": (4, 2, 48),
    "0.3M": (4, 4, 80),
    "1M": (6, 6, 120),
    "3M": (6, 8, 208),
    "10M": (8, 8, 320),
}
QUICK_SHAPES = ("0.1M", "0.3M")


def programs(settings: Settings) -> list[SpeedRow]:
    """Measure the seconds of every stage of the data and its peak memory, by number of programs."""
    rows = []
    for count in QUICK_PROGRAMS if settings.quick else PROGRAMS:
        found = data_cost(count)
        size = (count, speed.PROGRAMS)
        rows += [speed_row(stage, "s", [found[stage]], size=size) for stage in STAGES]
        rows.append(speed_row(PEAK, "GB", [found[PEAK] / 1e9], size=size))
    return rows


def parameters(settings: Settings) -> list[SpeedRow]:
    """Measure training by the recipe `fast` on one core, and matrix products, by model size."""
    corpora = data(settings)
    rows = []
    for name in QUICK_SHAPES if settings.quick else SHAPES:
        run = run_of("fast", settings)
        run = replace(run, model=shaped(run.model, *SHAPES[name]))
        tasks: dict[str, Task] = {
            "study": StudyTraining(run, *corpora),
            "ceiling": MatrixProducts(torch.bfloat16),
        }
        arms = {name: ([task], 1) for name, task in tasks.items()}
        rates = in_turns(arms, settings.seconds, min(3, settings.repetitions)).rates
        flop = flop_per_token(run.model)
        row = speed_row(
            "training on one core",
            "characters/s",
            rates["study"],
            reference="the ceiling of bfloat16 matrix products",
            references=[each / flop for each in rates["ceiling"]],
            size=(GPT(run.model).parameter_count, speed.PARAMETERS),
        )
        rows.append(row)
    return rows


def shaped(model: ModelConfig, layers: int, heads: int, width: int) -> ModelConfig:
    """Return a model like another, in another shape."""
    return replace(model, layers=layers, heads=heads, width=width)


def draw(rows: pd.DataFrame, machines: dict[str, str], quick: bool) -> None:
    """Draw the figures of those of all recorded rows that have a size, a folder a device."""
    draws = {speed.PROGRAMS: growth_with_programs, speed.PARAMETERS: growth_with_parameters}
    grown = rows[rows["size"].notna()]
    for (device, unit), own in grown.groupby(["device", "size_unit"]):
        figure = draws[unit](own, machines[device])
        style.save(figure, speed.figures_folder(quick) / device, f"growth_{unit}")
