"""What a browser makes of the site's front page: is it whole, silent, and complete in itself?

In: the built site. Out: a sentence for each thing that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.browser.chromium import MISSING, browser, chromium
from tools.browser.page import look
from tools.browser.tab import Tab

FRONT_PAGE = "index.html"


def check_front_page(site: Path) -> list[str]:
    """Open the front page in a browser; return what is wrong, and say so where there is none."""
    program = browser()
    if program is None:
        print(f"{FRONT_PAGE} was not opened, {MISSING}")
        return []
    with chromium(program) as running:
        return list(faults(running.tab(), site))


def faults(tab: Tab, site: Path) -> Iterator[str]:
    """Yield what is wrong with the front page in a new tab."""
    page = look(tab, (site / FRONT_PAGE).resolve().as_uri())
    if not page.pictures:
        yield f"{FRONT_PAGE} shows no picture"
    for picture in page.broken:
        yield f"{FRONT_PAGE}: the picture {picture} is broken"
    for address in page.fetched:
        yield f"{FRONT_PAGE} fetches {address} from a network"
    for error in page.errors:
        yield f"{FRONT_PAGE}: the console says {error}"
    if page.wide:
        yield f"{FRONT_PAGE} has to be scrolled sideways"
