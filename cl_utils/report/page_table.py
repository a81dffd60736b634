"""A table as a page shows it, whether or not the page lets a table bring styles of its own.

In: texts of cells. Out: HTML whose alignment stands at each cell. JupyterLab takes style sheets out
of a notebook that was not run here yet, and code hosts take out all styles: there, columns of texts
would be aligned to the right, and a program would lose its lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

import pandas as pd

CODE: Final = "margin: 0; text-align: left; background-color: transparent"


@dataclass(frozen=True, eq=False)
class PageTable:
    """Cells of text under their heads; a notebook shows it as a table, a terminal as lines.

    `right`: the columns of numbers; `code`: those of programs and what they print, kept line by
    line; `note`: a sentence below.
    """

    cells: pd.DataFrame
    right: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    note: str = ""

    def to_html(self) -> str:
        """Return the table as HTML; texts are escaped."""
        heads = "".join(self._cell("th", name, escape(str(name))) for name in self.cells)
        lines = "\n".join(f"<tr>{''.join(line)}</tr>" for line in self._lines())
        note = f"\n<p>{escape(self.note)}</p>" if self.note else ""
        table = f"<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{lines}\n</tbody>"
        return f"<table>\n{table}\n</table>{note}"

    def _lines(self) -> Iterator[list[str]]:
        """Return the cells of each row."""
        for _, row in self.cells.iterrows():
            yield [self._cell("td", name, self._shown(name, text)) for name, text in row.items()]

    def _shown(self, column: object, text: str) -> str:
        """Return what stands in a cell: code as it is written, other texts as a line."""
        if column in self.code:
            return f'<pre style="{CODE}">{escape(text)}</pre>'
        return escape(text)

    def _cell(self, tag: str, column: object, content: str) -> str:
        """Return a cell; the attribute is for pages that leave out the style."""
        side = "right" if column in self.right else "left"
        return f'<{tag} align="{side}" style="text-align: {side}">{content}</{tag}>'

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        lines = self.cells.to_string(index=False)
        return f"{lines}\n{self.note}" if self.note else lines
