"""The one split of all arms: no held-out program has a renamed twin in training.

In: a table of programs with their buckets and canonical hashes. Out: for each program one of
train, validation, test, natural (the second test set, in the grammar's own mix), leaky (what a
split by text alone would have tested on) or unused.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.tinypy.record import stable_hash

PARTS = ("train", "validation", "test", "natural", "leaky", "unused")
HELD_OUT = {"validation": 0.04, "test": 0.10, "natural": 0.06}  # shares of the canonical classes


def part_of_class(canonical_hashes: NDArray[np.int64], seed: int) -> NDArray[np.str_]:
    """Return the part that each canonical class belongs to, by its hash and the seed alone."""
    salted = [stable_hash(f"{seed}/{each}") for each in canonical_hashes.tolist()]
    place = np.asarray(salted, dtype=float) / 2**63
    edges = np.cumsum(list(HELD_OUT.values()))
    return np.asarray([*HELD_OUT, "train"])[np.digitize(place, edges)]


def split(programs: pd.DataFrame, wanted: Mapping[str, int], *, seed: int) -> NDArray[np.str_]:
    """Return the split of each row of `programs`.

    `programs` has the columns bucket, canonical_hash, text_hash and natural.
    `wanted`: programs per bucket for train, validation and test, programs in all for natural and
    leaky (none if it is not named).
    Validation and test hold one program of a class, so that no class weighs more than another.
    Raises StudyError when a bucket has too few, naming the part, the bucket and both counts.
    """
    parts = part_of_class(programs["canonical_hash"].to_numpy(), seed)
    # A program in canonical form comes first of those held out: both its hashes are then of one
    # text, so that it has the low place that held its class out (docs/log/data_and_leakage.md).
    order = np.argsort([stable_hash(f"{seed}/{each}") for each in programs["text_hash"].tolist()])
    buckets, classes = programs["bucket"].to_numpy(), programs["canonical_hash"].to_numpy()
    result = np.full(len(programs), "unused", dtype="<U10")
    for part in ("train", "validation", "test"):
        for bucket in BUCKETS:
            chosen = order[((parts == part) & (buckets == bucket))[order]]
            if part != "train":
                chosen = chosen[np.sort(np.unique(classes[chosen], return_index=True)[1])]
            _take(result, chosen, part, wanted[part], f"bucket {bucket}")
    mine = (parts == "natural") & programs["natural"].to_numpy()
    _take(result, order[mine[order]], "natural", wanted["natural"], "the natural mix")
    _take_leaky(result, programs, parts != "train", order, wanted.get("leaky", 0))
    return result


def _take_leaky(
    result: NDArray[np.str_],
    programs: pd.DataFrame,
    held_out: NDArray[np.bool_],
    order: NDArray[np.int64],
    wanted: int,
) -> None:
    """Mark programs as a split by text alone would: any that training has not, of any class.

    Their buckets have the natural mix's shares, and held-out classes their share of all classes.
    """
    buckets, natural = programs["bucket"].to_numpy(), programs["natural"].to_numpy()
    outside = sum(HELD_OUT.values())
    for bucket in BUCKETS:
        share = float((buckets[natural] == bucket).mean())
        for apart, part in ((False, 1 - outside), (True, outside)):
            mine = (result == "unused") & (buckets == bucket) & (held_out == apart)
            count = round(wanted * share * part)
            _take(result, order[mine[order]], "leaky", count, f"bucket {bucket}")


def _take(
    result: NDArray[np.str_], chosen: NDArray[np.int64], part: str, wanted: int, where: str
) -> None:
    if len(chosen) < wanted:
        raise StudyError(
            f"{part} needs {wanted} programs of {where}, but only {len(chosen)} are there: "
            "raise `programs` or `least_per_bucket` in the params file, or ask for fewer"
        )
    result[chosen[:wanted]] = part


def leak_by_split(programs: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return what a split by text alone would have leaked, beside the twin-free split.

    Both hold out as many test programs; a twin is a training program equal after renaming, a
    row of the table the share (percent) of test programs with at least one twin.
    """
    used = programs[programs["split"].isin(["train", "test"])]
    canonical = used["canonical_hash"].to_numpy()
    honest = (used["split"] == "test").to_numpy()
    by_text = np.zeros(len(used), dtype=bool)
    shuffled = np.argsort([stable_hash(f"leak/{seed}/{each}") for each in used["text_hash"]])
    by_text[shuffled[: honest.sum()]] = True
    rows = [("twin-free (used here)", honest), ("by text alone", by_text)]
    return pd.DataFrame(
        {
            "split": [name for name, _ in rows],
            "test programs": [int(test.sum()) for _, test in rows],
            "with a renamed twin in training (%)": [
                100.0 * float(np.isin(canonical[test], canonical[~test]).mean()) for _, test in rows
            ],
        }
    )
