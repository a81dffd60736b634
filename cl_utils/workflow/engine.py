"""papermill's engine with a kernel that is killed once all cells are over.

In: a notebook to execute. Out: the notebook with its outputs, a second earlier: a process that has
imported torch takes that long to end in order, and what the cells made is stored by then. Only
after the last cell, as a kernel that is left early (Ctrl-C, a job that is ended) must be asked: it
saves a training first.
"""

from __future__ import annotations

from typing import Any, Final

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger

NAME: Final = "ends-at-once"
QUIET: Final = ("--IPKernelApp.log_level=50",)
"""Of a kernel: nothing of what is usual, as its interrupt when it is shut down. What goes wrong
in a cell stands in the notebook, and a kernel that dies is told by who waits for it."""


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Executes the cells of a notebook and then kills its kernel."""

    def papermill_execute_cells(self) -> None:
        """Execute the cells up to the last, or up to the first that fails."""
        super().papermill_execute_cells()
        self.shutdown_kernel = "immediate"


class Engine(NBClientEngine):  # type: ignore[misc]
    """Executes a notebook by that client."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, start_timeout: int = 60, **others: Any
    ) -> Any:
        """Return the executed notebook.

        nb_man: what papermill keeps of the execution. others: its options that nothing here sets.
        """
        options = {"extra_arguments": [*QUIET], "startup_timeout": start_timeout, "log": logger}
        return Client(nb_man, kernel_name=kernel_name, **options).execute()


papermill_engines.register(NAME, Engine)
