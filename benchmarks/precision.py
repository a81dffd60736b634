"""Both precisions of matrix products: which one a recipe trains faster in, on this machine.

In: settings. Out: rows of the recipe `fast` and of the matrix products of a block, in bfloat16
beside float32, for the model of the profile `study` and for the paper's size. A ratio below 1 is a
processor on which params should say `precision: float32`; `auto` finds that from the products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.data import corpus
from benchmarks.rows import SpeedRow, speed_row
from benchmarks.settings import Settings
from benchmarks.training import StudyTraining, data, run_of
from benchmarks.workers import Task, Workload, in_turns
from cl_utils.data.corpus import Corpus
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.training.precision import PRECISIONS, block_products
from cl_utils.training.recipes import Precision
from cl_utils.training.run import Run

Corpora = tuple[Corpus, Corpus]


@dataclass(frozen=True)
class BlockProducts:
    """A task: what decides for `auto`; amounts in blocks, forward and backward."""

    run: Run
    precision: Precision

    def prepare(self) -> Workload:
        """Make the matrices."""
        multiply = block_products(self.run, self.precision)

        def work() -> float:
            multiply()
            return 1.0

        return Workload(work)


def precision(settings: Settings) -> list[SpeedRow]:
    """Measure training and matrix products on one thread, in both precisions in turns."""
    rows = []
    for size, (run, corpora) in sizes(settings).items():
        rows += compared(f"the model of {size}", run, corpora, settings)
    return rows


def sizes(settings: Settings) -> Mapping[str, tuple[Run, Corpora]]:
    """Return a run and its programs for each size of model; a quick run has the smaller alone."""
    params = read_params(PARAMS / "study.yaml")
    count, longest = settings.size(3000, 300), params.maximum_characters
    short = (
        corpus(count, seed=0, maximum_characters=longest, rule=params.bucket_rule),
        corpus(10, seed=1, maximum_characters=longest, rule=params.bucket_rule),
    )
    found = {"the profile study": (params.run(), short)}
    return (
        found
        if settings.quick
        else found | {"the paper's size": (run_of("fast", settings), data(settings))}
    )


def compared(what: str, run: Run, corpora: Corpora, settings: Settings) -> list[SpeedRow]:
    """Return the rows of one size: training, and the products of a block."""
    tasks: dict[tuple[str, Precision], Task] = {}
    for each in PRECISIONS:
        recipe = replace(run.recipe, precision=each)
        tasks["training", each] = StudyTraining(replace(run, recipe=recipe), *corpora)
        tasks["products", each] = BlockProducts(run, each)
    arms = {key: ([task], 1) for key, task in tasks.items()}
    rates = in_turns(arms, settings.seconds, settings.repetitions).rates
    names = {
        "training": (f"training in bfloat16, recipe fast, {what}, one thread", "characters/s"),
        "products": (f"matrix products of a block in bfloat16, {what}, one thread", "blocks/s"),
    }
    return [
        speed_row(
            name,
            unit,
            rates[kind, "bfloat16"],
            reference="in float32",
            references=rates[kind, "float32"],
        )
        for kind, (name, unit) in names.items()
    ]
