"""The page docs/asking_more.md works: its Python blocks run in order, and what they make is true.

In: the page and committed files. Out: a failure that names the part whose example no longer holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cl_utils import figures
from cl_utils.data import exams
from cl_utils.figures.described import description_of
from cl_utils.labels.names import MEASURES
from cl_utils.paths import NOTEBOOKS, REPOSITORY
from cl_utils.report.captions import CAPTIONS

PAGE = (REPOSITORY / "docs" / "asking_more.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def names() -> Iterator[dict[str, Any]]:
    """Return what the page's blocks define, run in order as cells of one notebook."""
    usual, found = exams.EXAMS, {}
    for place, block in enumerate(re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)):
        exec(compile(block, f"block {place} of asking_more.md", "exec", dont_inherit=True), found)
    assert exams.EXAMS == usual
    yield found
    exams.EXAMS = usual  # type: ignore[misc]


def test_the_measure_is_the_mean_of_the_buckets_of_a_probability(names: dict[str, Any]) -> None:
    rows = names["rows"].set_index(["arm", "seed"])["value"]
    programs = names["results"].programs.query(
        "test_set == 'balanced' and arm == 'hybrid' and seed == 3"
    )
    means = [100 * np.exp(own["log_probability"]).mean() for _, own in programs.groupby("bucket")]
    assert len(means) == 3 and rows["hybrid", 3] == pytest.approx(np.mean(means))
    (row,) = names["found"].to_dict("records")
    pairs = [rows["hybrid", seed] - rows["baseline", seed] for seed in range(row["n"])]
    assert row["difference"] == pytest.approx(np.mean(pairs)) and row["n"] == 8


def test_the_exam_goes_beyond_the_programs_that_it_was_given(names: dict[str, Any]) -> None:
    own = names["drawn"].query("exam == 'lines'")
    most = max(len(source.splitlines()) for source in names["training"]["source"])
    assert len(own) and min(len(source.splitlines()) for source in own["source"]) > most
    assert names["right"].shape == (len(own),)


def test_the_figure_says_what_it_shows(names: dict[str, Any]) -> None:
    said = description_of(names["figure"])
    assert said.result.startswith("Hybrid: ") and "n = 8 seeds" in said.caption


def test_what_the_page_names_is_there() -> None:
    """Files by their path, functions and tables of the package by their name."""
    found = re.findall(r"`((?:cl_utils|tests|notebooks|docs|tools)/[\w/]+\.\w+)`", PAGE)
    assert found
    for path in found:
        assert (REPOSITORY / path).is_file() or path == "notebooks/17_draws.ipynb", path
    assert not (NOTEBOOKS / "17_draws.ipynb").exists()
    assert "`MEASURES`" in PAGE and "`CAPTIONS`" in PAGE
    assert MEASURES and CAPTIONS and figures.__all__
