"""The notebooks as pages to read: sections, links to each other, tables with heads in words.

In: notebooks/*.ipynb as stored. Out: a failure that names the notebook and what is wrong in it.
"""

from __future__ import annotations

import re

import pytest
from test_notebooks import BOOKS, NAMES, code, every_notebook, prose_cells

PRINTED_PLAINLY = ("01", "04")  # whose tables have no column that counts
BARE = re.compile(r"\.round\(\d\)$|\.head\(\)$|\.describe\(\)$|^[\w.]+\[columns\]|\.style\.")


@every_notebook
def test_the_panel_of_contents_leads_through_a_notebook(name: str) -> None:
    """A heading for each step, one a cell, each under a name of its own."""
    heads = re.findall(r"^#+ .*", "\n".join(prose_cells(name)), re.MULTILINE)
    assert heads[0].startswith("# ") and all(head.startswith("## ") for head in heads[1:])
    assert len(heads) >= 4 and len(set(heads)) == len(heads)


@every_notebook
def test_other_notebooks_are_linked(name: str) -> None:
    """A name in prose leads there."""
    for cell in prose_cells(name):
        for named in re.findall(r"(?<!\[)`(\d\d_\w+)`", cell):
            assert named not in NAMES or named == name, f"{named} is named, but not linked"
        for text, link in re.findall(r"\[`(\d\d_\w+)`\]\((.*?)\)", cell):
            assert link == f"{text}.ipynb"


@pytest.mark.parametrize("name", [name for name in BOOKS if name[:2] not in PRINTED_PLAINLY])
def test_no_table_shows_an_index_that_only_counts_or_nan(name: str) -> None:
    """Tables go through `report.readable`, or are Markdown."""
    for cell in code(name):
        last = cell["source"].rstrip().splitlines()[-1]
        assert not BARE.search(last), f"{cell['id']} shows a table as it is"


@every_notebook
def test_no_stored_table_needs_a_style_sheet(name: str) -> None:
    """Of a notebook that was not run here yet, JupyterLab shows none; nor do code hosts."""
    for cell in BOOKS[name]:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            assert "<style" not in html, f"{cell['id']} shows a table that needs its style sheet"
