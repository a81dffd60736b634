"""The one gate for program texts from outside: what is TinyPy comes through, as its syntax tree.

In: whatever is handed over as a program. Out: the syntax tree of a TinyPy program, or a refusal in
one sentence. All that runs or measures programs asks here first, so that all of it accepts the same
texts and none of it meets one that is too long, too deep, or no text.
"""

from __future__ import annotations

import ast
import re
from typing import Final, NoReturn

from cl_utils.errors import StudyError
from cl_utils.tinypy.operators import MOST_DIGITS
from cl_utils.tinypy.syntax import OutsideSubset, check_syntax

MOST_CHARACTERS: Final = 10_000
"""Of a program. The grammar's longest have a few hundred; ten thousand parse in milliseconds."""
_SHOWN, _SHOWN_PART = 60, 20  # characters in a refusal, of the program and of the faulty word
_WORDS = ("and", "elif", "else", "for", "if", "in", "not", "or", "print", "range", "while")
# All that TinyPy is spelled with. A colon ends its line, so that every statement has its own, and
# a comma ends no brackets, which would count by tokens and mean nothing.
# `*+` never gives back what it has read, so that reading takes linear time.
_TINYPY = re.compile(
    r"(?:[\t\n !()*+\-/<=>]"
    rf"|(?:[a-z]|0|[1-9][0-9]{{0,{MOST_DIGITS - 1}}}|{'|'.join(_WORDS)})\b"
    r"|:(?=[\t ]*(?:\n|\Z))|,(?![\t ]*\)))*+",
    re.ASCII,
)
_WORD_OR_CHARACTER = re.compile(r"\w+|.", re.DOTALL)
_NUMBER = re.compile(r"[1-9][0-9]*", re.ASCII)
_ADVICE = {
    "#": "leave comments out; of a record give the source alone",
    ":": "begin a new line behind a colon",
    ",": "write a comma only between two numbers",
    ".": "use whole numbers and no attributes",
    ";": "write one statement a line",
    "\\": "write each statement on one line",
    "\r": "end lines by a line feed alone",
}


def parse_tinypy(source: str) -> ast.Module:
    """Return the syntax tree of a TinyPy program.

    TinyPy is single lower-case letters, integers, + - * /, comparisons, and / or / not, if / elif /
    else, for over range of one to three arguments, while, and print of one expression. Statements
    and headers stand on lines of their own, without comments.
    Raises StudyError, which names the line and what to do, for all else and beyond the limits.
    """
    check_spelling(source)
    return parse_spelled(source)


def parse_spelled(source: str) -> ast.Module:
    """Return the syntax tree of what passed `check_spelling`, as `parse_tinypy` does."""
    try:
        tree = ast.parse(source)
        check_syntax(tree)
    except SyntaxError as error:
        line = error.lineno or 1
        raise StudyError(
            f"line {line} of the TinyPy program is not valid Python, fix {_line(source, line)!r}: "
            f"{error.msg}"
        ) from error
    except OutsideSubset as fault:
        _refuse(source, fault.line, fault.reason)
    except (ValueError, RecursionError, MemoryError) as error:  # its own limits, by version
        raise StudyError(
            f"the TinyPy program that begins with {_line(source, 1)!r} is too deep for Python's "
            "parser: split its expressions into several lines"
        ) from error
    return tree


def check_spelling(source: str) -> None:
    """Raise StudyError for what can be told without parsing: type, size, characters and words."""
    if not isinstance(source, str):
        raise StudyError(f"the program is of type {type(source).__name__}: give its text, a str")
    if len(source) > MOST_CHARACTERS:
        raise StudyError(
            f"the program that begins with {source[:_SHOWN]!r} has {len(source):,} characters: "
            f"shorten it to {MOST_CHARACTERS:,} or less"
        )
    if not source.strip():
        raise StudyError("the program is empty: write at least one line, such as print(1)")
    read = _TINYPY.match(source)
    end = read.end() if read else 0
    if end < len(source):
        _refuse_spelling(source, end)
    for number, line in enumerate(source.split("\n"), start=1):
        if line.count("(") != line.count(")"):
            _refuse(source, number, "close each bracket on the line that opens it")


def _refuse_spelling(source: str, place: int) -> NoReturn:
    """Refuse the word or character that stands where TinyPy's spelling ends."""
    found = _WORD_OR_CHARACTER.match(source, place)
    part = found[0] if found else ""
    if _NUMBER.fullmatch(part):
        advice = f"numbers have at most {MOST_DIGITS} digits"
    elif part[:1].isdigit():
        advice = "write whole numbers in digits 0 to 9, without leading zeros or letters"
    elif part.isidentifier():
        advice = f"a variable is a letter from a to z, and the other words are {', '.join(_WORDS)}"
    else:
        advice = _ADVICE.get(part, "leave it out")
    line = source.count("\n", 0, place) + 1
    _refuse(source, line, f"{part[:_SHOWN_PART]!r} is not part of it, {advice}")


def _refuse(source: str, line: int, reason: str) -> NoReturn:
    shown = _line(source, line)
    raise StudyError(f"line {line} leaves the TinyPy subset, fix {shown!r}: {reason}") from None


def _line(source: str, number: int) -> str:
    """The beginning of a line, counted from 1 as the parser counts them."""
    lines = source.split("\n")
    return lines[min(number, len(lines)) - 1].strip()[:_SHOWN]
