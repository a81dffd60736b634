r"""Programs and their difficulty as one makes them first: a table of rules, `exec`, and radon.

In: a random generator; sources. Out: records of `paper2024` programs, each text once; cyclomatic
complexity and Halstead difficulty by radon's public functions.

A rule is text with the names of other rules in angle brackets, and one of its alternatives is
chosen with equal probability. A few names mean an act of `Writer`: taking a letter into use,
choosing one that is in use, drawing the end of a range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from random import Random

from radon.metrics import h_visit
from radon.visitors import ComplexityVisitor

RULES: dict[str, tuple[str, ...]] = {
    "program": ("<1.1>", "<1.2>", "<2.1>", "<2.2>", "<3.1>", "<3.2>"),
    "1.1": ("<start><simple><display or more>",),
    "1.2": ("<start><advanced><display or more>",),
    "2.1": (
        "<start><if>\t<display>",
        "<start><if>\t<display>\nel<if>\t<display>\nelse :\n\t<display>",
        "<start><if>\t<display>\nelse :\n\t<display>",
    ),
    "2.2": (
        "<start><advanced><long if>\t<display or more>",
        "<start><advanced><long if>\t<display or more>\nel<long if>\t<display or more>\n"
        "else :\n\t<display or more>",
        "<start><advanced><long if>\t<display or more>\nelse :\n\t<display or more>",
    ),
    "3.1": ("<start><for>\t<display>",),
    "3.2": ("<start><advanced><for>\t<display>", "<start><advanced><for>\t<display or more>"),
    "simple": ("", "<assigned> = <expression>\n"),
    "advanced": ("", "<assigned> = <expression>\n", "<assigned> = <chain>\n"),
    "chain": ("(<expression>)", "<chain><operator>(<expression>)"),
    "expression": ("<term> <operator> <term>",),
    "term": ("<known>", "<digit>"),
    "digit": tuple("0123456789"),
    "operator": ("+", "-", "*", "/"),
    "display": ("print(<shown>)",),
    "display or more": ("<display>", "print(<known> <operator> <term>)"),
    "if": ("if <condition> :\n",),
    "long if": ("if <conditions> :\n",),
    "condition": ("<comparison>", "<comparison>", "not <comparison>", " <comparison>"),
    "conditions": (
        "<conditions> <joined> (<condition>)",
        "not (<condition>)",
        "(<condition>)",
    ),
    "joined": ("and", "or"),
    "comparison": ("<known> <relation> <term>",),
    "relation": ("<", ">", "<=", ">=", "!=", "=="),
    "for": (
        "for <known> in range(<digit>, <end>) :\n",
        "for <known> in range(<digit>, <end>, <step>) :\n",
    ),
    "step": ("1", "2", "3"),
}
MOST_VARIABLES = 6
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME = re.compile(r"<([^<>=\n]+)>")


class Writer:
    """Writes one program; `known` letters have a digit, `assigned` is that of the assignment."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.known: list[str] = []
        self.assigned = ""

    def expand(self, text: str) -> str:
        """Return text with every name in it replaced by what its rule or act gives."""
        return _NAME.sub(lambda match: self.give(match[1]), text)

    def give(self, name: str) -> str:
        """Return what stands for a name."""
        if name in RULES:
            return self.expand(self.random.choice(RULES[name]))
        if name == "start":
            return self.initialise()
        if name == "known":
            return self.random.choice(self.known)
        if name == "shown":
            return self.assigned or self.random.choice(self.known)
        if name == "end":  # of a start and a step that are not the ones printed
            step, count = self.random.randint(1, 3), self.random.randint(2, 3)
            return str(step * count + self.random.randint(0, 9) - 1)
        assert name == "assigned", name
        self.assigned = self.random.choice(LETTERS)
        return self.assigned

    def initialise(self) -> str:
        """Return lines that give letters a digit: one, then another with probability 1/2."""
        lines = ""
        for place in range(MOST_VARIABLES):
            if place and self.random.random() < 0.5:
                break
            letter = self.random.choice(LETTERS)
            if letter not in self.known:
                self.known.append(letter)
            lines += self.expand(f"{letter} = <digit>\n")
        return lines


def plain_programs(random: Random) -> Iterator[str]:
    """Yield the records of endless programs, each once; those that divide by zero are left out."""
    seen: set[str] = set()
    while True:
        source = Writer(random).give("program")
        printed = StringIO()
        try:
            with redirect_stdout(printed):
                exec(source, {})
        except ZeroDivisionError:
            continue
        lines = printed.getvalue().strip().split("\n")
        text = source + "\n# output\n" + "\n".join(f"# {line}" for line in lines) + "\n\n"
        if text not in seen:
            seen.add(text)
            yield text


def radon_difficulty(source: str) -> tuple[int, float, float]:
    """Return cyclomatic complexity, Halstead difficulty and the overall metric, all by radon."""
    complexity = ComplexityVisitor.from_code(source).total_complexity
    halstead = h_visit(source).total.difficulty
    return complexity, halstead, (complexity + halstead) / 2
