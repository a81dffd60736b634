"""`python tests/torture`: all attacks in their long form, one table, exit status 1 if one was lost.

In: options. Out: the table and the lost cases on stdout, and in a file if one is named. Everything
that is attacked lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(TESTS), str(TESTS.parent)]  # in the place of this folder
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from torture.attacks import ATTACKS, long_form, outcomes, short_form  # noqa: E402
from torture.ground import Ground  # noqa: E402
from torture.outcome import Tally  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack; return 1 if anything was lost, else 0."""
    parser = argparse.ArgumentParser(prog="tests/torture", description=__doc__)
    names = ", ".join(ATTACKS)
    parser.add_argument("--minutes", type=float, default=20.0, help="about how long; default: 20")
    parser.add_argument("--only", default=names, help=f"some of these attacks: {names}")
    parser.add_argument("--seed", type=int, default=0, help="of everything random; default: 0")
    parser.add_argument("--case", type=int, help="this attempt alone")
    parser.add_argument("--short", action="store_true", help="few attempts, as the tests do")
    parser.add_argument("--table", type=Path, help="a file that gets the table as well")
    given = parser.parse_args(arguments)
    chosen = [name.strip() for name in given.only.split(",")]
    if unknown := [name for name in chosen if name not in ATTACKS]:
        parser.error(f"{unknown[0]!r} is no attack: choose among {names}")
    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # with all that was started
    gc.freeze()  # forked processes then share what is there
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        ground = Ground(Path(folder))
        for name in chosen:
            numbers = long_form(name, given.minutes)
            if given.short:
                numbers = iter(short_form(name))
            if given.case is not None:
                numbers = iter([given.case])
            _attack(name, ground, given.seed, numbers, tally)
    again = f"python tests/torture --seed {given.seed} --only ATTACK --case NUMBER"
    text = f"{tally.table()}\n\n{tally.losses(again)}".rstrip()
    print(text)
    if given.table:
        given.table.write_text(text + "\n", encoding="utf-8")
    return 1 if tally.lost else 0


def _attack(name: str, ground: Ground, seed: int, numbers: Iterable[int], tally: Tally) -> None:
    began, before = time.monotonic(), len(tally.lost)
    for outcome in outcomes(name, ground, seed, numbers):
        tally.add(outcome)
    lost = len(tally.lost) - before
    print(f"{name}: {time.monotonic() - began:.0f} s, {lost} lost", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
