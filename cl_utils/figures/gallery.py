"""The figures of one notebook: saved, shown and listed, or the sentence that says what is missing.

In: params, and each figure. Out: PNG and PDF under figures/<profile>/,
and a list of them under runs/<profile>/figures/ as the proof that the notebook ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.display import display
from matplotlib.figure import Figure

from cl_utils.errors import StudyError, UnwritableError
from cl_utils.figures import style
from cl_utils.files import file_digest, write_json
from cl_utils.study.params import Params


class Gallery:
    """What a notebook draws. A study that is partly finished lacks figures, and says which."""

    def __init__(self, params: Params, notebook: str) -> None:
        self.params, self.notebook = params, notebook
        self.name = ""  # of the figure that is drawn
        self.made: dict[str, str] = {}
        self.missing: dict[str, str] = {}

    @contextmanager
    def figure(self, name: str) -> Iterator[None]:
        """Draw one figure in this block, which ends and says why when its rows are missing.

        An older figure of that name goes then: it shows rows that are not there any more. What
        cannot be saved is no missing row, and is raised.
        """
        self.name = name
        try:
            yield
        except UnwritableError:
            raise
        except StudyError as reason:
            self.missing[name] = str(reason)
            for path in style.paths(self.params.figures, name):
                path.unlink(missing_ok=True)
            print(reason)

    def show(self, figure: Figure) -> None:
        """Save a figure under the name of its block, and show it."""
        paths = style.save(figure, self.params.figures, self.name)
        self.made |= {path.name: file_digest(path) for path in paths}
        display(figure)  # type: ignore[no-untyped-call]

    def seal(self) -> list[str]:
        """Leave the list of figures with their fingerprints; return the names that are missing."""
        path = self.params.paths.gallery(self.notebook, self.params.recipe)
        write_json(path, {"figures": self.made, "missing": self.missing})
        return sorted(self.missing)
