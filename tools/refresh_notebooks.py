"""Run the notebooks and store them with what they show: `make notebooks`.

In: notebooks/*.ipynb, docs/*.ipynb, and the committed results. Out: the same files with the outputs
and figures of a real run, by default of all of them, or of those that are named (what makes their
files runs before them and is not stored). Results notebooks show the committed study; the others
run in their smoke profile, in a temporary folder. `--stale` only says which notebooks were stored
by other code than today's. Read the difference before you commit it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from cl_utils.code_fingerprint import code_fingerprint, showing_notebooks
from cl_utils.files import atomic
from cl_utils.names import unknown
from cl_utils.paths import HOME_VARIABLE, REPOSITORY, notebooks, share_committed_results
from cl_utils.study.notebook_names import (
    BUCKETING,
    DATA,
    EVALUATION,
    FINDINGS,
    METRIC_ANALYSIS,
    TRAINING,
)
from cl_utils.workflow.engine import QUIET

STORED_BY = "stored_by_code"  # in a notebook's metadata: the fingerprint of what it computed
MAKERS = (DATA, METRIC_ANALYSIS, BUCKETING, TRAINING, EVALUATION)
VOLATILE = ("execution", "collapsed", "scrolled")


def read(path: Path) -> Any:
    """Return a notebook as it is stored."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def is_stale(path: Path) -> bool:
    """Return whether a notebook was stored by other code than today's."""
    book = read(path)
    return bool(book.metadata.get(STORED_BY) != code_fingerprint(path))


def planned(paths: Sequence[Path], names: Collection[str]) -> list[tuple[Path, bool]]:
    """Return the notebooks to execute, in order, and whether each is stored: if it is named.

    The temporary home has nothing that they read but committed results, so the makers of the rest
    run before them; the findings show what all notebooks of figures drew. Without names: all.
    """
    chosen = [path for path in paths if not names or path.stem in names]
    last = max((path.stem for path in chosen if reads_smoke(path)), default="")
    drawn = showing_notebooks() if FINDINGS in names else ()
    made = [
        path for path in paths if (path.stem in MAKERS and path.stem < last) or path.stem in drawn
    ]
    return [(path, path in chosen) for path in paths if path in chosen or path in made]


def reads_smoke(path: Path) -> bool:
    """Return whether a notebook works on the files of the smoke profile."""
    cells = read(path).cells
    told = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    return any('profile = "smoke"' in cell.source for cell in told)


def executed(path: Path) -> Any:
    """Return a notebook after its execution in its own folder."""
    book = read(path)
    NotebookClient(
        book,
        resources={"metadata": {"path": str(path.parent)}},
        kernel_name="python3",
        coalesce_streams=True,
        store_widget_state=False,
        shutdown_kernel="immediate",
        extra_arguments=[*QUIET],
    ).execute()
    return book


def store(book: Any, path: Path, home: Path) -> None:
    """Store an executed notebook with what it shows, whole or not at all."""
    for cell in book.cells:
        for name in VOLATILE:
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = [tidy(output, home) for output in cell.outputs if is_shown(output)]
    book.metadata[STORED_BY] = code_fingerprint(path)
    with atomic(path) as temporary:
        nbformat.write(book, temporary)  # type: ignore[no-untyped-call]


def is_shown(output: dict[str, Any]) -> bool:
    """Return whether an output is for readers: not what a library says of itself, and no widget.

    A widget lives in the kernel that made it: stored it would be a random number and no picture.
    """
    return output.get("name") != "stderr" and WIDGET not in output.get("data", {})


WIDGET = "application/vnd.jupyter.widget-view+json"


def tidy(output: dict[str, Any], home: Path) -> dict[str, Any]:
    """Return an output without the paths and addresses of the machine it was made on."""
    for holder, key in ((output, "text"), *((output.get("data", {}), k) for k in TEXTS)):
        if key in holder:
            text = str(holder[key])
            for folder in (home, REPOSITORY):
                text = text.replace(f"{folder}/", "").replace(str(folder), ".")
            holder[key] = re.sub(r" at 0x[0-9a-f]+", "", text)
    return output


TEXTS = ("text/plain", "text/html", "text/markdown")


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh notebooks, or say which are stale; return 1 when `--stale` finds one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="such as 06_figures; default: all")
    parser.add_argument("--stale", action="store_true", help="run nothing, say which are stale")
    given = parser.parse_args(arguments)
    paths = [*notebooks(), *sorted((REPOSITORY / "docs").glob("*.ipynb"))]
    if strangers := sorted(set(given.names) - {path.stem for path in paths}):
        print(unknown("notebook", strangers[0], [path.stem for path in paths]), file=sys.stderr)
        return 2
    if given.stale:
        stale = [path.name for path in paths if is_stale(path)]
        print("stale, run `make notebooks`:" if stale else "no notebook is stale", *stale)
        return int(bool(stale))
    with tempfile.TemporaryDirectory(prefix="curriculum-") as folder:
        home = Path(folder)
        os.environ[HOME_VARIABLE] = folder
        share_committed_results(home)
        for path, stored in planned(paths, given.names):
            how = "(not stored: others read what it makes)"
            if stored:
                how = "(was stale)" if is_stale(path) else ""
            print(path.name, how, flush=True)
            book = executed(path)
            if stored:
                store(book, path, home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
