"""The counts behind the paper's metric, of any Python: who calls these asks the gate first.

In: syntax trees and sources. Out: cyclomatic complexity and Halstead's difficulty by radon,
Halstead's difficulty by tokens, and the form of a TinyPy source, which alone decides radon's two.
radon counts the operators inside expressions alone, so assignments, calls and loops weigh nothing;
the textbook counts every token.
"""

from __future__ import annotations

import ast
import re

from radon.visitors import ComplexityVisitor, HalsteadVisitor

_TOKEN = re.compile(r"\w+|[<>=!]=|[^\s\w]")
_NAME_OR_NUMBER = re.compile(r"\b(?:[a-z]|\d+)\b")
# What weighs nothing for radon: lines that set variables to numbers, the variable that a print
# shows, the variable and the numbers of a loop's header.
_WEIGHTLESS = re.compile(
    r"^[a-z] = \d+(?:\n[a-z] = \d+)*$"
    r"|(?<=\bprint\()[a-z](?=\))"
    r"|(?<=\bfor )[a-z](?= in )"
    r"|(?<=\brange\()\d+, \d+(?:, \d+)?(?=\))",
    re.MULTILINE,
)
_WEIGHTLESS_LINE = re.compile(r"^_$", re.MULTILINE)


def radon_scores(tree: ast.Module) -> tuple[int, float]:
    """radon's cyclomatic complexity and Halstead difficulty, to the last bit.

    They are `ComplexityVisitor.from_code(source).total_complexity` and
    `h_visit(source).total.difficulty`, with the text parsed once.
    """
    complexity = ComplexityVisitor.from_ast(tree).total_complexity
    visitor = HalsteadVisitor.from_ast(tree)
    operators, operands = visitor.distinct_operators, visitor.distinct_operands
    return complexity, _halstead(operators, operands, visitor.operands)


def token_halstead(source: str) -> float:
    """Halstead's difficulty over all tokens (Elements of Software Science, 1977, ch. 2).

    Operands are variables and numbers. Operators are all the rest: keywords, the functions called,
    arithmetic, relations, `=`, comma, colon, and a pair of brackets, which counts once. Line ends
    and indentation count nothing.
    """
    operators: set[str] = set()
    operands: list[str] = []
    for token in _TOKEN.findall(source):
        if token.isdigit() or (token.isalpha() and len(token) == 1):
            operands.append(token)
        elif token != ")":
            operators.add(token)
    return _halstead(len(operators), len(set(operands)), len(operands))


def _halstead(distinct_operators: int, distinct_operands: int, operands: int) -> float:
    """(h1 / 2) * (N2 / h2), rounded as radon rounds it; 0 without operands."""
    if distinct_operands == 0:
        return 0.0
    return distinct_operators * operands / float(2 * distinct_operands)


def form_of(source: str) -> str:
    """The source without what weighs nothing, variables and numbers renamed in order of first use.

    Halstead's counts see only which operands are equal, so the form has the program's own scores.
    """
    names: dict[str, str] = {}
    numbers: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        text = match[0]
        if text.isdigit():
            return numbers.setdefault(text, str(len(numbers)))
        return names.setdefault(text, chr(ord("a") + len(names)))

    return _NAME_OR_NUMBER.sub(renamed, _WEIGHTLESS.sub("_", source))


def source_of(form: str) -> str:
    """A source that has the form: TinyPy if and only if all others of the form are.

    That holds for sources that pass `check_spelling`: there no bracket runs over a line end, so a
    line that sets a variable is a statement wherever it stands, and its stand-in is one, too.
    """
    return _WEIGHTLESS_LINE.sub("a = 0", form).replace("_", "a")
