"""The study in two calls, for those who do not want notebooks: `train` an arm, `compare` arms.

In: an arm, a profile, a seed, changed parameters; or two arms of a study with results. Out: a
trained model with its rows; a contrast with its interval. `train` executes the notebooks whose
files are missing, so what it gives is what they give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from cl_utils.curriculum.arms import arm_named
from cl_utils.errors import StudyError
from cl_utils.labels.contrast_text import contrast_text
from cl_utils.model.gpt import GPT
from cl_utils.names import check_name, listed, unknown
from cl_utils.paths import NOTEBOOKS, params_file
from cl_utils.stats.contrasts import Contrast, paired_difference
from cl_utils.stats.rows import PRIMARY, arms_in, select
from cl_utils.study.device import device_of
from cl_utils.study.params import Params, notebook_params, read_params
from cl_utils.study.results import concatenate, load_results
from cl_utils.study.run_files import load_run, result_folder, run_folder
from cl_utils.workflow.made import STAGES, check_rows, check_rows_stay, is_made
from cl_utils.workflow.notebook import execute, failure


@dataclass(frozen=True)
class FinishedRun:
    """A trained model with what notebook 05 measured of it."""

    params: Params
    model: GPT
    manifest: Mapping[str, Any]
    measures: pd.DataFrame  # a row a test set, subset and measure
    programs: pd.DataFrame  # a row a test program
    curve: pd.DataFrame  # accuracy on validation programs over training

    @property
    def accuracy(self) -> float:
        """Exact outputs (percent), balanced test set, mean of the three buckets."""
        return float(select(self.measures, *PRIMARY)["value"].iloc[0])


@dataclass(frozen=True, kw_only=True)
class Comparison(Contrast):
    """A contrast, and whose runs it compares."""

    profile: str
    recipe: str

    def __str__(self) -> str:
        """Return the contrast in a line, what was measured on what, and whose runs."""
        where = f"{self.measure} on {self.test_set}/{self.subset}"
        return f"{contrast_text(self)} [{where}, profile {self.profile}, recipe {self.recipe}]"


def train(
    arm: str = "baseline",
    *,
    profile: str = "smoke",
    seed: int = 0,
    recipe: str | None = None,
    **changes: Any,
) -> FinishedRun:
    """Return the run of an arm; notebooks 01 to 05 are executed as far as they have not made it.

    What other code made, or what was made from other data, is made again. `changes`: parameters
    that differ from the profile's, such as ``steps=200``; the run then has a place of its own. Not
    so with ``device`` and ``compile``, which say how a missing run is trained: a finished one is
    returned wherever it was trained (``manifest["device"]``).
    Raises StudyError for wrong parameters, for files changed by hand, for committed rows that would
    be overwritten, and when a notebook fails.
    """
    values = {"profile": profile, "arm": arm, "seed": seed, **changes}
    if recipe is not None:
        values["recipe"] = recipe
    for name in values:
        if name not in Params.model_fields:
            raise unknown("parameter", name, Params.model_fields)
    params = notebook_params(dict(values))
    device_of(params)  # one that is not there, before the first notebook takes its minutes
    check_rows_stay(params)
    for notebook in STAGES:
        if not is_made(notebook, params):
            _execute(notebook, values, params)
    model, _ = load_run(params)
    manifest, folder = check_rows(params), result_folder(params)
    return FinishedRun(
        params=params,
        model=model,
        manifest=manifest,
        measures=concatenate([folder], "measures.csv"),
        programs=concatenate([folder], "programs.parquet"),
        curve=concatenate([folder], "curve.csv"),
    )


def compare(
    arm: str,
    reference: str = "baseline",
    *,
    profile: str = "study",
    recipe: str | None = None,
    measure: str = PRIMARY[0],
    test_set: str = PRIMARY[1],
    subset: str = PRIMARY[2],
) -> Comparison:
    """Return an arm minus its reference, paired by seed, from the results of a profile.

    One contrast by itself, unadjusted for any other. Raises StudyError when there is no such arm,
    measure, test set or subset, when there are no results, none of one of the arms, or no seed that
    both have.
    """
    for name in (arm, reference):
        arm_named(check_name("arm", name))
    if arm == reference:
        raise StudyError(f"arm and reference are both {arm}: name two arms")
    params = read_params(params_file(profile))
    wanted = params.recipe if recipe is None else recipe
    measures = load_results(params.paths.results, params).of_recipe(wanted).measures
    there = arms_in(measures)
    for name in (arm, reference):
        if name not in there:
            raise StudyError(
                f"profile {profile} has no run of {name} with recipe {wanted}: compare among "
                f"{listed(there)}, name another profile, or train it"
            )
    found = paired_difference(measures, arm, reference, (measure, test_set, subset))
    return Comparison(**asdict(found), profile=profile, recipe=wanted)


def _execute(notebook: str, values: Mapping[str, Any], params: Params) -> None:
    book = NOTEBOOKS / f"{notebook}.ipynb"
    executed = run_folder(params) / book.name
    run: dict[str, str | int] = {"recipe": params.recipe, "arm": params.arm, "seed": params.seed}
    try:
        execute(book, executed, None, values)
    except Exception as error:
        raise StudyError(failure(book, executed, run, error)) from None
