"""The package's reference: a page for each folder of cl_utils, with its modules as sections.

In: the docstrings of the packages, which are their contents pages. Out: Markdown that Sphinx's
autodoc fills with signatures and docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cl_utils.paths import REPOSITORY
from tools.site.contents import Chapter

PACKAGE = "cl_utils"
FOLDER = "reference"
ENTRY = re.compile(r"^ *(\w+)  +(\S.*)$")


@dataclass(frozen=True)
class Package:
    """A folder of the package: prose of its docstring, and its modules with a line each."""

    name: str
    prose: str
    entries: dict[str, str]


def read_package(folder: Path) -> Package:
    """Return what a folder's docstring says."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    lines = (ast.get_docstring(tree) or "").splitlines()
    found = [ENTRY.match(line) for line in lines]
    prose = [line for line, entry in zip(lines, found, strict=True) if not entry]
    parts = folder.relative_to(REPOSITORY).parts
    return Package(".".join(parts), "\n".join(prose), {e[1]: e[2] for e in found if e})


def packages(folder: Path = REPOSITORY / PACKAGE) -> Iterator[Package]:
    """Yield a package and those within it, in the order of its contents."""
    package = read_package(folder)
    yield package
    for name in package.entries:
        if (folder / name).is_dir():
            yield from packages(folder / name)


def reference_pages() -> dict[str, str]:
    """Return the text of each page by its path."""
    return {page_of(package.name): page_text(package) for package in packages()}


def with_reference(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Return the chapters with the reference's pages at the end of the last one."""
    *others, last = chapters
    return [*others, Chapter(last.caption, (*last.pages, *reference_pages()))]


def page_of(name: str) -> str:
    """Return the path of a package's page."""
    return f"{FOLDER}/{name}.md"


def page_text(package: Package) -> str:
    """Return a package's page: what it is for, a line per module, then the modules."""
    modules = [name for name in package.entries if is_module(package, name)]
    lines = [f"| {link(package, name)} | {what} |" for name, what in package.entries.items()]
    table = "\n".join(["| module | what |", "|---|---|", *lines])
    sections = [section(f"{package.name}.{name}") for name in modules]
    return "\n\n".join([f"# {package.name}", package.prose, table, *sections]) + "\n"


def is_module(package: Package, name: str) -> bool:
    """Return whether an entry is a module and not a folder."""
    return not (REPOSITORY / package.name.replace(".", "/") / name).is_dir()


def link(package: Package, name: str) -> str:
    """Return an entry that leads to its section or page."""
    whole = f"{package.name}.{name}"
    target = f"#{name}" if is_module(package, name) else f"{whole}.md"
    return f"[{name}]({target})"


def section(module: str) -> str:
    """Return the section of a module."""
    lines = [f"## {module.rpartition('.')[2]}", "", "```{eval-rst}"]
    lines += [f".. automodule:: {module}", "   :members:", "   :ignore-module-all:", "```"]
    return "\n".join(lines)
