"""The report: one page with everything in it, a word on models that have learnt nothing; and in a
browser whole, silent, and needing nothing from anywhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cl_utils.paths import HOME_VARIABLE, PARAMS, committed_results
from cl_utils.report.captions import CAPTIONS
from cl_utils.report.html_page import notebook_of_figures, report_page, warning
from cl_utils.study.params import read_params
from cl_utils.study.results import finished_runs, load_results
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
        return report_page(read_params(PARAMS / "study.yaml"))


@pytest.fixture(scope="module")
def seen(page: str) -> Seen:
    parser = Seen()
    parser.feed(page)
    return parser


def test_it_needs_no_other_file(seen: Seen) -> None:
    assert not seen.open
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in seen.images)
    inside = [link.removeprefix("#") for link in seen.links if link.startswith("#")]
    assert inside and set(inside) <= set(seen.ids)
    assert all(link.startswith(("#", "https://")) for link in seen.links)


def test_every_picture_says_what_it_shows(seen: Seen) -> None:
    assert all(image.get("alt") for image in seen.images)


def test_every_figure_of_the_study_is_there_with_its_notebook(page: str) -> None:
    books = notebook_of_figures()
    folder = PARAMS.parent / "figures" / "study"
    for name in CAPTIONS:
        if (folder / f"{name}.png").exists():
            assert f"Drawn by notebooks/{books[name]}.ipynb" in page


def test_the_order_is_question_answer_findings_and_the_rest(page: str) -> None:
    titles = re.findall(r"<h2 id=.*?>(.*?)</h2>", page)
    assert titles[0] == "Answer" and titles[1].startswith("Findings")
    assert titles[-3:] == ["Method", "Cost", "Where the numbers come from"]


def test_every_run_is_named_with_what_it_was_made_by(page: str) -> None:
    for run in finished_runs(committed_results("study")):
        assert "/".join(run.parts[-5:]) in page


def test_numbers_of_models_that_learnt_nothing_are_said_to_mean_nothing(page: str) -> None:
    results = load_results(committed_results("study"))
    assert "mean nothing" not in page and warning(results) == ""
    measures = results.measures
    poor = measures.assign(
        value=measures["value"].where(measures["measure"] != "execution_exact", 0)
    )
    assert "mean nothing" in warning(replace(results, measures=poor))


def test_in_a_browser_it_is_whole(page: str, tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    found = look(tab, path.as_uri())
    assert found.pictures >= 15 and not found.broken
    assert not found.fetched and not found.errors and not found.wide
    assert found.titles[1] == "Answer" and found.titles[-1] == "Where the numbers come from"
