"""What a tab makes of a page: its pictures, what it fetched, what its console said.

In: an address. Out: a `Page`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.browser.tab import Tab

SETTLE_SECONDS = 0.3  # for what a page does after it has loaded
LOOK = """() => {
  const pictures = [...document.images];
  return {
    pictures: pictures.length,
    broken: pictures.filter((each) => !each.complete || each.naturalWidth === 0)
      .map((each) => each.src),
    titles: [...document.querySelectorAll("h1, h2")].map((each) => each.textContent),
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
}"""


@dataclass(frozen=True)
class Page:
    """What a browser made of a page.

    `broken`: the pictures that are not there; `fetched`: what it asked for elsewhere than in its
    own files; `wide`: it has to be scrolled sideways.
    """

    pictures: int
    broken: list[str]
    fetched: list[str]
    titles: list[str]
    wide: bool
    errors: list[str]


def look(tab: Tab, address: str) -> Page:
    """Return what a new tab makes of the page at an address."""
    tab.go(address)
    # Pictures that are loaded once they come into view count as well.
    tab.evaluate("document.querySelectorAll('img').forEach((each) => { each.loading = 'eager' })")
    tab.wait("[...document.images].every((each) => each.complete)", "all pictures")
    tab.devtools.listen(SETTLE_SECONDS)
    own = ("data:", "file:", "blob:", "about:")
    fetched = [each for each in tab.fetched if not each.startswith(own)]
    return Page(**tab.call(LOOK), fetched=fetched, errors=list(tab.errors))
