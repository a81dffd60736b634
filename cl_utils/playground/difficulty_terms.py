"""Where the numbers of the paper's metric come from: what was counted, and the formula with it.

In: a source. Out: the operators, operands and branches of one program by both definitions, and a
page that shows them. The scores themselves are `difficulty.overall_metric`'s; tests hold that the
terms give the same.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from IPython.display import Markdown
from radon.visitors import HalsteadVisitor

from cl_utils.difficulty.overall_metric import difficulty
from cl_utils.playground.program import normalised
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.operators import ARITHMETIC, RELATIONS

_SYMBOLS = {each.node.__name__: each.symbol for each in (*ARITHMETIC, *RELATIONS)}
_SYMBOLS |= {"And": "and", "Or": "or", "Not": "not", "USub": "-x"}
_WORD = (tokenize.NAME, tokenize.NUMBER, tokenize.OP)


@dataclass(frozen=True)
class Halstead:
    """What Halstead's difficulty of one program was counted from."""

    operators: tuple[str, ...]  # distinct
    operands: tuple[str, ...]  # distinct; for radon a whole expression may be one
    uses: int  # of operands, in all

    @property
    def difficulty(self) -> float:
        """(h1 / 2) (N2 / h2); 0 without operands."""
        if not self.operands:
            return 0.0
        return len(self.operators) / 2 * self.uses / len(self.operands)

    @property
    def formula(self) -> str:
        """The formula with the numbers in it."""
        if not self.operands:
            return "nothing is counted: 0"
        h1, h2 = len(self.operators), len(self.operands)
        return f"({h1} / 2) × ({self.uses} / {h2}) = {self.difficulty:.4g}"


@dataclass(frozen=True)
class Branch:
    """What adds to cyclomatic complexity: a keyword in a line, and how much it adds."""

    line: int  # from 1
    keyword: str
    adds: int


def radon_terms(source: str) -> Halstead:
    """Return what radon counts: operators and operands inside expressions alone."""
    visitor = HalsteadVisitor.from_ast(parse_tinypy(source))
    operators = {_SYMBOLS[name] for name in visitor.operators_seen}
    operands = [_operand(each) for _, each in visitor.operands_seen]
    return Halstead(tuple(sorted(operators)), tuple(sorted(operands)), visitor.operands)


def _operand(seen: ast.expr | str | int) -> str:
    """A name, a number, or the expression that radon takes for an operand of its own."""
    return ast.unparse(seen) if isinstance(seen, ast.expr) else str(seen)


def token_terms(source: str) -> Halstead:
    """Return what the textbook counts: every token, a pair of brackets once."""
    parse_tinypy(source)
    operators: dict[str, None] = {}
    operands: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NUMBER or (token.string.isalpha() and len(token.string) == 1):
            operands.append(token.string)
        elif token.type in _WORD and token.string != ")":
            operators["( )" if token.string == "(" else token.string] = None
    return Halstead(tuple(operators), tuple(sorted(set(operands))), len(operands))


def branches(source: str) -> list[Branch]:
    """Return what adds to cyclomatic complexity, in order of lines; it begins at 1 without any."""
    lines = source.split("\n")
    found = [branch for node in ast.walk(parse_tinypy(source)) for branch in _branches(node, lines)]
    return sorted(found, key=lambda branch: branch.line)


def _branches(node: ast.AST, lines: Sequence[str]) -> Iterator[Branch]:
    if isinstance(node, ast.If):
        yield Branch(node.lineno, lines[node.lineno - 1].split()[0], 1)
    elif isinstance(node, ast.For | ast.While):
        keyword = "for" if isinstance(node, ast.For) else "while"
        yield Branch(node.lineno, keyword, 1)
        if node.orelse:
            yield Branch(node.orelse[0].lineno - 1, "else", 1)
    elif isinstance(node, ast.BoolOp):
        keyword = "and" if isinstance(node.op, ast.And) else "or"
        yield Branch(node.lineno, keyword, len(node.values) - 1)


def explained(source: str) -> Markdown:
    """Return a page: each term of the overall metric, its numbers and what they were counted from.

    Lines are those of the layout that models read. Raises StudyError when it is not TinyPy.
    """
    source = normalised(source)
    score = difficulty(source)
    radon, token, found = radon_terms(source), token_terms(source), branches(source)
    places = ", ".join(f"`{b.keyword}` in line {b.line} (+{b.adds})" for b in found) or "none"
    adds = " + ".join(str(number) for number in (1, *(branch.adds for branch in found)))
    page = f"""\
**Cyclomatic complexity** {adds} = {score.cyclomatic_complexity}: one way through the program,
and one more at every branch: {places}.

**Halstead's difficulty** (distinct operators / 2) × (uses of operands / distinct operands):

| | radon, the paper's | textbook, every token |
|---|---|---|
| distinct operators | {_listed(radon.operators)} | {_listed(token.operators)} |
| distinct operands | {_listed(radon.operands)} | {_listed(token.operands)} |
| uses of operands | {radon.uses} | {token.uses} |
| difficulty | {radon.formula} | {token.formula} |
| **overall metric** | {_mean(score.cyclomatic_complexity, radon.difficulty)} \
| {_mean(score.cyclomatic_complexity, token.difficulty)} |

radon looks inside expressions alone: assignments, calls and loops weigh nothing, and an expression
inside another is an operand of its own."""
    return Markdown(page)  # type: ignore[no-untyped-call]


def _listed(words: Sequence[str]) -> str:
    if not words:
        return "0"
    return f"{len(words)}: " + " ".join(f"`{word}`" for word in words)


def _mean(complexity: int, halstead: float) -> str:
    return f"({complexity} + {halstead:.4g}) / 2 = **{(complexity + halstead) / 2:.4g}**"
