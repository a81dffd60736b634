"""What a study took is read from its manifests, a line per recipe and machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from factories import seal

from cl_utils.report.training_cost import cost_markdown, run_costs

MACHINE = "Linux x86_64, 2 cores"
RUNS = [  # recipe, arm, seed, seconds
    ("fast", "baseline", 0, 100.0),
    ("fast", "hybrid", 0, 140.0),
    ("fast", "hybrid", 1, 120.0),
    ("paper", "baseline", 0, 60.4),
]


def write_run(folder: Path, recipe: str, seconds: float) -> None:
    """Write what the cost of a run is read from."""
    folder.mkdir(parents=True)
    (folder / "measures.csv").touch()
    seal(
        folder,
        parameters=198_000,
        characters=5_734_400,
        training_seconds=seconds,
        threads=1 if recipe == "fast" else 2,
        device="cpu",
        machine=MACHINE,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return results/mine with four finished runs."""
    for recipe, arm, seed, seconds in RUNS:
        write_run(tmp_path / "mine" / recipe / arm / f"seed{seed}", recipe, seconds)
    return tmp_path / "mine"


def test_every_finished_run_has_a_row(folder: Path) -> None:
    shutil.rmtree(folder / "fast/hybrid/seed1")
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


def test_the_hours_of_all_trainings_are_told(folder: Path) -> None:
    """100 + 140 + 120 + 60.4 seconds."""
    last = cost_markdown(folder).splitlines()[-1]
    assert last.startswith("Profile `mine`: 4 runs, 0.1 hours of training in all")
