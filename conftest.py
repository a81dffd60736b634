"""How the tests run: one process, tests/ first, then the notebooks in the order of their names.

The notebooks run as they stand, in their smoke profile or on the committed study, and depend on one
another. What they write goes to a temporary folder, named by the environment variable
CURRICULUM_HOME, which kernels inherit; runs/, results/ and figures/ of the repository stay as they
are, and the committed results are linked into that folder.
"""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest

from cl_utils.paths import share_committed_results


def pytest_configure(config: pytest.Config) -> None:
    """Refuse parallel runs and point everything that the study writes to a temporary folder."""
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("the notebooks depend on one another: run pytest without -n")
    home = tempfile.TemporaryDirectory(prefix="curriculum-")
    config.add_cleanup(home.cleanup)
    os.environ["CURRICULUM_HOME"] = home.name
    share_committed_results(Path(home.name))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the notebooks last, in the order of their names and cells, whatever was asked for."""
    items.sort(key=_place)


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collection, which is slow with torch in memory."""
    gc.collect()
    gc.freeze()


def _place(item: pytest.Item) -> tuple[bool, str, int]:
    if item.path.suffix != ".ipynb":
        return False, "", 0
    return True, item.path.name, getattr(item, "cell_num", 0)
