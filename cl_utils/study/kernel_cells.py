"""Which names of a running notebook are parameters: those that its parameters cells assign.

In: the global names of a kernel, among them `In`, the sources of the cells that it has executed.
Out: parameters by name, and strangers that may be meant as one.

A kernel remembers more than its notebook shows: variables of later cells, a misspelt parameter that
was corrected since, one whose line was removed. So the global names do not tell what the parameters
are, but the cells do: the last executed one that assigns the first parameter (`profile`), and those
that papermill or a reader ran between it and the check. Once the check has accepted them, only a
cell injected by papermill adds to them; what other cells assign are then variables.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from pathlib import PurePath
from types import ModuleType
from typing import Any

from cl_utils.errors import StudyError
from cl_utils.names import LONGEST_SHOWN, cut, nearest

CHECKS = {"notebook_params", "notebook_experiment"}  # what a notebook calls after its parameters
INJECTED = "# Parameters"  # the first line of a cell by papermill
_ACCEPTED = "_parameters_accepted"  # the name that keeps how many cells there were
_NOTEBOOK_NAMES = {"In", "Out", "exit", "quit", "get_ipython"}
_PLAIN = (str, Number, list, dict, tuple, set, frozenset, PurePath, type(None))
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_LOOPS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def parameters_among(
    names: Mapping[str, Any], known: Collection[str], first: str = "profile"
) -> dict[str, Any]:
    """Return the parameters among a notebook's global names, and what may be meant as one.

    `first`: the parameter that every such notebook assigns. A name of `known` counts whatever it
    holds; any other unless it is a module, function or class. Without cells that assign `first` all
    names count, until `accept` was called; then those of `known` with a plain value, since later
    cells have variables. Raises StudyError for a parameter that is written as in a params file,
    `steps: 200`, which assigns nothing in Python.
    """
    public = {
        name: value
        for name, value in names.items()
        if not name.startswith("_") and name not in _NOTEBOOK_NAMES
    }
    cells = names.get("In")
    accepted = names.get(_ACCEPTED, 0)
    found = parameter_names(cells, accepted, first) if isinstance(cells, list) else None
    if found is not None:
        _check_written(found.annotated, known)
        return {
            name: value
            for name, value in public.items()
            if (name in known and name in found.assigned)
            or (name in found.assigned | found.imported and _is_value(value))
            or (name in known and name not in found.recorded and isinstance(value, _PLAIN))
        }
    if _ACCEPTED in names:
        return {n: v for n, v in public.items() if n in known and isinstance(v, _PLAIN)}
    return {name: value for name, value in public.items() if name in known or _is_value(value)}


def accept(names: MutableMapping[str, Any]) -> None:
    """Note in a notebook's global names that its parameters were found right."""
    names[_ACCEPTED] = len(names.get("In", ()))


def _is_value(value: object) -> bool:
    return not isinstance(value, ModuleType) and not callable(value)


@dataclass
class CellNames:
    """Global names that cells assign or import; `recorded`: those of all cells of the kernel."""

    assigned: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    annotated: dict[str, str] = field(
        default_factory=dict
    )  # names without a value, and their lines
    recorded: set[str] = field(default_factory=set)

    def add(self, other: CellNames) -> None:
        """Take in the names of another cell."""
        self.assigned |= other.assigned
        self.imported |= other.imported
        self.annotated |= other.annotated


def parameter_names(cells: Sequence[object], accepted: int, first: str) -> CellNames | None:
    """Return the names of the parameters; None when no cell assigns `first`.

    `accepted`: how many cells had been executed when the check last accepted parameters, 0: never.
    """
    sources = [cell if isinstance(cell, str) else "" for cell in cells]
    found = [names_of(source) for source in sources]
    chosen = [place for place, names in enumerate(found) if first in names.assigned]
    if not chosen:
        return None
    begin = max((place for place in chosen if not _injected(sources[place])), default=chosen[-1])
    result = CellNames(recorded={name for names in found for name in names.assigned})
    for place in range(begin, len(sources)):
        if place == begin or begin >= accepted or _injected(sources[place]):
            result.add(found[place])
    return result


def names_of(source: str) -> CellNames:
    """Return the global names that a cell assigns before it calls the check, none of a wrong one.

    A cell under a magic such as `%%time`, which IPython keeps as a call, counts as what it holds.
    """
    result = CellNames()
    for statement in _statements(source):
        nodes = list(_same_scope(statement))
        if any(isinstance(node, ast.Name) and node.id in CHECKS for node in nodes):
            break
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            result.annotated[ast.unparse(statement.target)] = ast.unparse(statement)
            continue
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                result.assigned.add(node.id)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                result.imported |= {each.asname or each.name for each in node.names}
            elif body := _under_magic(node):
                result.add(names_of(body))
    return result


def _check_written(annotated: Mapping[str, str], known: Collection[str]) -> None:
    for name, line in annotated.items():
        if name in known or nearest(name, known):
            value = line.partition(":")[2].strip()
            raise StudyError(
                f"`{cut(line, LONGEST_SHOWN)}` assigns nothing in Python: write "
                f"{name} = {cut(value, LONGEST_SHOWN)}"
            )


def _injected(source: str) -> bool:
    return source.lstrip().partition("\n")[0].rstrip() == INJECTED


def _statements(source: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a cell's own oddities, which running it has told
            return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what stands in it, but for what has names of its own."""
    yield node
    if not isinstance(node, _SCOPES | _LOOPS):
        for child in ast.iter_child_nodes(node):
            yield from _same_scope(child)


def _under_magic(node: ast.AST) -> str:
    """Return the source that a cell magic runs: the last argument of `run_cell_magic`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "run_cell_magic" and len(node.args) == 3:
            body = node.args[2]
            if isinstance(body, ast.Constant) and isinstance(body.value, str):
                return body.value
    return ""
