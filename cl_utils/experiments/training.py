"""Trains what has no curve yet, each from a checkpoint if it was killed on the way.

In: an experiment. Out: a learning curve a variant and seed under results/experiments/, each with a
manifest. What has a curve is not trained again (delete the curve to do so); a curve that a kill
left without its manifest counts as none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cl_utils.artifacts import write_artifact
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.experiments.compilation import nothing_compiled
from cl_utils.experiments.curves import CURVE_COLUMNS, checked, curve_path, kept
from cl_utils.experiments.plan import Drawn, Experiment
from cl_utils.experiments.programs import World, labelled, world_of
from cl_utils.experiments.variants import Variant
from cl_utils.labels.numbers import fixed
from cl_utils.machine import device_name, facts, processes_side_by_side
from cl_utils.manifests import is_whole
from cl_utils.model.gpt import GPT
from cl_utils.parallel import ordered_map
from cl_utils.paths import home
from cl_utils.threads import fixed_threads, threads_at_first
from cl_utils.training.checkpoints import save_checkpoint
from cl_utils.training.loop import Monitor, Run, Trained, run_until_finished, start_or_resume
from cl_utils.training.probes import Probe


@dataclass(frozen=True)
class Training:
    """A task, perhaps for a process of its own: one variant, one seed."""

    experiment: Experiment
    variant: Variant
    seed: int

    @property
    def path(self) -> Path:
        """Where its curve is kept."""
        device = device_name(self.experiment.device)
        return curve_path(self.experiment, self.variant, self.seed, device)

    @property
    def checkpoint(self) -> Path:
        """Where it goes on from."""
        folder = home() / "runs" / "experiments" / self.experiment.name
        return folder / f"{self.variant.files}-seed{self.seed}.pt"


class WholeTest(Probe):
    """All programs of a corpus instead of a sample."""

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        seen = self.measure(model, buckets, len(self.validation))
        return {bucket: each.accuracy for bucket, each in seen.items()}


def missing(experiment: Experiment) -> list[Training]:
    """Return the trainings that have no whole curve yet: of an experiment's variants, seed by seed.

    Raises StudyError for a curve that is there and of another training.
    """
    for curve in kept(experiment, device_name(experiment.device)):
        if is_whole(curve.path):
            checked(experiment, curve)
    tasks = [Training(experiment, *each) for each in experiment.trainings()]
    return [task for task in tasks if not is_whole(task.path)]


def train_missing(experiment: Experiment) -> Iterator[str]:
    """Train what has no curve yet; yield a line for each when it is done.

    At once, every training has one thread and a core; else one after another has the machine.
    """
    if experiment.at_once:
        tasks, processes = missing(experiment), processes_side_by_side()
        yield from ordered_map(learn_on_one_thread, tasks, processes=processes)
        return
    tasks = missing(experiment)
    for variant in experiment.variants:
        own = [task for task in tasks if task.variant == variant]
        world = world_of(experiment, variant) if own else None
        for task in own:
            with nothing_compiled(), fixed_threads(threads_at_first()):
                line = learn(task, world)
            yield line


def learn_on_one_thread(task: Training) -> str:
    """Train beside others; return a line to print."""
    with fixed_threads(1):
        return learn(task)


def learn(task: Training, world: World | None = None) -> str:
    """Train to the end and leave the curve of all buckets' mean; return a line to print.

    world: the variant's programs, where its seeds share them.
    """
    world = world or world_of(task.experiment, task.variant)
    run = task.experiment.run(task.variant, task.seed)
    programs = task.experiment.programs
    points = programs.points if isinstance(programs, Drawn) else None
    trained = train_with_curve(run, world, task.checkpoint, points)
    curve = trained.curve[trained.curve["bucket"] == "macro"]
    counts = {"programs": len(world.test), "parameters": trained.model.parameter_count}
    curve = curve.assign(**counts, seed=task.seed)[[*CURVE_COLUMNS, "seed"]]
    made: dict[str, Any] = {"variant": task.variant.model_dump(), "run": asdict(run)}
    measured = facts() | {"threads": torch.get_num_threads(), "seconds": round(trained.seconds, 1)}
    write_artifact(task.path, partial(curve.to_csv, index=False), params=made, **measured)
    task.checkpoint.unlink(missing_ok=True)  # or the curve, deleted, would not be trained again
    last = curve["execution_exact"].iloc[-1]
    name = f"{task.variant.name}, seed {task.seed}"
    return f"{name}: {fixed(last)} % after {trained.seconds:.0f} s"


def train_with_curve(
    run: Run,
    world: World,
    checkpoint: Path,
    points: int | None,
    report: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train to the end, continuing from `checkpoint` when that file is there.

    points: of the curve, evenly spaced and each of the whole test set; None: as the study does.
    """
    trainer = start_or_resume(run, labelled(world.train, run.arm), world.test, checkpoint, report)
    clock = Monitor(trainer, checkpoint, report)
    if points:
        trainer.probe = WholeTest(world.test, trainer.device)
        clock.curve_steps = even_steps(trainer.steps, points)
    run_until_finished([clock], trainer.advance)
    save_checkpoint(checkpoint, trainer.state())
    return trainer.result()


def even_steps(steps: int, points: int) -> frozenset[int]:
    """Return the steps after which a curve has a point."""
    return frozenset(round(steps * (point + 1) / points) for point in range(points))
