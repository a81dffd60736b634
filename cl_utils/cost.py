"""What a study took: time and machine of every run, from the manifests beside the result rows.

In: results/<profile>/. Out: a table and a Markdown section; nothing is measured again.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd

from cl_utils.artifacts import read_json
from cl_utils.results import EVALUATION, finished_runs


def run_costs(folder: Path) -> pd.DataFrame:
    """Return one row a finished run: training seconds, characters, threads, machine, end times."""
    rows = []
    for run in finished_runs(folder):
        manifest = read_json(run / "manifest.json", Path(EVALUATION).stem)
        rows.append(
            {
                "recipe": run.parts[-3],
                "parameters": manifest["parameters"],
                "characters": manifest["characters"],
                "training_seconds": manifest["training_seconds"],
                "threads": manifest["threads"],
                "device": manifest["device"],
                "machine": manifest["machine"],
                "evaluated": datetime.fromisoformat(manifest["evaluation"]["time"]),
            }
        )
    return pd.DataFrame(rows)


def cost_markdown(folder: Path) -> str:
    """Return what the finished runs of a profile took, a line a recipe and machine."""
    costs = run_costs(folder)
    keys = ["recipe", "parameters", "characters", "device", "threads", "machine"]
    lines = [
        "| recipe | runs | parameters | characters a run | training a run, median (s) | "
        "in all (min) | threads a run | machine |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for key, group in costs.groupby(keys):
        recipe, parameters, characters, device, threads, machine = key
        seconds = group["training_seconds"]
        lines.append(
            f"| {recipe} | {len(group)} | {parameters:,} | {characters:,} | "
            f"{seconds.median():.0f} | {seconds.sum() / 60:.0f} | {threads} | {device}, {machine} |"
        )
    return "\n".join(lines) + "\n\n" + wall_clock(folder, costs)


def wall_clock(folder: Path, costs: pd.DataFrame) -> str:
    """Return the time from the split to the last evaluation, all runs side by side."""
    manifest = read_json(folder / "data" / "leak.csv.manifest.json", "03_bucketing")
    minutes = _minutes(manifest["time"], costs["evaluated"].max())
    return (
        f"Profile `{folder.name}`: {minutes:.0f} minutes of wall-clock from the split to the last "
        f"evaluation, {len(costs)} runs, as many side by side as the machine has cores."
    )


def _minutes(start: str, end: datetime) -> float:
    return (end - datetime.fromisoformat(start)).total_seconds() / 60
