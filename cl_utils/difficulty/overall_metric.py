"""How hard a program is, by the paper's overall metric, under two definitions of Halstead's.

In: sources. Out: cyclomatic complexity, Halstead difficulty by radon (the paper's, as far as its
numbers tell) and by tokens (the textbook's), and the overall metric OM = (CC + HD) / 2 of each.
What is not TinyPy is refused: by tokens, a comment or a long name would weigh what it should not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cl_utils.difficulty.halstead import form_of, radon_scores, source_of, token_halstead
from cl_utils.errors import StudyError
from cl_utils.parallel import ordered_map
from cl_utils.tinypy.gate import check_spelling, parse_spelled, parse_tinypy

if TYPE_CHECKING:
    import pandas as pd

_CACHED_FORMS = 2**16
_BATCH = 2000  # programs that a process measures at once


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """The scores of one program; `_token` marks textbook Halstead, the others are radon's."""

    cyclomatic_complexity: int
    halstead_difficulty: float
    halstead_difficulty_token: float
    overall_metric: float
    overall_metric_token: float


DIFFICULTY_COLUMNS = tuple(field.name for field in fields(Difficulty))


def difficulty(source: str) -> Difficulty:
    """The scores of one program.

    Raises StudyError when the source is not TinyPy (see `gate.parse_tinypy`).
    """
    complexity, radon = radon_scores(parse_tinypy(source))
    token = token_halstead(source)
    return Difficulty(
        cyclomatic_complexity=complexity,
        halstead_difficulty=radon,
        halstead_difficulty_token=token,
        overall_metric=(complexity + radon) / 2,
        overall_metric_token=(complexity + token) / 2,
    )


def token_halstead_difficulty(source: str) -> float:
    """Halstead's difficulty of one program over all its tokens, see `halstead.token_halstead`.

    Raises StudyError as `difficulty` does.
    """
    parse_tinypy(source)
    return token_halstead(source)


def measure(sources: Sequence[str] | pd.Series, *, processes: int | None = None) -> pd.DataFrame:
    """The scores of many programs: a row each, in order, a column per field of `Difficulty`.

    Large work is shared among `processes` (default: all cores), and comes out the same for any
    number of them. Raises StudyError as `difficulty` does.
    """
    import pandas as pd  # here, so that processes which share the work start without it

    batches = (list(sources[start : start + _BATCH]) for start in range(0, len(sources), _BATCH))
    parts = list(ordered_map(scores, batches, processes=processes))
    table = np.concatenate([np.empty((0, len(DIFFICULTY_COLUMNS))), *parts])
    return pd.DataFrame(table, columns=list(DIFFICULTY_COLUMNS)).astype(
        {"cyclomatic_complexity": np.int64}
    )


def scores(sources: Sequence[str]) -> NDArray[np.float64]:
    """The scores of P programs, (P, 5), the columns as in `DIFFICULTY_COLUMNS`.

    Programs of one form share radon's scores, and share the work.
    """
    rows = [_scores(source) for source in sources]
    return np.asarray(rows, dtype=np.float64).reshape(-1, len(DIFFICULTY_COLUMNS))


def _scores(source: str) -> tuple[float, ...]:
    check_spelling(source)
    try:
        complexity, radon = _of_form(form_of(source))
    except StudyError:  # which names the form, not the program
        complexity, radon = radon_scores(parse_spelled(source))
    token = token_halstead(source)
    return complexity, radon, token, (complexity + radon) / 2, (complexity + token) / 2


@lru_cache(maxsize=_CACHED_FORMS)
def _of_form(form: str) -> tuple[int, float]:
    return radon_scores(parse_spelled(source_of(form)))
