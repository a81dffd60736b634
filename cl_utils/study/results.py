"""Load the results of one profile, whatever part of the study is finished.

In: results/<profile>/<recipe>/<arm>/seed<k>/ with measures.csv, programs.parquet, curve.csv,
history.csv and manifest.json. Out: `Results`, four tables with the columns recipe, arm and
seed in front.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from cl_utils import artifacts
from cl_utils.errors import StudyError
from cl_utils.study.notebook_names import BUCKETING, EVALUATION

EVALUATION_NOTEBOOK: Final = f"notebooks/{EVALUATION}.ipynb"
FINGERPRINT: Final = "data_fingerprint"
RUN_COLUMNS: Final = ["recipe", "arm", "seed"]
TABLE_COLUMNS: Final = {
    "measures.csv": ["test_set", "subset_kind", "subset", "measure", "value", "n"],
    "curve.csv": ["step", "characters", "seconds", "bucket", "execution_exact"],
    "history.csv": ["step", "stage", "loss", "share_easy", "share_medium", "share_hard"],
    "programs.parquet": ["program_id", "test_set", "exact", "log_probability"],
}
"""The files of a run and the columns that every reader may count on."""
TEXT_COLUMNS: Final = {"subset": str, "test_set": str, "measure": str, "stage": str, "bucket": str}
Part = tuple[tuple[Path, ...], list[int], pd.DataFrame]


@dataclass(frozen=True)
class Results:
    """All finished runs of one profile: a row a measure, checkpoint, training interval, program."""

    measures: pd.DataFrame
    curves: pd.DataFrame
    history: pd.DataFrame
    programs: pd.DataFrame

    @property
    def recipes(self) -> list[str]:
        """Names of the recipes with a finished run, in the order of the alphabet."""
        return sorted(self.measures["recipe"].unique())

    def of_recipe(self, recipe: str) -> Results:
        """Return the results of one recipe; StudyError when it has none."""
        if recipe not in self.recipes:
            raise StudyError(f"no results of recipe {recipe!r}: there are {self.recipes}")
        tables = {name: table[table["recipe"] == recipe] for name, table in vars(self).items()}
        return replace(self, **tables)

    def of_arms(self, arms: Collection[str]) -> Results:
        """Return the results of these arms; those that have no run yet are left out."""
        tables = {name: table[table["arm"].isin(arms)] for name, table in vars(self).items()}
        return replace(self, **tables)


def load_results(folder: Path) -> Results:
    """Return every finished run under `folder` (results/<profile>).

    A run is finished when its manifest exists. Raises StudyError when no run is finished, when a
    table is not the one that was written, lacks a column, or when runs were evaluated on different
    data.
    """
    runs = finished_runs(folder)
    if not runs:
        raise StudyError(
            f"{folder} holds no finished run: run {EVALUATION_NOTEBOOK} with "
            f"profile='{folder.name}'"
        )
    check_same_data(runs)
    for run in runs:
        check_unchanged(run)
    return Results(
        measures=concatenate(runs, "measures.csv"),
        curves=concatenate(runs, "curve.csv"),
        history=concatenate(runs, "history.csv"),
        programs=with_metrics(concatenate(runs, "programs.parquet"), folder),
    )


def with_metrics(programs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Return evaluated programs with level, bucket and every metric of each beside them.

    `model_loss` is there when notebook 08 has left it. Raises StudyError when the table of the test
    programs is missing, damaged or another study's.
    """
    if programs.empty:
        return programs
    path = folder / "data" / "tested.parquet"
    tested = artifacts.load_table(path, BUCKETING, params={"profile": folder.name})
    merged = programs.merge(tested, on="program_id", how="left", validate="many_to_one")
    if merged["bucket"].isna().any():
        raise StudyError(
            f"{path} lacks programs that were evaluated: run {EVALUATION_NOTEBOOK} again"
        )
    losses = [
        pd.read_csv(each).assign(recipe=each.stem.removeprefix("model_loss-"))
        for each in sorted(folder.glob("data/model_loss-*.csv"))
    ]
    if not losses:
        return merged
    return merged.merge(pd.concat(losses), on=["recipe", "program_id"], how="left")


