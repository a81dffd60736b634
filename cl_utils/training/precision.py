"""Which precision of matrix products a study takes: a named one, or the faster one on this machine.

In: a run, and "auto", "recipe", "float32" or "bfloat16". Out: what `Run.precision` is to be. Not
every processor multiplies faster in bfloat16: one without instructions for it took twice the time
of float32 (docs/log/speed.md). All runs of a study need the same, see
cl_utils/study/precision_choice.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import get_args

import torch
from torch import Tensor

from cl_utils.errors import StudyError
from cl_utils.threads import set_threads_for
from cl_utils.training.recipes import Precision
from cl_utils.training.run import Run

PRECISIONS: tuple[Precision, ...] = get_args(Precision)
CHOICES = ("auto", "recipe", *PRECISIONS)
ROUNDS = 3  # at least, of both precisions in turns; the fastest of each counts
SECONDS = 0.2  # or as many as fit
MOST_OPERATIONS = 2e9  # of a block, 72 a row and width squared: bounds the rows of large models
FEWEST_ROWS = 256


def named(word: object) -> Precision | None:
    """Return the precision of that name, None where it is none."""
    return next((each for each in PRECISIONS if each == word), None)


def faster_precision(run: Run) -> Precision:
    """Return the precision in which this machine multiplies a run's matrices faster.

    On the threads that it will train on. At equal times bfloat16, which moves half the memory.
    """
    if run.device == "cpu":
        set_threads_for(run.model.width, run.characters_per_step)
    seconds = seconds_of_products(run)
    return "float32" if seconds["float32"] < seconds["bfloat16"] else "bfloat16"


def chosen_precision(
    run: Run, wanted: str, measure: Callable[[Run], Precision] = faster_precision
) -> Precision | None:
    """Return the precision that a run is to name; None for "recipe", which leaves it to that.

    "auto" asks `measure`, but for a recipe in float32, which keeps it. Raises StudyError for any
    other word.
    """
    if wanted not in CHOICES:
        raise StudyError(f"precision={wanted!r} does not exist: choose one of {list(CHOICES)}")
    if wanted != "auto":
        return named(wanted)
    return measure(run) if run.recipe.precision == "bfloat16" else "float32"


def seconds_of_products(run: Run) -> dict[Precision, float]:
    """Return the seconds of a block's matrix products, forward and backward, in each precision.

    Of a step's characters, or fewer where the model is large; well under a second in all.
    """
    works = {each: block_products(run, each) for each in PRECISIONS}
    taken: dict[Precision, list[float]] = {each: [] for each in works}
    until = time.perf_counter() + SECONDS
    while len(taken["float32"]) < ROUNDS or time.perf_counter() < until:
        for each, work in works.items():
            taken[each].append(_seconds(work, run.device))
    return {each: min(seconds) for each, seconds in taken.items()}


def block_products(run: Run, precision: Precision) -> Callable[[], object]:
    """Return what multiplies the matrices of one block: projections and feed-forward layer.

    Compiled, operands come in their precision out of the code before; else they have to be cast.
    """
    width, dtype = run.model.width, getattr(torch, precision)
    rows = min(run.characters_per_step, max(FEWEST_ROWS, int(MOST_OPERATIONS / (72 * width**2))))
    shapes = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
    kept = dtype if run.compiled else torch.float32
    filled = partial(torch.ones, dtype=kept, device=run.device)
    layers = [(filled(rows, k), filled(k, n), filled(rows, n)) for k, n in shapes]
    return lambda: [_products(*layer, dtype) for layer in layers]


def _products(
    inputs: Tensor, weights: Tensor, gradient: Tensor, dtype: torch.dtype
) -> list[Tensor]:
    """Return forward and backward products of one layer, in the precision of its operands."""
    read, by, back = (each.to(dtype) for each in (inputs, weights, gradient))
    return [each.to(inputs.dtype) for each in (read @ by, back @ by.T, read.T @ back)]


def _seconds(work: Callable[[], object], device: str) -> float:
    began = time.perf_counter()
    work()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began
