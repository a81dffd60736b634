"""One run between two steps: what it is, how a step is taken, what a checkpoint has to hold.

In: a `Run` and the training and validation corpora. Out: a `Trainer` that advances step by step,
alone or in a batched model (cl_utils/training/batched_runs.py), and ends as a `Trained`.
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

from cl_utils.curriculum.arms import DRAWN, SHUFFLED, Arm, Recorded, schedule_named, schedule_of
from cl_utils.curriculum.relabelling import apply_arm_controls
from cl_utils.curriculum.schedules import Schedule
from cl_utils.data.corpus import Corpus
from cl_utils.data.value_codes import value_count, with_intermediate_values
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, ModelConfig, build
from cl_utils.seeds import stream
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import Batch, Batcher
from cl_utils.training.batches.pools import Pools
from cl_utils.training.batches.reordered import ReorderedBatcher, ReorderedWindows
from cl_utils.training.batches.windows import WindowBatcher
from cl_utils.training.history import History
from cl_utils.training.loss import objective
from cl_utils.training.malloc import keep_freed_memory
from cl_utils.training.optimisers import Optimisers, cycle_of, learning_rate_factor
from cl_utils.training.probes import Probe
from cl_utils.training.recipes import Recipe


@dataclass(frozen=True, kw_only=True)
class Run:
    """One arm with one seed: everything that decides what the training loop does.

    `name` is the arm's; `recorded` the mixes that a yoked arm draws.
    """

    model: ModelConfig
    recipe: Recipe
    name: str
    arm: Arm
    seed: int
    steps: int
    characters_per_step: int
    hardest_share: float = 0.5
    device: str = "cpu"
    compiled: bool = True
    recorded: Recorded = ()

    @property
    def budget(self) -> int:
        """The steps that this arm trains."""
        return max(1, round(self.steps * self.arm.budget))


@dataclass(frozen=True)
class Trained:
    """A finished run: the model and what was recorded on the way."""

    model: GPT
    history: pd.DataFrame
    curve: pd.DataFrame
    characters: int
    seconds: float
    mixes: list[tuple[int, dict[str, float]]]  # what was drawn from which step on


def make_batcher(run: Run, train: Corpus) -> Batcher:
    """Return the recipe's batcher, on a random stream of its own, in the order of the arm."""
    if run.recipe.intermediate_value_weight:
        train = with_intermediate_values(train)
    return (_aligned if run.recipe.batching == "aligned" else _windows)(run, train)


def _aligned(run: Run, train: Corpus) -> Batcher:
    batcher = (AlignedBatcher if run.arm.order == DRAWN else ReorderedBatcher)(
        train,
        Pools(train, run.hardest_share),
        characters=run.characters_per_step,
        context=run.model.context,
        rng=stream(run.seed, "batches"),
        static_shapes=run.device != "cpu",
        device=run.device,
    )
    if isinstance(batcher, ReorderedBatcher):
        batcher.reorder(*_order(run))
    return batcher


def _windows(run: Run, train: Corpus) -> Batcher:
    row_length, characters = run.model.context, run.characters_per_step
    if characters % row_length:
        raise StudyError(
            f"characters_per_step={characters} is not a multiple of the context "
            f"{row_length}: the recipe {run.recipe.name!r} reads whole windows"
        )
    batcher = (WindowBatcher if run.arm.order == DRAWN else ReorderedWindows)(
        train,
        Pools(train, run.hardest_share),
        rows=characters // row_length,
        row_length=row_length,
        rng=stream(run.seed, "batches"),
        device=run.device,
    )
    if isinstance(batcher, ReorderedWindows):
        batcher.reorder(*_order(run))
    return batcher


def _order(run: Run) -> tuple[Schedule, np.random.Generator, Schedule | None]:
    """Return what an arm draws, the randomness of its order, and the stages that it follows."""
    share, order = run.hardest_share, run.arm.order
    drawn = schedule_named(run.arm.schedule, run.budget, hardest_share=share)
    stages = None if order == SHUFFLED else schedule_named(order, run.budget, hardest_share=share)
    return drawn, stream(run.seed, "order"), stages


class Trainer:
    """The state of a run between two steps; everything a checkpoint has to hold.

    `identity` is what a checkpoint must agree with before it is continued: the run and its data.
    """

    def __init__(self, run: Run, train: Corpus, validation: Corpus) -> None:
        keep_freed_memory()
        self.run = run
        train = apply_arm_controls(train, run.arm, run.seed)
        programs = sha256(train.tokens.tobytes() + train.buckets.tobytes()).hexdigest()[:16]
        self.identity = {**asdict(run), "programs": programs}
        self.device = torch.device(run.device)
        self.model = build(run.model, run.seed).to(self.device)
        if run.recipe.intermediate_value_weight:
            train = with_intermediate_values(train)
            self.model.add_auxiliary_head(value_count(train))
        self.optimisers = Optimisers(self.model, run.recipe)
        self.steps = run.budget
        share = run.hardest_share
        self.schedule = schedule_of(run.arm, self.steps, hardest_share=share, recorded=run.recorded)
        cycles = run.arm.restarts
        self.boundaries = schedule_named(cycles, self.steps).boundaries() if cycles else [0]
        self.batcher = make_batcher(run, train)
        self.objective = objective(self.model, run.recipe, self.device, run.compiled)
        self.probe = Probe(validation, self.device)
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
        loss.backward()
        self.optimisers.step(self.rate_factor())
        self.record(totals, batch.programs)

    def draw(self) -> Batch:
        """Begin a step and return its batch."""
        batch = self.batcher.draw(self.begin_step())
        self.characters += batch.targets.numel()
        return batch.to(self.device)

    def begin_step(self) -> dict[str, float]:
        """Return the mix that a step draws from; start a new optimiser where the arm restarts."""
        if self.step and self.step in self.boundaries:
            self.optimisers = Optimisers(self.model, self.run.recipe)
        self.stage = self.schedule.stage(self.step)
        mix = dict(self.schedule.mix(self.step))
        if not self.mixes or self.mixes[-1][1] != mix:
            self.mixes.append((self.step, mix))
        return mix

    def rate_factor(self) -> float:
        """Return the share of the recipe's learning rates that this step takes."""
        cycle = cycle_of(self.step, self.boundaries, self.steps)
        return learning_rate_factor(self.step, cycle, self.run.recipe)

    def record(self, totals: Tensor, programs: NDArray[np.int64]) -> None:
        """End a step with what was learnt from, and show the schedule what it wants to see."""
        self.history.add(totals, programs)
        self.step += 1
        wanted = self.schedule.buckets_to_probe(self.step)
        if wanted:
            count = self.schedule.probe_programs
            self.schedule.observe(self.step, self.probe.measure(self.model, wanted, count))

    def synchronize(self) -> None:
        """Wait until the device has done all that it was told to."""
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
        tables, spent = self.history.tables(), (self.characters, self.seconds)
        return Trained(self.model.eval(), *tables, *spent, self.mixes)

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
            "mixes": list(self.mixes),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        for part in ("optimisers", "schedule", "batcher", "history"):
            getattr(self, part).restore(state[part])
        self.model.load_state_dict(state["model"])
        self.step, self.characters = state["step"], state["characters"]
        self.seconds, self.mixes = state["seconds"], list(state["mixes"])
