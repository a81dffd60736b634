"""What this process has loaded, and as it was then: code, and the files that it works on.

In: digests at the time of loading, and later. Out: nothing, or StudyError where a manifest would
name code or data that nothing was trained or evaluated with, because they have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from cl_utils.code_fingerprint import module_digests
from cl_utils.errors import StudyError
from cl_utils.paths import NOTEBOOKS
from cl_utils.study.notebook_names import TRAINING

_LOADED: Final[dict[str, str]] = {}
"""The digest of each thing that was loaded, the last time it was."""


def note_loaded(what: str, digest: str) -> None:
    """Remember the digest of something that is loaded now; `what`: in words, with its path."""
    _LOADED[what] = digest


def check_still(what: str, digest: str) -> None:
    """Raise StudyError when something has another digest now than when it was loaded."""
    if _LOADED.get(what, digest) != digest:
        raise StudyError(
            f"{what} has changed since this process loaded it: restore it and save again, or run "
            "the notebook again"
        )


@lru_cache
def note_code(notebook: str = TRAINING) -> Mapping[Path, str]:
    """Remember a notebook's modules as they are at the first call in this process; return them.

    The notebook's own cells are left out: JupyterLab stores them while they run.
    """
    return module_digests(NOTEBOOKS / f"{notebook}.ipynb")


def check_code(notebook: str = TRAINING) -> None:
    """Raise StudyError when a module of a notebook has changed since `note_code`."""
    first = note_code(notebook)
    try:
        now = module_digests(NOTEBOOKS / f"{notebook}.ipynb").items()
        changed = next((path for path, each in now if first.get(path, each) != each), None)
    except SyntaxError as error:  # in the middle of an edit
        changed = Path(str(error.filename))
    if changed is not None:
        raise StudyError(
            f"{changed} has changed since this process loaded it, and a manifest would name code "
            "that did not run: restore it, or run the notebook again (after a restart of its "
            "kernel)"
        )
