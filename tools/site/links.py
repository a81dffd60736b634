"""Whether what the built pages refer to is there: pages, anchors, images, scripts.

In: a folder of HTML. Out: a sentence for each broken reference and for each part that a page would
load from a network, and the list of links that lead elsewhere, which are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAVIGATION = "a"
"""Links that a reader follows; all else is loaded with the page."""
REFERENCES = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}
KEPT_IN_PLACE = ("data", "mailto", "javascript")
STATIC = "_static"
"""The theme's own files, templates among them."""
NOT_LOADED = ("canonical", "alternate", "author", "license")


class Page(HTMLParser):
    """What a page refers to, as (tag, target), and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's anchor and its reference."""
        values = dict(attrs)
        self.anchors.update(str(values[key]) for key in ("id", "name") if values.get(key))
        target = values.get(REFERENCES.get(tag, ""))
        if target and values.get("rel") not in NOT_LOADED:
            self.references.append((tag, target))


@dataclass
class Report:
    """What was found: sentences on what is broken, and the links that lead elsewhere."""

    broken: list[str] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    checked: int = 0


def check_site(folder: Path) -> Report:
    """Return what is broken in a folder of HTML pages."""
    pages = {
        path.resolve(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if STATIC not in path.parts
    }
    report = Report()
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        for tag, target in sorted(set(page.references)):
            report.checked += 1
            for wrong in problems(path, tag, target, pages, report.elsewhere):
                report.broken.append(f"{name}: {wrong}")
    return report


def problems(
    path: Path, tag: str, target: str, pages: Mapping[Path, Page], elsewhere: set[str]
) -> Iterator[str]:
    """Yield what is wrong with a reference; one that leads elsewhere is noted there."""
    parts = urlsplit(target)
    if parts.scheme in KEPT_IN_PLACE:
        return
    if parts.scheme or parts.netloc:
        if tag == NAVIGATION:
            elsewhere.add(target)
        else:
            yield f"loads {target} from a network"
        return
    found = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    found = found / "index.html" if found.is_dir() else found
    if not found.exists():
        yield f"{target} is not there"
    elif parts.fragment and found in pages and not has_anchor(pages[found], parts.fragment):
        yield f"{target} has no such anchor"


def has_anchor(page: Page, fragment: str) -> bool:
    """Return whether a page has an anchor, written plainly or with %-signs."""
    return bool({fragment, unquote(fragment)} & page.anchors)
