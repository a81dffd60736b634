"""Tasks that need nothing, for the tests of crews; processes that do them start with little."""

from __future__ import annotations

from benchmarks.crews import Pace


class Counting:
    """A task of no effort: each piece of work is two."""

    def open(self) -> Pace:
        return Pace(lambda: 2.0)


class Broken:
    """A task that cannot open."""

    def open(self) -> Pace:
        raise SystemExit(3)
