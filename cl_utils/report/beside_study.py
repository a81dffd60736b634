"""A reader's own rows beside the committed study's, arm by arm.

In: the results of a profile, results/study/. Out: Markdown: a table where the two compare, else one
sentence that says why there is none.
"""

from __future__ import annotations

from typing import Final

from cl_utils.labels.names import arm_label, in_order
from cl_utils.labels.numbers import MISSING, mean_text
from cl_utils.paths import committed_results
from cl_utils.report.sentences import rows_markdown
from cl_utils.stats import Interval, arms_in, mean_interval, seed_values, select
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.comparable import unlike
from cl_utils.study.params import Params
from cl_utils.study.results import Results, finished_runs, load_results, run_manifest

COMMITTED: Final = "study"
"""The profile whose rows are committed."""


def beside_study(results: Results, params: Params) -> str:
    """Return each arm's mean beside the committed study's: exact outputs, mean of the buckets.

    `results`: of one recipe of the profile that `params` name.
    """
    folder = committed_results(COMMITTED)
    if params.paths.results.resolve() == folder.resolve():  # another home may link to it
        return "These are the rows of the committed study itself."
    if not (folder / params.recipe).is_dir():
        return f"`results/{COMMITTED}/` holds no rows of recipe {params.recipe} to compare with."
    ours, theirs = (
        next(run for run in finished_runs(each) if run.parts[-3] == params.recipe)
        for each in (params.paths.results, folder)
    )
    if found := unlike(run_manifest(ours), run_manifest(theirs)):
        return (
            "No comparison with the committed study: its runs and yours differ in "
            f"{', '.join(found)}."
        )
    return table(results, load_results(folder).of_recipe(params.recipe))


def table(ours: Results, committed: Results) -> str:
    """Return the table for the arms of `ours`, in display order."""
    rows = [["arm", "yours", "committed study"], ["---", "--:", "--:"]]
    for arm in in_order(arms_in(ours.measures)):
        cells = [cell(primary(each, arm)) for each in (ours, committed)]
        rows.append([arm_label(arm), *cells])
    return (
        f"{rows_markdown(rows)}\n\nExact outputs (%), balanced test set, mean of the three "
        "buckets: mean ± half of the 95 % t interval over seeds (n seeds)."
    )


def primary(results: Results, arm: str) -> Interval:
    """Return the primary measure of an arm over its seeds."""
    return mean_interval(seed_values(select(results.measures, *PRIMARY), arm))


def cell(interval: Interval) -> str:
    """Return "59.3 ± 1.9 (3)"; a dash without a seed, no half width for one."""
    if interval.n == 0:
        return MISSING
    return f"{mean_text(interval.mean, interval.half_width)} ({interval.n})"
