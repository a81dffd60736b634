"""The benchmarks by name: each a function from `Settings` to rows. A new one is a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks import (
    authors,
    evaluation,
    gpu,
    growth,
    memory,
    precision,
    programs,
    training,
)
from benchmarks.rows import SpeedRow
from benchmarks.settings import Settings

Benchmark = Callable[[Settings], list[SpeedRow]]

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "training-fast": training.fast,
        "training-paper": training.paper,
        "training-gpu": gpu.gpu,
        "precision": precision.precision,
        "training-authors": authors.authors,
        "evaluation": evaluation.evaluation,
        "generation": programs.generation,
        "difficulty": programs.difficulty,
        "memory": memory.memory,
        "growth-programs": growth.programs,
        "growth-parameters": growth.parameters,
    }
)
