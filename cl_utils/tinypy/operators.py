"""Python's operators that TinyPy has: one table of symbol, node of the syntax tree, and function.

In: nothing. Out: `ARITHMETIC` and `RELATIONS` in the order in which the grammar chooses among them,
`OPERATION_OF`, the function of a node, and `worked_out`, which bounds the integers that it gives.
All are Python's own operators, so that what is written, run and read off a program has the values
that CPython gives.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

Number = int | float
Binary = Callable[[Any, Any], Number]


class Operator(NamedTuple):
    """An operator between two operands: how it is written, parsed and worked out."""

    symbol: str
    node: type[ast.operator | ast.cmpop]
    apply: Callable[[Any, Any], Any]  # a number, of a relation True or False


ARITHMETIC: Final = (
    Operator("+", ast.Add, operator.add),
    Operator("-", ast.Sub, operator.sub),
    Operator("*", ast.Mult, operator.mul),
    Operator("/", ast.Div, operator.truediv),
)
RELATIONS: Final = (
    Operator("<", ast.Lt, operator.lt),
    Operator(">", ast.Gt, operator.gt),
    Operator("<=", ast.LtE, operator.le),
    Operator(">=", ast.GtE, operator.ge),
    Operator("!=", ast.NotEq, operator.ne),
    Operator("==", ast.Eq, operator.eq),
)
OPERATION_OF: Final[Mapping[type[ast.AST], Binary]] = MappingProxyType(
    {each.node: each.apply for each in (*ARITHMETIC, *RELATIONS)}
)
MOST_DIGITS: Final = 640
"""Of an integer: what CPython reads and writes under every setting of its own limit (4,300 by
default). The grammar would need a product of over a hundred brackets for more."""
_TOO_LARGE = 10**MOST_DIGITS


def worked_out(operation: Binary, left: Number, right: Number) -> Number:
    """The value of an operation.

    Raises OverflowError for an integer of more than `MOST_DIGITS` digits, so that no chain of
    squares makes a number that takes minutes, and ArithmeticError as Python does.
    """
    value = operation(left, right)
    if type(value) is int and not -_TOO_LARGE < value < _TOO_LARGE:
        raise OverflowError(f"an integer of more than {MOST_DIGITS} digits")
    return value
