"""Writes a whole TinyPy program by one row of the grammar: its block is a display, an if or a loop.

In: a `Level` row and a source of uniform numbers. Out: (source, output) of one program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cl_utils.tinypy.derivation import Derivation
from cl_utils.tinypy.operators import RELATIONS

_HOLDS = {each.symbol: each.apply for each in RELATIONS}
_STEPS, _COUNTS = (1, 2, 3), (2, 3)
_STEPS_AND_COUNTS = ((1, 2), (2, 1), (2, 2), (2, 3), (3, 2))


@dataclass(frozen=True, kw_only=True)
class Level:
    """One row of the grammar: what a program of this level may consist of.

    `initialisations` is a maximum, and a choice between alternatives is uniform. A display prints
    an expression with probability `expression_share`, else a variable; `chained` puts chains into
    the conditions; `consistent_range` ends a range by the start and step that are printed.
    """

    initialisations: int
    assignments: tuple[str, ...]
    blocks: tuple[str, ...]
    expression_share: float = 0.0
    chained: bool = False
    consistent_range: bool = False


def write_program(level: Level, operands: int, draw: Callable[[], float]) -> tuple[str, str]:
    """Source and output of a program whose literals are below `operands`.

    `draw` gives uniform numbers in [0, 1). Raises ZeroDivisionError when the program does.
    """
    derivation = Derivation(draw, operands)
    derivation.write_initialisations(level.initialisations)
    derivation.write_assignment(derivation.choose(level.assignments))
    _BLOCKS[derivation.choose(level.blocks)](derivation, level)
    return "\n".join(derivation.lines), "\n".join(derivation.printed)


def _write_display(derivation: Derivation, level: Level) -> None:
    """A display on its own."""
    display = derivation.display(level.expression_share)
    derivation.lines.append(display.text)
    derivation.printed.append(display.show(derivation.values))


def _write_if(derivation: Derivation, level: Level, branches: tuple[str, ...]) -> None:
    """Branches with a display each; the first one whose condition holds prints."""
    printed = False
    for keyword in branches:
        header, truth = keyword, True
        if keyword != "else":
            text, truth = (
                derivation.chain_of_conditions() if level.chained else derivation.condition()
            )
            header = f"{keyword} {text}"
        display = derivation.display(level.expression_share)
        derivation.lines += (f"{header} :", f"\t{display.text}")
        if truth and not printed:
            derivation.printed.append(display.show(derivation.values))
            printed = True


def _write_for(derivation: Derivation, level: Level) -> None:
    """A `for` over a range, with or without a step, and a display.

    Without `consistent_range` the end is computed from another start and step than those printed:
    the fault of the authors' generator at the time of the paper.
    """
    letter, start = derivation.choose(derivation.initialised), derivation.number()
    if level.consistent_range:
        step, count = derivation.choose(_STEPS_AND_COUNTS)
        end = step * count + start - 1
    else:
        end = derivation.choose(_STEPS) * derivation.choose(_COUNTS) + derivation.number() - 1
        step = derivation.choose(_STEPS)
    with_step = derivation.draw() < 0.5
    arguments = f"{start}, {end}, {step}" if with_step else f"{start}, {end}"
    display = derivation.display(level.expression_share)
    derivation.lines += (f"for {letter} in range({arguments}) :", f"\t{display.text}")
    for value in range(start, end, step if with_step else 1):
        derivation.values[letter] = value
        derivation.printed.append(display.show(derivation.values))


def _write_while(derivation: Derivation, level: Level) -> None:
    """A `while` that counts an initialised variable up or down past a limit, and a display."""
    letter = derivation.choose(derivation.initialised)
    start = derivation.values[letter]
    step, count = derivation.choose(_STEPS_AND_COUNTS)
    sign, direction = derivation.choose((("+", 1), ("-", -1)))
    relation = derivation.choose(("<", "<=") if direction > 0 else (">", ">="))
    limit = start + direction * (step * count - 1)
    display = derivation.display(level.expression_share)
    derivation.lines += (f"while {letter} {relation} {limit} :", f"\t{display.text}")
    derivation.lines.append(f"\t{letter} = {letter} {sign} {step}")
    holds = _HOLDS[relation]
    while holds(derivation.values[letter], limit):
        derivation.printed.append(display.show(derivation.values))
        derivation.values[letter] += direction * step


_BLOCKS: dict[str, Callable[[Derivation, Level], None]] = {
    "display": _write_display,
    "if": partial(_write_if, branches=("if",)),
    "if-else": partial(_write_if, branches=("if", "else")),
    "if-elif-else": partial(_write_if, branches=("if", "elif", "else")),
    "for": _write_for,
    "while": _write_while,
}
