"""How soon a model of the paper's size executes programs as well as the paper's baseline: seconds.

In: settings. Out: rows; for every plan of training its learning curve under
results/benchmarks/<device>/time-to-accuracy/, with a manifest; the figure of all of them. A plan
whose curve is there is not trained again (delete the curve to do so); a killed training goes on
where its checkpoint is. Nothing else should run on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from statistics import median
from typing import TypedDict

import pandas as pd

from benchmarks import speed
from benchmarks.compilation import nothing_compiled
from benchmarks.data import FULL_LENGTH, METRIC, drawn, labelled
from benchmarks.figures.levers import crossing, load_curves
from benchmarks.figures.time_to_accuracy import WANTED_ACCURACY, time_to_accuracy
from benchmarks.machine import device_name, facts
from benchmarks.plans import PLANS, run_of
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from cl_utils.artifacts import write_artifact
from cl_utils.data.corpus import Corpus, corpora
from cl_utils.data.split import split
from cl_utils.difficulty.buckets import BUCKETS, PAPER_THRESHOLDS
from cl_utils.figures import style
from cl_utils.model.gpt import GPT
from cl_utils.paths import home
from cl_utils.tinypy.record import canonical_hash
from cl_utils.training.assembly import make_trainer
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.loop import Monitor, Run, Trained, run_until_finished
from cl_utils.training.probes import Probe

NAME = "time-to-accuracy"
COMMAND = f"python -m benchmarks {NAME}"
HELD_OUT_PROGRAMS = {"validation": 100, "test": 1_000, "natural": 1}  # programs of a bucket
DRAWN = 1.4  # programs of a bucket to one to train on: the others are held out, or are twins
POINTS = 20  # of a learning curve
HALVED = Target(0.5, "ratio", "at most")
REFERENCE = "the first plan to get there"


class Compared(TypedDict, total=False):
    """What a row is compared with."""

    reference: str
    references: Sequence[float]
    target: Target


def rows(settings: Settings) -> list[SpeedRow]:
    """Train every plan and return the seconds and characters that each took to the accuracy."""
    device = run_of(next(iter(PLANS.values())), settings).device
    place = folder(device, settings.quick)
    for name, plan in PLANS.items():
        missing = [s for s in range(plan.seeds) if not curve_path(place, name, s).exists()]
        seeds = [0] if settings.quick else missing
        if seeds:
            train_and_keep(name, seeds, settings)
    return rows_of(load_curves(place, COMMAND), device_name(device))


def curve_path(place: Path, name: str, seed: int) -> Path:
    """Return where the curve of a plan's training is kept."""
    return place / f"{name}-seed{seed}.csv"


def train_and_keep(name: str, seeds: Sequence[int], settings: Settings) -> None:
    """Train a plan with each of the seeds on the same programs, and write the curves.

    Each training pays for its own compilation, and the first for what a process loads once (some
    15 s): call this with one seed a process where seconds are to be compared closely.
    """
    plan = PLANS[name]
    data = balanced_corpora(plan.programs, settings)
    for seed in seeds:
        run = run_of(plan, settings, seed)
        with nothing_compiled():
            trained = learn(run, data, None if settings.quick else checkpoint_of(name, seed))
        tested = {"programs": len(data.test), "parameters": trained.model.parameter_count}
        keep(name, run, trained, tested, settings.quick)


@dataclass(frozen=True)
class Corpora:
    """Training programs and a balanced, twin-free test set."""

    train: Corpus
    test: Corpus


class WholeTest(Probe):
    """All programs of a corpus instead of a sample."""

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        seen = self.measure(model, buckets, len(self.validation))
        return {bucket: each.accuracy for bucket, each in seen.items()}


