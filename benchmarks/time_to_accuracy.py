"""How soon a model of the paper's size executes programs as well as the paper's baseline: seconds.

In: settings. Out: rows; for every plan of training its learning curve under
results/benchmarks/<device>/time-to-accuracy/, with a manifest; the figure of all of them. A killed
training goes on where its checkpoint is. Nothing else should run on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import inf, isfinite
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

import pandas as pd

from benchmarks.data import FULL_LENGTH, METRIC, drawn
from benchmarks.machine import device_name, facts
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from cl_utils import speed, style
from cl_utils.artifacts import write
from cl_utils.buckets import BUCKETS, PAPER_THRESHOLDS
from cl_utils.checkpoints import save_checkpoint
from cl_utils.corpus import Corpus, corpora
from cl_utils.figures.levers import crossing, load_curves
from cl_utils.figures.time_to_accuracy import WANTED_ACCURACY, time_to_accuracy
from cl_utils.model import GPT
from cl_utils.params import read_params
from cl_utils.paths import PARAMS, home
from cl_utils.probes import Probe
from cl_utils.programs import canonical_hash
from cl_utils.split import split
from cl_utils.study import device_of
from cl_utils.training import Clock, Run, Trained, begin, to_the_end

NAME = "time-to-accuracy"
COMMAND = f"python -m benchmarks {NAME}"
PROGRAMS = {"train": 50_000, "validation": 100, "test": 1_000, "natural": 1}  # a bucket
POINTS = 20  # of a learning curve
HALVED = Target(0.5, "ratio", "at most")


@dataclass(frozen=True)
class Plan:
    """A training of the baseline by the recipe `fast`: its budget, and that in words."""

    words: str
    steps: int
    characters_per_step: int


PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "first": Plan("6,000 steps of 8,192 characters", 6_000, 8_192),
    }
)
"""In the order they were tried; each is compared with the first."""


class Compared(TypedDict, total=False):
    """What a row is compared with."""

    reference: str
    references: Sequence[float]
    target: Target


def rows(settings: Settings) -> list[SpeedRow]:
    """Train every plan and return the seconds and characters that each took to the accuracy."""
    world = balanced_world(settings)
    for name, plan in PLANS.items():
        run = run_of(plan, settings)
        trained = learn(run, world, None if settings.quick else checkpoint_of(name))
        tested = {"programs": len(world.test), "parameters": trained.model.parameter_count}
        keep(name, run, trained, tested, settings.quick)
    place = folder(run.device, settings.quick)
    return rows_of(load_curves(place, COMMAND), device_name(run.device))


@dataclass(frozen=True)
class World:
    """Training programs and a balanced, twin-free test set."""

    train: Corpus
    test: Corpus


class WholeTest(Probe):
    """All programs of a corpus instead of a sample."""

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        seen = self.look(model, buckets, len(self.validation))
        return {bucket: each.accuracy for bucket, each in seen.items()}


def balanced_world(settings: Settings) -> World:
    """Return the paper profile's programs in smaller numbers."""
    wanted = {name: settings.size(count, max(1, count // 250)) for name, count in PROGRAMS.items()}
    least = settings.size(70_000, 600)
    programs = drawn(least, seed=0, maximum_characters=FULL_LENGTH, rule=PAPER_THRESHOLDS)
    programs["canonical_hash"] = programs["source"].map(canonical_hash)
    programs["split"] = split(programs, wanted, seed=0)
    made = corpora(programs, METRIC)
    return World(made["train"], made["test"])


def run_of(plan: Plan, settings: Settings) -> Run:
    """Return the paper profile's model under a plan, for the GPU if there is one."""
    params = read_params(PARAMS / "paper.yaml", {"recipe": "fast"})
    run = replace(params.run(), device=device_of(params), compiled=not settings.quick)
    steps = settings.size(plan.steps, 20)
    characters = settings.size(plan.characters_per_step, 1_024)
    return replace(run, steps=steps, characters_per_step=characters)


def learn(run: Run, world: World, checkpoint: Path | None) -> Trained:
    """Train to the end, with evenly spaced curve points on the whole test set."""
    trainer = begin(run, world.train, world.test, checkpoint, print)
    trainer.probe = WholeTest(world.test, trainer.device)
    clock = Clock(trainer, checkpoint, print)
    clock.curve_steps = curve_steps(trainer.steps)
    to_the_end([clock], trainer.advance)
    if checkpoint:
        save_checkpoint(checkpoint, trainer.state())
    return trainer.result()


def curve_steps(steps: int) -> frozenset[int]:
    """Return the steps after which a curve has a point."""
    return frozenset(round(steps * (point + 1) / POINTS) for point in range(POINTS))


def keep(name: str, run: Run, trained: Trained, tested: Mapping[str, int], quick: bool) -> None:
    """Write the curve of all buckets' mean, the counts `tested` beside it, and its manifest."""
    curve = trained.curve[trained.curve["bucket"] == "macro"].drop(columns="bucket")
    place = list(PLANS).index(name)
    curve = curve.assign(place=place, plan=name, words=PLANS[name].words, **tested)
    path = folder(run.device, quick) / f"{name}.csv"
    write(path, partial(curve.to_csv, index=False), params=asdict(run), **facts())


def folder(device: str, quick: bool) -> Path:
    """Return where the curves of a device are kept."""
    return speed.results_folder(quick) / device_name(device) / NAME


def checkpoint_of(name: str) -> Path:
    """Return where a plan's training goes on from."""
    return home() / "runs" / "benchmarks" / NAME / f"{name}.pt"


def rows_of(curves: pd.DataFrame, device: str) -> list[SpeedRow]:
    """Return the rows of all plans: time and characters to the accuracy, accuracy at the end."""
    row = partial(speed_row, device=device)
    found, first = [], inf
    for place, curve in curves.groupby("place"):
        words = f"{int(curve['parameters'].iloc[0]):,} parameters, {curve['words'].iloc[0]}"
        seconds = crossing(curve, "seconds", WANTED_ACCURACY)
        what = f"{WANTED_ACCURACY} % exact execution: {words}"
        if isfinite(seconds):
            other = Compared(reference="the first plan", references=[first], target=HALVED)
            compared = other if isfinite(first) else Compared()
            found.append(row(f"seconds of training to {what}", "s", [seconds], **compared))
            characters = crossing(curve, "characters", WANTED_ACCURACY)
            found.append(row(f"characters to {what}", "characters", [characters]))
        first = first if place else seconds
        end = curve.iloc[-1]
        missed = "" if isfinite(seconds) else f" ({WANTED_ACCURACY} % not reached)"
        what = f"exact execution after {end['seconds']:,.0f} s{missed}: {words}"
        found.append(row(what, "%", [float(end["execution_exact"])]))
    return found


def draw(quick: bool) -> None:
    """Draw the curves of every device that has some."""
    for place in sorted(speed.results_folder(quick).glob(f"*/{NAME}")):
        machine = speed.machine_text(place)
        figure = time_to_accuracy(load_curves(place, COMMAND), machine)
        style.save(figure, speed.figures_folder(quick) / place.parent.name, "time_to_accuracy")
