"""Whether the recipe `paper` learns what the paper's loop learns: losses on the same windows.

In: a run of the recipe and programs. Out: the largest difference between the losses of the study's
trainer and of the reference loop, in float32, from the same weights, step by step.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from benchmarks.reference.training import PlainLoop, weights_for_study
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from cl_utils.data.corpus import Corpus
from cl_utils.training.assembly import make_batcher, make_trainer
from cl_utils.training.loop import Run

TARGET = Target(1e-3, "value", "at most")
WINDOWS = 8  # a step: enough to learn from, few enough for a processor
STEPS = 200


def difference(run: Run, train: Corpus, settings: Settings) -> SpeedRow:
    """Return the row of the largest difference over `STEPS` steps."""
    steps = settings.size(STEPS, 5)
    small = replace(run, steps=steps, characters_per_step=WINDOWS * run.model.context)
    found = paired_losses(small, train)
    return speed_row(
        f"largest difference of losses over {steps} steps, float32, same windows",
        "nats",
        [max(abs(ours - theirs) for ours, theirs in found)],
        target=TARGET,
    )


def paired_losses(run: Run, train: Corpus) -> list[tuple[float, float]]:
    """Return the losses of the study's trainer and of the reference loop before every step.

    `run` has the recipe `paper` and a schedule of one stage. Both start from the loop's weights and
    see the windows that the run draws.
    """
    rows = run.characters_per_step // run.model.context
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        loop = PlainLoop(run.model, train.tokens, rows=rows, steps=run.steps, device=run.device)
    trainer = make_trainer(run, train, train)
    trainer.model.load_state_dict(weights_for_study(loop.model.state_dict(), run.model))
    batches = make_batcher(run, train)  # draws what the trainer's own draws
    found = []
    for step in range(run.steps):
        batch = batches.draw(trainer.schedule.mix(step)).to(trainer.device)
        with torch.no_grad():
            logits = trainer.model(batch.inputs)
            ours = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        trainer.advance()
        found.append((float(ours), float(loop.learn(batch.inputs, batch.targets))))
    return found
