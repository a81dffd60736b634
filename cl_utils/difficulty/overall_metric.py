"""How hard a program is, by the paper's overall metric, under two definitions of Halstead's.

In: sources. Out: cyclomatic complexity, Halstead difficulty by radon (the paper's, as far as its
numbers tell) and by tokens (the textbook's), and the overall metric OM = (CC + HD) / 2 of each.
radon counts the operators inside expressions alone, so assignments, calls and loops weigh nothing;
the textbook counts every token.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from radon.visitors import ComplexityVisitor, HalsteadVisitor

from cl_utils.errors import StudyError
from cl_utils.parallel import ordered_map

if TYPE_CHECKING:
    import pandas as pd

_TOKEN = re.compile(r"\w+|[<>=!]=|[^\s\w]")
_NAME_OR_NUMBER = re.compile(r"\b(?:[a-z]|\d+)\b")
# What weighs nothing for radon: lines that set variables to numbers, the variable that a print
# shows, the variable and the numbers of a loop's header.
_WEIGHTLESS = re.compile(
    r"^[a-z] = \d+(?:\n[a-z] = \d+)*$"
    r"|(?<=\bprint\()[a-z](?=\))"
    r"|(?<=\bfor )[a-z](?= in )"
    r"|(?<=\brange\()\d+, \d+(?:, \d+)?(?=\))",
    re.MULTILINE,
)
# Numbers that equal another spelling (1e1, 1.50, 00), text and comments: no short cut for these.
_BEYOND_TINYPY = re.compile(r"[^\t\n !()*+,\-/0-9:<=>a-z]|\b0\d|\d[a-z]")
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

    Equal to the last bit to radon's `ComplexityVisitor.from_code(source).total_complexity` and
    `h_visit(source).total.difficulty`, with the text parsed once. Raises StudyError when the source
    is not valid Python.
    """
    complexity, radon = _by_radon(source)
    token = token_halstead_difficulty(source)
    return Difficulty(
        cyclomatic_complexity=complexity,
        halstead_difficulty=radon,
        halstead_difficulty_token=token,
        overall_metric=(complexity + radon) / 2,
        overall_metric_token=(complexity + token) / 2,
    )


def _by_radon(source: str) -> tuple[int, float]:
    """radon's cyclomatic complexity and Halstead difficulty."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise StudyError(f"difficulty needs valid Python, fix {source[:60]!r}: {error}") from error
    complexity = ComplexityVisitor.from_ast(tree).total_complexity
    visitor = HalsteadVisitor.from_ast(tree)
    operators, operands = visitor.distinct_operators, visitor.distinct_operands
    return complexity, _halstead(operators, operands, visitor.operands)


def token_halstead_difficulty(source: str) -> float:
    """Halstead's difficulty over all tokens (Elements of Software Science, 1977, ch. 2).

    Operands are variables and numbers. Operators are all the rest: keywords, the functions called,
    arithmetic, relations, `=`, comma, colon, and a pair of brackets, which counts once. Line ends
    and indentation count nothing.
    """
    operators: set[str] = set()
    operands: list[str] = []
    for token in _TOKEN.findall(source):
        if token.isdigit() or (token.isalpha() and len(token) == 1):
            operands.append(token)
        elif token != ")":
            operators.add(token)
    return _halstead(len(operators), len(set(operands)), len(operands))


def _halstead(distinct_operators: int, distinct_operands: int, operands: int) -> float:
    """(h1 / 2) * (N2 / h2), rounded as radon rounds it; 0 without operands."""
    if distinct_operands == 0:
        return 0.0
    return distinct_operators * operands / float(2 * distinct_operands)


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
    complexity, radon = _shared(source)
    token = token_halstead_difficulty(source)
    return complexity, radon, token, (complexity + radon) / 2, (complexity + token) / 2


def _shared(source: str) -> tuple[int, float]:
    if not _BEYOND_TINYPY.search(source):
        with contextlib.suppress(StudyError):  # then it must name the program, not its form
            return _by_radon_of_form(_form(source))
    return _by_radon(source)


_by_radon_of_form = lru_cache(maxsize=_CACHED_FORMS)(_by_radon)


def _form(source: str) -> str:
    """The source without what weighs nothing, variables and numbers renamed in order of first use.

    Halstead's counts see only which operands are equal, so the form has the program's own scores.
    """
    names: dict[str, str] = {}
    numbers: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        text = match[0]
        if text.isdigit():
            return numbers.setdefault(text, str(len(numbers)))
        return names.setdefault(text, chr(ord("a") + len(names)))

    return _NAME_OR_NUMBER.sub(renamed, _WEIGHTLESS.sub("_", source))
