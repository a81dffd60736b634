"""Load the results of one profile, whatever part of the study is finished.

In: results/<profile>/<recipe>/<arm>/seed<k>/ with measures.csv, programs.parquet, curve.csv,
history.csv and manifest.json. Out: `Results`, four tables with the columns recipe, arm and
seed in front.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from cl_utils.errors import StudyError
from cl_utils.files import damaged, running
from cl_utils.manifests import (
    MANIFEST,
    check_files,
    has_entries,
    read_manifest,
)
from cl_utils.names import listed, meant
from cl_utils.paths import params_file
from cl_utils.study.comparable import FINGERPRINT, check_comparable
from cl_utils.study.notebook_names import EVALUATION
from cl_utils.study.params import Params
from cl_utils.study.tested_programs import check_test_programs, with_metrics

_REPAIR: Final = running(EVALUATION)
NO_RECIPES: Final = ("data", "benchmarks")
"""Folders beside those of recipes: tables about the programs, and rows about speed."""
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
            raise StudyError(
                f"no results of recipe {recipe!r}{meant(recipe, self.recipes)}: there are those of "
                f"{listed(self.recipes)}; choose one, or add it to the params file's recipes first"
            )
        tables = {name: table[table["recipe"] == recipe] for name, table in vars(self).items()}
        return replace(self, **tables)

    def of_arms(self, arms: Collection[str]) -> Results:
        """Return the results of these arms; those that have no run yet are left out."""
        tables = {name: table[table["arm"].isin(arms)] for name, table in vars(self).items()}
        return replace(self, **tables)

    def of_declared(self, seeds: Mapping[str, range]) -> Results:
        """Return the results without seeds that a profile does not declare of its arms.

        `seeds`: of each arm; arms that it does not name keep all of theirs.
        """
        tables = {}
        for name, table in vars(self).items():
            place, arms = pd.factorize(table["arm"])
            own = [seeds.get(arm, range(sys.maxsize)) for arm in arms]
            first = np.array([each.start for each in own], dtype=int)[place]
            stop = np.array([each.stop for each in own], dtype=int)[place]
            tables[name] = table[(table["seed"] >= first) & (table["seed"] < stop)]
        return replace(self, **tables)


def undeclared(runs: Iterable[Path], seeds: Mapping[str, range]) -> list[Path]:
    """Return the runs of seeds that a profile does not declare of their arm."""
    return [run for run in runs if seed_of(run) not in seeds.get(run.parts[-2], [seed_of(run)])]


def load_results(folder: Path | str, params: Params | None = None) -> Results:
    """Return every finished run under `folder` (results/<profile>).

    A run is finished when its manifest is there. With `params`, seeds that they do not declare of
    an arm are left out, and a line says so: who adds seeds until one is significant would claim
    what was never declared. Raises StudyError when no run is finished, when a
    table is not the one that was written or lacks a column, and when runs do not compare, or not
    with the `params` that are given (see `comparable`).
    """
    runs = finished_runs(folder := Path(folder))
    if not runs:
        raise _without_runs(folder, params.profile if params else folder.name)
    manifests = {run: run_manifest(run) for run in runs}
    check_comparable(manifests, params)
    for run, manifest in manifests.items():
        check_files(run, manifest["evaluation"]["files"], _REPAIR)
    results = Results(
        measures=concatenate(runs, "measures.csv"),
        curves=concatenate(runs, "curve.csv"),
        history=concatenate(runs, "history.csv"),
        programs=with_metrics(concatenate(runs, "programs.parquet"), folder, params),
    )
    data = manifests[runs[0]][FINGERPRINT]  # of all: they compare
    check_test_programs(results.programs, results.measures, folder, data)
    if params is None or not (extra := undeclared(runs, params.seeds)):
        return results
    if len(extra) == len(runs):
        raise StudyError(
            f"{folder} holds no run of a declared seed: raise the seeds of arms in "
            f"{params_file(params.profile)} before you train more"
        )
    declared = params_file(params.profile).name
    print(f"Left out, as {declared} does not declare these seeds: {listed_runs(extra)}")
    return results.of_declared(params.seeds)


def listed_runs(runs: Iterable[Path]) -> str:
    """Return "fast/hybrid/seed3, fast/hybrid/seed4"."""
    return ", ".join("/".join(run.parts[-3:]) for run in runs)


def _without_runs(folder: Path, profile: str) -> StudyError:
    """Return what is said of a profile that has no rows: how to make them, and who has some."""
    others = sorted({path.parts[-4] for path in folder.parent.glob("*/*/*/seed*")} - {folder.name})
    there = f" (the profiles with rows: {', '.join(others)})" if others else ""
    return StudyError(
        f"{folder} holds no finished run: {_REPAIR} with profile='{profile}', or "
        f"`make reproduce PROFILE={profile}`{there}"
    )


def finished_runs(folder: Path) -> list[Path]:
    """Return the folders <recipe>/<arm>/seed<k>, by name and seed number.

    Raises StudyError for one without a manifest, which a run leaves last, for one that is called
    otherwise, for a file in its place and for a link that leads nowhere: no run vanishes from the
    results without a word. What lies in `NO_RECIPES` or is hidden, as JupyterLab's copies, is none.
    """
    runs = [path for path in _shown(folder, "*/*/*") if path.parts[-3] not in NO_RECIPES]
    for path in chain(_shown(folder, "*"), _shown(folder, "*/*"), runs):
        if path.is_symlink() and not path.exists():
            raise StudyError(f"{path} is a link that leads nowhere: mount or restore what it names")
    for run in runs:
        if not run.is_dir():
            raise StudyError(f"{run} is no folder of a run: move it away")
        if not re.fullmatch(r"seed(0|[1-9]\d*)", run.name):
            raise StudyError(f"{run} is no run's folder: call it seed<number>, or move it away")
        if not (run / MANIFEST).exists():
            raise StudyError(
                f"{run} has no {MANIFEST}, so its run is not finished: {_REPAIR} for it, or delete "
                "the folder"
            )
    return sorted(runs, key=lambda run: (run.parts[-3:-1], seed_of(run)))


def _shown(folder: Path, pattern: str) -> Iterator[Path]:
    found = folder.glob(pattern)
    return (path for path in found if "/." not in f"/{path.relative_to(folder).as_posix()}")


def run_manifest(run: Path) -> dict[str, Any]:
    """Return the manifest of a run's rows; StudyError when it is damaged or another kind's."""
    kinds = {"params": dict, "arm": dict, "code": str, FINGERPRINT: str, "evaluation": dict}
    manifest = read_manifest(run / MANIFEST, _REPAIR, kinds)
    evaluated = manifest["evaluation"]
    tables = {name for name in TABLE_COLUMNS if (run / name).exists()}
    written = has_entries(evaluated, {"code": str, "files": dict})
    if not written or not tables <= evaluated["files"].keys():
        raise damaged(run / MANIFEST, _REPAIR)
    return manifest


def seed_of(run: Path) -> int:
    """Return the seed in the name of a run's folder, 3 for ``seed3``."""
    return int(run.name.removeprefix("seed"))


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
            f"{runs[0] / name} lacks the columns {missing}: {_REPAIR} again for this run"
        )
    table = table.drop(columns=RUN_COLUMNS, errors="ignore")
    names = pd.DataFrame([(*run.parts[-3:-1], seed_of(run)) for run in runs], columns=RUN_COLUMNS)
    for place, column in enumerate(RUN_COLUMNS):
        table.insert(place, column, names[column].repeat(rows).array)
    return table
