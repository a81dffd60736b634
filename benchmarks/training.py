"""Training speed: a recipe against the paper's loop, and against the machine's matrix products.

In: settings. Out: rows. Every arm runs in processes of its own: as one process on all cores, and as
one-thread processes side by side, as `make reproduce` trains; the better one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

import torch

from benchmarks import losses
from benchmarks.ceiling import MatrixProducts, flop_per_token, settle_of
from benchmarks.crews import Crew, Pace, Task, in_turns
from benchmarks.data import corpus
from benchmarks.reference.training import PlainLoop
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from cl_utils.data.corpus import Corpus
from cl_utils.machine import device_name, processes_side_by_side
from cl_utils.parallel import available_cores
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.training.loop import Run, Trainer

FAST_TARGET = Target(8.0)
FAST_OF_CEILING = Target(0.40)
PAPER_TARGET = Target(2.5)
ENDLESS = 10**6  # steps of a run that is only timed
Rates = Mapping[tuple[str, str], list[float]]  # (arm, mode) -> a rate a repetition


@dataclass(frozen=True)
class StudyTraining:
    """A task: train a run as notebook 04 does; amounts in characters."""

    run: Run
    train: Corpus
    validation: Corpus

    def open(self) -> Pace:
        """Build the trainer."""
        trainer = Trainer(self.run, self.train, self.validation)

        def work() -> float:
            before = trainer.characters
            trainer.advance()
            return trainer.characters - before

        return Pace(work, settle_of(self.run.device))


@dataclass(frozen=True)
class PlainTraining:
    """A task: the reference loop on the same programs; amounts in characters."""

    run: Run
    train: Corpus
    compiled: bool = False

    def open(self) -> Pace:
        """Build the loop on a stream of the programs in random order."""
        loop = plain_loop(self.run, self.train, self.compiled)

        def work() -> float:
            inputs, targets = loop.windows()
            loop.learn(inputs, targets)
            return targets.numel()

        return Pace(work, settle_of(self.run.device))


def plain_loop(run: Run, train: Corpus, compiled: bool = False) -> PlainLoop:
    """Return the reference loop of a run's size."""
    generator = torch.Generator().manual_seed(run.seed)
    stream = train.take(torch.randperm(len(train), generator=generator).numpy()).tokens
    rows = run.characters_per_step // run.model.context
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        return PlainLoop(
            run.model, stream, rows=rows, steps=run.steps, device=run.device, compiled=compiled
        )


def run_of(recipe: str, settings: Settings, **changes: object) -> Run:
    """Return the paper profile's run of a recipe, in size and batch; smaller in a quick run."""
    small = {"layers": 2, "characters_per_step": 8 * 256} if settings.quick else {}
    params = read_params(PARAMS / "paper.yaml", {"recipe": recipe, "steps": ENDLESS, **small})
    return replace(params.run(), **changes)  # type: ignore[arg-type]


def data(settings: Settings) -> tuple[Corpus, Corpus]:
    """Return full-length training and validation programs, equally many of each bucket."""
    count = settings.size(3000, 300)
    return corpus(count, seed=0), corpus(10, seed=1)


def fast(settings: Settings) -> list[SpeedRow]:
    """Measure the recipe `fast` on the processor."""
    run, corpora = run_of("fast", settings), data(settings)
    return on_processor(run, corpora, settings, FAST_TARGET, torch.bfloat16, FAST_OF_CEILING)


def paper(settings: Settings) -> list[SpeedRow]:
    """Measure the recipe `paper` on the processor, and how far its losses are from the loop's."""
    run, corpora = run_of("paper", settings), data(settings)
    rows = on_processor(run, corpora, settings, PAPER_TARGET, torch.float32, None)
    return [*rows, losses.difference(run, corpora[0], settings)]


def on_processor(
    run: Run,
    corpora: tuple[Corpus, Corpus],
    settings: Settings,
    target: Target,
    dtype: torch.dtype,
    of_ceiling: Target | None,
) -> list[SpeedRow]:
    """Measure a run, the reference loop and matrix products, in every mode, in turns."""
    tasks: dict[str, Task] = {
        "study": StudyTraining(run, *corpora),
        "plain": PlainTraining(run, corpora[0]),
        "ceiling": MatrixProducts(dtype),
    }
    modes = {f"one process, threads: {available_cores()}": (1, available_cores())}
    if processes_side_by_side() > 1:
        modes["one-thread processes side by side"] = (processes_side_by_side(), 1)
    arms = {
        (arm, mode): ([task] * processes, threads)
        for arm, task in tasks.items()
        for mode, (processes, threads) in modes.items()
    }
    turns = in_turns(arms, settings.seconds, settings.repetitions)
    with Crew([tasks["study"]], available_cores()) as again:
        start_ups = turns.start_up["study", next(iter(modes))], again.start_up
    name = f"training, recipe {run.recipe.name}"
    return [
        *compared(name, turns.rates, list(modes), target),
        of_machine(run, turns.rates, dtype, list(modes), of_ceiling),
        *start_up_rows(*start_ups),
    ]


def compared(
    what: str, rates: Rates, modes: list[str], target: Target | None, device: str = "cpu"
) -> list[SpeedRow]:
    """Return rows of the study's speed beside the loop's, mode by mode and best against best."""
    pairs = {mode: (rates["study", mode], rates["plain", mode]) for mode in modes}
    if len(modes) > 1:
        pairs["the faster of these"] = better(rates, "study", modes), better(rates, "plain", modes)
    return [
        speed_row(
            f"{what}: {mode}",
            "characters/s",
            ours,
            reference="paper's loop",
            references=theirs,
            target=target if mode == list(pairs)[-1] else None,
            device=device,
        )
        for mode, (ours, theirs) in pairs.items()
    ]


def better(rates: Rates, arm: str, modes: list[str]) -> list[float]:
    """Return the rates of that mode in which an arm is fastest by its median."""
    return max((rates[arm, mode] for mode in modes), key=median)


def of_machine(
    run: Run, rates: Rates, dtype: torch.dtype, modes: list[str], target: Target | None
) -> SpeedRow:
    """Return the row of the study's speed as a share of what the machine's arithmetic allows."""
    flop = flop_per_token(run.model)
    ceiling = [each / flop for each in better(rates, "ceiling", modes)]
    name = str(dtype).removeprefix("torch.")
    return speed_row(
        f"the same, against {name} matrix products at {flop / 1e6:.1f} MFLOP a character",
        "characters/s",
        better(rates, "study", modes),
        reference="the machine's ceiling",
        references=ceiling,
        target=target,
        device=device_name(run.device),
    )


def start_up_rows(first: float, again: float, device: str = "cpu") -> list[SpeedRow]:
    """Return the rows of what a training waits for before its first step is done."""
    seconds = {"nothing compiled before": first, "compiled before": again}
    return [
        speed_row(f"start of Python to first step trained, {when}", "s", [each], device=device)
        for when, each in seconds.items()
    ]
