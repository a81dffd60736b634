"""Tables to read: heads with units, names in words, a dash for nothing, no index that counts."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from factories import every_arm

from cl_utils import stats
from cl_utils.labels.names import exam_label
from cl_utils.report.questions import adaptive_contrasts
from cl_utils.report.readable import (
    cells_shown,
    contrasts_shown,
    effects_shown,
    power_shown,
    readable,
)

TABLE = pd.DataFrame(
    {
        "arm": ["incremental-by-ast_nodes", "hybrid"],
        "value": [1234.567, np.nan],
        "n": [3, 12000],
        "old": [True, np.False_],
    },
    index=[7, 9],
)


def rows_of(html: str) -> list[list[str]]:
    """Return the texts of a table's cells, heads first."""
    lines = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]


def test_only_the_usual_test_is_called_so() -> None:
    names = ("balanced", "exam twins", "exam longer", "exam of tomorrow", "leaky")
    told = ["balanced test", "renamed", "longer programs", "of tomorrow", "leaky"]
    assert [exam_label(each) for each in names] == told


def test_cells_are_formatted_and_the_index_is_gone() -> None:
    heads, first, second = rows_of(readable(TABLE, {"value": "value (s)"}).to_html())
    assert heads == ["arm", "value (s)", "n (seeds)", "old"]
    assert first == ["incremental by AST nodes", "1,234.6", "3", "yes"]
    assert second == ["hybrid", "–", "12,000", "no"]


def test_an_index_that_says_something_is_a_column_of_its_own() -> None:
    table = pd.DataFrame({1: [0.25]}, index=pd.Index(["overall_metric"], name="whatever"))
    heads, row = rows_of(readable(table, digits=2, index="metric").to_html())
    assert heads == ["metric", "1"] and row == ["overall metric by radon", "0.25"]


def test_no_table_shows_nan_and_texts_are_escaped() -> None:
    html = readable(pd.DataFrame({"source": ["if a < b :"], "x": [np.nan]})).to_html()
    assert "a &lt; b" in html and "nan" not in html.lower()


def test_alignment_needs_no_style_sheet_which_pages_may_leave_out() -> None:
    html = readable(TABLE).to_html()
    assert "<style" not in html and "class=" not in html
    name, value = re.findall(r"<td [^>]*>", html)[:2]
    assert 'align="left"' in name and "text-align: left" in name
    assert 'align="right"' in value and "text-align: right" in value
    written = contrasts_shown(adaptive_contrasts(every_arm().measures, [])).to_html()
    aligned = re.findall(r'<td align="(\w+)"', written)[:8]
    assert aligned == ["left", "left", *["right"] * 5, "left"]


def test_programs_keep_their_lines_and_names_are_not_taken_for_arms() -> None:
    table = pd.DataFrame({"source": ["if a < b :\n\tprint(a)", "hybrid"], "n": [1, 2]})
    html = readable(table, note="Two of <3.").to_html()
    assert re.search(r"<pre [^>]*>if a &lt; b :\n\tprint\(a\)</pre>", html)
    assert html.endswith("<p>Two of &lt;3.</p>")


def test_a_terminal_shows_the_same_cells() -> None:
    lines = repr(readable(TABLE, note="That is all.")).splitlines()
    assert lines[0].split() == ["arm", "value", "n", "(seeds)", "old"]
    assert lines[2].split() == ["hybrid", "–", "12,000", "no"]
    assert lines[-1] == "That is all."


def test_contrasts_show_what_is_needed_to_judge_them() -> None:
    rows = adaptive_contrasts(every_arm().measures, [])
    heads, *lines = rows_of(contrasts_shown(rows).to_html())
    assert heads[2:6] == [
        "difference (points)",
        "95 % interval (points)",
        "p after Holm",
        "n (paired seeds)",
    ]
    assert len(lines) == len(rows)
    assert lines[0][2] == f"{rows['difference'].iloc[0]:+.1f}" and lines[0][3].startswith(
        ("+", "-")
    )


def test_nothing_to_compare_is_said() -> None:
    for shown in (contrasts_shown, cells_shown, lambda rows: effects_shown(rows, {})):
        assert "there is nothing to compare yet" in shown(pd.DataFrame()).to_html()


def test_cells_effects_and_power_are_named_with_their_units() -> None:
    measures = every_arm().measures
    cells = rows_of(cells_shown(stats.factorial_cells(measures)).to_html())
    assert len(cells) == 9 and "(%)" in cells[0][4] and re.search(r"\d \(\d", cells[1][4])
    rows = stats.exam_effects(measures)
    effects = rows_of(
        effects_shown(rows, {each: exam_label(each) for each in rows["test_set"]}).to_html()
    )
    assert effects[1][0] == "balanced test"
    power = rows_of(power_shown(stats.power_table(2.0, seeds=[3])).to_html())
    assert "(points)" in power[0][1] and power[1][2] == "0.250"
