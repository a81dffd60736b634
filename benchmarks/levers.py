"""What each lever of the recipe `fast` is worth, and what more it could have.

`python -m benchmarks.levers [--seeds N]`: trainings that lack one lever at a time, and trainings
with additions, alone and together. In: the corpora of the profile `laptop` (notebooks 01 to 03).
Out: a learning curve a lever and seed under results/benchmarks/<device>/levers/, each with a
manifest, and two figures. What is there is not trained again; a killed run loses the trainings in
progress alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import torch

from benchmarks import speed
from benchmarks.data import labelled
from benchmarks.figures.levers import load_curves, summary, worth_of_levers
from benchmarks.machine import code_digest, facts, processes_side_by_side
from cl_utils.artifacts import write_artifact
from cl_utils.curriculum.arms import arm_named
from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.parallel import ordered_map
from cl_utils.paths import PARAMS
from cl_utils.study.data_files import load_split
from cl_utils.study.params import read_params
from cl_utils.training.assembly import make_trainer
from cl_utils.training.loop import Monitor, Run, run_until_finished
from cl_utils.training.recipes import PAPER, STRONG

PROFILE = "laptop"
SHORT_FIRST = "competence-by-characters"
REMARKS = {
    "levers": "Arm baseline; each row below the first changes what it names.",
    "additions": "Each row below the first has what it names in addition to the recipe. Arm "
    "baseline; with short sources first the arm competence-by-characters.",
}


@dataclass(frozen=True)
class Lever:
    """How a run differs from the recipe `fast`: in words, and as a function."""

    words: str
    change: Callable[[Run], Run]


def _recipe(run: Run, **changes: object) -> Run:
    return replace(run, recipe=replace(run.recipe, **changes))  # type: ignore[arg-type]


def _model(run: Run, **changes: object) -> Run:
    return replace(run, model=replace(run.model, **changes))  # type: ignore[arg-type]


def _paper_blocks(run: Run) -> Run:
    return _model(_recipe(run, blocks="paper"), blocks="paper")


def _larger_batches(run: Run) -> Run:
    return replace(run, steps=run.steps // 4, characters_per_step=run.characters_per_step * 4)


LEVERS: Mapping[str, Lever] = MappingProxyType(
    {
        "fast": Lever("recipe fast, nothing taken away", lambda run: run),
        "windows": Lever(
            "random windows instead of whole programs", partial(_recipe, batching="windows")
        ),
        "weight": Lever("output characters count once", partial(_recipe, output_weight=1.0)),
        "adamw": Lever(
            "AdamW (0.003) instead of Muon",
            partial(_recipe, optimiser="adamw", learning_rate=3e-3),
        ),
        "blocks": Lever("the paper's blocks", _paper_blocks),
        "decay": Lever(
            "rate in steps, no warm-up", partial(_recipe, decay="steps", warmup_share=0.0)
        ),
        "batches": Lever("batches four times as large", _larger_batches),
        "heads": Lever("twice the heads", lambda run: _model(run, heads=2 * run.model.heads)),
        "paper": Lever("recipe paper", lambda run: replace(_paper_blocks(run), recipe=PAPER)),
    }
)
ADDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "short": "short sources first",
        "neighbours": "short convolution",
        "values": "intermediate values",
    }
)
"""As in the plans of `time-to-accuracy`, by the names that their curves have."""


def _with(parts: Sequence[str]) -> Lever:
    return Lever(
        f"with {', '.join(ADDITIONS[part] for part in parts)}", partial(_changed, parts=parts)
    )


def _changed(run: Run, parts: Sequence[str]) -> Run:
    if "short" in parts:
        run = replace(run, name=SHORT_FIRST, arm=arm_named(SHORT_FIRST))
    if "neighbours" in parts:
        reach = STRONG.convolution
        run = _model(_recipe(run, convolution=reach), convolution=reach)
    if "values" in parts:
        run = _recipe(run, intermediate_value_weight=STRONG.intermediate_value_weight)
    return run


ADDED: Mapping[str, Lever] = MappingProxyType(
    {
        "-".join(parts): _with(parts)
        for size in range(1, len(ADDITIONS) + 1)
        for parts in combinations(ADDITIONS, size)
    }
)
EVERY: Mapping[str, Lever] = MappingProxyType({**LEVERS, **ADDED})


@dataclass(frozen=True)
class Training:
    """A task for a process of its own: one lever, one seed, and where its curve goes."""

    lever: str
    run: Run
    path: Path


def folder() -> Path:
    """Return where the curves are kept."""
    return speed.results_folder() / "cpu" / "levers"


def planned(seeds: int) -> list[Training]:
    """Return the trainings that are not there yet, seed by seed."""
    run = read_params(PARAMS / f"{PROFILE}.yaml").run()
    tasks = [
        Training(name, lever.change(replace(run, seed=seed)), folder() / f"{name}-seed{seed}.csv")
        for seed in range(seeds)
        for name, lever in EVERY.items()
    ]
    return [task for task in tasks if not task.path.exists()]


def learn(task: Training) -> str:
    """Train on one thread and leave the curve of all buckets' mean; return a line to print."""
    torch.set_num_threads(1)
    params = read_params(PARAMS / f"{PROFILE}.yaml")
    train = labelled(load_split(params, "train"), task.run.arm)
    trainer = make_trainer(task.run, train, load_split(params, "validation"))
    run_until_finished([Monitor(trainer, None, lambda _: None)], trainer.advance)
    trained = trainer.result()
    curve = trained.curve[trained.curve["bucket"] == "macro"].drop(columns="bucket")
    curve = curve.assign(lever=task.lever, words=EVERY[task.lever].words, seed=task.run.seed)
    write_artifact(
        task.path,
        partial(curve.to_csv, index=False),
        params={"run": asdict(task.run)},
        **(facts() | {"threads": 1, "seconds": round(trained.seconds, 1), "code": code_digest()}),
    )
    last = curve["execution_exact"].iloc[-1]
    return f"{task.lever}, seed {task.run.seed}: {last:.1f} % after {trained.seconds:.0f} s"


def draw() -> None:
    """Draw what was taken away, and what was added."""
    rows = summary(load_curves(folder()))
    for name, chosen in (("levers", tuple(LEVERS)), ("additions", ("fast", *ADDED))):
        figure = worth_of_levers(rows[rows["lever"].isin(chosen)], REMARKS[name])
        style.save(figure, speed.figures_folder() / "cpu", name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is missing, then draw; return 0, or 1 after a sentence that says what to mend."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levers", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="seeds a lever (3)")
    given = parser.parse_args(arguments)
    try:
        tasks = planned(given.seeds)
        for line in ordered_map(learn, tasks, processes=processes_side_by_side()):
            print(line, flush=True)
        draw()
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
