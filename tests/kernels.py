"""One kernel for the tests that execute cells: it starts once, and forgets every name in between.

In: a notebook, the home that it shall see. Out: the notebook with its outputs.
"""

from __future__ import annotations

from pathlib import Path

from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from cl_utils.paths import HOME_VARIABLE, NOTEBOOKS

TESTS = Path(__file__).parent


class Kernel:
    """A kernel that stays, since its imports take longer than most of what it executes."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()

    def execute(self, book: NotebookNode, home: Path | None = None) -> None:
        """Execute a notebook in the folder of notebooks, where it imports the tests' modules too.

        `home`: what CURRICULUM_HOME is meanwhile. Raises CellExecutionError.
        """
        before = f"%reset -f\nimport os, sys\nos.chdir({str(NOTEBOOKS)!r})\n"
        before += f"if {str(TESTS)!r} not in sys.path: sys.path.append({str(TESTS)!r})\n"
        if home is not None:
            before += f"os.environ[{HOME_VARIABLE!r}] = {str(home)!r}\n"
        self._execute(new_notebook(cells=[new_code_cell(before)]))
        self._execute(book)

    def _execute(self, book: NotebookNode) -> None:
        client = NotebookClient(book, km=self.manager)
        try:
            client.execute()
        finally:
            client.kc.stop_channels()  # which nbclient leaves to whoever started the kernel

    def stop(self) -> None:
        """End it."""
        self.manager.shutdown_kernel(now=True)