def finished_runs(folder: Path) -> list[Path]:
    """Return the folders <recipe>/<arm>/seed<k> with a manifest, by name and seed number."""
    runs = [path.parent for path in folder.glob("*/*/seed*/manifest.json")]
    named = [run for run in runs if re.fullmatch(r"seed\d+", run.name)]
    return sorted(named, key=lambda run: (run.parts[-3:-1], seed_of(run)))


def seed_of(run: Path) -> int:
    """Return the seed in the name of a run's folder, 3 for ``seed3``."""
    return int(run.name.removeprefix("seed"))


def check_same_data(runs: list[Path]) -> None:
    """Raise StudyError unless all runs carry the same data fingerprint in their manifests."""
    first, expected = runs[0], recorded_fingerprint(runs[0])
    for run in runs[1:]:
        if (found := recorded_fingerprint(run)) != expected:
            raise StudyError(
                f"{run} was evaluated on data {found}, but {first} on {expected}: "
                f"run {EVALUATION_NOTEBOOK} again for the older one, or delete its folder"
            )


def recorded_fingerprint(run: Path) -> str:
    """Return the fingerprint of the data that a run was evaluated on."""
    return str(manifest_entry(run, FINGERPRINT))


def check_unchanged(run: Path) -> None:
    """Raise StudyError unless every table of a run is the one that its manifest names."""
    for name, written in manifest_entry(run, "evaluation")["files"].items():
        if artifacts.file_digest(run / name) != written:
            raise StudyError(
                f"{run / name} is not the table that was written: run {EVALUATION_NOTEBOOK} again "
                "for this run, or restore the file"
            )


def manifest_entry(run: Path, name: str) -> Any:
    """Return one entry of a run's manifest; StudyError when it is damaged."""
    path = run / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))[name]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise StudyError(
            f"{path} holds no {name!r}: run {EVALUATION_NOTEBOOK} again for this run"
        ) from None


def concatenate(runs: list[Path], name: str) -> pd.DataFrame:
    """Return the table `name` of all runs that have it, with recipe, arm and seed in front."""
    there = [run for run in runs if (run / name).exists()]
    if not there:
        return pd.DataFrame(columns=[*RUN_COLUMNS, *TABLE_COLUMNS[name]])
    read = parquet_parts if name.endswith(".parquet") else csv_parts
    return pd.concat([with_runs(part, name) for part in read(there, name)], ignore_index=True)


# A study has hundreds of small tables, and pandas takes longer over each than over its rows. So
# neighbours with the same columns are read as one: the same values in a third of the time.


def csv_parts(runs: list[Path], name: str) -> Iterator[Part]:
    """Yield runs with the same columns, the rows of each of them, and their rows as one table."""
    contents = [(run, *(run / name).read_bytes().partition(b"\n")) for run in runs]
    for head, alike in groupby(contents, key=lambda content: content[1]):
        these, _, _, bodies = zip(*alike, strict=True)
        rows = [[line for line in body.splitlines() if line] for body in bodies]
        text = BytesIO(b"\n".join(chain([head], *rows)))
        yield these, [len(each) for each in rows], pd.read_csv(text, dtype=TEXT_COLUMNS)


def parquet_parts(runs: list[Path], name: str) -> Iterator[Part]:
    """Yield what `csv_parts` does, of tables in parquet."""
    contents = [(run, parquet.read_table(run / name)) for run in runs]
    for _, alike in groupby(contents, key=lambda content: content[1].schema):
        these, tables = zip(*alike, strict=True)
        yield these, [len(each) for each in tables], pa.concat_tables(tables).to_pandas()


def with_runs(part: Part, name: str) -> pd.DataFrame:
    """Return a table with recipe, arm and seed in front; StudyError when a column is missing."""
    runs, rows, table = part
    if missing := [column for column in TABLE_COLUMNS[name] if column not in table]:
        raise StudyError(
            f"{runs[0] / name} lacks the columns {missing}: run {EVALUATION_NOTEBOOK} again for "
            "this run"
        )
    table = table.drop(columns=RUN_COLUMNS, errors="ignore")
    names = pd.DataFrame([(*run.parts[-3:-1], seed_of(run)) for run in runs], columns=RUN_COLUMNS)
    for place, column in enumerate(RUN_COLUMNS):
        table.insert(place, column, names[column].repeat(rows).array)
    return table
