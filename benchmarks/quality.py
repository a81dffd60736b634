"""How soon a model is as good as another: characters and seconds until it reaches an accuracy.

In: the learning curves of `benchmarks.levers`, or a training of its own that a killed run goes on
with. Out: rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path

import pandas as pd

from benchmarks import levers
from benchmarks.data import FULL_LENGTH, METRIC, drawn
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings, Skipped
from cl_utils.buckets import PAPER_THRESHOLDS
from cl_utils.corpus import Corpus, corpora
from cl_utils.figures.levers import crossing, load_curves
from cl_utils.paper_numbers import PAPER_OUTPUT_ACCURACY
from cl_utils.params import read_params
from cl_utils.paths import PARAMS, home
from cl_utils.programs import canonical_hash
from cl_utils.scoring import execution_exact, score
from cl_utils.split import split
from cl_utils.training import Run, train

FEWER_CHARACTERS = Target(10.0)
WANTED = {"train": 50_000, "validation": 100, "test": 1_000, "natural": 1}  # a bucket
CHARACTERS_PER_STEP = 8_192
STEPS = 6_000


def tokens(settings: Settings) -> list[SpeedRow]:
    """Return how many more characters the recipe `paper` needs for what it knows at its end."""
    folder = levers.folder()
    curves = load_curves(folder) if any(folder.glob("*.csv")) else pd.DataFrame()
    pairs = [] if curves.empty else list(_pairs(curves))
    if not pairs:
        raise Skipped(f"no learning curves in {folder}: run `python -m benchmarks.levers` first")
    slow, fast = zip(*pairs, strict=True)
    return [
        speed_row(
            "characters of recipe paper, against those of recipe fast to the same accuracy",
            "characters",
            slow,
            reference="recipe fast",
            references=fast,
            target=FEWER_CHARACTERS,
        )
    ]


def _pairs(curves: pd.DataFrame) -> list[tuple[float, float]]:
    """Return (characters of recipe paper, of recipe fast) to one accuracy, seed by seed.

    The accuracy is that of recipe paper at its end; a seed on which fast never gets there counts as
    infinitely many characters.
    """
    pairs = []
    for _, own in curves.groupby("seed"):
        by_lever = {str(name): curve for name, curve in own.groupby("lever")}
        if {"paper", "fast"} <= set(by_lever):
            end = by_lever["paper"].iloc[-1]
            needed = crossing(by_lever["fast"], "characters", float(end["execution_exact"]))
            pairs.append((float(end["characters"]), needed))
    return pairs


def time_to_accuracy(settings: Settings) -> list[SpeedRow]:
    """Return the seconds of training, on all cores, to the accuracy of the paper's baseline."""
    world = balanced_world(settings)
    run = run_of(settings)
    checkpoint = home() / "runs" / "benchmarks" / "time-to-accuracy.pt"
    trained = train(run, world.train, world.test, checkpoint=_kept(checkpoint, settings))
    exact = execution_exact(score(trained.model, world.test), world.test)
    macro = trained.curve[trained.curve["bucket"] == "macro"]
    wanted = PAPER_OUTPUT_ACCURACY["baseline"]
    seconds = crossing(macro, "seconds", wanted)
    what = f"{trained.model.parameter_count:,} parameters, full-length programs, balanced test"
    rows = [
        speed_row(f"exact execution after the whole training: {what}", "%", [100 * exact.mean()]),
        speed_row("the whole training", "s", [trained.seconds]),
        speed_row("characters of the whole training", "characters", [trained.characters]),
    ]
    if isfinite(seconds):
        rows.insert(0, speed_row(f"training to {wanted} % exact execution: {what}", "s", [seconds]))
    return rows


@dataclass(frozen=True)
class World:
    """Training programs and a balanced, twin-free test set."""

    train: Corpus
    test: Corpus


def balanced_world(settings: Settings) -> World:
    """Return the paper profile's programs in smaller numbers."""
    wanted = {name: settings.size(count, max(1, count // 250)) for name, count in WANTED.items()}
    least = settings.size(70_000, 600)
    programs = drawn(least, seed=0, maximum_characters=FULL_LENGTH, rule=PAPER_THRESHOLDS)
    programs["canonical_hash"] = programs["source"].map(canonical_hash)
    programs["split"] = split(programs, wanted, seed=0)
    made = corpora(programs, METRIC)
    return World(made["train"], made["test"])


def run_of(settings: Settings) -> Run:
    """Return the paper profile's model under the recipe `fast`, for the processor."""
    params = read_params(PARAMS / "paper.yaml", {"recipe": "fast"})
    run = replace(params.run(), device="cpu", compiled=not settings.quick)
    return replace(run, steps=settings.size(STEPS, 20), characters_per_step=CHARACTERS_PER_STEP)


def _kept(checkpoint: Path, settings: Settings) -> Path | None:
    return None if settings.quick else checkpoint
