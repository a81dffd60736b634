"""Names and values in messages: what a name may be, what it may have meant, how a value is shown.

In: what somebody wrote. Out: a checked name, or the words of a message that stays one short line
whatever was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from reprlib import Repr

from cl_utils.errors import StudyError

LONGEST_NAME = 64
LONGEST_SHOWN = 80  # characters of a value in a message
LONGEST_LIST = 200  # characters of a list of names in a message
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_TAKEN = {"profile": ("experiments", "exploration", "benchmarks")}  # folders beside theirs

_REPR = Repr()
_REPR.maxlevel = 4
_REPR.maxstring = _REPR.maxlong = _REPR.maxother = LONGEST_SHOWN


def shown(value: object) -> str:
    """Return a value for a message: its `repr` on one line, at most `LONGEST_SHOWN` characters."""
    try:
        text = _REPR.repr(value)
    except Exception:  # of a whole number of more than 4,300 digits, for instance
        text = f"<{type(value).__name__} that cannot be shown>"
    return cut(text, LONGEST_SHOWN)


def cut(text: str, longest: int) -> str:
    """Return a text on one line, its end left out where it is longer than `longest`."""
    line = " ".join(text.split()) if not text.isprintable() else text
    line = "".join(each if each.isprintable() else "?" for each in line[: longest + 1])
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def listed(known: Collection[str]) -> str:
    """Return names for a message, the first of them when they are many."""
    names = list(known)
    text = ", ".join(names)
    if len(text) <= LONGEST_LIST:
        return text
    return f"{text[:LONGEST_LIST].rpartition(', ')[0]}, … ({len(names)} in all)"


def nearest(name: object, known: Collection[str]) -> str:
    """Return the known name that `name` may have meant, "" when none is like it."""
    if not isinstance(name, str):
        return ""
    found = difflib.get_close_matches(name[: 2 * LONGEST_NAME], known, n=1)
    return found[0] if found else ""


def meant(name: object, known: Collection[str]) -> str:
    """Return " (did you mean 'x'?)" for a message, "" when nothing is like the name."""
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near else ""


def unknown(what: str, name: object, known: Collection[str]) -> StudyError:
    """Return the error of a name that does not exist, to be raised."""
    guess = meant(name, known)
    return StudyError(f"{what}={shown(name)} does not exist{guess}: choose one of {listed(known)}")


def check_name(what: str, name: object) -> str:
    """Return a name that is safe as a folder and in a command; raise StudyError for any other.

    `what`: what it is a name of, such as "profile".
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise StudyError(
            f"{what}={shown(name)} is no name: use letters from A to z, digits, '_', '-' and '.', "
            f"at most {LONGEST_NAME}, the first neither '-' nor '.'"
        )
    if name in _TAKEN.get(what, ()):
        raise StudyError(f"{what}={name!r} is the name of a folder for other files: take another")
    return name


def check_once(what: str, names: Collection[str]) -> None:
    """Raise StudyError when a list of names holds one twice."""
    if len(set(names)) < len(names):
        raise StudyError(f"{what}={shown(list(names))} names one twice: remove one")
