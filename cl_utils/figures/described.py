"""A figure that says what it shows: its result in a sentence, and what a reader must know.

In: a result and notes, made from the rows that are drawn. Out: the picture in a notebook with the
result as alternative text and the notes below it, in letters of the page; both are stored in the
saved files, from which pages take them.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from IPython.display import Markdown, display
from matplotlib.figure import Figure
from PIL import Image

from cl_utils.files import damaged
from cl_utils.labels.names import sentence_case

RESULT: Final = "Description"
NOTES: Final = "Comment"
"""Keywords of a PNG file (its specification, 11.3.3)."""
SCREEN: Final = 100  # dots an inch in a notebook
LONGEST_RESULT: Final = 300
"""Characters of a result that a caption repeats: a longer one lists what the figure prints."""


@dataclass(frozen=True)
class Description:
    """The result that a figure shows, in a sentence, and how to read it."""

    result: str = ""
    notes: str = ""

    @property
    def caption(self) -> str:
        """What stands below the figure: the notes, after a result that is short enough to read."""
        short = len(self.result) <= LONGEST_RESULT
        return f"{self.result} {self.notes}".strip() if short else self.notes


class Described(Figure):
    """A Figure with its `description`; a notebook shows both."""

    description: Description = Description()

    def _ipython_display_(self) -> None:
        """Show the picture with its alternative text, and its caption below."""
        display(Picture(self))  # type: ignore[no-untyped-call]
        if caption := self.description.caption:
            display(Markdown(f"*{plain(caption)}*"))  # type: ignore[no-untyped-call]


class Picture:
    """A described figure as a single output, which can be renewed in its place."""

    def __init__(self, figure: Described) -> None:
        self.figure = figure

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        content, words = BytesIO(), self.figure.description.result
        self.figure.savefig(content, format="png", dpi=SCREEN)
        picture = b64encode(content.getvalue()).decode("ascii")
        data = {"image/png": picture, "text/plain": words or "a figure"}
        return data, {"image/png": {"alt": words}} if words else {}


def describe(figure: Described, result: str, *notes: str) -> None:
    """Say what a figure shows, with its number, and what its reader must know."""
    figure.description = Description(sentence_case(result), " ".join(" ".join(notes).split()))


def description_of(figure: Figure) -> Description:
    """Return what is said of a figure; nothing of one that is not described."""
    return figure.description if isinstance(figure, Described) else Description()


def stored_description(path: Path) -> Description:
    """Return what a saved figure (PNG) says of itself; nothing where it has no words or is missing.

    Raises StudyError for a file that is no whole picture.
    """
    try:
        with Image.open(path) as image:
            words = {key: str(image.info.get(key, "")) for key in (RESULT, NOTES)}
            image.verify()
    except FileNotFoundError:
        return Description()
    except (OSError, SyntaxError, ValueError):  # what Pillow raises of pictures that are not whole
        raise damaged(path, "run the notebook that draws it") from None
    return Description(words[RESULT], words[NOTES])


def plain(text: str) -> str:
    """Return text whose stars, underscores and brackets stay what they are in Markdown."""
    for sign in "\\*_[]`":
        text = text.replace(sign, f"\\{sign}")
    return text
