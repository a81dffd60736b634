"""Batches in exactly a given order, but for the one program that each of them cuts.

In: all programs in order, with their characters. Out: the programs of each batch. `reordered.pack`
lets programs move by a few places, so that the characters of all batches come out even; where an
order sorts by length, near programs are alike and moving them helps nothing.
"""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import NDArray

Packed = tuple[NDArray[np.int64], NDArray[np.int64]]

# Every batch learns from exactly as many characters, so it cuts one program, and all batches
# together have to cut away what the programs have too much. So twice as many programs as there are
# batches are set aside at random. Each batch reads one of them whole, then programs in order, and
# cuts another one: that whose cut keeps the sum nearest to a straight line. If none is long enough,
# the next program in order is cut. So all but about one program in forty keep their order exactly.
SPARES = 2  # a batch


def pack_with_spares(
    programs: NDArray[np.int64],
    lengths: NDArray[np.int64],
    characters: int,
    steps: int,
    rng: np.random.Generator,
) -> Packed | None:
    """Return all programs (K,), and where each batch begins (steps + 1,); None when that fails.

    Every program is begun once. A batch's programs have at least `characters`, and without the last
    one fewer.
    """
    aside = rng.permutation(len(programs))[: SPARES * steps]
    spares, rest = aside.tolist(), np.setdiff1d(np.arange(len(programs)), aside)
    surplus, lost, begin = int(lengths.sum()) - steps * characters, 0, 0
    most = characters // max(1, int(lengths.min(initial=1))) + 1
    batches: list[list[int]] = []
    for step in range(steps - 1):
        whole = [spares.pop() for _ in range(len(spares) - (SPARES * (steps - step) - 1))]
        left = characters - int(lengths[whole].sum())
        filled = np.cumsum(lengths[rest[begin : begin + most]])
        count = int(np.searchsorted(filled, left))
        if count == len(filled):
            return None
        room = left - int(filled[count - 1] if count else 0)
        cuts = lengths[[rest[begin + count], *spares]] - room
        wanted = surplus * (step + 1) / steps - lost
        best = int(np.where(cuts >= 0, np.abs(cuts - wanted), np.inf).argmin())
        last = spares.pop(best - 1) if best else int(rest[begin + count])
        batches.append([*whole, *rest[begin : begin + count].tolist(), last])
        lost, begin = lost + int(cuts[best]), begin + count + (best == 0)
    batches.append(_longest_last([*rest[begin:].tolist(), *spares], lengths))
    if not _fits(batches[-1], lengths, characters):
        return None
    starts = np.cumsum([0, *map(len, batches)])
    return programs[np.fromiter(chain.from_iterable(batches), np.int64)], starts


def _longest_last(batch: list[int], lengths: NDArray[np.int64]) -> list[int]:
    """Return a batch with its longest program, which has room for a cut, at the end."""
    if not batch:
        return batch
    place = int(lengths[batch].argmax())
    return [*batch[:place], *batch[place + 1 :], batch[place]]


def _fits(batch: list[int], lengths: NDArray[np.int64], characters: int) -> bool:
    """Return whether a batch is full with its last program, and not before."""
    if not batch:
        return False
    total = int(lengths[batch].sum())
    return total - int(lengths[batch[-1]]) < characters <= total
