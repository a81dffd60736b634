"""Runs a training script for a few steps and notes how long they took: `authors` starts it.

In: the script, a file to write, a number of steps. Out: that file, with the seconds of the steps
after the first ones. Constants named in `SHORTENED` are replaced, all else runs as it stands.
"""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

SHORTENED = {"eval_iters": 1}  # the script begins by evaluating: two losses are enough
WARM_UP = 2  # steps before those that are timed; the first one compiles


def run(script: Path, file: Path, steps: int) -> None:
    """Run a script until `steps` steps of its optimiser are timed; then the program ends."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in SHORTENED:
                node.value = ast.copy_location(ast.Constant(SHORTENED[name]), node.value)
    stop_after(steps, file)
    sys.path.insert(0, str(script.parent))  # where it finds the module of its model
    names = {"__name__": "__main__", "__file__": str(file.with_name(script.name))}
    exec(compile(tree, str(script), "exec"), names)


def stop_after(steps: int, file: Path) -> None:
    """Let the optimiser's steps be counted and timed, and the last one end the program."""
    times: list[float] = []

    def count(*_: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter())
        if len(times) == WARM_UP + steps:
            file.write_text(str(times[-1] - times[WARM_UP - 1]))
            raise SystemExit

    register_optimizer_step_post_hook(count)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
