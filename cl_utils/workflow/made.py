"""What notebooks 01 to 05 have made of a run, and whether today's code would make the same.

In: params that name a run. Out: nothing; MissingError where a notebook is to be executed first; or
StudyError where that would not help: a file that was changed by hand, committed rows that would
be overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cl_utils.artifacts import check_artifact
from cl_utils.data.corpus import SPLITS
from cl_utils.errors import MissingError, StudyError
from cl_utils.files import file_digest, running
from cl_utils.manifests import MANIFEST, check_files
from cl_utils.paths import UNTRACKED
from cl_utils.study.data_files import check_buckets, check_difficulty
from cl_utils.study.model_losses import check_losses
from cl_utils.study.notebook_names import (
    BUCKETING,
    DATA,
    EVALUATION,
    METRIC_ANALYSIS,
    MODEL_DIFFICULTY,
    TRAINING,
    code_of,
)
from cl_utils.study.params import Params
from cl_utils.study.results import run_manifest
from cl_utils.study.run_files import WEIGHTS, checked_manifest, result_folder, run_folder
from cl_utils.study.same_code import same_code
from cl_utils.study.stage_params import BucketParams, DataParams

Code = Callable[[str], str]
"""The fingerprint of what a notebook computes today; who asks for many runs keeps it (`cache`)."""


def check_rows_stay(params: Params) -> None:
    """Raise StudyError where a training would overwrite rows of a model that is not here.

    Such rows came with the repository; those of changed parameters lie in a place of their own.
    """
    folder = result_folder(params)
    own = params.profile in UNTRACKED or params.paths.place.rows
    if own or not (folder / MANIFEST).exists():
        return
    weights = run_folder(params) / WEIGHTS
    if weights.exists() and file_digest(weights) == run_manifest(folder).get("weights"):
        return
    which = f"another model than {weights}" if weights.exists() else "a model that is not here"
    raise StudyError(
        f"{folder} holds the rows of {which}, and training would overwrite them: change a "
        "parameter, such as steps=..., for a run with a place of its own, delete the rows, or go "
        f"on with the study by `make resume PROFILE={params.profile}`"
    )


def programs(params: Params, code: Code | None = None) -> None:
    """Raise MissingError unless notebook 01's programs are there, of these params and code."""
    stage = params.of(DataParams)
    _check_code(DATA, check_artifact(params.paths.programs, DATA, params=stage), code)


def difficulty(params: Params, code: Code | None = None) -> None:
    """Raise MissingError unless notebook 02's metrics are there, of these programs and code."""
    _check_code(METRIC_ANALYSIS, check_difficulty(params), code)


def buckets(params: Params, code: Code | None = None) -> None:
    """Raise MissingError unless notebook 03's buckets and corpora are there, of these metrics."""
    paths, stage = params.paths, params.of(BucketParams)
    _check_code(BUCKETING, check_buckets(params), code)
    for path in map(paths.corpus, SPLITS):
        check_artifact(path, BUCKETING, params=stage, inputs=[paths.buckets])


def _split(params: Params) -> None:
    paths, stage = params.paths, params.of(BucketParams)
    buckets(params)
    for path in (paths.tested, paths.exams):  # which lie under results/
        check_artifact(path, BUCKETING, params=stage, inputs=[paths.buckets])


def losses(params: Params, code: Code | None = None) -> None:
    """Raise MissingError unless notebook 08's losses are there, of these params and corpora."""
    _check_code(MODEL_DIFFICULTY, check_losses(params), code)


def trained(params: Params, code: Code | None = None) -> dict[str, Any]:
    """Return the manifest of a run; MissingError unless it is of these params, data and code.

    Its files need not be there: `resume` restores runs without their weights.
    """
    manifest = checked_manifest(params, running(TRAINING))
    _check_code(TRAINING, manifest, code)
    return manifest


def _run(params: Params) -> None:
    check_files(run_folder(params), trained(params)["files"], running(TRAINING))


def check_rows(params: Params, code: Code | None = None) -> dict[str, Any]:
    """Return the manifest of a run's rows; MissingError unless they are of the run there is."""
    folder = result_folder(params)
    manifest, repair = run_manifest(folder), running(EVALUATION)
    evaluated = manifest["evaluation"]
    check_files(folder, evaluated["files"], repair)
    run = checked_manifest(params, repair)
    if any(manifest.get(name) != run.get(name) for name in ("weights", "code")):
        raise MissingError(f"{folder} holds the rows of another training: {repair} again")
    now = {"line_programs": params.line_programs, "exams": file_digest(params.paths.exams)}
    for name, value in now.items():
        if evaluated.get(name, value) != value:  # a fact that older rows do not record
            raise MissingError(f"{folder} was evaluated with other {name}: {repair} again")
    _check_code(EVALUATION, evaluated, code)
    return manifest


def _check_code(notebook: str, made: Mapping[str, Any], code: Code | None) -> None:
    """Raise MissingError when the manifest of what a notebook made names code of other results."""
    today = (code or code_of)(notebook)
    if same_code(notebook, made.get("code", today)) != same_code(notebook, today):
        raise MissingError(f"what {notebook} made is of other code: {running(notebook)} again")


STAGES: Final[Mapping[str, Callable[[Params], object]]] = {
    DATA: programs,
    METRIC_ANALYSIS: difficulty,
    BUCKETING: _split,
    TRAINING: _run,
    EVALUATION: check_rows,
}
"""The notebooks that lead to a run, and what tells whether they are to be executed."""


def is_made(notebook: str, params: Params) -> bool:
    """Return whether a notebook of `STAGES` need not be executed."""
    try:
        STAGES[notebook](params)
    except MissingError:
        return False
    return True
