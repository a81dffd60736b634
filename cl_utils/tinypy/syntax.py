"""The syntax of TinyPy as a table: what may stand where in Python's tree, and how deep.

In: the syntax tree of a Python program. Out: nothing, or the topmost fault with its line. An entry
checks a node of one type and gives the parts of it that are left to check; so what has no entry is
refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeGuard

from cl_utils.tinypy.operators import ARITHMETIC, RELATIONS

MOST_DEPTH: Final = 64
"""Levels of the tree. A chain of k brackets is k levels deep, and the grammar draws one with
probability 2^-k. Recursive readers, radon's among them, take three frames a level of the
thousand that Python has."""
MOST_LOOPS: Final = 20
"""Blocks around a loop: CPython compiles no more loops within one another."""
_TOO_DEEP = f"it nests more than {MOST_DEPTH} levels deep, split it into several lines"
_OPERATORS: Mapping[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.BinOp: tuple(each.node for each in ARITHMETIC),
    ast.Compare: tuple(each.node for each in RELATIONS),
    ast.UnaryOp: (ast.Not, ast.USub),
}
_CALLS = "print stands at the start of a line and range in a for loop, call nothing else"
_LOOP_ELSE = "a loop has no else, leave it out"


class OutsideSubset(Exception):
    """A fault in words, and its line."""

    def __init__(self, node: ast.AST, reason: str) -> None:
        super().__init__(reason)
        self.line: int = getattr(node, "lineno", 1)
        self.reason = reason


def check_syntax(tree: ast.Module) -> None:
    """Raise OutsideSubset unless a tree is that of a TinyPy program within the limits above."""
    level: Sequence[ast.AST] = [tree]
    for depth in range(MOST_DEPTH):
        if depth > MOST_LOOPS:
            _refuse_loops(level)
        level = [part for node in level for part in _PARTS.get(type(node), _no_part)(node)]
        if not level:
            return
    raise OutsideSubset(level[0], _TOO_DEEP)


def _refuse_loops(level: Sequence[ast.AST]) -> None:
    for node in level:
        if isinstance(node, ast.For | ast.While):
            raise OutsideSubset(node, f"a loop lies at most {MOST_LOOPS} levels deep, move it out")


def _no_part(node: ast.AST) -> NoReturn:
    if isinstance(node, ast.Call):
        raise OutsideSubset(node, _CALLS)
    raise OutsideSubset(node, f"{type(node).__name__} is not part of it, leave it out")


def _assignment(node: ast.Assign) -> Sequence[ast.AST]:
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        raise OutsideSubset(node, "an assignment has one variable, write one a line")
    return node.targets[0], node.value


def _display(node: ast.Expr) -> Sequence[ast.AST]:
    if not _is_call(node.value, "print", 1):
        raise OutsideSubset(node, "a line that is only an expression must print one")
    return node.value.args


def _for(node: ast.For) -> Sequence[ast.AST]:
    if node.orelse:
        raise OutsideSubset(node, _LOOP_ELSE)
    if not isinstance(node.target, ast.Name) or not _is_call(node.iter, "range", 3):
        raise OutsideSubset(node, "a for loop goes over range with one to three arguments")
    return node.target, *node.iter.args, *node.body


def _while(node: ast.While) -> Sequence[ast.AST]:
    if node.orelse:
        raise OutsideSubset(node, _LOOP_ELSE)
    return node.test, *node.body


def _binary(node: ast.BinOp) -> Sequence[ast.AST]:
    _check_operator(node, node.op)
    return node.left, node.right


def _comparison(node: ast.Compare) -> Sequence[ast.AST]:
    for operator in node.ops:
        _check_operator(node, operator)
    return node.left, *node.comparators


def _unary(node: ast.UnaryOp) -> Sequence[ast.AST]:
    _check_operator(node, node.op)
    return (node.operand,)


def _name(node: ast.Name) -> Sequence[ast.AST]:
    if len(node.id) != 1:
        raise OutsideSubset(node, f"{node.id!r} is not a variable, use a single lower-case letter")
    return ()


def _number(node: ast.Constant) -> Sequence[ast.AST]:
    if type(node.value) is not int:
        raise OutsideSubset(node, "every constant is an integer, write one")
    return ()


def _check_operator(node: ast.BinOp | ast.Compare | ast.UnaryOp, operator: ast.AST) -> None:
    if type(operator) not in _OPERATORS[type(node)]:
        name = type(operator).__name__
        raise OutsideSubset(node, f"{name} is not an operator of it, use + - * / or a comparison")


def _is_call(node: ast.AST, name: str, most_arguments: int) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and not node.keywords
        and 1 <= len(node.args) <= most_arguments
    )


# A plain dict: through a MappingProxyType the check takes half as long again.
_PARTS: Mapping[type[ast.AST], Callable[[Any], Sequence[ast.AST]]] = {
    ast.Module: lambda node: node.body,
    ast.Assign: _assignment,
    ast.Expr: _display,
    ast.If: lambda node: (node.test, *node.body, *node.orelse),
    ast.For: _for,
    ast.While: _while,
    ast.BinOp: _binary,
    ast.Compare: _comparison,
    ast.UnaryOp: _unary,
    ast.BoolOp: lambda node: node.values,
    ast.Name: _name,
    ast.Constant: _number,
}
