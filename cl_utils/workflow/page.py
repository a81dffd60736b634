"""An executed notebook as one HTML page: its text, tables and figures, without the code.

In: an executed notebook. Out: <name>.html in a folder, every figure with its alternative text.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat

from cl_utils.files import atomic

PICTURE = "image/png"


def write_page(executed: Path, folder: Path) -> Path:
    """Write the page of an executed notebook into `folder`; return its path."""
    # Late: this import takes as long as all others of a job, and most notebooks get no page.
    from nbconvert.exporters.html import HTMLExporter

    book = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
    for output in _outputs(book):
        _describe(output)
    exporter = HTMLExporter(exclude_input=True)  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(book, {"metadata": {"name": executed.stem}})
    path = folder / f"{executed.stem}.html"
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _outputs(book: Any) -> Iterator[Any]:
    for cell in book.cells:
        yield from cell.get("outputs", [])


def _describe(output: Any) -> None:
    """Turn a figure that has an alternative text into HTML: nbconvert's template leaves it out."""
    words = output.get("metadata", {}).get(PICTURE, {}).get("alt")
    if words:
        data = "".join(output["data"][PICTURE].split())
        source = f"data:{PICTURE};base64,{data}"
        output["data"] = {"text/html": f'<img alt="{escape(words)}" src="{source}">'}
