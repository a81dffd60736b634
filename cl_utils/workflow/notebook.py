"""One notebook executed by papermill: `python -m cl_utils.workflow.notebook IN OUT --params FILE`.

In: a notebook, a params file, and the run that is meant, where the notebook makes one. Out: the
executed notebook, as a page where one is wanted, and status 0; or status 1 and a sentence with the
notebook, the run and what went wrong, in place of a traceback of sixty lines, which stands in the
executed notebook.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from cl_utils.errors import MissingError, StudyError, UnwritableError
from cl_utils.names import cut
from cl_utils.paths import NOTEBOOKS
from cl_utils.processes import MARK_VARIABLE, end_with_parent
from cl_utils.workflow import engine
from cl_utils.workflow.page import write_page
from cl_utils.workflow.progress import shown_path
from cl_utils.yaml_files import read_mapping

TOLD = tuple(each.__name__ for each in (StudyError, MissingError, UnwritableError))
LONGEST = 400  # characters of a reason: the whole of it stands in the executed notebook


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute a notebook; return 0, or 1 after a sentence that says what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m cl_utils.workflow.notebook")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("executed", type=Path, help="where to store it with its outputs")
    parser.add_argument("--params", type=Path, help="a params file")
    parser.add_argument("--recipe")
    parser.add_argument("--arm")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--page", type=Path, help="a folder for an HTML page without the code")
    given = parser.parse_args(arguments)
    run = {name: getattr(given, name) for name in ("recipe", "arm", "seed")}
    run = {name: value for name, value in run.items() if value is not None}
    if MARK_VARIABLE in os.environ:  # a job of a workflow: when that is killed, nobody waits for it
        end_with_parent()
    try:
        execute(given.notebook, given.executed, given.params, run)
        if given.page:
            write_page(given.executed, given.page)
    except Exception as error:
        print(failure(given.notebook, given.executed, run, error), file=sys.stderr)
        return 1
    return 0


def execute(
    notebook: Path, executed: Path, params: Path | None, run: Mapping[str, str | int]
) -> None:
    """Execute a notebook in its own folder, with the values of a params file and those of a run.

    Raises StudyError where the executed one would overwrite something else: a file that is no
    notebook, or one of the study's; and for what is no notebook, or no file of parameters.
    """
    if executed.suffix != ".ipynb" or executed.resolve().parent == NOTEBOOKS.resolve():
        raise StudyError(
            f"{executed} is no place for an executed notebook: name a file that ends in .ipynb, "
            "outside of notebooks/ (parameters are given by --params)"
        )
    _check_notebook(notebook)
    values = read_mapping(params, missing="write it") if params else {}
    if odd := [name for name in values if not str(name).isidentifier()]:
        raise StudyError(
            f"{params}: {odd[0]!r} is no name of a parameter: give the file of a profile, such as "
            "params/smoke.yaml"
        )
    executed.parent.mkdir(parents=True, exist_ok=True)
    # papermill warns of every parameter that the notebook leaves to its profile.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    execute_notebook(
        _literal(notebook),
        _literal(executed),
        {**values, **run},
        cwd=notebook.parent,
        engine_name=engine.NAME,
        progress_bar=False,
    )


def _check_notebook(path: Path) -> None:
    """Raise StudyError for what is no notebook, which papermill says at length."""
    if not path.is_file():
        raise StudyError(f"{path} is not there: name one of {shown_path(NOTEBOOKS)}/")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        whole = isinstance(cells, list)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise StudyError(f"{path} is no notebook: name one of {shown_path(NOTEBOOKS)}/")


def _literal(path: Path) -> str:
    """Return a path as papermill is to read it, which puts parameters where it finds braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def failure(notebook: Path, executed: Path, run: Mapping[str, str | int], error: Exception) -> str:
    """Return a line that says which notebook failed, why, and what to open."""
    named = "".join(f", {name} {value}" for name, value in run.items())
    begun = isinstance(error, PapermillExecutionError | DeadKernelError) and executed.exists()
    see = f" (open {shown_path(executed.resolve())})" if begun else ""
    return f"{notebook.stem}{named} failed: {reason(error)}{see}"


def reason(error: Exception) -> str:
    """Return in one line why a notebook did not come to its end."""
    if isinstance(error, DeadKernelError):
        return "its kernel was killed, perhaps for want of memory: free some and run it again"
    if isinstance(error, PapermillExecutionError):
        text = error.evalue if error.ename in TOLD else f"{error.ename}: {error.evalue}"
    else:
        text = str(error) if isinstance(error, StudyError) else f"{type(error).__name__}: {error}"
    return cut(" ".join(text.split()), LONGEST)


if __name__ == "__main__":
    sys.exit(main())
