"""What parameters ask of a machine: memory, time, jobs. What cannot be is refused before it begins.

In: counts from parameters. Out: nothing, or one sentence with the numbers. The estimates are crude
and low: they are to find a slip of many zeros, not to plan a study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cl_utils.curriculum.arms import arm_named
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.parallel import installed_memory
from cl_utils.study.stage_params import TrainingParams

BYTES_OF_A_PROGRAM = 900
"""At the peak of making the data; measured: 979 MB a million of full length (docs/speed.md)."""
BYTES_OF_A_PARAMETER = 16  # its weight, its gradient and two moments of the optimiser, 4 each
NUMBERS_OF_A_LAYER = 10  # that training keeps of a character, in widths of the model
LARGEST_GPU = 300 * 10**9  # bytes; a graph may be made where the GPU is not
FASTEST = 6e6  # characters per second, of small models on an H200: the most that was measured
MOST_OPERATIONS = 1e15  # a second, which bounds large models: 6 a parameter and character
LONGEST = 365 * 24 * 3600.0  # seconds of training, with nothing beside it
MOST_RUNS = 10_000  # each a job that trains and one that evaluates: Snakemake plans no more


def check_study(
    params: TrainingParams,
    seeds: Mapping[str, int],
    recipes: int,
    models: Iterable[ModelConfig],
    together: int,
) -> None:
    """Raise StudyError when the data, runs or models of a study ask for more than there can be.

    `seeds`: how many each arm has, with each of so many `recipes`; `together`: at once.
    """
    check_data_memory(params.programs + len(BUCKETS) * params.least_per_bucket)
    runs = sum(seeds.values()) * recipes
    check_runs(runs)
    steps = sum(
        count * max(1, round(params.steps * arm_named(arm).budget)) for arm, count in seeds.items()
    )
    characters = max(steps * recipes, params.steps) * params.characters_per_step
    for model in models:
        check_model_memory(model, params.characters_per_step, together, params.device)
        check_time(characters, runs, model)


def check_data_memory(programs: int) -> None:
    """Raise StudyError when so many programs, drawn at once, do not fit this machine's memory."""
    needed, memory = programs * BYTES_OF_A_PROGRAM, installed_memory()
    if memory is not None and needed > memory:
        raise StudyError(
            f"{_count(programs)} programs need about {_size(needed)} of memory, this machine has "
            f"{_size(memory)}: lower programs or least_per_bucket"
        )


def parameters_of(model: ModelConfig) -> int:
    """Return about how many parameters a model has, without building it."""
    characters = 2 * model.vocabulary + (model.context if model.blocks == "paper" else 0)
    return 12 * model.layers * model.width**2 + characters * model.width


def check_model_memory(model: ModelConfig, characters: int, together: int, device: str) -> None:
    """Raise StudyError when training so many models at once, by such steps, does not fit.

    A model may be for a GPU that is elsewhere: unless `device` is "cpu", the largest counts.
    """
    of_a_character = NUMBERS_OF_A_LAYER * model.width + model.heads * model.context
    of_a_step = 4 * characters * model.layers * of_a_character
    needed = together * (BYTES_OF_A_PARAMETER * parameters_of(model) + of_a_step)
    memory = installed_memory() or LARGEST_GPU
    limit = memory if device == "cpu" else max(memory, LARGEST_GPU)
    if needed > limit:
        raise StudyError(
            f"layers={_count(model.layers)}, width={_count(model.width)}, "
            f"context={_count(model.context)} and characters_per_step={_count(characters)} need "
            f"about {_size(needed)} of memory to train {together} at once, at most {_size(limit)} "
            "are there: lower one of them"
        )


def check_time(characters: int, runs: int, model: ModelConfig) -> None:
    """Raise StudyError when training on so many characters in all takes more than a year."""
    seconds = characters / min(FASTEST, MOST_OPERATIONS / (6 * parameters_of(model)))
    if seconds > LONGEST:
        raise StudyError(
            f"{_count(runs)} runs read {_count(characters)} characters in all, about "
            f"{seconds / LONGEST:,.3g} years at the fastest ever measured: lower steps, "
            "characters_per_step or the seeds"
        )


def check_runs(runs: int) -> None:
    """Raise StudyError for more runs than a workflow can plan."""
    if runs > MOST_RUNS:
        raise StudyError(
            f"the seeds of all arms and recipes are {_count(runs)} runs, more than the "
            f"{MOST_RUNS:,} that a workflow can plan: lower the seeds"
        )


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"{number:.3g}"


def _size(count: int) -> str:
    return f"{count / 1e9:,.3g} GB" if count < 10**15 else f"{count / 1e9:.3g} GB"
