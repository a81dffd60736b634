"""What is known of the test programs, beside the rows of the runs that were tested on them.

In: results/<profile>/data/tested.parquet and model_loss-<recipe>.csv. Out: level, bucket and every
metric of each program; or StudyError, where the table is not that of the runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from cl_utils import artifacts
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.files import running
from cl_utils.manifests import written_files
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.comparable import FINGERPRINT
from cl_utils.study.notebook_names import BUCKETING, EVALUATION, MODEL_DIFFICULTY
from cl_utils.study.params import Params
from cl_utils.study.stage_params import BucketParams

TESTED: Final = "data/tested.parquet"
ROUNDING: Final = 1e-3  # percentage points: measures are stored to four decimals


def with_metrics(
    programs: pd.DataFrame, folder: Path, params: Params | None = None
) -> pd.DataFrame:
    """Return evaluated programs with level, bucket and every metric of each beside them.

    `model_loss` is there when notebook 08 has left it. Raises StudyError when the table of the test
    programs is missing, damaged, another study's or made with other `params`.
    """
    if programs.empty:
        return programs
    path = folder / TESTED
    made = params.of(BucketParams) if params else {"profile": folder.name}
    tested = artifacts.load_table(path, BUCKETING, params=made)
    merged = programs.merge(tested, on="program_id", how="left", validate="many_to_one")
    if merged["bucket"].isna().any():
        raise StudyError(
            f"{path} lacks programs that were evaluated: restore it, or {running(BUCKETING)} with "
            f"the parameters of the rows, then {running(EVALUATION)} again"
        )
    losses = []
    for each in written_files(folder / "data", "model_loss-*.csv"):
        recipe = {"recipe": each.stem.removeprefix("model_loss-")}
        table = artifacts.load_csv(each, MODEL_DIFFICULTY, read={}, params={**made, **recipe})
        losses.append(table.assign(**recipe))
    if not losses:
        return merged
    return merged.merge(pd.concat(losses), on=["recipe", "program_id"], how="left")


def check_test_programs(
    evaluated: pd.DataFrame, measures: pd.DataFrame, folder: Path, data: str
) -> None:
    """Raise StudyError unless the table of test programs is that of the runs' own data.

    `evaluated`, `measures`: of the runs; `data`: its fingerprint. The table's manifest
    names it, but older ones do not; and the buckets of the table must give the
    accuracies by bucket that were measured.
    """
    if evaluated.empty:
        return
    path = folder / TESTED
    made = artifacts.check_content(path, running(BUCKETING)).get(FINGERPRINT)
    measure, test_set, _ = PRIMARY
    run = ["recipe", "arm", "seed", "bucket"]
    programs = evaluated.loc[evaluated["test_set"] == test_set, [*run, "exact"]]
    found = 100 * programs.groupby(run, observed=True)["exact"].mean()
    rows = measures.rename(columns={"subset": "bucket"})
    rows = rows[(rows["measure"] == measure) & (rows["test_set"] == test_set)]
    said = rows[rows["bucket"].isin(BUCKETS)].set_index(run)["value"]
    alike = (found.reindex(said.index) - said).abs() < ROUNDING
    if made in (None, data) and alike.all():
        return
    raise StudyError(
        f"{path} is not the table of the programs that the runs were tested on: restore it, or "
        f"{running(BUCKETING)} with their parameters again"
    )
