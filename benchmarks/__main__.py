"""The command: `python -m benchmarks [name ...] [--authors PATH] [--quick] [--redraw]`.

In: names of benchmarks, all if none. Out: a table on the screen, rows under results/benchmarks/,
figures under figures/benchmarks/, and docs/speed.md. A quick run shows that all works; its rows
lie under runs/quick/ and change no page. `--redraw` only makes figures and page again from the
rows that are there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import growth, speed
from benchmarks.registry import BENCHMARKS
from benchmarks.rows import SpeedRow, save_rows
from benchmarks.settings import Settings, Skipped
from cl_utils.errors import StudyError
from cl_utils.experiments.compilation import nothing_compiled
from cl_utils.machine import facts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return 0, or 1 after a sentence that says what to fix."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all works")
    parser.add_argument("--authors", type=Path, metavar="PATH", help="a checkout of theirs")
    parser.add_argument("--redraw", action="store_true", help="measure nothing: figures, page")
    given = parser.parse_args(arguments)
    settings = Settings(quick=given.quick, authors=given.authors)
    try:
        for name in [] if given.redraw else chosen(given.names):
            run(name, settings)
        show(settings)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def chosen(names: Sequence[str]) -> Sequence[str]:
    """Return the names asked for, all if none; StudyError for one that does not exist."""
    for name in names:
        if name not in BENCHMARKS:
            raise StudyError(f"benchmark {name!r} does not exist: choose among {[*BENCHMARKS]}")
    return names or [*BENCHMARKS]


def run(name: str, settings: Settings) -> None:
    """Run one benchmark, print its rows and save them; say why when it is skipped."""
    print(f"\n{name}", flush=True)
    began = time.perf_counter()
    try:
        with nothing_compiled():
            rows = BENCHMARKS[name](settings)
    except Skipped as reason:
        print(f"  skipped: {reason}")
        return
    for row in rows:
        print(f"  {line(row)}")
    seconds = time.perf_counter() - began
    params = {"quick": settings.quick, "repetitions": settings.repetitions}
    folder = speed.results_folder(settings.quick)
    for path in save_rows(folder, name, rows, params, seconds=round(seconds, 1), **facts()):
        print(f"  {seconds:.0f} s; saved in {path}", flush=True)


def line(row: SpeedRow) -> str:
    """Return a row as a line of the table on the screen."""
    what, here, reference, ratio, target, met = speed.table_cells(asdict(row))
    if row.size_unit:
        what += f", {row.size:,.0f} {row.size_unit}"
    compared = f"; {reference}; {ratio}" if row.reference else ""
    return f"{what}: {here}{compared}" + (f"; {target}: {met}" if met else "")


def show(settings: Settings) -> None:
    """Draw the figures of all recorded rows and, unless this was a quick run, write the page."""
    folder = speed.results_folder(settings.quick)
    rows = speed.load_rows(folder)
    machines = {str(each): speed.machine_text(folder / str(each)) for each in set(rows["device"])}
    growth.draw(rows, machines, settings.quick)
    if not settings.quick:
        speed.write_speed_page()


if __name__ == "__main__":
    sys.exit(main())
