"""Counts the lines that a TinyPy program executes, by a small interpreter of its syntax tree.

In: the tree of a program that runs to its end. Out: a number of lines. Nothing is handed to `exec`:
what lies outside the subset is refused, and a program that does not end is stopped. Values come
from Python's own operators, so that branches and loops go the way they go in CPython.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, Final

from cl_utils.errors import StudyError
from cl_utils.tinypy.failures import reason_of
from cl_utils.tinypy.operators import OPERATION_OF, Number, worked_out

MOST_STEPS: Final = 100_000
"""Parts of expressions that a program works out, done in a fraction of a second. The grammar's
loops pass at most 18 times. Lines alone are no limit, since one may have thousands of parts."""
_FAILURES = (
    *(ArithmeticError, LookupError, NameError),
    *(RuntimeError, SyntaxError, TypeError, ValueError),
)


def executed_lines(tree: ast.Module) -> int:
    """Return how many lines a program executes from its first to its last.

    A line counts each time it is reached: a statement when it runs, the header of an `if` or `elif`
    when its condition is evaluated, the header of a loop before each pass and once more when it
    ends the loop. An `else` is not evaluated and counts nothing. With one statement a line, as
    `parse_tinypy` asks for, these are CPython's line events (`sys.settrace`).
    Raises StudyError when the program fails or takes more than `MOST_STEPS`, and in a tree that
    `parse_tinypy` did not give, where it would execute what is not TinyPy.
    """
    run = _Run()
    try:
        run.block(tree.body)
    except _FAILURES as error:
        raise StudyError(
            f"only TinyPy programs that run to their end have executed lines, fix line {run.line}: "
            f"{reason_of(type(error).__name__, str(error))}"
        ) from error
    return run.lines


class _Variables(dict[str, Number]):
    """Values by name."""

    def __missing__(self, name: str) -> Number:
        raise NameError(name)


class _Run:
    """The state of a running program: its variables, what was executed, and where it is."""

    def __init__(self) -> None:
        self.lines = 0
        self.line = 1
        self._steps = 0
        self._values = _Variables()

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Execute statements in a row."""
        for statement in statements:
            self.lines += 1
            self.line = statement.lineno
            self._execute(statement)
        if self._steps > MOST_STEPS:
            raise RuntimeError(f"it takes more than {MOST_STEPS:,} steps, end its loops sooner")

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
                    self.line = statement.lineno
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
                raise SyntaxError(f"{type(statement).__name__} is not TinyPy")

    def _value(self, node: ast.expr) -> Number:
        self._steps += 1
        match node:
            case ast.Name(id=name):
                return self._values[name]
            case ast.Constant(value=int() as number):
                return number
            case ast.BinOp(left=left, op=kind, right=right):
                return worked_out(OPERATION_OF[type(kind)], self._value(left), self._value(right))
            case ast.Compare(left=left, ops=relations, comparators=others):
                return self._compared(left, relations, others)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._value(operand)
            case ast.BoolOp(op=link, values=operands):
                return self._joined(operands, decisive=isinstance(link, ast.Or))
        raise SyntaxError(f"{type(node).__name__} is not TinyPy")

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
