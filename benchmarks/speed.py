"""docs/speed.md: how fast it is, from the rows that the benchmarks left.

In: results/benchmarks/<device>/<name>.csv with their manifests (written by `make benchmark`). Out:
one table of rows, and Markdown; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import Any, Final

import pandas as pd

from cl_utils.artifacts import check_content
from cl_utils.errors import StudyError
from cl_utils.labels.numbers import MISSING
from cl_utils.machine import machines_text
from cl_utils.manifests import written_files
from cl_utils.paths import home
from cl_utils.report.page_files import write_pages
from cl_utils.report.sentences import rows_markdown

PAGE: Final = "docs/speed.md"
QUICK: Final = "quick"  # the folder of runs/, which is not tracked, that holds quick rows
NO_ROWS: Final = (
    "No benchmark has been recorded yet: `make benchmark` measures them on your machine and "
    "writes this page."
)
HEAD: Final = """\
# How fast it is

Generated from `results/benchmarks/` by `python -m benchmarks`; do not edit. Every speed is a ratio
to a plain implementation (`benchmarks/reference/`) measured in turns with it in the same run, or a
share of what the machine's own matrix products allow. Speeds are medians over n repetitions, and a
ratio is the median of the repetitions' own ratios, not the quotient of two medians. Targets are
what we aim at. How to measure on your machine:
[running.md](running.md#benchmarks). What each part of a recipe is worth, and how soon a model of
the paper's size is good: [recipe ablation](experiments/recipe_ablation.md),
[time to accuracy](experiments/time_to_accuracy.md)."""
PROGRAMS: Final = "programs"
PARAMETERS: Final = "parameters"
"""What the sizes of the growth benchmarks count."""
FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "growth_programs": (PROGRAMS, "What data cost, against the number of programs"),
    "growth_parameters": (
        PARAMETERS,
        "Training speed and the machine's ceiling, against the size of the model",
    ),
}
"""The figures of the growth benchmarks: what their sizes count, and what they show."""
HEADS: Final = ("what", "here", "reference", "ratio", "target", "")
TEXT_COLUMNS: Final = frozenset(
    {"what", "unit", "reference", "target_of", "met", "size_unit", "device"}
)
SPEED_COLUMNS: Final = (
    *("what", "unit", "value", "low", "high", "n"),
    *("reference", "reference_value", "ratio", "ratio_low", "ratio_high"),
    *("target", "target_of", "met", "size", "size_unit", "device"),
)
"""Of every row: medians, lowest and highest over n repetitions; empty where there is none."""


def results_folder(quick: bool = False) -> Path:
    """Return where rows are kept; those of quick runs mean nothing and are not tracked."""
    return _place(quick) / "results" / "benchmarks"


def figures_folder(quick: bool = False) -> Path:
    """Return where the figures of the growth benchmarks go."""
    return _place(quick) / "figures" / "benchmarks"


def _place(quick: bool) -> Path:
    return home() / "runs" / QUICK if quick else home()


def load_rows(folder: Path) -> pd.DataFrame:
    """Return all rows under `folder`, with the column `benchmark` added, in order of devices.

    Raises StudyError when a file lacks its manifest, was changed by hand, or has other columns.
    """
    tables = []
    for path in written_files(folder, "*/*.csv"):
        check_content(path, measuring(path))
        table = pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, str))
        if tuple(table.columns) != SPEED_COLUMNS:
            raise StudyError(f"{path} has other columns: {measuring(path)} again")
        table = table.fillna(dict.fromkeys(TEXT_COLUMNS, ""))
        tables.append(table.assign(benchmark=path.stem))
    empty = pd.DataFrame(columns=[*SPEED_COLUMNS, "benchmark"])
    return pd.concat(tables, ignore_index=True) if tables else empty


def measuring(path: Path) -> str:
    """Return what makes a file of rows anew."""
    return f"run `make benchmark ONLY={path.stem}`"


def speed_markdown(folder: Path, figures: Path) -> str:
    """Return for each device what was measured where: a table of rows, tables of growth, figures.

    `folder` and `figures` hold one folder a device.
    """
    rows = load_rows(folder)
    parts = []
    for device, own in rows.groupby("device"):
        parts.append(f"**{device}**: {machine_text(folder / str(device))}.")
        plain = own[own["size"].isna()]
        if not plain.empty:
            parts.append(_table([HEADS, *map(table_cells, records(plain))]))
        grown = own[own["size"].notna()]
        parts += [growth_table(each) for _, each in grown.groupby("size_unit", sort=False)]
        parts += _images(figures / str(device), grown)
    return "\n\n".join(parts) or NO_ROWS


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def machine_text(folder: Path) -> str:
    """Return on which machine, with which torch and when the rows of a device were measured."""
    return machines_text(
        [check_content(path, measuring(path)) for path in written_files(folder, "*.csv")]
    )


def table_cells(row: Mapping[str, Any]) -> list[str]:
    """Return the cells of one row, under `HEADS`."""
    here = f"{number(row['value'])} {row['unit']}"
    if row["n"] > 1:
        here += f" ({number(row['low'])} to {number(row['high'])}, n = {row['n']:.0f})"
    reference = target = MISSING
    if row["reference"]:
        reference = f"{row['reference']}: {number(row['reference_value'])}"
    if row["met"]:
        target = target_text(row)
    return [row["what"], here, reference, ratio_text(row, row["ratio"]), target, row["met"]]


def target_text(row: Mapping[str, Any]) -> str:
    """Return a target in words: "at least 8 x", "at least 40 %", "at most 2 GB"."""
    of, _, sense = row["target_of"].partition(" ")
    bound, unit = row["target"], row["unit"]
    return f"{sense} {ratio_text(row, bound) if of == 'ratio' else f'{number(bound)} {unit}'}"


def ratio_text(row: Mapping[str, Any], ratio: float) -> str:
    """Return a ratio as "11.3 x", as "41 %" where the reference is a ceiling, or as a dash."""
    if isnan(ratio):
        return MISSING
    return f"{100 * ratio:.0f} %" if "ceiling" in row["reference"] else f"{number(ratio)} x"


def number(value: float) -> str:
    """Return a number with about three digits that count, never as a power of ten."""
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:.{1 if abs(value) >= 10 else 2}f}"
    return f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.6f}"


def growth_table(rows: pd.DataFrame) -> str:
    """Return rows that differ in size as a table, a column a size, with ratios in brackets."""
    sizes = sorted(rows["size"].unique())
    lines = [[rows["size_unit"].iloc[0], *(f"{size:,.0f}" for size in sizes)]]
    for (what, unit), own in rows.groupby(["what", "unit"], sort=False):
        cells = {}
        for row in records(own):
            ratio = "" if isnan(row["ratio"]) else f" ({ratio_text(row, row['ratio'])})"
            cells[row["size"]] = number(row["value"]) + ratio
        lines.append([f"{what} ({unit})", *(cells.get(size, MISSING) for size in sizes)])
    return _table(lines)


def _table(lines: list[Any]) -> str:
    rule = ["---", *["--:"] * (len(lines[0]) - 1)]
    return rows_markdown([lines[0], rule, *lines[1:]])


def _images(folder: Path, rows: pd.DataFrame) -> list[str]:
    """Return the figures that were drawn, with their result as the alternative text."""
    there = [name for name in FIGURES if (folder / f"{name}.png").exists()]
    if not there:
        return []
    place = folder.relative_to(home()).as_posix()
    return [
        f"![{growth_words(rows, *FIGURES[name])}](../{place}/{name}.png)\n*{FIGURES[name][1]}.*"
        for name in there
    ]


def growth_words(rows: pd.DataFrame, size_unit: str, words: str) -> str:
    """Return what the figure of a growth benchmark shows: each quantity at both ends of sizes."""
    told = []
    for (what, unit), own in rows[rows["size_unit"] == size_unit].groupby(
        ["what", "unit"], sort=False
    ):
        ends = own.sort_values("size").iloc[[0, -1]]
        values, sizes = list(ends["value"]), [f"{size:,.0f}" for size in ends["size"]]
        told.append(
            f"{what} {number(values[0])} {unit} at {sizes[0]}, {number(values[1])} at {sizes[1]}"
        )
    return f"{words}: {'; '.join(told)} {size_unit}." if told else f"{words}."


def speed_page() -> str:
    """Return the whole page, from the rows under results/benchmarks/."""
    return f"{HEAD}\n\n{speed_markdown(results_folder(), figures_folder())}\n"


def write_speed_page() -> None:
    """Write the page."""
    write_pages(lambda: {PAGE: speed_page()})
