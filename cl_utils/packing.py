"""Whole programs side by side in rows of one length: the layout of aligned batches and of scoring.

In: records and a row length. Out: for every character its row and column; a program never
spans two rows, and attention never leaves it.
"""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np
from numpy.typing import NDArray

from cl_utils.errors import StudyError


def pack(lengths: NDArray[np.int64], row_length: int, rows: int | None = None) -> NDArray[np.int64]:
    """Return the start of each program in a grid of rows, as row * row_length + column.

    Best fit, longest first. With `rows`, programs that find no room get -1; without, the grid
    grows. Raises StudyError when a program is longer than a row.
    """
    if len(lengths) and lengths.max() > row_length:
        raise StudyError(
            f"a program of {lengths.max()} characters does not fit a row of {row_length}: "
            "raise `context` or lower `maximum_characters` in the params file"
        )
    starts = np.full(len(lengths), -1, dtype=np.int64)
    open_rows: list[tuple[int, int]] = []  # (free characters, row), fullest first
    opened = 0
    for program in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[program])
        place = bisect_left(open_rows, (length, -1))
        if place < len(open_rows):
            free, row = open_rows.pop(place)
        elif rows is None or opened < rows:
            free, row, opened = row_length, opened, opened + 1
        else:
            continue
        starts[program] = row * row_length + row_length - free
        insort(open_rows, (free - length, row))
    return starts


def spread(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the grid place of every character of every program, program after program."""
    before = np.cumsum(lengths) - lengths
    places: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
    return places
