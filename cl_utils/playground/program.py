"""A text that somebody typed, as a program in the layout that models read.

In: a text, and how many characters a model reads. Out: the program in the grammar's layout with
what it prints, or one sentence that says why it is none. Programs drawn by level, to begin with.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

from IPython.display import Markdown

from cl_utils.errors import StudyError
from cl_utils.names import shown
from cl_utils.seeds import stream
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.grammar import GRAMMAR, WHILE_LEVEL, generate
from cl_utils.tinypy.record import record
from cl_utils.tinypy.sandbox import run

TEMPLATES = tuple(GRAMMAR)
_DEPTH = {tokenize.INDENT: 1, tokenize.DEDENT: -1}
_WORD = (tokenize.NAME, tokenize.NUMBER, tokenize.OP)
_CALLED = ("print", "range")
_CHAIN = re.compile(r"\) ([-+*/]) \(")


@dataclass(frozen=True)
class Program:
    """A program in the layout of the corpora, and what it prints."""

    source: str
    output: str


def template(level: str, seed: int, context: int) -> str:
    """Return a source drawn by a level of the grammar, one that a context of that size holds.

    Raises StudyError for a level that does not exist.
    """
    drawn = generate(
        1,
        [level],
        rng=stream(seed, "playground", level),
        variant="fixed" if level == WHILE_LEVEL else "paper2024",
        maximum_characters=context + 1,
    )
    return drawn.programs[0].source


def normalised(text: str) -> str:
    """Return a program in the grammar's layout: a tab a level, spaces around operators, ` :`.

    As there, `)+(` has none; the second space that the grammar sets at random before a condition
    goes. Brackets stay. Raises StudyError when the text is not TinyPy.
    """
    parse_tinypy(text)
    lines: list[str] = []
    depth, words = 0, _Words()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _DEPTH:
            depth += _DEPTH[token.type]
        elif token.type == tokenize.NEWLINE:
            lines.append("\t" * depth + _CHAIN.sub(r")\1(", words.text))
            words = _Words()
        elif token.type in _WORD:
            words.add(token.string)
    return "\n".join(lines)


class _Words:
    """The words of one line, with spaces as the grammar sets them."""

    def __init__(self) -> None:
        self.text = ""
        self.before = ""  # the word before the next one
        self.joins = True  # whether the next word follows without a space

    def add(self, word: str) -> None:
        """Write a word behind those that are there."""
        operand_before = self.before.isdigit() or self.before == ")" or self._is_variable()
        close = self.joins or word in (")", ",") or (word == "(" and self.before in _CALLED)
        self.text += word if close else f" {word}"
        self.joins = word == "(" or (word == "-" and not operand_before)
        self.before = word

    def _is_variable(self) -> bool:
        return self.before.isalpha() and len(self.before) == 1


def read(text: str, context: int) -> Program:
    """Return the program of a text, run in a process of its own.

    Raises StudyError when it is not TinyPy, when it fails, or when a model that reads `context`
    characters at once cannot read it with its output.
    """
    if not isinstance(context, int) or context < 1:
        raise StudyError(f"context={shown(context)} is no number of characters: give 128, say")
    source = normalised(text)
    output = run(source)
    needed = len(record(source, output)) - 1  # the last character is written, not read
    if needed > context:
        raise StudyError(
            f"the program has {needed} characters with its output, and the models read {context} "
            "at once: shorten it"
        )
    return Program(source, output)


def overview(source: str, context: int) -> Markdown:
    """Return the program as models read it, with its output; raise StudyError as `read` does."""
    program = read(source, context)
    text = record(program.source, program.output).strip()
    told = f"What the models read ({len(program.source)} characters before the output mark):"
    return Markdown(f"{told}\n\n```python\n{text}\n```")  # type: ignore[no-untyped-call]
