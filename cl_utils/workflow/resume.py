"""Lets a fresh clone go on with a study: runs whose rows are committed need not be trained again.

A part of `make resume`, after the data were made. In: results/<profile>/. Out: under
runs/<profile>/, of every finished run what the workflow asks for (manifest, mixes, seal; no
weights), newer than the data. Runs of other data are refused; runs of other parameters, of code
that may give other bits (see `same_code`), of an arm that has changed since, or yoked to another
run than the arm replays now, are left out, so that the workflow trains and evaluates them again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cl_utils.curriculum.arms import is_arm
from cl_utils.errors import StudyError
from cl_utils.files import atomic, running, write_json
from cl_utils.manifests import MANIFEST, check_files, write_manifest
from cl_utils.study.comparable import FINGERPRINT, check_place, other_params, replays_another
from cl_utils.study.data_files import data_fingerprint
from cl_utils.study.notebook_names import EVALUATION, TRAINING, code_of
from cl_utils.study.params import Params
from cl_utils.study.results import finished_runs, run_manifest, seed_of
from cl_utils.study.run_files import MIXES
from cl_utils.study.same_code import same_code


def restore(params: Params) -> tuple[list[Path], list[Path]]:
    """Mark the runs of a profile as done; return their result folders, and those left out.

    Raises StudyError when rows were made from other data than those in runs/<profile>/, or are not
    what was written.
    """
    restored: dict[Path, dict[str, Any]] = {}
    left: list[Path] = []
    data, code = data_fingerprint(params), cache(code_of)
    for result in finished_runs(params.paths.results):
        manifest = run_manifest(result)
        check_place(result, manifest)
        if manifest[FINGERPRINT] != data:
            raise StudyError(
                f"{result} was evaluated on data {manifest[FINGERPRINT]}, but "
                f"runs/{params.profile} holds {data}: restore the params it was made with, or "
                "delete its folder"
            )
        check_files(result, manifest["evaluation"]["files"], running(EVALUATION))
        if _goes_with(params, manifest, code) and is_arm(manifest["arm"], result.parent.name):
            restored[result] = manifest
        else:
            left.append(result)
    for result, manifest in restored.items():
        _mark(params, result, manifest)
    return list(restored), left


def _goes_with(params: Params, manifest: Mapping[str, Any], code: Callable[[str], str]) -> bool:
    """Return whether a run is what the parameters and today's code would give, bit by bit."""
    made = {TRAINING: manifest["code"], EVALUATION: manifest["evaluation"]["code"]}
    alike = all(same_code(each, made[each]) == same_code(each, code(each)) for each in made)
    return alike and not other_params(manifest, params) and not replays_another(manifest, params)


def _mark(params: Params, result: Path, manifest: Mapping[str, Any]) -> None:
    recipe, arm = result.parts[-3:-1]
    seed = seed_of(result)
    run = params.paths.run(recipe, arm, seed)
    with atomic(run / MIXES) as temporary:
        shutil.copyfile(result / MIXES, temporary)
    write_manifest(run / MANIFEST, {k: v for k, v in manifest.items() if k != "evaluation"})
    write_json(params.paths.evaluated(recipe, arm, seed), manifest["evaluation"]["files"])


def resume(params: Params) -> str:
    """Restore the runs of a profile; return in a sentence how many need no training."""
    restored, left = restore(params)
    return (
        f"Runs that need no training: {len(restored)}; made by other code or with other "
        f"parameters: {len(left)}"
    )
