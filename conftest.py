"""How the tests run: the notebooks together, in the order of their names, and the tests by file.

The notebooks run as they stand, in their smoke profile or on the committed study, and depend on one
another, so one process runs them all, also where `-n` starts several. What they write goes to a
temporary folder of that process, named by the environment variable CURRICULUM_HOME, which kernels
inherit; runs/, results/ and figures/ of the repository stay as they are, and the committed results
are linked into that folder.
"""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from cl_utils.paths import share_committed_results


def pytest_configure(config: pytest.Config) -> None:
    """Point everything that the study writes to a temporary folder, one a process."""
    home = tempfile.TemporaryDirectory(prefix="curriculum-")
    config.add_cleanup(home.cleanup)
    os.environ["CURRICULUM_HOME"] = home.name
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # kernels, too: threads that wait would spin
    # A shell lets what it starts with "&" ignore interrupts, which some tests raise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    share_committed_results(Path(home.name))


class NotebooksTogether(LoadFileScheduling):
    """A file's tests go to one process, which makes its fixtures once, and so do all notebooks."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "notebooks" if file.endswith(".ipynb") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> NotebooksTogether:
    """Hand out the work in the order of collection: the notebooks, which take longest, first."""
    config.option.loadscopereorder = False
    return NotebooksTogether(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the notebooks first, in the order of their names and cells, then the longest files."""
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collection, which is slow with torch in memory."""
    gc.collect()
    gc.freeze()


LONGEST = (
    *("test_lab.py", "test_torture.py", "test_analysis_notebooks.py", "test_sitting.py"),
    *("test_loop.py", "test_arms.py", "test_batched_runs.py", "test_api.py", "test_playground.py"),
    *("test_readme.py", "test_html_page.py", "test_workflow.py", "test_workflow_commands.py"),
)
"""Long files, the longest first, and late ones by name: begun early, so that no process is left
with one at the end.
"""


def _place(item: pytest.Item) -> tuple[int, str, int]:
    name = item.path.name
    if item.path.suffix == ".ipynb":
        return 0, name, getattr(item, "cell_num", 0)
    return 1 + (LONGEST.index(name) if name in LONGEST else len(LONGEST)), "", 0
