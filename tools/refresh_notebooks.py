"""Run the notebooks in their smoke profile and store the outputs that the tests compare.

In: notebooks/*.ipynb. Out: the same files; cells tagged nbval-check-output carry their count and
output, all others none. Use it (`make notebooks`) after a change that is meant to alter them, and
read the difference before you commit it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
CHECKED = "nbval-check-output"


def refresh(path: Path) -> None:
    """Execute one notebook in its own folder and keep the outputs of its checked cells."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(
        book,
        resources={"metadata": {"path": str(path.parent)}},
        kernel_name="python3",
        coalesce_streams=True,
    ).execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and CHECKED not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
    nbformat.write(book, path)


def main() -> None:
    """Refresh all notebooks in order, away from the repository's own results."""
    with tempfile.TemporaryDirectory(prefix="curriculum-") as home:
        os.environ["CURRICULUM_HOME"] = home
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            print(path.name, flush=True)
            refresh(path)


if __name__ == "__main__":
    main()
