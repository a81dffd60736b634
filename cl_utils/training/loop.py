"""One training loop for every schedule and recipe: exact budget, learning curve, exact resume.

In: a `Run` (what to train), the training and validation corpora, and where to keep a checkpoint.
Out: the trained model with its histories. Killed at any time, the same call continues from the
last checkpoint and ends with the same weights as an uninterrupted one. Interrupted, it keeps
all it has learnt.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import Interrupted, StudyError
from cl_utils.threads import set_threads_for
from cl_utils.training.assembly import make_trainer
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.history import curve_steps, history_step
from cl_utils.training.interruption import stop_asked
from cl_utils.training.progress import Progress
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained, Trainer

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
SMOOTHED_ROWS = 10  # of the history, over which the speed that is reported is a mean
Report = Callable[[Any], None]
"""What tells a reader of a run: `print`, or whatever takes a `Progress` or a sentence."""
TrainerFactory = Callable[[Run, Corpus, Corpus], Trainer]


def train(
    run: Run,
    corpus: Corpus,
    validation: Corpus,
    *,
    checkpoint: Path | None = None,
    report: Report = print,
    make: TrainerFactory = make_trainer,
) -> Trained:
    """Train a run to its end, continuing from `checkpoint` when that file is there.

    `make`: what makes the trainer; `partial(make_trainer, network=...)` replaces a part of it.
    Raises StudyError when the checkpoint is damaged or another run's, when the loss is no longer
    a number, or when the run did not see exactly steps x characters_per_step characters;
    Interrupted when somebody stopped it. A run that ended meanwhile is in its checkpoint; without
    one it is returned, and its `stop_asked` tells who has more to train.
    """
    trainer = start_or_resume(run, corpus, validation, checkpoint, report, make)
    stopped = run_until_finished([Monitor(trainer, checkpoint, report)], trainer.advance)
    return replace(trainer.result(), stop_asked=stopped)


def start_or_resume(
    run: Run,
    corpus: Corpus,
    validation: Corpus,
    checkpoint: Path | None,
    report: Report,
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


def run_until_finished(monitors: Sequence[Monitor], advance: Callable[[], None]) -> bool:
    """Train until every trainer has its steps; `advance` trains a step of all unfinished ones.

    Trainers that learn together share the time it takes; what monitors do is not training time.
    An interrupt is heard after the step: then checkpoints are written, and Interrupted is raised.
    After the last step that would lose finished runs that have no checkpoint. So these stay, and
    True says that somebody asked to stop: whoever has more to train has to ask for it.
    """
    last = time.perf_counter()
    with stop_asked() as stopped:
        while waiting := [monitor for monitor in monitors if monitor.trainer.unfinished]:
            if stopped():
                raise Interrupted(_put_aside(monitors, waiting[0].trainer))
            advance()
            if any(monitor.due() for monitor in waiting):
                waiting[0].trainer.synchronize()
            now = time.perf_counter()
            for monitor in waiting:
                monitor.tick((now - last) / len(waiting))
            last = time.perf_counter()
        if stopped() and all(monitor.checkpoint for monitor in monitors):
            raise Interrupted(_put_aside(monitors, monitors[-1].trainer))
        return stopped()


def _put_aside(monitors: Sequence[Monitor], trainer: Trainer) -> str:
    """Write the checkpoints of all runs, finished ones too; return how far `trainer` is."""
    kept = [monitor.save() for monitor in monitors]
    stopped = f"stopped at step {trainer.step} of {trainer.steps}"
    if all(kept):
        return f"{stopped}: run again to continue"
    return f"{stopped}: without a checkpoint nothing is kept, run again to start over"


class Monitor:
    """What happens beside a training: timing, history rows, curve points, reports, checkpoints."""

    def __init__(self, trainer: Trainer, checkpoint: Path | None, report: Report) -> None:
        self.trainer, self.checkpoint, self.report = trainer, checkpoint, report
        self.reported, self.saved = -math.inf, time.perf_counter()  # the first row is told at once
        self.row_step, self.row_began = trainer.step, trainer.seconds
        self.curve_steps = curve_steps(trainer.steps)
        self.accuracy: dict[str, float] = {}  # percent by bucket, as it was measured last
        self.speeds: deque[float] = deque(maxlen=SMOOTHED_ROWS)  # characters per second
        self.compiling = False  # in the last row

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
            self.accuracy = {bucket: 100 * share for bucket, share in accuracy.items()}
        if self._unsaved():
            self.save()

    def save(self) -> bool:
        """Write the checkpoint, and return whether there is to be one."""
        if self.checkpoint is None:
            return False
        save_checkpoint(self.checkpoint, self.trainer.state())
        self.saved = time.perf_counter()
        return True

    def _end_row(self) -> None:
        trainer, now = self.trainer, time.perf_counter()
        characters = (trainer.step - self.row_step) * trainer.run.characters_per_step
        speed = characters / max(1e-9, trainer.seconds - self.row_began)
        row = trainer.history.end_row(trainer.step, trainer.stage, speed)
        self.row_step, self.row_began = trainer.step, trainer.seconds
        if self.compiling:  # what was slower than all that follows tells nothing of it
            self.speeds.clear()
        self.compiling = not self.speeds and trainer.run.compiled
        self.speeds.append(speed)
        if math.isnan(row["loss"]):
            raise StudyError(
                f"the loss is not a number at step {trainer.step} of "
                f"{trainer.run.name}, seed {trainer.run.seed}: lower the "
                "recipe's learning rates"
            )
        if now - self.reported > REPORT_SECONDS or not trainer.unfinished:
            self.reported = now
            self.report(self._progress(row))

    def _progress(self, row: Mapping[str, Any]) -> Progress:
        trainer = self.trainer
        speed = sum(self.speeds) / len(self.speeds)
        characters = (trainer.steps - trainer.step) * trainer.run.characters_per_step
        return Progress(
            name=f"{trainer.run.name}, seed {trainer.run.seed}",
            step=trainer.step,
            steps=trainer.steps,
            stage=row["stage"],
            loss=row["loss"],
            losses={bucket: row[f"loss_{bucket}"] for bucket in BUCKETS},
            accuracy=dict(self.accuracy),
            characters_per_second=speed,
            seconds_left=characters / speed,
        )
