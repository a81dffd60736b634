"""Tasks that need nothing, for the tests of worker pools; their processes start quickly."""

from __future__ import annotations

from benchmarks.workers import Workload


class Counting:
    """A task of no effort: each piece of work is two."""

    def prepare(self) -> Workload:
        return Workload(lambda: 2.0)


class Broken:
    """A task that cannot be prepared."""

    def prepare(self) -> Workload:
        raise SystemExit(3)
