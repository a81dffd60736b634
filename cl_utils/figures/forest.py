"""The forest of all arms: what each gains or loses against the baseline, by group.

In: the rows of `stats.contrast_table` or `questions.contrasts_with_baseline`. Out: one Figure.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.contrasts import (
    claimed,
    draw_effect,
    limit_differences,
    marker_legend,
    print_columns,
)
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, require, styled, where_text, without_left_line
from cl_utils.labels.arm_groups import contrasts_in_order, group_of
from cl_utils.labels.names import arm_label, measure_text
from cl_utils.labels.numbers import points_text
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SEEDS_OF_A_TREND, SIGNIFICANCE
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN

FARTHEST = 12.0
"""Points from zero beyond which an arm is a triangle at the edge, so that others can be read."""


@styled
def effects_forest(contrasts: pd.DataFrame) -> Figure:
    """Return all arms against their one reference: intervals, n, p after Holm; claims are marked.

    Rows stand by group (see `arm_groups.GROUPS`), groups under their names.
    """
    require(contrasts, "contrasts", "train two arms with a common seed (notebooks 04 and 05)")
    table = contrasts_in_order(contrasts)
    places, headings = grouped_places(list(table["arm"]))
    last = max(places)
    figure = canvas(0.235 * (last + 1) + 1.2)
    axes, side = figure.subplots(1, 2, sharey=True, width_ratios=[1.1, 1.0])
    axes.axvspan(-EQUIVALENCE_MARGIN, EQUIVALENCE_MARGIN, color=style.GRID, zorder=0)
    axes.axvline(0, color=style.FAINT, linewidth=1)
    limit_forest(axes, table)
    for place, (_, row) in zip(places, table.iterrows(), strict=True):
        draw_row(axes, place, row)
    axes.set_ylim(last + 0.6, -1.5)
    name_rows(axes, dict(zip(places, table["arm"], strict=True)), headings)
    print_columns(side, table, places)
    first = table.iloc[0]
    measure = measure_text(first["measure"])
    axes.set_xlabel(f"points above {arm_label(first['reference'])}, {measure}")
    marks = {"difference", "none", *(claimed(row) for _, row in table.iterrows())}
    figure.legend(handles=marker_legend(marks), loc="outside upper center", ncols=3)
    describe(figure, forest_result(table), *forest_notes(table))
    return figure


def grouped_places(arms: list[str]) -> tuple[list[int], dict[int, str]]:
    """Return a place for each of `arms`, and the names of their groups at places of their own."""
    places: list[int] = []
    headings: dict[int, str] = {}
    for arm in arms:
        place = places[-1] + 1 if places else 0
        if group_of(arm) not in headings.values():
            headings[place] = group_of(arm)
            place += 1
        places.append(place)
    return places, headings


def limit_forest(axes: Axes, table: pd.DataFrame) -> None:
    """Show zero, the band and the intervals of all arms near zero."""
    near = table[table["difference"].abs() <= FARTHEST]
    limit_differences(axes, table if near.empty else near)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, -1.5 * FARTHEST), min(high, 1.5 * FARTHEST))


def draw_row(axes: Axes, place: float, row: pd.Series) -> None:
    """Draw one arm's difference and interval; a triangle where it lies beyond the axis."""
    colour, (low, high) = style.line_colour(row["arm"]), axes.get_xlim()
    if not low < row["difference"] < high:
        below = row["difference"] < 0
        seat = axes.get_yaxis_transform()
        x, marker = (0.015, "<") if below else (0.985, ">")
        axes.plot(x, place, marker, color=colour, markersize=7, transform=seat, zorder=5)
        return
    draw_effect(axes, place, row, colour)


def name_rows(axes: Axes, arms: dict[int, str], headings: dict[int, str]) -> None:
    """Name the rows after their arms, groups in bold above theirs."""
    labels = {place: arm_label(arm) for place, arm in arms.items()} | headings
    axes.set_yticks(list(labels), list(labels.values()))
    for place, text in zip(labels, axes.get_yticklabels(), strict=True):
        text.set_fontweight("bold" if place in headings else "normal")
    without_left_line(axes)


def forest_notes(table: pd.DataFrame) -> list[str]:
    """Return what the reader of the forest must know."""
    first = table.iloc[0]
    return [
        "Marker: mean difference over seeds, paired; line: 95 % t interval (none where n < "
        f"{SEEDS_OF_A_TREND}); n = paired seeds. Grey band: ±{EQUIVALENCE_MARGIN:g} point. "
        "Triangle: beyond the axis, see the number. "
        f"{where_text(first['test_set'], first['subset'])}.",
        f"p: exact sign-flip test after Holm, {family_text(table)}; possible p: the smallest "
        f"that n seeds can give after it; a claim needs {SEEDS_OF_A_CLAIM} seeds and "
        f"p < {SIGNIFICANCE:g}.",
    ]


def forest_result(table: pd.DataFrame) -> str:
    """Return how many arms there are, which is highest, which lowest, and what is claimed."""
    ranked = table.sort_values("difference", ascending=False, kind="stable")
    ends = [ranked.iloc[0], ranked.iloc[-1]] if len(ranked) > 1 else [ranked.iloc[0]]
    told = [f"{arm_label(row['arm'])} {points_text(row)}" for row in ends]
    reference = arm_label(table["reference"].iloc[0])
    claims = [row for _, row in table.iterrows() if claimed(row) != "none"]
    named = ", ".join(f"{arm_label(row['arm'])} {points_text(row)}" for row in claims)
    return (
        f"{len(table)} arms against {reference}, in points: highest {told[0]}, lowest {told[-1]}; "
        + (f"claims: {named}." if named else "none is a claim.")
    )


def family_text(table: pd.DataFrame) -> str:
    """Return how large the Holm families behind the rows are, with the arms of the declared one."""
    if not table.get("exploratory", pd.Series(dtype=bool)).any():
        return f"in a family of {table['family'].iloc[0]}"
    sizes = table.groupby("exploratory")["family"].first()
    declared = [arm_label(arm) for arm in table.loc[~table["exploratory"], "arm"]]
    if not declared:
        return f"exploratory, in a family of {sizes[True]}"
    return (
        f"declared before the runs ({', '.join(declared)}) in a family of {sizes[False]}, the "
        f"others, exploratory and never a claim, in one of {sizes[True]}"
    )
