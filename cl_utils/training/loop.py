"""One training loop for every schedule and recipe: exact budget, learning curve, exact resume.

In: a `Run` (what to train), the training and validation corpora, and where to keep a checkpoint.
Out: the trained model with its histories. Killed at any time, the same call continues from the
last checkpoint and ends with the same weights as an uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cl_utils.data.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.threads import set_threads_for
from cl_utils.training.assembly import make_trainer
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.history import curve_steps, history_step
from cl_utils.training.trainer import Run, Trained, Trainer

__all__ = [
    "Monitor",
    "Run",
    "Trained",
    "Trainer",
    "run_until_finished",
    "start_or_resume",
    "train",
]

CHECKPOINT_SECONDS = 60.0
REPORT_SECONDS = 10.0
TrainerFactory = Callable[[Run, Corpus, Corpus], Trainer]


def train(
    run: Run,
    corpus: Corpus,
    validation: Corpus,
    *,
    checkpoint: Path | None = None,
    report: Callable[[str], None] = print,
    make: TrainerFactory = make_trainer,
) -> Trained:
    """Train a run to its end, continuing from `checkpoint` when that file is there.

    `make`: what makes the trainer; `partial(make_trainer, network=...)` replaces a part of it.
    Raises StudyError when the checkpoint is damaged or another run's, when the loss is no longer
    a number, or when the run did not see exactly steps x characters_per_step characters.
    """
    trainer = start_or_resume(run, corpus, validation, checkpoint, report, make)
    run_until_finished([Monitor(trainer, checkpoint, report)], trainer.advance)
    return trainer.result()


def start_or_resume(
    run: Run,
    corpus: Corpus,
    validation: Corpus,
    checkpoint: Path | None,
    report: Callable[[str], None],
    make: TrainerFactory = make_trainer,
) -> Trainer:
    """Return the trainer of a run, where its checkpoint left it if there is one.

    On a CPU its size decides how many threads torch computes with from now on.
    """
    if run.device == "cpu":
        set_threads_for(run.model.width, run.characters_per_step)
    trainer = make(run, corpus, validation)
    saved = load_checkpoint(checkpoint, trainer.identity) if checkpoint else None
    if saved is not None:
        trainer.restore(saved)
        report(f"continues after step {trainer.step} of {trainer.steps}")
    return trainer


def run_until_finished(monitors: Sequence[Monitor], advance: Callable[[], None]) -> None:
    """Train until every trainer has its steps; `advance` trains a step of all unfinished ones.

    Trainers that learn together share the time it takes; what monitors do is not training time.
    """
    last = time.perf_counter()
    while waiting := [monitor for monitor in monitors if monitor.trainer.unfinished]:
        advance()
        if any(monitor.due() for monitor in waiting):
            waiting[0].trainer.synchronize()
        now = time.perf_counter()
        for monitor in waiting:
            monitor.tick((now - last) / len(waiting))
        last = time.perf_counter()


class Monitor:
    """What happens beside a training: timing, history rows, curve points, reports, checkpoints."""

    def __init__(
        self, trainer: Trainer, checkpoint: Path | None, report: Callable[[str], None]
    ) -> None:
        self.trainer, self.checkpoint, self.report = trainer, checkpoint, report
        self.reported = self.saved = time.perf_counter()
        self.row_step, self.row_began = trainer.step, trainer.seconds
        self.curve_steps = curve_steps(trainer.steps)

    def due(self) -> bool:
        """Return whether more than the time is to be kept after this step."""
        step, steps = self.trainer.step, self.trainer.steps
        return history_step(step, steps) or step in self.curve_steps or self._unsaved()

    def _unsaved(self) -> bool:
        late = time.perf_counter() - self.saved > CHECKPOINT_SECONDS
        return self.checkpoint is not None and late

    def tick(self, seconds: float) -> None:
        """Do what is due after a step that took `seconds` of training."""
        trainer = self.trainer
        trainer.seconds += seconds
        if history_step(trainer.step, trainer.steps):
            self._end_row()
        if trainer.step in self.curve_steps:
            accuracy = trainer.probe.accuracy(trainer.model)
            trainer.history.add_curve(trainer.step, trainer.characters, trainer.seconds, accuracy)
        if self.checkpoint and self._unsaved():
            save_checkpoint(self.checkpoint, trainer.state())
            self.saved = time.perf_counter()

    def _end_row(self) -> None:
        trainer, now = self.trainer, time.perf_counter()
        characters = (trainer.step - self.row_step) * trainer.run.characters_per_step
        speed = characters / max(1e-9, trainer.seconds - self.row_began)
        row = trainer.history.end_row(trainer.step, trainer.stage, speed)
        self.row_step, self.row_began = trainer.step, trainer.seconds
        if math.isnan(row["loss"]):
            raise StudyError(
                f"the loss is not a number at step {trainer.step} of "
                f"{trainer.run.name}, seed {trainer.run.seed}: lower the "
                "recipe's learning rates"
            )
        if now - self.reported > REPORT_SECONDS or not trainer.unfinished:
            self.reported = now
            self.report(_progress(trainer, row))


def _progress(trainer: Trainer, row: Mapping[str, Any]) -> str:
    left = trainer.seconds / trainer.step * (trainer.steps - trainer.step)
    losses = " ".join(f"{row[f'loss_{b}']:.3f}" for b in ("easy", "medium", "hard"))
    return (
        f"step {trainer.step}/{trainer.steps}  {row['stage']}  loss {row['loss']:.3f}  "
        f"output loss easy/medium/hard {losses}  "
        f"{row['characters_per_second']:,.0f} characters/s  {left:.0f} s left"
    )
