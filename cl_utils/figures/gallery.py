"""The figures of one notebook: drawn, saved and listed, or the sentence that says what is missing.

In: params, and for each figure its function and rows. Out: PNG and PDF under figures/<profile>/,
and a list of them under runs/<profile>/figures/ as the proof that the notebook ran.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from cl_utils.artifacts import file_digest, write_json
from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.study.params import Params


class Gallery:
    """What a notebook draws. A study that is partly finished lacks figures, and says which."""

    def __init__(self, params: Params, notebook: str) -> None:
        self.params, self.notebook = params, notebook
        self.made: dict[str, str] = {}
        self.missing: dict[str, str] = {}

    def draw(
        self, name: str, function: Callable[..., Figure], *rows: Any, **options: Any
    ) -> Figure | str:
        """Return the figure `function(*rows)`, saved as `name`; or why its rows cannot give it."""
        try:
            figure = function(*rows, **options)
        except StudyError as reason:
            self.missing[name] = str(reason)
            return str(reason)
        paths = style.save(figure, self.params.figures, name)
        self.made |= {path.name: file_digest(path) for path in paths}
        return figure

    def seal(self) -> list[str]:
        """Leave the list of figures with their fingerprints; return the names that are missing."""
        path = self.params.paths.gallery(self.notebook, self.params.recipe)
        write_json(path, {"figures": self.made, "missing": self.missing})
        return sorted(self.missing)
