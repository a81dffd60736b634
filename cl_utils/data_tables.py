"""Small tables about the programs themselves, tracked beside the results: figures need no data.

In: params and what notebooks 02 and 03 found. Out: files under results/<profile>/data/, each with a
manifest, and the same tables again.
"""

from __future__ import annotations

import pandas as pd

from cl_utils.artifacts import check, save_csv, save_table
from cl_utils.metrics import METRICS
from cl_utils.params import Params
from cl_utils.programs import skeleton, stable_hash
from cl_utils.stages import BucketParams, DataParams
from cl_utils.study import BUCKETING, METRIC_ANALYSIS, code_of

AGREEMENT = "metric_agreement"


def save_agreement(params: Params, matrix: pd.DataFrame) -> None:
    """Leave notebook 02's rank correlations between metrics (`metrics.agreement`), to 4 digits."""
    save_csv(
        params.paths.counts(AGREEMENT),
        matrix.round(4).rename_axis("metric").reset_index(),
        params=params.of(DataParams),
        inputs=[params.paths.programs],
        code=code_of(METRIC_ANALYSIS),
    )


def load_agreement(params: Params) -> pd.DataFrame:
    """Return the matrix of `save_agreement`; it needs no file outside results/."""
    path = params.paths.counts(AGREEMENT)
    check(path, METRIC_ANALYSIS, params=params.of(DataParams))
    return pd.read_csv(path, index_col="metric")


def save_counts(params: Params, **tables: pd.DataFrame) -> None:
    """Leave notebook 03's tables about the data, for figures and README."""
    made = {"params": params.of(BucketParams), "code": code_of(BUCKETING)}
    for name, table in tables.items():
        save_csv(params.paths.counts(name), table, inputs=[params.paths.buckets], **made)


def save_tested(params: Params, programs: pd.DataFrame) -> None:
    """Leave notebook 03's table of the test programs: level, bucket, metrics, skeleton.

    Programs of one skeleton differ in names and numbers alone.
    """
    tested = programs[programs["split"].isin(["test", "natural"])]
    metrics = [name for name in METRICS if name in tested]
    forms = [stable_hash(skeleton(source)) for source in tested["source"]]
    save_table(
        params.paths.tested,
        tested[["program_id", "level", "bucket", *metrics]].assign(skeleton=forms),
        params=params.of(BucketParams),
        inputs=[params.paths.buckets],
        code=code_of(BUCKETING),
    )


def load_counts(params: Params, name: str) -> pd.DataFrame:
    """Return one of the tables of `save_counts`; it needs no file outside results/."""
    path = params.paths.counts(name)
    check(path, BUCKETING, params=params.of(BucketParams))
    return pd.read_csv(path, dtype={"level": str})
