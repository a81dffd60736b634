"""A page in a real browser, without a driver: Chromium's own headless mode.

In: HTML. Out: how many of its pictures are broken, what it fetched, and what its console said. The
browser is that of the variable CHROMIUM, or one on the PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
LOOK = """
<script>
window.addEventListener("load", () => {
  const pictures = [...document.images];
  const seen = {
    pictures: pictures.length,
    broken: pictures.filter((each) => !each.complete || each.naturalWidth === 0).length,
    fetched: performance.getEntriesByType("resource").map((each) => each.name)
      .filter((name) => !name.startsWith("data:")),
    titles: [...document.querySelectorAll("h1, h2")].map((each) => each.textContent),
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
  document.title = "SEEN" + JSON.stringify(seen) + "NEES";
});
</script>
"""


@dataclass(frozen=True)
class Page:
    """What a browser made of a page; `wide`: it has to be scrolled sideways."""

    pictures: int
    broken: int
    fetched: list[str]
    titles: list[str]
    wide: bool
    console: list[str]


def browser() -> str | None:
    """Return the path of a browser, None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def opened(page: str, folder: Path, program: str) -> Page:
    """Return what the browser makes of a page that is written to `folder`."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"{LOOK}</body>"), encoding="utf-8")
    command = [
        *(program, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000"),
        *("--window-size=1200,900", "--dump-dom", path.as_uri()),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"SEEN(.*?)NEES", ended.stdout, re.DOTALL)
    assert found, ended.stdout[:500] + ended.stderr[-500:]
    seen = json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    console = [line for line in ended.stderr.splitlines() if ":CONSOLE" in line]
    return Page(**seen, console=console)
