"""Choose rows of the measures: one measure, on one test set and subset, of one recipe.

In: the measures of a study (columns recipe, arm, seed, test_set, subset, measure, value).
Out: the rows that are comparable with one another, or their values by seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.curriculum.arms import arms
from cl_utils.errors import StudyError
from cl_utils.names import shown, unknown

Cell = tuple[str, str, str]
"""A measure, a test set and a subset: what is compared."""
Pair = tuple[str, str]
"""An arm and its reference."""
COLUMNS: Final = ("recipe", "arm", "seed", "test_set", "subset", "measure", "value")
PRIMARY: Final[Cell] = ("execution_exact", "balanced", "macro")
"""The study's primary measure."""


def select(measures: pd.DataFrame, measure: str, test_set: str, subset: str) -> pd.DataFrame:
    """Return the rows of one measure, one an arm and seed; missing values are dropped.

    Raises StudyError when the rows mix recipes or hold one run twice: a mean over them would
    weigh runs unequally; and for a column that is missing, a seed that is no whole number, or a
    value that is infinite: any of them would make a number of what is none.
    """
    if lacking := [name for name in COLUMNS if name not in measures]:
        raise StudyError(f"the measures lack the columns {', '.join(lacking)}: add them")
    rows = measures[measures["measure"] == measure]  # few of all, so the rest compares few texts
    rows = rows[(rows["test_set"] == test_set) & (rows["subset"] == subset)]
    rows = rows.dropna(subset=["value"])
    _check_numbers(rows, f"{measure} on {test_set}/{subset}")
    check_one_recipe(rows)
    twice = rows[rows.duplicated(["arm", "seed"])]
    if not twice.empty:
        run = f"{twice['arm'].iloc[0]}, seed {twice['seed'].iloc[0]}"
        raise StudyError(
            f"{measure} on {test_set}/{subset} appears twice for {run}: keep one row per run"
        )
    return rows


def _check_numbers(rows: pd.DataFrame, where: str) -> None:
    """Raise StudyError for the first run whose seed is no whole number, or its value infinite."""
    if pd.api.types.infer_dtype(rows["seed"]) not in ("integer", "empty"):
        odd = next(each for each in rows["seed"] if not _is_whole(each))
        raise StudyError(f"{where} has the seed {odd!r}: give every run a whole number")
    infinite = rows[np.isinf(rows["value"].to_numpy(dtype=float))]
    if not infinite.empty:
        run = infinite.iloc[0]
        raise StudyError(
            f"{where} is {run['value']} for {run['arm']}, seed {run['seed']}: leave the run out, "
            "or measure something that is finite"
        )


def _is_whole(seed: object) -> bool:
    """Return whether a seed is a whole number; True and False are none."""
    return isinstance(seed, int | np.integer) and not isinstance(seed, bool)


def check_programs_once(programs: pd.DataFrame) -> None:
    """Raise StudyError when the rows of programs hold an answer twice: it would count twice."""
    run = ["recipe", "arm", "seed", "test_set", "program_id"]
    again = programs.duplicated([name for name in run if name in programs])
    if again.any():
        first = programs[again].iloc[0]
        raise StudyError(
            f"program {first['program_id']} on {first['test_set']} appears twice for "
            f"{first['arm']}, seed {first['seed']}: keep one row per run and program"
        )


def check_cell(measures: pd.DataFrame, cell: Cell) -> None:
    """Raise StudyError that says what there is when nothing was measured under a cell's names."""
    measure, test_set, subset = cell
    for column, value, where in (
        ("measure", measure, ""),
        ("test_set", test_set, f"{measure}: "),
        ("subset", subset, f"{measure} on {test_set}: "),
    ):
        known = list(measures[column].unique())
        if known and value not in known:
            raise unknown(f"{where}{column}", value, known)
        measures = measures[measures[column] == value]


def check_pairs(contrasts: Sequence[Pair], measures: pd.DataFrame) -> None:
    """Raise StudyError unless contrasts are pairs of two arms that exist, finished or not.

    Each counts in the family, so none may stand there twice.
    """
    known = dict.fromkeys([*arms(), *(arms_in(measures) if "arm" in measures else ())])
    before: list[set[str]] = []
    for pair in contrasts:
        if not _is_pair(pair):
            raise StudyError(
                f"contrasts={shown(list(contrasts))} holds {shown(pair)}, which is no pair of two "
                "arms: write [('hybrid', 'baseline')]"
            )
        for name in pair:
            if name not in known:
                raise unknown("contrasts: arm", name, known)
        if set(pair) in before:
            raise StudyError(f"contrasts: {shown(pair)} stands there twice: remove one")
        before.append(set(pair))


def _is_pair(given: object) -> bool:
    """Return whether something is two different names."""
    names = list(given) if isinstance(given, tuple | list) else []
    return len(names) == 2 and all(isinstance(name, str) for name in names) and names[0] != names[1]


def check_one_recipe(rows: pd.DataFrame) -> None:
    """Raise StudyError when `rows` come from more than one recipe."""
    recipes = sorted(rows["recipe"].unique())
    if len(recipes) > 1:
        raise StudyError(
            f"rows of the recipes {', '.join(recipes)} are mixed: "
            "choose one with Results.of_recipe(name)"
        )


def seed_values(rows: pd.DataFrame, arm: str) -> pd.Series:
    """Return the values (percent) of one arm, indexed and ordered by seed."""
    return rows[rows["arm"] == arm].set_index("seed")["value"].sort_index()


def paired(ours: pd.Series, theirs: pd.Series) -> NDArray[np.float64]:
    """Return two samples (2, n): the values, indexed by seed, of the seeds that both have."""
    return np.asarray(pd.concat([ours, theirs], axis=1).dropna(), dtype=float).T


def stacked(tables: Iterable[pd.DataFrame], columns: Collection[str] = ()) -> pd.DataFrame:
    """Return the rows of all tables; `columns`: of the result where none has any.

    Empty tables are left out, since pandas would take their types for those of the others.
    """
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=list(columns))


def arms_in(rows: pd.DataFrame) -> list[str]:
    """Return the names of the arms in `rows`, in the order of the alphabet."""
    return sorted(rows["arm"].unique())
