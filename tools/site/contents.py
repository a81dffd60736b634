"""The pages of the site: those named in docs/contents.yaml, and those that the repository has.

In: docs/contents.yaml and the repository's files. Out: chapters of pages, as paths from the root;
SystemExit when the two disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from cl_utils.paths import REPOSITORY

CONTENTS = "docs/contents.yaml"
FRONT_PAGE = "README.md"
PAGES = ("*.md", "docs/**/*.md", "docs/*.ipynb", "notebooks/*.ipynb", "models/*.md") + (
    "figures/study/*.md",
)
"""Where a text for readers may lie."""


@dataclass(frozen=True)
class Chapter:
    """A part of the navigation: a caption and its pages."""

    caption: str
    pages: tuple[str, ...]


def read_contents(repository: Path = REPOSITORY) -> list[Chapter]:
    """Return the chapters of the navigation; the front page belongs to none."""
    text = (repository / CONTENTS).read_text(encoding="utf-8")
    return [Chapter(caption, tuple(pages)) for caption, pages in yaml.safe_load(text).items()]


def pages_there(repository: Path = REPOSITORY) -> Iterator[str]:
    """Yield every page that the repository has, but for the front page."""
    for pattern in PAGES:
        for path in sorted(repository.glob(pattern)):
            page = path.relative_to(repository).as_posix()
            if page != FRONT_PAGE and ".ipynb_checkpoints" not in page:
                yield page


def disagreements(chapters: Sequence[Chapter], there: Sequence[str]) -> list[str]:
    """Return a sentence for each page that is forgotten, missing or named twice."""
    named = [page for chapter in chapters for page in chapter.pages]
    return [
        *(f"{page} is not named in {CONTENTS}" for page in sorted(set(there) - set(named))),
        *(
            f"{CONTENTS} names {page}, which is not there"
            for page in sorted(set(named) - set(there))
        ),
        *(f"{CONTENTS} names {page} twice" for page in sorted(set(named)) if named.count(page) > 1),
    ]


def checked_contents(repository: Path = REPOSITORY) -> list[Chapter]:
    """Return the chapters; SystemExit unless they name every page once."""
    chapters = read_contents(repository)
    if wrong := disagreements(chapters, list(pages_there(repository))):
        raise SystemExit("\n".join(wrong))
    return chapters
