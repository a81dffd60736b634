"""The notebooks of figures on a study in which every arm has run: nothing is missing then.

In: invented results of all arms, and tables about data that never were. Out: executed notebooks.
nbval runs the same notebooks on the committed study.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from factories import (
    change_manifest,
    every_arm,
    synthetic_agreement,
    synthetic_difficulty,
    write_results,
)
from kernels import Kernel

from cl_utils import artifacts
from cl_utils.code_fingerprint import showing_notebooks
from cl_utils.paths import NOTEBOOKS, PARAMS
from cl_utils.study.notebook_names import FINDINGS
from cl_utils.study.params import read_params
from cl_utils.study.results import finished_runs
from cl_utils.study.stage_params import BucketParams, DataParams

SHOWING = showing_notebooks()
ONE_RATE = {FINDINGS: {"effects_by_rate"}}
"""What a profile lacks whose recipes all let the learning rate fall to zero."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which all arms of a study have results."""
    folder = tmp_path_factory.mktemp("analysis")
    results = every_arm()
    tables = {name: table.assign(recipe="fast") for name, table in vars(results).items()}
    tables["measures"] = with_exams(tables["measures"])
    write_results(folder / "results" / "smoke", replace(results, **tables))
    for run in finished_runs(folder / "results" / "smoke"):
        params = {"maximum_characters": 72, "metric": "overall_metric"}
        change_manifest(run, parameters=200_000, params=params, device="cpu", machine="a machine")
    leak = pd.DataFrame({"split": ["by text alone"], "test programs": [60]})
    made = {"params": read_params(PARAMS / "smoke.yaml").of(BucketParams)}
    for name, table in {"difficulty_by_level": synthetic_difficulty(), "leak": leak}.items():
        artifacts.save_csv(folder / "results/smoke/data" / f"{name}.csv", table, **made)
    artifacts.save_csv(
        folder / "results/smoke/data/metric_agreement.csv",
        synthetic_agreement().rename_axis("metric").reset_index(),
        params=read_params(PARAMS / "smoke.yaml").of(DataParams),
    )
    exams = [("longer", 0, "1.1", "a = 1\nprint(a)", "1"), ("twins", 1, "1.1", "b = 1", "")]
    artifacts.save_table(
        folder / "results/smoke/data/exams.parquet",
        pd.DataFrame(exams, columns=["exam", "program_id", "level", "source", "output"]),
        **made,
    )
    return folder


def with_exams(measures: pd.DataFrame) -> pd.DataFrame:
    """Return measures with those of two exams beside them, which are as hard as the natural mix."""
    natural = measures[measures["test_set"] == "natural"]
    taken = [natural.assign(test_set=f"exam {name}") for name in ("longer", "twins")]
    return pd.concat([measures, *taken], ignore_index=True)


@pytest.mark.parametrize("name", SHOWING)
def test_a_notebook_draws_everything_when_every_arm_has_run(
    name: str, home: Path, kernel: Kernel
) -> None:
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    (cell,) = (c for c in book.cells if "parameters" in c.metadata.get("tags", []))
    cell.source = 'profile = "smoke"\nrecipe = "fast"'
    kernel.execute(book, home)
    listed = json.loads((home / f"runs/smoke/figures/{name}-fast.json").read_text())
    assert set(listed["missing"]) == ONE_RATE.get(name, set())
    assert listed["figures"]
    assert all((home / "figures/smoke" / figure).exists() for figure in listed["figures"])
