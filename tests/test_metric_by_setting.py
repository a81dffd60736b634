"""The metric that makes the buckets, judged by every setting's baseline: in both tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from factories import synthetic_results
from test_settings_page import invented, section

from cl_utils.labels.numbers import MISSING
from cl_utils.report.metric_by_setting import TITLE, judged, metric_section
from cl_utils.report.metric_findings import INVERTED, interval_cell
from cl_utils.report.pages.also_measured import METRIC, also_measured
from cl_utils.report.pages.settings import settings_page
from cl_utils.report.settings import Setting
from cl_utils.stats.validity import OVERALL, WITHIN


def ordered(name: str, sign: float) -> Setting:
    """Return a setting whose baseline finds hard what the metric calls so, or the opposite."""
    results = synthetic_results(["baseline"], [0, 1, 2], programs=60)
    programs = results.programs
    hard = programs["overall_metric"] + np.linspace(0, 0.01, len(programs))
    return replace(
        invented(name, replace(results, programs=programs.assign(log_probability=-sign * hard))),
        recipe=name,
    )


def test_the_readme_says_in_every_setting_how_the_metric_reads() -> None:
    settings = [ordered("strong", 1.0), ordered("fast", -1.0), ordered("third", 1.0)]
    found = judged([settings[0], settings[1]], 20)
    agrees, inverted = (interval_cell(rows.loc[OVERALL]) for _, rows in found)
    inside = [f"within a level {interval_cell(rows.loc[WITHIN])}" for _, rows in found]
    (line,) = (
        each for each in also_measured(settings, found).splitlines() if each.startswith("| Corr")
    )
    cells = [f"{agrees}, same direction; {inside[0]}", f"{inverted}, {INVERTED}; {inside[1]}"]
    assert line == f"| {' | '.join([METRIC, *cells, MISSING])} |"


def test_every_setting_has_a_row_with_its_own_reading() -> None:
    settings = [ordered("strong", 1.0), ordered("fast", -1.0)]
    body = section(settings_page(settings, {}, judged(settings, 20)), TITLE)
    rows = [line for line in body.splitlines() if "parameters" in line]
    assert ["same direction" in each for each in rows] == [True, False]
    assert ["inverted" in each for each in rows] == [False, True]
    assert all(each.endswith("| 60, 3 |") for each in rows)


def test_a_setting_without_programs_of_a_baseline_is_left_out() -> None:
    results = synthetic_results(["hybrid"], [0], programs=20)
    empty = [invented("x", replace(results, programs=pd.DataFrame(results.programs)))]
    assert judged(empty, 20) == [] and metric_section([]) == ""
