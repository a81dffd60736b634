"""Pages with links that a site can follow, in a folder of their own.

In: the repository's pages, whose links are right on a code host. Out: the same pages, with what
they link beside them. The front page becomes index.md; a link to a folder leads to its README, or
is left as plain text where there is none.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cl_utils.paths import REPOSITORY
from tools.site.contents import FRONT_PAGE, Chapter

INDEX = "index.md"
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#|attachment:")


class Stage:
    """A folder of pages that is being filled from a repository."""

    def __init__(self, folder: Path, repository: Path = REPOSITORY) -> None:
        self.folder = folder
        self.repository = repository

    def add_page(self, page: str) -> None:
        """Add a page or notebook, and every file that it links."""
        text = (self.repository / page).read_text(encoding="utf-8")

        def mended(part: str) -> str:
            return LINK.sub(lambda link: self._link(page, link), part)

        changed = notebook_with(text, mended) if page.endswith(".ipynb") else mended(text)
        self.write(INDEX if page == FRONT_PAGE else page, changed)

    def add_navigation(self, chapters: Sequence[Chapter]) -> None:
        """Add the chapters to the front page, for the navigation alone."""
        index = self.folder / INDEX
        trees = "".join(map(toctree, chapters))
        self.write(INDEX, f"{index.read_text(encoding='utf-8')}\n{trees}")

    def write(self, page: str, text: str) -> None:
        """Write a page."""
        path = self.folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _link(self, page: str, link: re.Match[str]) -> str:
        """Return a link of a page as it has to be on the site."""
        mark, text, target = link.groups()
        if ELSEWHERE.match(target):
            return link.group()
        file, hash_sign, anchor = target.partition("#")
        found = os.path.normpath(os.path.join(os.path.dirname(page), file))
        if (self.repository / found).is_dir():
            found = f"{found}/{FRONT_PAGE}"
            if not (self.repository / found).exists():
                return text
        self._copy(found)
        there = INDEX if found == FRONT_PAGE else found
        return f"{mark}[{text}]({relative(there, page)}{hash_sign}{anchor})"

    def _copy(self, file: str) -> None:
        """Copy what is linked, unless it is a page: those are added by name."""
        source, copy = self.repository / file, self.folder / file
        if source.is_file() and source.suffix not in (".md", ".ipynb"):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def relative(file: str, page: str) -> str:
    """Return the way from a page to a file."""
    return os.path.relpath(file, os.path.dirname(page) or ".").replace(os.sep, "/")


def notebook_with(text: str, change: Callable[[str], str]) -> str:
    """Return a notebook with its prose changed, in cells and in what cells show."""
    book = json.loads(text)
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            change_entry(cell, "source", change)
        for output in cell.get("outputs", []):
            change_entry(output.get("data", {}), "text/markdown", change)
        tell_pictures(cell)
    return json.dumps(book)


def tell_pictures(cell: dict[str, Any]) -> None:
    """Move the alternative text of a cell's pictures to where myst-nb reads it, the cell itself."""
    outputs = [output.get("metadata", {}) for output in cell.get("outputs", [])]
    told = [each["image/png"]["alt"] for each in outputs if "alt" in each.get("image/png", {})]
    if told:
        options = cell["metadata"].setdefault("mystnb", {}).setdefault("image", {})
        options["alt"] = " ".join(told)


def change_entry(holder: dict[str, Any], key: str, change: Callable[[str], str]) -> None:
    """Change a text of a notebook, which is stored as one string or as lines."""
    if key in holder:
        holder[key] = change("".join(holder[key]))


def toctree(chapter: Chapter) -> str:
    """Return a chapter as a table of contents that only the navigation shows."""
    pages = "\n".join(page.rpartition(".")[0] for page in chapter.pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {chapter.caption}\n\n{pages}\n```\n\n"
