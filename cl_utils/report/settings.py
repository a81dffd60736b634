"""The factorial's effects in every setting that has been studied, side by side.

In: the results of several profiles. Out: rows setting, effect, n, difference, low, high, for the
figure and the README.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from cl_utils.artifacts import read_json
from cl_utils.figures.labels import points_text
from cl_utils.stats import factorial_effects, factorial_gain
from cl_utils.study.notebook_names import EVALUATION
from cl_utils.study.results import finished_runs, load_results

GAIN = "hybrid − baseline"
EFFECTS = ("order", "restarts", "composition")


def setting_name(folder: Path, recipe: str) -> str:
    """Return what a profile's runs of a recipe are, from a manifest of theirs."""
    first = next(run for run in finished_runs(folder) if run.parts[-3] == recipe)
    manifest = read_json(first / "manifest.json", EVALUATION)
    parameters, params = manifest["parameters"], manifest["params"]
    longest = params["maximum_characters"]
    return f"{parameters / 1e6:.2f}M parameters, at most {longest} characters, recipe {recipe}"


def effects_by_setting(folders: Iterable[Path]) -> pd.DataFrame:
    """Return the gain and the three main effects of each profile and recipe with a factorial.

    Points of exact execution, balanced test set, mean of the buckets; nothing of a folder that
    holds no results, or whose factorial is not complete.
    """
    tables = []
    for folder in folders:
        if not finished_runs(folder):
            continue
        results = load_results(folder)
        for recipe in results.recipes:
            measures = results.of_recipe(recipe).measures
            effects, gain = factorial_effects(measures), factorial_gain(measures)
            if gain.empty:
                continue
            main = effects[effects["effect"].isin(EFFECTS)]
            both = pd.concat([gain.assign(effect=GAIN), main], ignore_index=True)
            both.insert(0, "setting", setting_name(folder, recipe))
            tables.append(both[["setting", "effect", "n", "difference", "low", "high"]])
    columns = ["setting", "effect", "n", "difference", "low", "high"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def settings_table(rows: pd.DataFrame) -> str:
    """Return the effects as a Markdown table, a row a setting."""
    names = [GAIN, *EFFECTS]
    lines = [f"| setting | n | {' | '.join(names)} |", "|---|--:|" + "--:|" * len(names)]
    for setting, part in rows.groupby("setting", sort=False):
        by_effect = part.set_index("effect")
        cells = [points_text(by_effect.loc[name]) for name in names]
        lines.append(f"| {setting} | {part['n'].iloc[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)
