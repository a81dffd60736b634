"""The site: no page is forgotten, links are right in it, and the check of links finds broken ones.

In: the repository's pages, and made-up ones. Out: a failure that names the page. The whole of it is
built by `make site`, which checks what it has built.
"""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml

from cl_utils.paths import HOME_VARIABLE, REPOSITORY, params_file
from cl_utils.study.params import read_params
from cl_utils.study.results import load_results
from cl_utils.workflow import api
from cl_utils.workflow.api import compare
from tools.browser.tab import Tab
from tools.site import front_page
from tools.site.contents import Chapter, disagreements, pages_there, read_contents
from tools.site.front_page import check_front_page, faults
from tools.site.links import check_site
from tools.site.reference import packages, page_of, reference_pages, with_reference
from tools.site.staging import Stage, notebook_with

GOOD = '<a id="here" href="sub/other.html#there">x</a><a href="#here">y</a><img src="dot.png">'
PICTURE = """<img src='data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>'>"""
OTHER = '<h1 id="there">z</h1><a href="../index.html">back</a><a href="https://example.org">w</a>'


def test_every_page_stands_in_the_contents_once() -> None:
    assert not disagreements(read_contents(), list(pages_there()))


def test_the_pages_are_all_notebooks_and_all_of_docs() -> None:
    there = set(pages_there())
    for folder, pattern in (("notebooks", "*.ipynb"), ("docs", "*.md"), ("docs", "*.ipynb")):
        found = [path for path in (REPOSITORY / folder).rglob(pattern) if path.parts[-2][0] != "."]
        assert found and {path.relative_to(REPOSITORY).as_posix() for path in found} <= there


def test_a_forgotten_a_missing_and_a_repeated_page_are_named() -> None:
    chapters = [Chapter("One", ("a.md", "b.md")), Chapter("Two", ("b.md",))]
    forgotten, missing, twice = disagreements(chapters, ["b.md", "c.md"])
    assert forgotten.startswith("c.md is not") and "a.md" in missing and "b.md twice" in twice


def test_the_reference_has_every_module() -> None:
    text = "".join(reference_pages().values())
    documented = set(re.findall(r"automodule:: ([\w.]+)", text))
    documented |= {package.name for package in packages()}
    files = (REPOSITORY / "cl_utils").rglob("*.py")
    parts = (path.relative_to(REPOSITORY).with_suffix("").parts for path in files)
    modules = {".".join(part for part in each if part != "__init__") for each in parts}
    assert documented == {name for name in modules if not name.endswith("__main__")}


