"""The table of programs that a study begins with, checked: notebook 01's, or one of your own.

In: a table with program_id, level, source, output, natural. Out: nothing, or one sentence with the
first program that cannot be used, and why.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import StudyError
from cl_utils.names import cut, shown
from cl_utils.tinypy.sandbox import run

COLUMNS: Final = ("program_id", "level", "source", "output", "natural")
LATER: Final = (*METRICS, "bucket", "split", "canonical_hash", "text_hash")
"""Columns that notebooks 02 and 03 add."""
WHOLE: Final = "all"  # how tables call the programs of every level
UNLIKE_THE_GRAMMAR: Final = re.compile(
    r"[A-Za-z0-9][-+*/%=<>!]|[=<>%*][A-Za-z0-9]|#|\n\n|^\n|\n$|[ \t]\n|[ \t]$|\t "
    r"|(?<!if)  |   |(?:print|range)\( | \)"
    r"|(?m:^(?!\t*(?:[a-z] = |print\(|if |elif |else :|for [a-z] in range\(|while )))"
)
"""In a source: operators without spaces, comments, empty lines, spaces at the end of a line, more
of them than the grammar has (which writes two after some `if`), lines that are no statement."""
NUMBERS: Final = re.compile(r"(?:-?[0-9][0-9.e+-]*(?:\n-?[0-9][0-9.e+-]*)*)?", re.ASCII)
"""All that TinyPy prints: a number a line, or nothing."""
RUN_AGAIN: Final = 8  # programs of a table
REPAIR: Final = "keep `source` and `output` of cl_utils.playground.program.read"


def check_programs(programs: pd.DataFrame) -> None:
    """Raise StudyError unless notebooks 02 to 05 can use the table as it is.

    Sources have the grammar's layout: two that differ only in layout would count as different
    programs, one to train on and one to test with.
    """
    if missing := [name for name in COLUMNS if name not in programs]:
        raise StudyError(f"the table of programs lacks the columns {', '.join(missing)}: add them")
    if taken := [name for name in LATER if name in programs]:
        raise StudyError(
            f"the table of programs has the columns {', '.join(taken)}, which notebooks 02 and 03 "
            "add: remove them"
        )
    if programs.empty:
        raise StudyError("the table of programs has no row: draw some programs")
    if not pd.api.types.is_integer_dtype(programs["program_id"]):
        raise StudyError("program_id of the table of programs is no whole number: give 0, 1, ...")
    if (again := programs["program_id"].duplicated()).any():
        number = programs.loc[again, "program_id"].iloc[0]
        raise StudyError(
            f"program_id {number} appears twice in the table of programs: use each once"
        )
    _refuse(programs, programs["program_id"] < 0, "program_id", "0 or more")
    if not pd.api.types.is_bool_dtype(programs["natural"]):
        raise StudyError("natural of the table of programs is neither True nor False: give one")
    for name in ("level", "source", "output"):
        _refuse(programs, ~programs[name].map(lambda text: isinstance(text, str)), name, "a text")
    named = programs["level"].str.strip()
    _refuse(programs, named.isin(["", WHOLE]), "level", f"a name other than {WHOLE!r}")
    odd = (named != programs["level"]) | ~named.map(str.isascii)
    _refuse(programs, odd, "level", "a name in ASCII without spaces around it")
    odd = programs["source"].str.contains(UNLIKE_THE_GRAMMAR) | (programs["source"] == "")
    _refuse(programs, odd, "source", f"a program in the grammar's layout ({REPAIR})")
    _refuse(programs, programs["source"].duplicated(), "source", "each program once")
    ends = programs["output"].str.contains(r"\n\n|\n$", regex=True)
    _refuse(programs, ends, "output", f"without empty lines ({REPAIR})")
    other = ~programs["output"].map(lambda text: NUMBERS.fullmatch(text) is not None)
    _refuse(programs, other, "output", f"one number per line, as TinyPy prints them ({REPAIR})")
    _check_outputs(programs)


def _check_outputs(programs: pd.DataFrame) -> None:
    """Raise StudyError unless some programs, spread over the table, print their outputs.

    Not all, as each takes a process; a table whose outputs were cast or misplaced is found so.
    """
    places = np.unique(np.linspace(0, len(programs) - 1, RUN_AGAIN).astype(int))
    for _, program in programs.iloc[places].iterrows():
        printed = run(program["source"])
        if printed != program["output"]:
            raise StudyError(
                f"program {program['program_id']} has output={cut(shown(program['output']), 80)}, "
                f"but prints {cut(shown(printed), 80)}: give what it prints ({REPAIR})"
            )


def _refuse(programs: pd.DataFrame, wrong: pd.Series, column: str, wanted: str) -> None:
    """Raise StudyError with the first program that is wrong in a column, if any is."""
    if not wrong.any():
        return
    first = programs[wrong].iloc[0]
    value = first[column].item() if isinstance(first[column], np.generic) else first[column]
    raise StudyError(
        f"program {first['program_id']} has {column}={cut(shown(value), 80)}: give {wanted}"
    )
