"""Which runs a sitting trains: those without rows that can begin, the most valuable first.

In: params of a profile, its folders of runs and rows. Out: params of runs, those that train as one
batched model together; and lines that say which runs do not begin, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cl_utils.files import damaged, read_json, write_json
from cl_utils.manifests import MANIFEST, has_entries
from cl_utils.study.notebook_names import TRAINING, code_of
from cl_utils.study.params import Params
from cl_utils.study.run_files import replayed_run, result_folder, run_folder
from cl_utils.training.checkpoints import load_checkpoint
from cl_utils.training.loop import Report

DIVERGED: Final = "diverged.json"
"""In the folder of a run that was left out: by which code it diverged."""
REPAIR: Final = "run the sitting"


def waiting(params: Params, report: Report) -> list[Params]:
    """Return the runs without rows that can begin: seeds in turn, arms as in the params file.

    A yoked run begins when that is finished whose mixes it replays: in a later sitting. One that
    diverged by today's code does not begin again. `report` is called with what does not begin.
    """
    seeds = sorted(set().union(*params.seeds.values()))
    named = [(s, arm) for s in seeds for arm, own in params.seeds.items() if s in own]
    runs = [params.model_copy(update={"arm": arm, "seed": seed}) for seed, arm in named]
    left = [each for each in runs if not _has_rows(each)]
    diverged = _diverged(left, report)
    left = [each for each in left if each not in diverged]
    held = [each for each in left if not _can_begin(each)]
    if held:
        report(f"{len(held)} yoked runs wait for those that they replay")
        _tell_what_is_gone(held, report)
    return [each for each in left if each not in held]


def parts(runs: Sequence[Params], at_once: int) -> list[list[Params]]:
    """Return runs as at most `at_once` of them train together, the most valuable first.

    One batched model of runs that read whole programs takes each step of all of them: so they have
    as many steps, and their checkpoints are of the same one. Raises StudyError for a checkpoint
    that is damaged.
    """
    groups: dict[tuple[int, int], list[Params]] = {}
    for each in runs:
        groups.setdefault(_steps(each), []).append(each)
    return [
        group[first : first + at_once]
        for group in groups.values()
        for first in range(0, len(group), at_once)
    ]


def _steps(params: Params) -> tuple[int, int]:
    """Return a run's step and how many it has; nothing of these for one that reads windows."""
    run = params.run()
    if run.recipe.batching != "aligned":
        return 0, 0
    saved = load_checkpoint(checkpoint(params), {}) or {"step": 0}
    return int(str(saved["step"])), run.budget


def checkpoint(params: Params) -> Path:
    """Return where a run that is not finished goes on from."""
    return run_folder(params) / "checkpoint.pt"


def note_divergence(params: Params, step: int, words: str) -> Path:
    """Leave a note that a run diverged, and return its path."""
    note = run_folder(params) / DIVERGED
    write_json(note, {"code": code_of(TRAINING), "step": step, "said": words})
    return note


def _has_rows(params: Params) -> bool:
    return (result_folder(params) / MANIFEST).exists()


def _can_begin(params: Params) -> bool:
    """Return whether the run that this one replays is finished; most replay none."""
    theirs = replayed_run(params)
    return theirs is None or (run_folder(theirs) / MANIFEST).exists()


def _tell_what_is_gone(held: Sequence[Params], report: Report) -> None:
    """Say which replayed runs have rows, but no mixes any more: no sitting trains these again."""
    for each in held:
        theirs = replayed_run(each)
        if theirs is not None and _has_rows(theirs):
            report(
                f"{each.arm}, seed {each.seed}, replays {run_folder(theirs)}, which is gone though "
                f"its rows are there: delete {result_folder(theirs)} to train it again"
            )


def _diverged(runs: Sequence[Params], report: Report) -> list[Params]:
    """Return which of these runs diverged by today's code, and say how many."""
    noted = [each for each in runs if (run_folder(each) / DIVERGED).exists()]
    today = code_of(TRAINING) if noted else ""
    out = [each for each in noted if _code_in(run_folder(each) / DIVERGED) == today]
    if out:
        first = run_folder(out[0]) / DIVERGED
        report(f"{len(out)} runs diverged and are left out ({first}: delete it to retry)")
    return out


def _code_in(note: Path) -> str:
    """Return the code by which a run diverged; StudyError for a note that is damaged."""
    said = read_json(note, REPAIR)
    if not has_entries(said, {"code": str}):
        raise damaged(note, REPAIR)
    return str(said["code"])
