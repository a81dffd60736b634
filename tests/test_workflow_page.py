"""The page of an executed notebook: what was shown, with alternative texts, and no code."""

from __future__ import annotations

from base64 import b64encode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from cl_utils.workflow.notebook import main
from cl_utils.workflow.page import write_page

ALT = 'Order -2.6 ("a claim") & 3 < 4'


class Images(HTMLParser):
    """Collects the attributes of every image of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def images(page: Path) -> list[dict[str, str | None]]:
    reader = Images()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


def picture() -> str:
    """Return a PNG in base64, with a line break as Jupyter stores it."""
    content = BytesIO()
    Image.new("RGB", (2, 2), "red").save(content, format="PNG")
    return b64encode(content.getvalue()).decode("ascii") + "\n"


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    """A notebook in which a figure, a text and a warning were shown; its name has braces."""
    cell = nbformat.v4.new_code_cell("secret_code = 1")
    data = {"image/png": picture(), "text/plain": "a figure"}
    cell.outputs = [
        nbformat.v4.new_output("display_data", data, metadata={"image/png": {"alt": ALT}}),
        nbformat.v4.new_output("stream", text="hybrid n = 8\n"),
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A title"), cell])
    path = tmp_path / "09 {seed}.ipynb"
    nbformat.write(book, path)
    return path


def test_every_figure_has_its_alternative_text(executed: Path, tmp_path: Path) -> None:
    page = write_page(executed, tmp_path)
    assert page == tmp_path / "09 {seed}.html"
    (image,) = images(page)
    assert image["alt"] == ALT
    assert image["src"] == f"data:image/png;base64,{picture().strip()}"


def test_the_page_shows_what_was_told_and_no_code(executed: Path, tmp_path: Path) -> None:
    text = write_page(executed, tmp_path).read_text(encoding="utf-8")
    assert "A title" in text and "hybrid n = 8" in text and "<title>09 {seed}</title>" in text
    assert "secret_code" not in text


def test_the_notebook_itself_stays_as_it_was(executed: Path, tmp_path: Path) -> None:
    before = executed.read_bytes()
    write_page(executed, tmp_path)
    assert executed.read_bytes() == before


def test_a_page_that_cannot_be_written_fails_the_job(
    executed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The notebook has run by then, and is there to be opened."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    source, done = tmp_path / "two.ipynb", tmp_path / "done.ipynb"
    nbformat.write(book, source)
    assert main([str(source), str(done), "--page", str(executed / "below a file")]) == 1
    told = capfd.readouterr().err
    assert told.count("two failed: ") == 1 and "Traceback" not in told and done.exists()
    assert main([str(source), str(done), "--page", str(tmp_path)]) == 0
    assert (tmp_path / "done.html").exists()
