"""Derives the parts of a TinyPy line, text and value at once: expressions, conditions, displays.

In: a source of uniform numbers. Out: the lines written so far and the values of the variables.
Values come from Python's own arithmetic, operation by operation in CPython's order, because
compiling and executing each text would take several times as long; a test shows that executing
the text prints the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cl_utils.tinypy.operators import ARITHMETIC, RELATIONS, Number

Choice = TypeVar("Choice")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ARITHMETIC = tuple((each.symbol, each.apply) for each in ARITHMETIC)
_RELATIONS = tuple((each.symbol, each.apply) for each in RELATIONS)


@dataclass(frozen=True, slots=True)
class Display:
    """A `print`: its text, and the variable, or the operation on a variable, that it prints."""

    text: str
    left: str
    operation: Callable[[Number, Number], Number] | None = None
    right: str | int = 0

    def show(self, values: dict[str, Number]) -> str:
        """The printed line, exactly as CPython prints it; may raise ZeroDivisionError."""
        if self.operation is None:
            return str(values[self.left])
        right = values[self.right] if isinstance(self.right, str) else self.right
        return str(self.operation(values[self.left], right))


class Derivation:
    """One program while it is written: its lines, its variables' values, and what it printed."""

    __slots__ = ("assigned", "draw", "initialised", "lines", "operands", "printed", "values")

    def __init__(self, draw: Callable[[], float], operands: int) -> None:
        """`draw` gives uniform numbers in [0, 1); operands are 0..operands-1."""
        self.draw = draw
        self.operands = operands
        self.lines: list[str] = []
        self.values: dict[str, Number] = {}
        self.initialised: list[str] = []
        self.assigned: str | None = None
        self.printed: list[str] = []

    def choose(self, alternatives: Sequence[Choice]) -> Choice:
        """One of the alternatives, all equally likely."""
        return alternatives[int(self.draw() * len(alternatives))]

    def number(self) -> int:
        """A literal operand."""
        return int(self.draw() * self.operands)

    def write_initialisations(self, maximum: int) -> None:
        """`v = d` at least once, each time another one with probability 1/2, up to a maximum."""
        count = 1
        while count < maximum and self.draw() < 0.5:
            count += 1
        for _ in range(count):
            letter, value = self.choose(LETTERS), self.number()
            self.values[letter] = value
            self.lines.append(f"{letter} = {value}")
        self.initialised = list(self.values)

    def write_assignment(self, kind: str) -> None:
        """Nothing, `x = t op t`, or `x = (t op t)op(t op t)...` with any letter for x."""
        if kind == "none":
            return
        letter = self.choose(LETTERS)
        text, value = self.expression() if kind == "expression" else self.chain_of_expressions()
        self.lines.append(f"{letter} = {text}")
        self.values[letter] = value
        self.assigned = letter

    def term(self) -> tuple[str, Number]:
        """An initialised variable or a literal, with its value."""
        if self.draw() < 0.5:
            letter = self.choose(self.initialised)
            return letter, self.values[letter]
        value = self.number()
        return str(value), value

    def expression(self) -> tuple[str, Number]:
        """`t op t` and its value."""
        left_text, left = self.term()
        symbol, operation = self.choose(_ARITHMETIC)
        right_text, right = self.term()
        return f"{left_text} {symbol} {right_text}", operation(left, right)

    def chain_of_expressions(self) -> tuple[str, Number]:
        """Bracketed expressions joined without spaces; another link with probability 1/2.

        `*` and `/` bind first: `product` is the factor chain being read, `add` joins it to `total`.
        """
        text, product = self.expression()
        text = f"({text})"
        total: Number = 0
        add: Callable[[Number, Number], Number] | None = None
        while self.draw() < 0.5:
            symbol, operation = self.choose(_ARITHMETIC)
            link, value = self.expression()
            text += f"{symbol}({link})"
            if symbol in "*/":
                product = operation(product, value)
            else:
                total = product if add is None else add(total, product)
                add, product = operation, value
        return text, product if add is None else add(total, product)

    def display(self, expression_share: float) -> Display:
        """`print(x)` of the assigned, else of some initialised variable, or `print(v op v|d)`."""
        if expression_share and self.draw() < expression_share:
            left = self.choose(self.initialised)
            symbol, operation = self.choose(_ARITHMETIC)
            right: str | int = self.variable_or_number()
            return Display(f"print({left} {symbol} {right})", left, operation, right)
        letter = self.assigned or self.choose(self.initialised)
        return Display(f"print({letter})", letter)

    def variable_or_number(self) -> str | int:
        """The right side of a displayed expression or of a condition."""
        return self.choose(self.initialised) if self.draw() < 0.5 else self.number()

    def condition(self) -> tuple[str, bool]:
        """`v rel v|d` and its truth: half unchanged, else after `not ` or one extra space."""
        left = self.choose(self.initialised)
        symbol, relation = self.choose(_RELATIONS)
        right = self.variable_or_number()
        values = self.values
        truth = relation(values[left], values[right] if isinstance(right, str) else right)
        prefix = self.draw()
        if prefix < 0.25:
            return f"not {left} {symbol} {right}", not truth
        return f"{' ' if prefix < 0.5 else ''}{left} {symbol} {right}", truth

    def chain_of_conditions(self) -> tuple[str, bool]:
        """`(c)` or `not (c)`, then another `and (c)` or `or (c)` with probability 1/3 each time.

        `and` binds first: `group` is the conjunction being read, `earlier` the disjunction before.
        """
        links = 0
        while self.draw() < 1 / 3:
            links += 1
        text, group = self.condition()
        text = f"({text})"
        if self.draw() < 0.5:
            text, group = f"not {text}", not group
        earlier = False
        for _ in range(links):
            link, truth = self.condition()
            if self.draw() < 0.5:
                text, group = f"{text} and ({link})", group and truth
            else:
                text, earlier, group = f"{text} or ({link})", earlier or group, truth
        return text, earlier or group
