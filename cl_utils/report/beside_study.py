"""A reader's own rows beside the committed study's, arm by arm.

In: the results of a profile, results/study/. Out: Markdown: a table where the two compare, else one
sentence that says why there is none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cl_utils.figures import style
from cl_utils.figures.labels import MISSING
from cl_utils.paths import Paths
from cl_utils.report.sentences import rows_markdown
from cl_utils.stats import Interval, arms_in, mean_interval, seed_values, select
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.params import Params
from cl_utils.study.results import (
    FINGERPRINT,
    Results,
    finished_runs,
    load_results,
    manifest_entry,
)
from cl_utils.study.stage_params import TrainingParams

COMMITTED: Final = "study"
"""The profile whose rows are committed."""
FREE: Final = ("profile", "arm", "seed", "device", "compile")
"""Parameters in which runs that compare may differ."""


def beside_study(results: Results, params: Params) -> str:
    """Return each arm's mean beside the committed study's: exact execution, mean of the buckets.

    `results`: of one recipe of the profile that `params` name.
    """
    folder = Paths(COMMITTED).results
    if params.profile == COMMITTED:
        return "These are the rows of the committed study itself."
    if not (folder / params.recipe).is_dir():
        return f"`results/{COMMITTED}/` holds no rows of recipe {params.recipe} to compare with."
    if unlike := differences(params.paths.results / params.recipe, folder / params.recipe):
        return (
            "No comparison with the committed study: its runs and yours differ in "
            f"{', '.join(unlike)}."
        )
    return table(results, load_results(folder).of_recipe(params.recipe))


def differences(ours: Path, theirs: Path) -> list[str]:
    """Return in what the runs of two folders results/<profile>/<recipe> differ, but for `FREE`."""
    one, other = (finished_runs(folder.parent)[0] for folder in (ours, theirs))
    mine, committed = manifest_entry(one, "params"), manifest_entry(other, "params")
    unlike = [
        f"{name} ({mine.get(name)}, there {committed.get(name)})"
        for name in TrainingParams.model_fields
        if name not in FREE and mine.get(name) != committed.get(name)
    ]
    if unlike or manifest_entry(one, FINGERPRINT) == manifest_entry(other, FINGERPRINT):
        return unlike
    return ["their programs, which were made from the same parameters by other code"]


def table(ours: Results, committed: Results) -> str:
    """Return the table for the arms of `ours`, in display order."""
    rows = [["arm", "yours", "committed study"], ["---", "--:", "--:"]]
    for arm in style.in_order(arms_in(ours.measures)):
        cells = [cell(primary(each, arm)) for each in (ours, committed)]
        rows.append([style.arm_label(arm), *cells])
    return (
        f"{rows_markdown(rows)}\n\nWhole outputs right (%), balanced test set, mean of the three "
        "buckets: mean ± half of the 95 % t interval over seeds (n seeds)."
    )


def primary(results: Results, arm: str) -> Interval:
    """Return the primary measure of an arm over its seeds."""
    return mean_interval(seed_values(select(results.measures, *PRIMARY), arm))


def cell(interval: Interval) -> str:
    """Return "59.3 ± 1.9 (3)"; a dash without a seed, no half width for one."""
    if interval.n == 0:
        return MISSING
    width = f" ± {interval.half_width:.1f}" if interval.n > 1 else ""
    return f"{interval.mean:.1f}{width} ({interval.n})"
