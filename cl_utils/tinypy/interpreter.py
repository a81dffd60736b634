"""Counts the lines that a TinyPy program executes, by a small interpreter of its syntax tree.

In: the tree of a program that runs to its end. Out: a number of lines. Nothing is handed to `exec`:
what lies outside the subset is refused, and a program that does not end is stopped. Values come
from Python's own operators, so that branches and loops go the way they go in CPython.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from cl_utils.errors import StudyError
from cl_utils.tinypy.operators import OPERATION_OF, Number

MOST_LINES = 1_000_000


def executed_lines(tree: ast.Module) -> int:
    """Return how many lines a program executes from its first to its last.

    A line counts each time it is reached: a statement when it runs, the header of an `if` or `elif`
    when its condition is evaluated, the header of a loop before each pass and once more when it
    ends the loop. An `else` is not evaluated and counts nothing. With one statement a line, as the
    grammar writes them, these are CPython's line events (`sys.settrace`).
    Raises StudyError when the program leaves the TinyPy subset (see `sandbox.check`), fails, or
    executes more than `MOST_LINES`.
    """
    run = _Run()
    try:
        run.block(tree.body)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise StudyError(
            "only TinyPy programs that run to their end have executed lines, fix "
            f"{ast.unparse(tree)[:60]!r}: {type(error).__name__}, {error}"
        ) from error
    return run.lines


class _Run:
    """The state of a running program: its variables, and the lines executed so far."""

    def __init__(self) -> None:
        self.lines = 0
        self._values: dict[str, Number] = {}

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Execute statements in a row."""
        for statement in statements:
            self.lines += 1
            self._execute(statement)
        if self.lines > MOST_LINES:
            raise RuntimeError(f"it executes more than {MOST_LINES} lines")

    def _execute(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._values[name] = self._value(value)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[shown], keywords=[])):
                self._value(shown)
            case ast.If(test=test, body=body, orelse=otherwise):
                self.block(body if self._value(test) else otherwise)
            case ast.While(test=test, body=body, orelse=[]):
                while self._value(test):
                    self.block(body)
                    self.lines += 1
            case ast.For(
                target=ast.Name(id=name),
                iter=ast.Call(func=ast.Name(id="range"), args=bounds, keywords=[]),
                body=body,
                orelse=[],
            ):
                arguments: Any = map(self._value, bounds)
                for number in range(*arguments):
                    self._values[name] = number
                    self.block(body)
                    self.lines += 1
            case _:
                raise TypeError(f"{type(statement).__name__} in line {statement.lineno}")

    def _value(self, node: ast.expr) -> Number:
        match node:
            case ast.Name(id=name):
                return self._values[name]
            case ast.Constant(value=int() as number):
                return number
            case ast.BinOp(left=left, op=kind, right=right):
                return OPERATION_OF[type(kind)](self._value(left), self._value(right))
            case ast.Compare(left=left, ops=relations, comparators=others):
                return self._compared(left, relations, others)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._value(operand)
            case ast.BoolOp(op=link, values=operands):
                return self._joined(operands, decisive=isinstance(link, ast.Or))
        raise TypeError(f"{type(node).__name__} in line {node.lineno}")

    def _compared(
        self, left: ast.expr, relations: Sequence[ast.cmpop], others: Sequence[ast.expr]
    ) -> bool:
        """Return whether every relation of a chain holds; after the first that does not, stop."""
        before = self._value(left)
        for relation, other in zip(relations, others, strict=True):
            value = self._value(other)
            if not OPERATION_OF[type(relation)](before, value):
                return False
            before = value
        return True

    def _joined(self, operands: Sequence[ast.expr], *, decisive: bool) -> Number:
        """Return the first operand whose truth is `decisive`, else the last one."""
        *others, last = operands
        for operand in others:
            value = self._value(operand)
            if bool(value) is decisive:
                return value
        return self._value(last)
