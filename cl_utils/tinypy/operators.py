"""Python's operators that TinyPy has: one table of symbol, node of the syntax tree, and function.

In: nothing. Out: `ARITHMETIC` and `RELATIONS` in the order in which the grammar chooses among them,
and `OPERATION_OF`, the function of a node. All are Python's own operators, so that what is written,
run and read off a program has the values that CPython gives.
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
