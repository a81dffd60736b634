"""One run between two steps: what it is, how a step is taken, what a checkpoint has to hold.

In: a `Run` and the training and validation corpora. Out: a `Trainer` that advances step by step,
alone or in a stack of several (cl_utils/stack.py), and ends as a `Trained`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.arms import schedule_named
from cl_utils.batching import AlignedBatcher, Batch, Batcher, Pools, WindowBatcher
from cl_utils.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.history import History
from cl_utils.memory import keep_freed_memory
from cl_utils.model import GPT, ModelConfig, build
from cl_utils.objective import objective
from cl_utils.optimisers import Optimisers, cycle_of, learning_rate_factor
from cl_utils.probes import Probe
from cl_utils.recipes import Recipe
from cl_utils.seeds import stream


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
            device=run.device,
        )
    if characters % row_length:
        raise StudyError(
            f"characters_per_step={characters} is not a multiple of the context "
            f"{row_length}: the recipe {run.recipe.name!r} reads whole windows"
        )
    shape = {"rows": characters // row_length, "row_length": row_length}
    return WindowBatcher(train, pools, **shape, rng=rng, device=run.device)


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

    @property
    def unfinished(self) -> bool:
        """Whether steps are left to train."""
        return self.step < self.run.steps

    def advance(self) -> None:
        """Train one step."""
        batch = self.draw()
        loss, totals = self.objective(batch)
        loss.backward()
        self.optimisers.step(self.rate_factor())
        self.record(totals, batch.programs)

    def draw(self) -> Batch:
        """Begin a step: return its batch, and start a new optimiser where the recipe restarts."""
        if self.step and self.step in self.boundaries:
            self.optimisers = Optimisers(self.model, self.run.recipe)
        self.stage = self.schedule.stage(self.step)
        batch = self.batcher.draw(self.schedule.mix(self.step))
        self.characters += batch.targets.numel()
        return batch.to(self.device)

    def rate_factor(self) -> float:
        """Return the share of the recipe's learning rates that this step takes."""
        cycle = cycle_of(self.step, self.boundaries, self.run.steps)
        return learning_rate_factor(self.step, cycle, self.run.recipe)

    def record(self, totals: Tensor, programs: NDArray[np.int64]) -> None:
        """End a step with what was learnt from, and show the schedule what it wants to see."""
        self.history.add(totals, programs)
        self.step += 1
        wanted = self.schedule.wanted(self.step)
        if wanted:
            self.schedule.observe(self.step, self.probe.accuracy(self.model, wanted))

    def settle(self) -> None:
        """Wait until the device has done all that it was told to."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def result(self) -> Trained:
        """Return the finished run; raise StudyError when it did not see its characters."""
        budget = self.run.steps * self.run.characters_per_step
        if self.characters != budget:
            raise StudyError(f"{self.run.schedule} saw {self.characters} characters, not {budget}")
        return Trained(self.model.eval(), *self.history.tables(), self.characters, self.seconds)

    def state(self) -> dict[str, object]:
        """Return everything that decides the rest of the run."""
        return {
            "identity": self.identity,
            "model": {name: value.clone() for name, value in self.model.state_dict().items()},
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
