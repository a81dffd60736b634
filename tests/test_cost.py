"""What a study took is read from its manifests, a line a recipe and machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from refusals import refusal

from cl_utils.cost import cost_markdown, run_costs

MACHINE = "Linux x86_64, 2 cores"
RUNS = [  # recipe, arm, seed, seconds, minute of the evaluation's end
    ("fast", "baseline", 0, 100.0, 10),
    ("fast", "hybrid", 0, 140.0, 45),
    ("fast", "hybrid", 1, 120.0, 30),
    ("paper", "baseline", 0, 60.4, 20),
]


def write_run(folder: Path, recipe: str, seconds: float, minute: int) -> None:
    """Write what the cost of a run is read from."""
    folder.mkdir(parents=True)
    (folder / "measures.csv").touch()
    manifest = {
        "parameters": 198_000,
        "characters": 5_734_400,
        "training_seconds": seconds,
        "threads": 1 if recipe == "fast" else 2,
        "device": "cpu",
        "machine": MACHINE,
        "evaluation": {"time": f"2026-11-23T12:{minute}:00+00:00"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return results/mine with four finished runs, split at twelve o'clock."""
    for recipe, arm, seed, seconds, minute in RUNS:
        write_run(tmp_path / "mine" / recipe / arm / f"seed{seed}", recipe, seconds, minute)
    (tmp_path / "mine/data").mkdir()
    split = {"time": "2026-11-23T12:00:00+00:00"}
    (tmp_path / "mine/data/leak.csv.manifest.json").write_text(json.dumps(split))
    return tmp_path / "mine"


def test_every_finished_run_has_a_row(folder: Path) -> None:
    (folder / "fast/hybrid/seed1/manifest.json").unlink()
    costs = run_costs(folder)
    assert costs["recipe"].tolist() == ["fast", "fast", "paper"]
    assert costs["training_seconds"].tolist() == [100.0, 140.0, 60.4]


def test_a_line_a_recipe_tells_runs_median_and_sum(folder: Path) -> None:
    lines = cost_markdown(folder).splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert cells[1:] == [
        ["fast", "3", "198,000", "5,734,400", "120", "6", "1", f"cpu, {MACHINE}"],
        ["paper", "1", "198,000", "5,734,400", "60", "1", "2", f"cpu, {MACHINE}"],
    ]
    assert len(cells[0]) == len(cells[1])


def test_wall_clock_runs_from_the_split_to_the_last_evaluation(folder: Path) -> None:
    last = cost_markdown(folder).splitlines()[-1]
    assert last.startswith("Profile `mine`: 45 minutes of wall-clock") and "4 runs" in last


def test_without_the_time_of_the_split_notebook_03_is_named(folder: Path) -> None:
    (folder / "data/leak.csv.manifest.json").unlink()
    assert "notebooks/03_bucketing.ipynb" in refusal(lambda: cost_markdown(folder))
