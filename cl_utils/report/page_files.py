"""Generated text and the pages that hold it: what the study writes into README.md and docs/.

In: Markdown by the name of its page. Out: files, whole pages or sections between two markers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cl_utils.errors import StudyError
from cl_utils.files import atomic
from cl_utils.paths import REPOSITORY, home


def read_page(page: str) -> str:
    """Return the text of a page of the repository, e.g. "docs/running.md"."""
    return (REPOSITORY / page).read_text(encoding="utf-8")


def write_pages(make: Callable[[], Mapping[str, str]]) -> None:
    """Make texts by page and write them; nothing in another home, where tests and trials run."""
    if home() != REPOSITORY:
        return
    for page, text in make().items():
        with atomic(REPOSITORY / page) as temporary:
            temporary.write_text(text, encoding="utf-8")


def linked_from_notebooks(text: str) -> str:
    """Return the text of a page of docs/ with its links as a notebook needs them."""
    return re.sub(r"\]\((?!\.\./|https?:|#)", "](../docs/", text)


def replace_section(text: str, name: str, body: str) -> str:
    """Return `text` with `body` between the markers of the generated section `name`.

    Raises StudyError unless both markers stand in `text` once and in order.
    """
    start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    if text.count(start) != 1 or text.count(end) != 1 or end not in rest:
        raise StudyError(f"the text needs one line {start!r} and, below it, one line {end!r}")
    return f"{head}{start}\n{body.strip()}\n{end}{tail}"
