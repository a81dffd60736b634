"""Where a browser is, and one that runs without a window, in a folder of its own, for a block.

In: the variable CHROMIUM, or a browser on the PATH. Out: tabs. Its processes carry a mark, so that
all of them end with the block that began them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cl_utils.processes import MARK_VARIABLE, end_marked
from tools.browser.devtools import Devtools, DevtoolsError
from tools.browser.tab import Tab

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = f"no browser: install one of {', '.join(NAMES)}, or set CHROMIUM"
START_SECONDS = 60.0
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--mute-audio", "--hide-scrollbars", "--remote-debugging-port=0"),
)


def browser() -> str | None:
    """Return the path of a browser, None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """A browser that runs."""

    def __init__(self, devtools: Devtools) -> None:
        self.devtools = devtools

    def tab(self) -> Tab:
        """Return a new, empty tab."""
        target = self.devtools.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.devtools.call("Target.attachToTarget", targetId=target, flatten=True)
        return Tab(self.devtools, target, attached["sessionId"])


@contextmanager
def chromium(program: str, *, width: int = 1200, height: int = 900) -> Iterator[Chromium]:
    """Run a browser in a block."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as name:
        folder, mark = Path(name), secrets.token_hex(8)
        flags = (*FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}")
        with (folder / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                [program, *flags, "about:blank"],
                env=os.environ | {"HOME": name, MARK_VARIABLE: mark},
                stdout=said,
                stderr=said,
            )
        try:
            with closing(Devtools(_address(folder, process))) as devtools:
                yield Chromium(devtools)
        finally:
            end_marked(mark)
            process.wait()


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Return where a browser that has just been started listens."""
    told, until = folder / "DevToolsActivePort", time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        lines = told.read_text().splitlines() if told.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.02)
    said = (folder / "said.txt").read_text(encoding="utf-8", errors="replace")
    raise DevtoolsError(f"the browser did not start:\n{said[-2000:]}")
