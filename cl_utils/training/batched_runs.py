"""A batched model: several runs trained by one forward and one backward pass.

In: runs that differ in arm and seed alone. Out: what training each of them alone gives, up to
rounding. One small model leaves a GPU waiting for launches; a batch of models shares them.
Members stay ordinary trainers with their own schedule, batches, optimiser, history and checkpoint,
so a run begun alone can be continued in a batched model and the other way round. Their weights are
slices of the batched model's, and their batches are concatenated into one that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from cl_utils.data.corpus import Corpus
from cl_utils.data.value_codes import with_intermediate_values
from cl_utils.errors import Interrupted, StudyError
from cl_utils.model.packing import Layout
from cl_utils.model.stacked_layers import stacked
from cl_utils.training.batches.batch import LOSS_GROUPS, Batch
from cl_utils.training.compilation import backward
from cl_utils.training.loop import Monitor, Report, run_until_finished, start_or_resume, train
from cl_utils.training.loss import objective
from cl_utils.training.optimisers import step_together
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained, Trainer


def train_batched(
    runs: Sequence[Run],
    corpus: Corpus,
    validation: Corpus,
    *,
    checkpoints: Sequence[Path | None] | None = None,
    report: Report = print,
    at_once: int = 8,
) -> list[Trained]:
    """Train runs to their ends, at most `at_once` in one batched model; one alone as `train` does.

    Each continues from its checkpoint if that file is there; its `seconds` are its share of the
    time. Raises StudyError for runs that differ in more than arm and seed, and what `train`
    raises; Interrupted also where somebody stopped it between two batched models.
    """
    _check(runs)
    if any(run.recipe.intermediate_value_weight for run in runs):
        corpus = with_intermediate_values(corpus)  # once for all of them
    paths = checkpoints or [None] * len(runs)
    finished = []
    for first in range(0, len(runs), at_once):
        part, kept = runs[first : first + at_once], paths[first : first + at_once]
        finished += _train_part(part, kept, corpus, validation, report)
        if finished[-1].stop_asked and len(finished) < len(runs):
            raise Interrupted(
                f"stopped after {len(finished)} of {len(runs)} runs: without a checkpoint nothing "
                "is kept, run again to start over"
            )
    return finished


def _train_part(
    runs: Sequence[Run],
    paths: Sequence[Path | None],
    corpus: Corpus,
    validation: Corpus,
    report: Report,
) -> list[Trained]:
    if len(runs) == 1:
        return [train(runs[0], corpus, validation, checkpoint=paths[0], report=report)]
    monitors = []
    for run, path in zip(runs, paths, strict=True):
        tell = _named(run, report)
        monitors.append(Monitor(start_or_resume(run, corpus, validation, path, tell), path, tell))
    trainers = [monitor.trainer for monitor in monitors]
    learning = [trainer for trainer in trainers if trainer.unfinished]
    stopped = False
    if learning:
        batched = BatchedModel(learning)
        stopped = run_until_finished(monitors, batched.advance)
        batched.release()
    return [replace(trainer.result(), stop_asked=stopped) for trainer in trainers]


def _named(run: Run, report: Report) -> Report:
    return lambda line: report(f"{run.name}, seed {run.seed}: {line}")


def _check(runs: Sequence[Run]) -> None:
    for run in runs[1:]:
        first, other = asdict(runs[0]), asdict(run)
        for name in first.keys() - {"name", "arm", "seed", "recorded"}:
            if first[name] != other[name]:
                raise StudyError(
                    f"runs with {name}={first[name]!r} and {other[name]!r} cannot train together: "
                    "only arm and seed may differ"
                )
    if len({(run.name, run.seed) for run in runs}) < len(runs):
        raise StudyError("a run cannot train together with itself: name every seed once")


class BatchedModel:
    """Trainers that take every step together; until `release` their weights lie in `model`."""

    by_block = False  # what is compiled: the whole loss, or the blocks alone

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        self.trainers = list(trainers)
        run, models = trainers[0].run, [trainer.model for trainer in trainers]
        windows = run.recipe.batching == "windows"
        rows = run.characters_per_step // run.model.context if windows else 0
        self.model = stacked(models, rows)
        self.objective = objective(
            self.model,
            run.recipe,
            trainers[0].device,
            run.compiled,
            len(trainers),
            by_block=self.by_block,
            precision=run.precision,
        )
        self.shares = [
            (whole, [model.get_parameter(name) for model in models])
            for name, whole in self.model.named_parameters()
        ]
        self.batches: dict[int, Batch] = {}  # of a finished member the last one: it idles along

    def advance(self) -> None:
        """Train one step of every member that has steps left."""
        learning = [(n, each) for n, each in enumerate(self.trainers) if each.unfinished]
        self.batches |= {member: trainer.draw() for member, trainer in learning}
        loss, totals = self.objective(
            joined_batches([self.batches[n] for n in range(len(self.trainers))])
        )
        backward(loss)
        self._share_gradients()
        trainers = [trainer for _, trainer in learning]
        factors = [trainer.rate_factor() for trainer in trainers]
        step_together([trainer.optimisers for trainer in trainers], factors)
        self._clear_gradients()
        theirs = totals.chunk(len(self.trainers), dim=1)
        for member, trainer in learning:
            trainer.record(theirs[member], self.batches[member].programs)

    def _share_gradients(self) -> None:
        for whole, parts in self.shares:
            if whole.grad is not None:
                for part, gradient in zip(parts, whole.grad.unbind(), strict=True):
                    part.grad = gradient

    def _clear_gradients(self) -> None:
        for whole, parts in self.shares:
            for parameter in (whole, *parts):
                parameter.grad = None

    def release(self) -> None:
        """Give every member its own weights back, and free what was compiled for all."""
        for _, parts in self.shares:
            for part in parts:
                part.data = part.data.clone()
        if self.trainers[0].run.compiled:
            torch.compiler.reset()


def joined_batches(batches: Sequence[Batch]) -> Batch:
    """Return the batches of S members one after another, their loss groups counted on."""
    layouts = [batch.layout for batch in batches if batch.layout is not None]
    columns = [batch.intermediate_values for batch in batches]
    values = [column for column in columns if column is not None]
    return Batch(
        inputs=torch.cat([batch.inputs for batch in batches]),
        targets=torch.cat([batch.targets for batch in batches]),
        loss_groups=torch.cat(
            [batch.loss_groups + LOSS_GROUPS * n for n, batch in enumerate(batches)]
        ),
        layout=joined_layout(layouts) if layouts else None,
        programs=np.sum([batch.programs for batch in batches], axis=0),
        intermediate_values=torch.cat(values) if values else None,
    )


# Attention reads all rows of one size in one call, so the rows of that size have to be adjacent:
# first every member's short rows, then every member's long ones. A layout numbers its cells through
# its own rows, size by size, so the shift of a cell depends on its size as well as on its member.
# What rows hold are places in the stream, which is joined member by member: there one shift a
# member does.


def joined_layout(layouts: Sequence[Layout]) -> Layout:
    """Return the layout of streams one after another: of each size all rows of the first, ..."""
    characters, grids, first_cell = 0, [], 0
    cells = [torch.zeros_like(layout.cells) for layout in layouts]
    for size in range(len(layouts[0].rows)):
        for n, layout in enumerate(layouts):
            own = sum(rows.numel() for rows in layout.rows[:size])
            here = (layout.cells >= own) & (layout.cells < own + layout.rows[size].numel())
            cells[n] = torch.where(here, layout.cells + (first_cell - own), cells[n])
            first_cell += layout.rows[size].numel()
    for layout in layouts:
        grids.append([torch.where(rows < 0, rows, rows + characters) for rows in layout.rows])
        characters += len(layout.cells)
    return Layout(
        positions=torch.cat([layout.positions for layout in layouts]),
        rows=tuple(torch.cat(same_size) for same_size in zip(*grids, strict=True)),
        cells=torch.cat(cells),
    )
