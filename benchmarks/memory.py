"""Memory and time that a study's data need, measured in a process of their own.

In: a number of programs. Out: the seconds of every stage, and the most memory that the process and
its children held at one time.
"""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.data import whole_data
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from cl_utils.errors import StudyError

TARGET = Target(2.0, "value", "at most")
SAMPLE_SECONDS = 0.1
PEAK = "peak memory"  # in bytes, beside the stages' seconds


def memory(settings: Settings) -> list[SpeedRow]:
    """Measure the peak memory of a million programs from the grammar to the tokens."""
    count = settings.size(1_000_000, 5_000)
    found = data_cost(count)
    what = f"{PEAK} of {count:,} programs from the grammar to the tokens, all processes"
    return [speed_row(what, "GB", [found[PEAK] / 1e9], target=TARGET)]


def data_cost(count: int) -> dict[str, float]:
    """Return the seconds of each stage of `data.whole_data`, and the peak memory in bytes."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_make, args=(count, theirs))
    child.start()
    theirs.close()
    peak = 0
    try:
        while not ours.poll(SAMPLE_SECONDS):
            peak = max(peak, memory_of_tree(child.pid or 0))
        seconds, own_peak = ours.recv()
    except EOFError:
        child.join()
        raise StudyError(
            f"the data of {count:,} programs ended with code {child.exitcode}: its last lines "
            "above say why"
        ) from None
    child.join()
    return {**seconds, PEAK: float(max(peak, own_peak))}


def _make(count: int, connection: Connection) -> None:
    connection.send((whole_data(count), own_peak_memory()))


def memory_of_tree(process: int) -> int:
    """Return the bytes that a process and its children hold now; 0 where the system does not say.

    A page that several share is counted once: each holds its proportional share.
    """
    return sum(_proportional(each) for each in _tree(process))


def _tree(process: int) -> Iterator[int]:
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # ended meanwhile
            continue
        for child in found:
            yield from _tree(int(child))


def _proportional(process: int) -> int:
    return _kilobytes(Path(f"/proc/{process}/smaps_rollup"), "Pss") * 1024


def own_peak_memory() -> int:
    """Return the most bytes that this process held at any time; 0 where no system says.

    Linux's `ru_maxrss` would count what its parent held when it started this process.
    """
    peak = _kilobytes(Path("/proc/self/status"), "VmHWM") * 1024
    if peak == 0 and sys.platform == "darwin":
        import resource  # not on every system

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak


def _kilobytes(file: Path, name: str) -> int:
    """Return a number that a file of /proc has under a name; 0 where there is none."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    except OSError:  # no such system, or the process ended meanwhile
        return 0
    return int(found[1]) if found else 0
