"""One run between two steps: how a step is taken, what a checkpoint has to hold.

In: a `Run` and its parts (cl_utils/training/assembly.py makes them). Out: a `Trainer` that advances
step by step, alone or in a batched model (cl_utils/training/batched_runs.py), and ends as a
`Trained`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.curriculum.interface import Schedule
from cl_utils.curriculum.mixes import check_mix
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.training.averaging import WeightAverage
from cl_utils.training.batches.batch import Batch, Batcher
from cl_utils.training.checkpoints import check_restorable
from cl_utils.training.compilation import backward
from cl_utils.training.history import History
from cl_utils.training.loss import Objective
from cl_utils.training.optimisers import Optimisers, cycle_of, learning_rate_factor
from cl_utils.training.probes import Probe
from cl_utils.training.recipes import Precision
from cl_utils.training.run import Run


@dataclass(frozen=True)
class Trained:
    """A finished run: the model and what was recorded on the way."""

    model: GPT
    history: pd.DataFrame
    curve: pd.DataFrame
    characters: int
    seconds: float
    mixes: list[tuple[int, dict[str, float]]]  # what was drawn from which step on
    precision: Precision  # of matrix products
    stop_asked: bool = False  # in its last step; whoever has more to train has to ask for it


class Trainer:
    """The state of a run between two steps; everything a checkpoint has to hold.

    It receives its parts; `assembly.make_trainer` makes those of a run. An extension replaces a
    part, or adds one.
    """

    def __init__(
        self,
        run: Run,
        *,
        model: GPT,
        new_optimisers: Callable[[], Optimisers],
        schedule: Schedule,
        boundaries: Sequence[int],
        batcher: Batcher,
        objective: Objective,
        probe: Probe,
        average: WeightAverage | None = None,
        identity: Mapping[str, object],
    ) -> None:
        """`new_optimisers` is called at the start and at every later step of `boundaries`.

        `identity` is what a checkpoint must agree with before it is continued.
        """
        self.run, self.device, self.steps = run, torch.device(run.device), run.budget
        self.model, self.new_optimisers, self.optimisers = model, new_optimisers, new_optimisers()
        self.schedule, self.boundaries, self.batcher = schedule, boundaries, batcher
        self.objective, self.probe, self.average = objective, probe, average
        self.identity = identity
        self.history = History()
        self.stage = ""  # of the last step; an adaptive schedule may have moved on since
        self.step = 0
        self.characters = 0
        self.mixes: list[tuple[int, dict[str, float]]] = []
        self.seconds = 0.0  # spent on training and the schedule's own probes

    @property
    def unfinished(self) -> bool:
        """Whether steps are left to train."""
        return self.step < self.steps

    def advance(self) -> None:
        """Train one step."""
        batch = self.draw()
        loss, totals = self.objective(batch)
        backward(loss)
        self.optimisers.step(self.rate_factor())
        self.record(totals, batch.programs)

    def draw(self) -> Batch:
        """Begin a step and return its batch."""
        batch = self.batcher.draw(self.begin_step())
        self.characters += batch.targets.numel()
        return batch.to(self.device)

    def begin_step(self) -> dict[str, float]:
        """Return the mix that a step draws from; start a new optimiser where the arm restarts.

        Raises StudyError for a mix that `mixes.check_mix` refuses.
        """
        if self.step and self.step in self.boundaries:
            self.optimisers = self.new_optimisers()
        self.stage = self.schedule.stage(self.step)
        mix = self.schedule.mix(self.step)
        if not self.mixes or self.mixes[-1][1] != mix:
            check_mix(mix, f"the mix of {self.run.name} at step {self.step}")
            # Plain numbers, as JSON and checkpoints need them; a policy may compute with numpy.
            plain = {str(pool): float(share) for pool, share in mix.items()}
            self.mixes.append((self.step, plain))
        return dict(mix)

    def rate_factor(self) -> float:
        """Return the share of the recipe's learning rates that this step takes."""
        cycle = cycle_of(self.step, self.boundaries, self.steps)
        return learning_rate_factor(self.step, cycle, self.run.recipe)

    def record(self, totals: Tensor, programs: NDArray[np.int64]) -> None:
        """End a step: count what was read, and probe the model where the schedule asks for it."""
        self.history.add(totals, programs)
        self.step += 1
        if self.average is not None:
            self.average.after(self.step)
        buckets = self.schedule.buckets_to_probe(self.step)
        if buckets:
            count = self.schedule.probe_programs
            self.schedule.observe(self.step, self.probe.measure(self.model, buckets, count))

    def synchronize(self) -> None:
        """Wait until the device has finished its work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def result(self) -> Trained:
        """Return the finished run, whose model has no auxiliary head any more.

        Raises StudyError when it did not see its characters.
        """
        budget = self.steps * self.run.characters_per_step
        if self.characters != budget:
            raise StudyError(f"{self.run.name} saw {self.characters} characters, not {budget}")
        self.model.auxiliary_head = None
        history, curve = self.history.tables()
        return Trained(
            model=self.model.eval(),
            history=history,
            curve=curve,
            characters=self.characters,
            seconds=self.seconds,
            mixes=self.mixes,
            precision=self.run.computed_precision,
        )

    def state(self) -> dict[str, object]:
        """Return everything that decides the rest of the run.

        Raises StudyError where the schedule keeps what no checkpoint could give back.
        """
        schedule = self.schedule.state()
        made_by = type(self.schedule).__name__
        check_restorable(schedule, f"the schedule of {self.run.name}, a {made_by},")
        return {
            "identity": self.identity,
            "model": {name: value.clone() for name, value in self.model.state_dict().items()},
            "optimisers": self.optimisers.state(),
            "schedule": schedule,
            "batcher": self.batcher.state(),
            "history": self.history.state(),
            "step": self.step,
            "characters": self.characters,
            "seconds": self.seconds,
            "mixes": list(self.mixes),
            "average": None if self.average is None else self.average.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        self.model.load_state_dict(state["model"])
        self.optimisers.restore(state["optimisers"])
        self.schedule.restore(state["schedule"])
        self.batcher.restore(state["batcher"])
        self.history.restore(state["history"])
        self.step, self.characters = state["step"], state["characters"]
        self.seconds, self.mixes = state["seconds"], list(state["mixes"])
        if self.average is not None:
            self.average.restore(state["average"])