def balanced_corpora(per_bucket: int, settings: Settings) -> Corpora:
    """Return the paper profile's programs, `per_bucket` of each bucket to train on.

    More programs to train on means other programs to test on, by the same rules.
    """
    counts = {"train": per_bucket, **HELD_OUT_PROGRAMS}
    wanted = {
        name: settings.size(count, min(200, max(1, count // 250))) for name, count in counts.items()
    }
    least = settings.size(round(DRAWN * per_bucket), 600)
    programs = drawn(least, seed=0, maximum_characters=FULL_LENGTH, rule=PAPER_THRESHOLDS)
    programs["canonical_hash"] = programs["source"].map(canonical_hash)
    programs["split"] = split(programs, wanted, seed=0)
    made = corpora(programs, METRIC)
    return Corpora(made["train"], made["test"])


def learn(run: Run, data: Corpora, checkpoint: Path | None) -> Trained:
    """Train to the end, with evenly spaced curve points on the whole test set."""
    trainer = make_trainer(run, labelled(data.train, run.arm), data.test)
    saved = load_checkpoint(checkpoint, trainer.identity) if checkpoint else None
    if saved is not None:
        trainer.restore(saved)
        print(f"continues after step {trainer.step} of {trainer.steps}")
    trainer.probe = WholeTest(data.test, trainer.device)
    monitor = Monitor(trainer, checkpoint, print)
    monitor.curve_steps = curve_steps(trainer.steps)
    run_until_finished([monitor], trainer.advance)
    if checkpoint:
        save_checkpoint(checkpoint, trainer.state())
    return trainer.result()


def curve_steps(steps: int) -> frozenset[int]:
    """Return the steps after which a curve has a point."""
    return frozenset(round(steps * (point + 1) / POINTS) for point in range(POINTS))


def keep(name: str, run: Run, trained: Trained, tested: Mapping[str, int], quick: bool) -> None:
    """Write the curve of all buckets' mean, the counts `tested` beside it, and its manifest."""
    curve = trained.curve[trained.curve["bucket"] == "macro"].drop(columns="bucket")
    plan = {"place": list(PLANS).index(name), "plan": name, "words": PLANS[name].words}
    curve = curve.assign(**plan, seed=run.seed, **tested)
    path = curve_path(folder(run.device, quick), name, run.seed)
    params = {"plan": asdict(PLANS[name]), "run": asdict(run)}
    write_artifact(path, partial(curve.to_csv, index=False), params=params, **facts())


def folder(device: str, quick: bool) -> Path:
    """Return where the curves of a device are kept."""
    return speed.results_folder(quick) / device_name(device) / NAME


def checkpoint_of(name: str, seed: int) -> Path:
    """Return where a plan's training goes on from."""
    return home() / "runs" / "benchmarks" / NAME / f"{name}-seed{seed}.pt"


def rows_of(curves: pd.DataFrame, device: str) -> list[SpeedRow]:
    """Return the rows of all plans: time and characters to the accuracy, accuracy at the end.

    Where the first plan did not get there, its last accuracy (of its seeds the least) counts, too.
    """
    plans = [seeds_of(curves, place) for place in sorted(curves["place"].unique())]
    last = min(float(curve["execution_exact"].iloc[-1]) for curve in plans[0])
    accuracies = [WANTED_ACCURACY] if last >= WANTED_ACCURACY else [last, WANTED_ACCURACY]
    found = []
    for plan in plans:
        for accuracy in accuracies:
            found += rows_to(accuracy, plan, plans, device)
        found.append(row_of_the_end(plan, device))
    return found


def seeds_of(curves: pd.DataFrame, place: int) -> list[pd.DataFrame]:
    """Return the curves of a plan, one a seed."""
    return [curve for _, curve in curves[curves["place"] == place].groupby("seed")]


def rows_to(
    accuracy: float,
    plan: Sequence[pd.DataFrame],
    plans: Sequence[Sequence[pd.DataFrame]],
    device: str,
) -> list[SpeedRow]:
    """Return time and characters of a plan to an accuracy (%), none if a seed did not get there.

    Characters are compared with the median of the first of `plans` that got there, if that is
    another; seconds are not, since plans may have been trained on different days.
    """
    if not gets_to(accuracy, plan):
        return []
    first = next(each for each in plans if gets_to(accuracy, each))
    words = f"of training to {accuracy:.4g} % exact execution: {words_of(plan)}"
    seconds, characters = (
        [crossing(curve, column, accuracy) for curve in plan]
        for column in ("seconds", "characters")
    )
    compared = Compared()
    if first is not plan:
        reference = median(crossing(curve, "characters", accuracy) for curve in first)
        references = [reference] * len(plan)
        compared = Compared(reference=REFERENCE, references=references, target=HALVED)
    row = partial(speed_row, device=device)
    return [
        row(f"seconds {words}", "s", seconds),
        row(f"characters {words}", "characters", characters, **compared),
    ]


def row_of_the_end(plan: Sequence[pd.DataFrame], device: str) -> SpeedRow:
    """Return a plan's accuracy at its end, and whether it was enough."""
    ends = [curve.iloc[-1] for curve in plan]
    seconds = median(float(end["seconds"]) for end in ends)
    missed = "" if gets_to(WANTED_ACCURACY, plan) else f" ({WANTED_ACCURACY} % not reached)"
    what = f"exact execution after {seconds:,.0f} s{missed}: {words_of(plan)}"
    return speed_row(what, "%", [float(end["execution_exact"]) for end in ends], device=device)


def gets_to(accuracy: float, plan: Sequence[pd.DataFrame]) -> bool:
    """Return whether a plan reached an accuracy (%) with every seed."""
    return all(isfinite(crossing(curve, "seconds", accuracy)) for curve in plan)


def words_of(plan: Sequence[pd.DataFrame]) -> str:
    """Return a plan in words, with the size of its model."""
    first = plan[0].iloc[0]
    return f"{int(first['parameters']):,} parameters, {first['words']}"


def draw(quick: bool) -> None:
    """Draw the curves of every device that has some."""
    for place in sorted(speed.results_folder(quick).glob(f"*/{NAME}")):
        machine = speed.machine_text(place)
        figure = time_to_accuracy(load_curves(place, COMMAND), machine)
        style.save(figure, speed.figures_folder(quick) / place.parent.name, "time_to_accuracy")
