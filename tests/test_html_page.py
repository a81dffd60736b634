"""The report: one page with everything in it, a word on models that have learnt nothing; and in a
browser whole, silent, and needing nothing from anywhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories import every_arm

from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY, committed_results
from cl_utils.report.captions import CAPTIONS
from cl_utils.report.pages.html_report import notebook_of_figures, report_page, warning
from cl_utils.report.pages.number_sources import sources, with_sources
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results, finished_runs, load_results
from tools.browser.page import look
from tools.browser.tab import Tab


class Seen(HTMLParser):
    """What a page refers to, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img":
            self.images.append(values)
        if values.get("href"):
            self.links.append(str(values["href"]))
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag not in ("img", "meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(HOME_VARIABLE)  # the committed figures lie in the repository
        plan = read_params(PARAMS / "study.yaml").model_dump()
        return report_page(Params(**{**plan, "resamples": 40}))


@pytest.fixture(scope="module")
def results() -> Results:
    """The committed study, read once."""
    return load_results(committed_results("study"))


@pytest.fixture(scope="module")
def seen(page: str) -> Seen:
    parser = Seen()
    parser.feed(page)
    return parser


def test_it_needs_no_other_file(seen: Seen) -> None:
    assert not seen.open and len(seen.images) >= 15
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in seen.images)
    inside = [link.removeprefix("#") for link in seen.links if link.startswith("#")]
    assert inside and set(inside) <= set(seen.ids)
    assert all(link.startswith(("#", "https://")) for link in seen.links)


def test_every_picture_says_what_it_shows(seen: Seen) -> None:
    assert len(seen.images) >= 15 and all(image.get("alt") for image in seen.images)


def test_its_reader_is_not_told_what_not_to_edit(page: str) -> None:
    assert "Generated from" in page and "do not edit" not in page


def test_every_figure_of_the_study_is_there_with_its_notebook(page: str) -> None:
    books = notebook_of_figures()
    folder = PARAMS.parent / "figures" / "study"
    drawn = [name for name in CAPTIONS if (folder / f"{name}.png").exists()]
    assert len(drawn) >= 15
    for name in drawn:
        assert f"Drawn by notebooks/{books[name]}.ipynb" in page


def test_the_order_is_question_answer_findings_and_the_rest(page: str) -> None:
    titles = re.findall(r"<h2 id=.*?>(.*?)</h2>", page)
    assert titles[0] == "Answer" and titles[1].startswith("Findings")
    assert titles[-3:] == ["Method", "Cost", "Where the numbers come from"]


def test_every_run_is_named_with_what_it_was_made_by(page: str) -> None:
    for run in finished_runs(committed_results("study")):
        assert "/".join(run.parts[-5:]) in page


def test_every_difference_says_what_it_was_computed_from(page: str) -> None:
    findings = page[page.index('<h2 id="findings') : page.index('<h2 id="figures')]
    bare = re.sub(r"<abbr.*?</abbr>", "", findings)
    assert not re.findall(r"[+-]\d+\.\d points; 95 % interval|[+-]\d+\.\d \([+-]\d", bare)
    titles = re.findall(r'<abbr title="([^"]*)">[^<]*points', findings)
    assert len(titles) > 20 and all(title.count("/measures.csv") for title in titles)


def test_a_difference_leads_to_rows_that_give_it(results: Results) -> None:
    """By hand, from the files that its title names."""
    folder = "results/study/fast"
    measures = results.of_recipe("fast").measures
    told = dict(sources(measures, [("hybrid", "baseline")], folder))
    text, source = next((text, each) for text, each in told.items() if "points;" in text)
    seeds = re.fullmatch(r".* of (\S+)/\{hybrid,baseline\}/seed\{0\.\.7\}/measures\.csv", source)
    assert seeds is not None and seeds[1] == folder
    differences = []
    for seed in range(8):
        pair = [rows_of(f"{folder}/{arm}/seed{seed}") for arm in ("hybrid", "baseline")]
        differences.append(pair[0] - pair[1])
    assert text.startswith(f"{np.mean(differences):+.1f} points; 95 % interval ")


def test_a_source_names_the_seeds_that_have_what_was_compared() -> None:
    measures = every_arm().measures
    few = measures[(measures["measure"] != "execution_paper") | (measures["seed"] < 3)]
    told = sources(few, [("hybrid", "baseline")], "results/x")
    of_paper = [source for _, source in told if "measure execution_paper," in source]
    assert of_paper and all("seed{0..2}" in source for source in of_paper)


def rows_of(folder: str) -> float:
    """Return the primary measure of one run (percent), from its file."""
    rows = pd.read_csv(REPOSITORY / folder / "measures.csv")
    cell = {"measure": "execution_exact", "test_set": "balanced", "subset": "macro"}
    return float(rows.loc[(rows[list(cell)] == pd.Series(cell)).all(axis=1), "value"].iloc[0])


def test_differences_that_are_printed_alike_name_all_their_rows() -> None:
    told = [("+1.0 (a)", "first"), ("+1.0 (a)", "second"), ("+1.0", "third")]
    once = with_sources("<p>21.0 (a), +1.0 (a), +1.0, +1.05</p>", told)
    assert once == (
        '<p>21.0 (a), <abbr title="first; or second">+1.0 (a)</abbr>, '
        '<abbr title="third">+1.0</abbr>, +1.05</p>'
    )
    assert with_sources(once, told) == once


def test_numbers_of_models_that_learnt_nothing_are_said_to_mean_nothing(
    page: str, results: Results
) -> None:
    assert "mean nothing" not in page and warning(results) == ""
    measures = results.measures
    poor = measures.assign(
        value=measures["value"].where(measures["measure"] != "execution_exact", 0)
    )
    assert "mean nothing" in warning(replace(results, measures=poor))


@pytest.mark.parametrize("lacking", ["a-first", "z-last"])
def test_a_recipe_that_lacks_a_measure_puts_no_nan_into_the_warning(lacking: str) -> None:
    """A sitting measures less than a notebook does."""
    rows = [
        ("fast", "execution_exact", 2.0),
        ("fast", "execution_majority", 30.0),
        (lacking, "execution_exact", 1.0),
    ]
    measures = pd.DataFrame(rows, columns=["recipe", "measure", "value"]).assign(
        arm="baseline", seed=0, test_set="balanced", subset_kind="macro", subset="macro"
    )
    results = Results(measures, *[pd.DataFrame()] * 3)
    assert "right in 2.0 %" in warning(results) and "in 30.0 %" in warning(results)
    of_one = replace(results, measures=measures[measures["recipe"] == lacking])
    assert warning(of_one) == ""


def test_in_a_browser_it_is_whole(page: str, tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    found = look(tab, path.as_uri())
    assert found.pictures >= 15 and not found.broken
    assert not found.fetched and not found.errors and not found.wide
    assert found.titles[1] == "Answer" and found.titles[-1] == "Where the numbers come from"
