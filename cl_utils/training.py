"""One training loop for every schedule and recipe: exact budget, learning curve, exact resume.

In: a `Run` (what to train), the training and validation corpora, and where to keep a checkpoint.
Out: the trained model with its histories. Killed at any time, the same call continues from the
last checkpoint and ends with the same weights as an uninterrupted one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from cl_utils.arms import schedule_named
from cl_utils.batching import AlignedBatcher, Batcher, Pools, WindowBatcher
from cl_utils.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.history import History, curve_steps, history_step
from cl_utils.memory import keep_freed_memory
from cl_utils.model import GPT, ModelConfig, build
from cl_utils.objective import objective
from cl_utils.optimisers import Optimisers, cycle_of, learning_rate_factor
from cl_utils.probes import Probe
from cl_utils.recipes import Recipe
from cl_utils.seeds import stream

CHECKPOINT_SECONDS = 60.0
REPORT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One arm with one seed: everything that decides what the training loop does."""

    model: ModelConfig
    recipe: Recipe
    schedule: str
    seed: int
    steps: int
    characters_per_step: int
    hardest_share: float = 0.5
    device: str = "cpu"
    compiled: bool = True


@dataclass(frozen=True)
class Trained:
    """A finished run: the model and what was recorded on the way."""

    model: GPT
    history: pd.DataFrame
    curve: pd.DataFrame
    characters: int
    seconds: float


def make_batcher(run: Run, train: Corpus) -> Batcher:
    """Return the recipe's batcher, on a random stream of its own."""
    pools = Pools(train, run.hardest_share)
    rng = stream(run.seed, "batches")
    row_length, characters = run.model.context, run.characters_per_step
    if run.recipe.batching == "aligned":
        return AlignedBatcher(
            train,
            pools,
            characters=characters,
            context=row_length,
            rng=rng,
            one_size=run.device != "cpu",
        )
    if characters % row_length:
        raise StudyError(
            f"characters_per_step={characters} is not a multiple of the context "
            f"{row_length}: the recipe {run.recipe.name!r} reads whole windows"
        )
    rows = characters // row_length
    return WindowBatcher(train, pools, rows=rows, row_length=row_length, rng=rng)


