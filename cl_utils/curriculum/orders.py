"""Orders of one set of programs by difficulty: the same programs, each as often, read otherwise.

In: how many programs. Out: their ranks (0 the easiest) in the order in which they are read, a
permutation. Folding is of Dai et al. 2025 (arXiv 2506.21545); zigzag, stair and saw of Dai et al.
2026 (arXiv 2605.30334), with the settings of their code's released configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ranks = NDArray[np.int64]
LAYERS: Final = 5  # of folding and zigzag
STAIR: Final = {"sections": 2, "layers": 3, "radius": 0.225}
SAW: Final = {"sections": 3, "layers": 2, "radius": 0.075}


def ascending(count: int) -> Ranks:
    """Return the ranks from easy to hard."""
    return np.arange(count)


def descending(count: int) -> Ranks:
    """Return the ranks from hard to easy."""
    return np.arange(count)[::-1]


def folding(count: int, layers: int = LAYERS) -> Ranks:
    """Return several passes from easy to hard: pass l reads the ranks l, l + layers, ..."""
    return np.concatenate([np.arange(first, count, layers) for first in range(layers)])


def zigzag(count: int, layers: int = LAYERS) -> Ranks:
    """Return the passes of `folding`, every other one from hard to easy: no jump between two."""
    passes = [np.arange(first, count, layers) for first in range(layers)]
    return np.concatenate([p[::-1] if number % 2 else p for number, p in enumerate(passes)])


def stair(count: int) -> Ranks:
    """Return the ranks from easy to hard, but folded around the middle."""
    return _with_transitions(count, folding, **STAIR)


def saw(count: int) -> Ranks:
    """Return the ranks from easy to hard, but in zigzag around the borders of the thirds."""
    return _with_transitions(count, zigzag, **SAW)


def _with_transitions(
    count: int,
    reorder: Callable[[int, int], Ranks],
    *,
    sections: float,
    layers: float,
    radius: float,
) -> Ranks:
    """Return ascending ranks, reordered within `radius` x `count` of each border of sections.

    Where two such regions meet, the later one begins where the earlier one ends.
    """
    ranks, done = np.arange(count), 0
    for border in range(1, int(sections)):
        middle, reach = round(count * border / sections), round(count * radius)
        begin, end = max(done, middle - reach), min(count, middle + reach)
        ranks[begin:end] = begin + reorder(end - begin, int(layers))
        done = end
    return ranks


ORDERS: Final[Mapping[str, Callable[[int], Ranks]]] = {
    "easy-to-hard": ascending,
    "hard-to-easy": descending,
    "folding": folding,
    "zigzag": zigzag,
    "stair": stair,
    "saw": saw,
}
"""By the name that an arm's `order` has."""
