"""What a study took: time and machine of every run, from the manifests beside the result rows.

In: results/<profile>/. Out: a table and a Markdown section; nothing is measured again.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cl_utils.files import damaged, running
from cl_utils.labels.numbers import count_text, fixed
from cl_utils.manifests import MANIFEST, has_entries
from cl_utils.study.notebook_names import EVALUATION
from cl_utils.study.results import finished_runs, run_manifest

COSTS = {
    **dict.fromkeys(("parameters", "characters", "threads"), int),
    **dict.fromkeys(("device", "machine"), str),
    "training_seconds": float,
}
"""What the manifest of a run says of its cost, and of which type."""


def run_costs(folder: Path) -> pd.DataFrame:
    """Return one row a finished run: training seconds, characters, threads, machine."""
    rows = []
    for run in finished_runs(folder):
        manifest = run_manifest(run)
        if not has_entries(manifest, COSTS):
            raise damaged(run / MANIFEST, running(EVALUATION))
        rows.append(
            {
                "recipe": run.parts[-3],
                "parameters": manifest["parameters"],
                "characters": manifest["characters"],
                "training_seconds": manifest["training_seconds"],
                "threads": manifest["threads"],
                "device": manifest["device"],
                "machine": manifest["machine"],
            }
        )
    return pd.DataFrame(rows)


def cost_markdown(folder: Path) -> str:
    """Return what the finished runs of a profile took, a line per recipe and machine."""
    costs = run_costs(folder)
    keys = ["recipe", "parameters", "characters", "device", "threads", "machine"]
    lines = [
        "| recipe | runs | parameters | characters per run | training per run, median (s) | "
        "in all (min) | threads per run | machine |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for key, group in costs.groupby(keys):
        recipe, parameters, characters, device, threads, machine = key
        seconds = group["training_seconds"]
        lines.append(
            f"| {recipe} | {len(group)} | {parameters:,} | {characters:,} | "
            f"{seconds.median():.0f} | {seconds.sum() / 60:.0f} | {threads} | {device}, {machine} |"
        )
    return "\n".join(lines) + "\n\n" + total(folder, costs)


def total(folder: Path, costs: pd.DataFrame) -> str:
    """Return how long all trainings of a profile took together."""
    hours = costs["training_seconds"].sum() / 3600
    runs = count_text(len(costs), "run")
    return (
        f"Profile `{folder.name}`: {runs}, {fixed(hours)} hours of training in all; as "
        "many run side by side as the machine has cores. Compilation is counted, the start of "
        "each notebook and its evaluation are not."
    )