def test_the_reference_is_the_end_of_the_last_chapter() -> None:
    first, last = with_reference([Chapter("One", ("a.md",)), Chapter("Two", ("b.md",))])
    assert first.pages == ("a.md",)
    assert last.pages[:2] == ("b.md", page_of("cl_utils")) and last.caption == "Two"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of a few files."""
    for name in ("README.md", "docs/a.md", "models/README.md", "params/x.yaml", "docs/dot.png"):
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[a](docs/a.md#part)" if name == "README.md" else "text", encoding="utf-8")
    (tmp_path / "repository" / "results").mkdir()
    return tmp_path / "repository"


@pytest.mark.parametrize(
    ("written", "staged"),
    [
        ("[home](../README.md#more)", "[home](../index.md#more)"),
        ("[models](../models/)", "[models](../models/README.md)"),
        ("the [`rows`](../results)", "the `rows`"),
        ("![a dot](dot.png)", "![a dot](dot.png)"),
        ("[x](../params/x.yaml) [y](#y)", "[x](../params/x.yaml) [y](#y)"),
        ("[far](https://example.org/a)", "[far](https://example.org/a)"),
    ],
)
def test_links_are_made_right_for_the_site(repository: Path, written: str, staged: str) -> None:
    (repository / "docs/a.md").write_text(written, encoding="utf-8")
    stage = Stage(repository.parent / "stage", repository)
    stage.add_page("docs/a.md")
    assert (stage.folder / "docs/a.md").read_text(encoding="utf-8") == staged
    for file in ("docs/dot.png", "params/x.yaml"):
        assert (stage.folder / file).exists() == (Path(file).name in written)


def test_links_in_notebooks_are_made_right_too(repository: Path) -> None:
    output = {"data": {"text/markdown": ["[home](../README.md)"]}}
    cells = [
        {"cell_type": "markdown", "source": ["# A\n", "[home](../README.md)"]},
        {"cell_type": "code", "source": "'[home](../README.md)'", "outputs": [output]},
    ]
    (repository / "docs/b.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    stage = Stage(repository.parent / "stage", repository)
    stage.add_page("docs/b.ipynb")
    prose, code = json.loads((stage.folder / "docs/b.ipynb").read_text(encoding="utf-8"))["cells"]
    assert prose["source"].endswith("[home](../index.md)")
    assert code["source"] == cells[1]["source"]
    assert code["outputs"][0]["data"]["text/markdown"] == "[home](../index.md)"


def test_the_front_page_holds_the_navigation(repository: Path) -> None:
    stage = Stage(repository.parent / "stage", repository)
    stage.add_page("README.md")
    stage.add_navigation([Chapter("Use", ("docs/a.md", "docs/b.ipynb"))])
    text = (stage.folder / "index.md").read_text(encoding="utf-8")
    assert text.startswith("[a](docs/a.md#part)")
    assert ":caption: Use\n\ndocs/a\ndocs/b\n```" in text


def site(folder: Path, index: str) -> Path:
    """Write a site of two pages and an image."""
    (folder / "sub").mkdir()
    (folder / "index.html").write_text(index, encoding="utf-8")
    (folder / "sub" / "other.html").write_text(OTHER, encoding="utf-8")
    (folder / "dot.png").write_bytes(b"dot")
    return folder


def test_a_site_without_fault_passes_and_links_elsewhere_are_listed(tmp_path: Path) -> None:
    report = check_site(site(tmp_path, GOOD))
    assert report.broken == [] and report.checked == 5
    assert report.elsewhere == {"https://example.org"}


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ('<a href="sub/gone.html">x</a>', "sub/gone.html is not there"),
        ('<a href="sub/other.html#gone">x</a>', "sub/other.html#gone has no such anchor"),
        ('<a href="#gone">x</a>', "#gone has no such anchor"),
        ('<img src="gone.png">', "gone.png is not there"),
        ('<script src="https://example.org/a.js"></script>', "loads https://example.org/a.js"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "loads //example.org/a.css"),
    ],
)
def test_what_is_broken_is_named_with_its_page(tmp_path: Path, index: str, said: str) -> None:
    (broken,) = check_site(site(tmp_path, GOOD + index)).broken
    assert broken.startswith(f"index.html: {said}")


def test_a_front_page_without_fault_passes_in_a_browser(tab: Tab, tmp_path: Path) -> None:
    assert list(faults(tab, site(tmp_path, PICTURE))) == []


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (PICTURE + '<img src="gone.png">', "the picture .*gone.png is broken"),
        (PICTURE + "<script>gone()</script>", "the console says ReferenceError: gone is not"),
        (PICTURE + '<img src="http://127.0.0.1:9/x.png">', "fetches http://127.0.0.1:9/x.png from"),
        (PICTURE + '<p style="width: 3000px">x</p>', "has to be scrolled sideways"),
        ("<p>nothing</p>", "shows no picture"),
    ],
)
def test_what_a_browser_finds_wrong_is_said(
    index: str, said: str, tab: Tab, tmp_path: Path
) -> None:
    found = list(faults(tab, site(tmp_path, index)))
    assert any(re.search(f"^index.html:? {said}", fault) for fault in found), found


def test_without_a_browser_the_front_page_is_said_to_be_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(front_page, "browser", lambda: None)
    assert check_front_page(tmp_path) == []
    assert "index.html was not opened, no browser" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("`Setting`s; rows", r"\ ``Setting``\ s; rows"),
        ("after `not ` or", r"after \ ``not``\  or"),
        ("``steps=200``", r"\ ``steps=200``\ "),
        ("|rho| * 2", r"\|rho\| \* 2"),
    ],
)
def test_docstrings_are_shown_as_they_are_written(written: str, shown: str) -> None:
    change: Callable[..., None] = runpy.run_path(str(REPOSITORY / "docs/conf.py"))[
        "plain_docstring"
    ]
    lines = [written]
    change(lines)
    assert lines == [shown]


def test_the_example_shows_what_compare_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    params = read_params(params_file("study"))
    loaded = load_results(params.paths.results, params)
    monkeypatch.setattr(api, "load_results", lambda *_: loaded)
    book = nbformat.read(REPOSITORY / "docs/two_calls.ipynb", as_version=4)
    told, counted = [cell for cell in book.cells if "compare(" in cell.source and cell.outputs]
    gain = compare("hybrid", "baseline", profile="study")
    assert told.source == 'print(compare("hybrid", "baseline", profile="study"))'
    assert told.outputs[0].text == f"{gain}\n" and "undecided" in str(gain)
    order = compare("hybrid-norestart", "hybrid-shuffled", profile="study")
    (printed,) = [each.text for each in counted.outputs if "text" in each]
    (shown,) = [each.data["text/plain"] for each in counted.outputs if "data" in each]
    assert printed == f"{order}\n"
    assert eval(shown) == pytest.approx((order.difference, order.low, order.high, order.n))


def test_hosts_run_the_commands_that_everyone_runs() -> None:
    workflows = REPOSITORY / ".github" / "workflows"
    for name, command in (("ci", ".ci/run"), ("site", "make site")):
        text = (workflows / f"{name}.yml").read_text(encoding="utf-8")
        jobs = yaml.safe_load(text)["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"]]
        assert [step["run"] for step in steps if "run" in step] == [command]
    assert "path: build/site\n" in text


def test_the_result_of_a_picture_is_its_alternative_text_on_the_site() -> None:
    """Notebooks keep it with the output, myst-nb reads it from the cell."""
    picture = nbformat.v4.new_output(
        "display_data", {"image/png": ""}, metadata={"image/png": {"alt": "Up by 1.5 points."}}
    )
    cells = [nbformat.v4.new_code_cell("draw()", outputs=[picture]), nbformat.v4.new_code_cell("1")]
    book = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    drawn, other = json.loads(notebook_with(book, str))["cells"]
    assert drawn["metadata"]["mystnb"]["image"]["alt"] == "Up by 1.5 points."
    assert "mystnb" not in other["metadata"]
