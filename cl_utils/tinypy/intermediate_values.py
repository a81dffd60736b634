"""Intermediate values of a program: what each expression is worth, once it is read.

In: a source. Out: for each character the value that stands fixed when it is read, as Python writes
it, for a training that asks for more than the output. Values are worked out once and from top to
bottom, for branches that are not taken, too; nothing is handed to `exec`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import accumulate

from cl_utils.errors import StudyError
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.operators import OPERATION_OF, Binary, Number, worked_out

Value = Number | None


def values_of(source: str) -> dict[int, str]:
    """Return place -> value, as `str` writes it, of what a source's expressions are worth.

    A variable is known at its own character; what is composed of others, and what was assigned, at
    the character behind it; of several that end at one place the outermost counts. What a loop or
    branch assigns is not known outside of that assignment's own block, nor what would divide by
    zero or grow beyond `MOST_DIGITS`, nor what contains any of these.
    Raises StudyError for a source that is not TinyPy, or uses a variable before it is assigned.
    """
    tree = parse_tinypy(source)
    reading = _Reading(source)
    reading.block(tree.body)
    return reading.found


class _Reading:
    """The variables known so far, and what was found."""

    def __init__(self, source: str) -> None:
        self.found: dict[int, str] = {}
        self._known: dict[str, Value] = {}
        self._lines = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in a row."""
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=assigned):
                    value = self._known[name] = self._value(assigned)
                    self._note(self._end(statement), value)
                case ast.Expr(value=ast.Call(args=[shown])):
                    self._value(shown)
                case ast.If(test=test, body=body, orelse=otherwise):
                    self._inner(statement, [test], body, otherwise)
                case ast.While(test=test, body=body):
                    self._inner(statement, [test], body)
                case ast.For(iter=ast.Call(args=bounds), body=body):
                    self._inner(statement, bounds, body)

    def _inner(
        self, statement: ast.stmt, header: Sequence[ast.expr], *blocks: Sequence[ast.stmt]
    ) -> None:
        if not isinstance(statement, ast.For):  # its bounds are worked out before any pass
            self._forget(statement)
        for each in header:
            self._value(each)
        for block in blocks:
            self._forget(statement)
            self.block(block)
        self._forget(statement)

    def _forget(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._known[node.id] = None

    def _value(self, node: ast.expr) -> Value:
        value: Value
        match node:
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name):
                if name not in self._known:
                    raise StudyError(
                        f"line {node.lineno} of the TinyPy program uses {name!r}: assign it first"
                    )
                value = self._known[name]
                self._note(self._end(node) - 1, value)
                return value
            case ast.BinOp(left=left, op=kind, right=right):
                value = _if_known(OPERATION_OF[type(kind)], self._value(left), self._value(right))
            case ast.Compare(left=left, ops=relations, comparators=others):
                sides = [self._value(each) for each in (left, *others)]
                operations = [OPERATION_OF[type(relation)] for relation in relations]
                value = _joined(False, list(map(_if_known, operations, sides, sides[1:])))
            case ast.UnaryOp(op=ast.Not() | ast.USub() as kind, operand=operand):
                value = self._value(operand)
                if value is not None:
                    value = not value if isinstance(kind, ast.Not) else -value
            case ast.BoolOp(op=link, values=operands):
                value = _joined(isinstance(link, ast.Or), [self._value(each) for each in operands])
            case _:
                raise TypeError(f"{type(node).__name__} in line {node.lineno}")
        self._note(self._end(node), value)
        return value

    def _note(self, place: int, value: Value) -> None:
        """Note what the outermost expression that ends here is worth, after those within it."""
        self.found.pop(place, None)
        if value is not None:
            self.found[place] = str(value)

    def _end(self, node: ast.expr | ast.stmt) -> int:
        """Return the place behind a node."""
        return self._lines[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)


def _if_known(operation: Binary, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return worked_out(operation, left, right)
    except ArithmeticError:
        return None


def _joined(decisive: bool, values: Sequence[Value]) -> Value:
    """Return the first value whose truth is `decisive`, else the last; None if one is unknown."""
    if None in values:
        return None
    return next((value for value in values if bool(value) is decisive), values[-1])
