"""Every static metric of difficulty: the paper's, and what else can be read off a program.

In: sources with their outputs. Out: a row of numbers a program, and how far the metrics agree. All
come from the text alone, without a model: `random` is the control that means nothing.
"""

from __future__ import annotations

import ast
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.difficulty.overall_metric import measure
from cl_utils.errors import StudyError
from cl_utils.names import shown
from cl_utils.parallel import ordered_map
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.interpreter import executed_lines
from cl_utils.tinypy.record import stable_hash

if TYPE_CHECKING:
    import pandas as pd

_HERE = "cl_utils/difficulty/static_metrics.py"
_LARGEST: Final[Mapping[type, float]] = {
    np.int32: np.iinfo(np.int32).max,
    np.float32: float(np.finfo(np.float32).max),
}
_RANDOM_BITS = 24  # as many as float32 holds
_BATCH = 2000  # programs that a process measures at once


class StaticMetrics(NamedTuple):
    """What `static_metrics` says of one program; `Difficulty` has the paper's scores."""

    characters: int
    ast_nodes: int
    nesting_depth: int
    executed_lines: int
    output_characters: int
    zlib_ratio: float
    random: float


_READ: Final[Mapping[str, Callable[[str, str, ast.Module], Any]]] = {
    "characters": lambda source, output, tree: len(source),
    "ast_nodes": lambda source, output, tree: node_count(tree),
    "nesting_depth": lambda source, output, tree: nesting_depth(tree.body),
    "executed_lines": lambda source, output, tree: executed_lines(tree),
    "output_characters": lambda source, output, tree: len(output),
    "zlib_ratio": lambda source, output, tree: zlib_ratio(source),
    "random": lambda source, output, tree: random_number(source),
}
"""How each metric is read off a program: its source, its output, and the source's tree."""


def column_type(metric: str, annotation: object) -> type[np.int32 | np.float32]:
    """Return how a table keeps a metric, by its annotation in `StaticMetrics`.

    float32 keeps the order and the ties of fractions of whole numbers below 2,896. Raises
    StudyError for any other annotation.
    """
    if annotation is int:
        return np.int32
    if annotation is float:
        return np.float32
    raise StudyError(f"metric {metric} is annotated {shown(annotation)}: write int or float")


_TYPES = {name: column_type(name, each) for name, each in get_type_hints(StaticMetrics).items()}


def static_metrics(source: str, output: str) -> StaticMetrics:
    """Return what is read off the texts of one program.

    characters: of the source, line ends and tabs included, as are output_characters, which is 0
    for a program that prints nothing. ast_nodes: what `ast.walk` visits. nesting_depth: the bodies
    of `if`, `for` and `while` around the deepest statement. executed_lines: see `interpreter`.
    zlib_ratio: bytes of the source compressed at level 9, by its own; short texts exceed 1, and
    builds of zlib may differ. random: uniform in [0, 1), a hash of the source that shares nothing
    with the hashes of split and ties.
    Raises StudyError when the source is not a TinyPy program that runs to its end, the output is no
    text, or a metric fails or gives what its column cannot hold.
    """
    tree = parse_tinypy(source)
    if not isinstance(output, str):
        raise StudyError(f"the output is of type {type(output).__name__}: give its text, a str")
    return StaticMetrics(*(_value(name, source, output, tree) for name in StaticMetrics._fields))


def _value(metric: str, source: str, output: str, tree: ast.Module) -> Any:
    """Return one metric of a program; StudyError names both where there is no number to keep."""
    if metric not in _READ:
        raise StudyError(f"metric {metric} has no function: enter one in _READ of {_HERE}")
    try:
        value = _READ[metric](source, output, tree)
    except StudyError:
        raise
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        raise _refused(metric, source, f"cannot be computed ({fault}): correct it") from error
    kind = _TYPES[metric]
    most = _LARGEST[kind]
    number = isinstance(value, int | float | np.integer | np.floating)
    if not number or not -most <= value <= most:
        fix = f"let it be a finite number of at most {most:.4g}"
        raise _refused(metric, source, f"is {shown(value)}: {fix}")
    if kind is np.int32 and value != int(value):
        raise _refused(metric, source, f"is {shown(value)}: annotate it float, or round it")
    return value


def _refused(metric: str, source: str, why: str) -> StudyError:
    return StudyError(f"metric {metric} of the program {shown(source)} {why} in {_HERE}")


def zlib_ratio(source: str) -> float:
    """Return the bytes of a source compressed at level 9, by its own."""
    text = source.encode()
    return len(zlib.compress(text, level=9)) / len(text)


def random_number(source: str) -> float:
    """Return a number in [0, 1) that a hash of the source alone decides."""
    return float((stable_hash(f"random/{source}") >> (63 - _RANDOM_BITS)) / 2**_RANDOM_BITS)


def node_count(tree: ast.Module) -> int:
    """Return how many nodes `ast.walk` visits, in half of its time: a tenth of all the metrics'."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:  # the list grows meanwhile
        for name in node._fields:
            value = getattr(node, name)
            if isinstance(value, ast.AST):
                nodes.append(value)
            elif isinstance(value, list):
                nodes += value
    return len(nodes)


def nesting_depth(statements: Sequence[ast.stmt]) -> int:
    """Return how many bodies of `if`, `for` and `while` lie around the deepest statement.

    The body of an `elif` lies as deep as that of its `if`.
    """
    return max(map(_depth, statements), default=0)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, ast.If | ast.For | ast.While):
        return 0
    match statement.orelse:
        case []:
            otherwise = 0
        case [ast.If(col_offset=column) as branch] if column == statement.col_offset:  # an `elif`
            otherwise = _depth(branch)
        case statements:
            otherwise = 1 + nesting_depth(statements)
    return max(1 + nesting_depth(statement.body), otherwise)


def measure_all(programs: pd.DataFrame, *, processes: int | None = None) -> pd.DataFrame:
    """Return every static metric of many programs: a row each, in order, a column per metric.

    `programs` has the columns source and output. The paper's scores come first, as
    `overall_metric.measure` gives them, then the fields of `StaticMetrics`. Large work is shared
    among `processes` (default: all cores), and comes out the same for any number of them. Raises
    StudyError as `difficulty` and `static_metrics` do.
    """
    import pandas as pd  # here, so that processes which share the work start without it

    sources, outputs = programs["source"], programs["output"]
    scores = measure(sources, processes=processes)
    starts = range(0, len(programs), _BATCH)
    batches = (
        list(zip(sources[start : start + _BATCH], outputs[start : start + _BATCH], strict=True))
        for start in starts
    )
    parts = list(ordered_map(static_rows, batches, processes=processes))
    table = np.concatenate([static_rows([]), *parts])
    static = pd.DataFrame(table, columns=list(StaticMetrics._fields)).astype(_TYPES)
    return pd.concat([scores, static], axis=1)


def static_rows(programs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Return the static metrics of P programs (source, output), (P, 7), as in `StaticMetrics`."""
    rows = [static_metrics(source, output) for source, output in programs]
    return np.asarray(rows, dtype=np.float64).reshape(-1, len(StaticMetrics._fields))


def agreement(difficulty: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's rank correlation of every two metrics among the columns.

    Rows and columns are in the order of `METRICS`; nan where a metric has one value only.
    """
    return difficulty[[name for name in METRICS if name in difficulty]].corr("spearman")
