"""A JupyterLab server of the tests' own: the notebooks are copies, and the checkout stays clean.

In: a folder for notebooks, settings and workspaces, and the home of the study. Out: an address, for
as long as a block lasts; the server and its kernels carry a mark and end with it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cl_utils.paths import HOME_VARIABLE, NOTEBOOKS, REPOSITORY
from cl_utils.processes import MARK_VARIABLE, end_marked

START_SECONDS = 120.0
OPTIONS = (
    *("--no-browser", "--allow-root", "--ServerApp.port=0", "--IdentityProvider.token="),
    *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)
FOLDERS = ("CONFIG", "DATA", "RUNTIME")
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}


@contextmanager
def lab_server(folder: Path, home: Path) -> Iterator[str]:
    """Serve copies of the notebooks in a block, with `home` as CURRICULUM_HOME; yield the address.

    The server and its kernels end with the block.
    """
    books, mark = folder / "notebooks", secrets.token_hex(8)
    books.mkdir()
    for path in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(path, books)
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", str(books), *OPTIONS],
            env=os.environ | _surroundings(folder, home) | {MARK_VARIABLE: mark},
            stdout=said,
            stderr=said,
        )
    try:
        yield _address(folder, process)
    finally:
        end_marked(mark)
        process.wait()


def _surroundings(folder: Path, home: Path) -> dict[str, str]:
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in FOLDERS}
    lab = {
        f"JUPYTERLAB_{name.upper()}_DIR": str(folder / name) for name in ("settings", "workspaces")
    }
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    ours = {"HOME": str(folder), "PYTHONPATH": path, HOME_VARIABLE: str(home)}
    return own | lab | ours | {"IPYTHONDIR": str(folder / "ipython"), "OMP_NUM_THREADS": "1"}


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Return where a server that has just been started answers."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            if text := path.read_text():
                return str(json.loads(text)["url"])
        time.sleep(0.1)
    said = (folder / "said.txt").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"JupyterLab did not start:\n{said[-2000:]}")