class Trainer:
    """The state of a run between two steps; everything a checkpoint has to hold.

    `identity` is what a checkpoint must agree with before it is continued: the run and its data.
    """

    def __init__(self, run: Run, train: Corpus, validation: Corpus) -> None:
        keep_freed_memory()
        self.run = run
        self.identity = {**asdict(run), "programs": sha256(train.tokens.tobytes()).hexdigest()[:16]}
        self.device = torch.device(run.device)
        self.model = build(run.model, run.seed).to(self.device)
        self.optimisers = Optimisers(self.model, run.recipe)
        self.schedule = schedule_named(run.schedule, run.steps, hardest_share=run.hardest_share)
        self.boundaries = self.schedule.boundaries() if run.recipe.restarts else [0]
        self.batcher = make_batcher(run, train)
        self.objective = objective(self.model, run.recipe, self.device, run.compiled)
        self.probe = Probe(validation, self.device)
        self.history = History()
        self.stage = ""  # of the last step; an adaptive schedule may have moved on since
        self.step = 0
        self.characters = 0
        self.seconds = 0.0  # spent on training and the schedule's own probes

    def advance(self) -> None:
        """Train one step."""
        if self.step and self.step in self.boundaries:
            self.optimisers = Optimisers(self.model, self.run.recipe)
        self.stage = self.schedule.stage(self.step)
        batch = self.batcher.draw(self.schedule.mix(self.step))
        self.characters += batch.targets.numel()
        batch = batch.to(self.device)
        loss, totals = self.objective(batch)
        loss.backward()
        cycle = cycle_of(self.step, self.boundaries, self.run.steps)
        self.optimisers.step(learning_rate_factor(self.step, cycle, self.run.recipe))
        self.history.add(totals, batch.programs)
        self.step += 1
        wanted = self.schedule.wanted(self.step)
        if wanted:
            self.schedule.observe(self.step, self.probe.accuracy(self.model, wanted))

    def state(self) -> dict[str, object]:
        """Return everything that decides the rest of the run."""
        return {
            "identity": self.identity,
            "model": self.model.state_dict(),
            "optimisers": self.optimisers.state(),
            "schedule": self.schedule.state(),
            "batcher": self.batcher.state(),
            "history": self.history.state(),
            "step": self.step,
            "characters": self.characters,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        for part in ("optimisers", "schedule", "batcher", "history"):
            getattr(self, part).restore(state[part])
        self.model.load_state_dict(state["model"])
        self.step, self.characters = state["step"], state["characters"]
        self.seconds = state["seconds"]


def train(
    run: Run,
    corpus: Corpus,
    validation: Corpus,
    *,
    checkpoint: Path | None = None,
    report: Callable[[str], None] = print,
) -> Trained:
    """Train a run to its end, continuing from `checkpoint` when that file is there.

    Raises StudyError when the checkpoint is damaged or another run's, when the loss is no longer
    a number, or when the run did not see exactly steps x characters_per_step characters.
    """
    trainer = Trainer(run, corpus, validation)
    saved = load_checkpoint(checkpoint, trainer.identity) if checkpoint else None
    if saved is not None:
        trainer.restore(saved)
        report(f"continues after step {trainer.step} of {run.steps}")
    clock = _Clock(trainer, checkpoint, report)
    while trainer.step < run.steps:
        trainer.advance()
        clock.tick()
    budget = run.steps * run.characters_per_step
    if trainer.characters != budget:
        raise StudyError(f"{run.schedule} saw {trainer.characters} characters, not {budget}")
    history, curve = trainer.history.tables()
    return Trained(trainer.model.eval(), history, curve, trainer.characters, trainer.seconds)


class _Clock:
    """What happens beside training: timing, history rows, curve points, reports, checkpoints."""

    def __init__(
        self, trainer: Trainer, checkpoint: Path | None, report: Callable[[str], None]
    ) -> None:
        self.trainer, self.checkpoint, self.report = trainer, checkpoint, report
        now = time.perf_counter()
        self.last = self.reported = self.saved = now
        self.row_step, self.row_began = trainer.step, trainer.seconds
        self.curve_steps = curve_steps(trainer.run.steps)

    def tick(self) -> None:
        """Do what is due after a step; the time it takes is not training time."""
        trainer = self.trainer
        now = time.perf_counter()
        trainer.seconds += now - self.last
        if history_step(trainer.step, trainer.run.steps):
            self._end_row(now)
        if trainer.step in self.curve_steps:
            accuracy = trainer.probe.accuracy(trainer.model)
            trainer.history.add_curve(trainer.step, trainer.characters, trainer.seconds, accuracy)
        if self.checkpoint and now - self.saved > CHECKPOINT_SECONDS:
            save_checkpoint(self.checkpoint, trainer.state())
            self.saved = time.perf_counter()
        self.last = time.perf_counter()

    def _end_row(self, now: float) -> None:
        trainer = self.trainer
        characters = (trainer.step - self.row_step) * trainer.run.characters_per_step
        speed = characters / max(1e-9, trainer.seconds - self.row_began)
        row = trainer.history.end_row(trainer.step, trainer.stage, speed)
        self.row_step, self.row_began = trainer.step, trainer.seconds
        if not row["loss"] == row["loss"]:
            raise StudyError(
                f"the loss is not a number at step {trainer.step} of "
                f"{trainer.run.schedule}, seed {trainer.run.seed}: lower the "
                "recipe's learning rates"
            )
        if now - self.reported > REPORT_SECONDS or trainer.step == trainer.run.steps:
            self.reported = now
            self.report(_progress(trainer, row))


def _progress(trainer: Trainer, row: Mapping[str, Any]) -> str:
    left = trainer.seconds / trainer.step * (trainer.run.steps - trainer.step)
    losses = " ".join(f"{row[f'loss_{b}']:.3f}" for b in ("easy", "medium", "hard"))
    return (
        f"step {trainer.step}/{trainer.run.steps}  {row['stage']}  loss {row['loss']:.3f}  "
        f"output loss easy/medium/hard {losses}  "
        f"{row['characters_per_second']:,.0f} characters/s  {left:.0f} s left"
    )
