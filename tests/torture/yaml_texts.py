"""Spoilt parameter files: what a slip of the hand, another editor or a bad disk makes of them.

In: the bytes of a file, and random numbers. Out: what was done, the spoilt bytes, and what the file
may mean now: the same as before, nothing, or anything that is checked elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Meaning = Literal["same", "refused", "open"]
"""What a loader may make of it: only what it was; nothing at all; or any valid parameters."""

LINE: Final = re.compile(r"^( *)([\w-]+):(?: +(.*))?$")
VALUES: Final = (
    *("", "~", "null", "yes", "no", "on", "true", "false", "0", "-1", "1", "3", "007", "0o17"),
    *("0x1F", "1_000", "1:30", "1e3", "1e400", ".inf", "-.inf", ".nan", "1.5", "1.0", "-0.0"),
    *("9" * 19, "9" * 5000, "1" + "0" * 400, "0.1", "1e-400", "2020-01-01", "2020-01-01 00:00:00"),
    *("[]", "{}", "[1, 2]", "[[1]]", "{a: 1}", "{1: 2}", "[.nan, .inf]", "['2', 4]", "'1'"),
    *('""', '"\\0"', "'a b'", "../..", "/etc", "ä", "!!int '3'", "!!float 3", "!!str 3"),
    *("!!binary AAAA", "!!python/object/apply:os.getcwd []", "!unknown 1", "&a 1", "*a", "<<", "=",
      "{<<: {a: 1}}", "? 1", "- 1", "|\n  text", ">\n  text", "@", "`", "%", "a: b: c", "[", "}"),
    *("x" * 10_000, "[" * 300 + "]" * 300, "[" * 5000, "{a: " * 300 + "1" + "}" * 300),
)  # fmt: skip
LAUGHS: Final = "a0: &a0 [1]\n" + "".join(
    f"a{place}: &a{place} [{', '.join([f'*a{place - 1}'] * 9)}]\n" for place in range(1, 30)
)


@dataclass(frozen=True)
class Spoilt:
    """A spoilt file; `value`: the text that stands for a value now, if that was the change."""

    done: str
    content: bytes
    meaning: Meaning
    value: tuple[str, str] | None = None  # key and text


Maker = Callable[[str, Random], Spoilt | None]


def _keys(text: str) -> list[tuple[int, str, str, str]]:
    """Return line, indent, key and value of every line `key: value`."""
    found = []
    for place, line in enumerate(text.split("\n")):
        if match := LINE.match(line.partition("  #")[0].rstrip()):
            found.append((place, match[1], match[2], match[3] or ""))
    return found


def _with_line(text: str, place: int, line: str | None) -> bytes:
    lines = text.split("\n")
    lines[place : place + 1] = [] if line is None else [line]
    return "\n".join(lines).encode()


def value(text: str, random: Random) -> Spoilt | None:
    """Give a key another value."""
    place, indent, key, old = random.choice(_keys(text))
    new = random.choice(VALUES)
    content = _with_line(text, place, f"{indent}{key}: {new}")
    named = (key, new) if not indent and old else None
    return Spoilt(f"{key}: {new[:40]}", content, "open", named)


def dropped(text: str, random: Random) -> Spoilt | None:
    """Remove a line with a key."""
    place, _, key, _ = random.choice(_keys(text))
    return Spoilt(f"{key} dropped", _with_line(text, place, None), "open")


def doubled(text: str, random: Random) -> Spoilt | None:
    """Name a key twice, with another value."""
    place, indent, key, old = random.choice([each for each in _keys(text) if each[3]])
    new = next(each[3] for each in _keys(text) if each[3] not in ("", old))
    lines = [text.split("\n")[place], f"{indent}{key}: {new}"]
    if random.random() < 0.5:
        lines.reverse()
    return Spoilt(f"{key} doubled", _with_line(text, place, "\n".join(lines)), "refused")


def renamed(text: str, random: Random) -> Spoilt | None:
    """Misspell a key."""
    place, indent, key, old = random.choice(_keys(text))
    new = random.choice([key.upper(), key.title(), key[:-1], f"{key}s"])
    return Spoilt(f"{key} as {new}", _with_line(text, place, f"{indent}{new}: {old}"), "open")


def indented(text: str, random: Random) -> Spoilt | None:
    """Move a line to the right, by blanks or a tab."""
    place, indent, key, old = random.choice(_keys(text))
    more = random.choice([" ", "  ", "\t", "    "])
    content = _with_line(text, place, f"{more}{indent}{key}: {old}")
    return Spoilt(f"{key} indented by {more!r}", content, "open")


def character(text: str, random: Random) -> Spoilt | None:
    """Put one character in the place of another, or take one away."""
    place = random.randrange(len(text))
    new = random.choice(
        ["", "\t", ":", "-", "#", "'", '"', "[", "{", "&", "*", "!", "%", "é", "\0"]
    )
    done = f"{new!r} for {text[place]!r} at character {place}"
    return Spoilt(done, (text[:place] + new + text[place + 1 :]).encode(), "open")


def noise(text: str, random: Random) -> Spoilt | None:
    """Put random bytes somewhere, or everywhere."""
    content = text.encode()
    place, length = random.randrange(len(content)), random.randint(1, 40)
    if random.random() < 0.2:
        return Spoilt("noise", random.randbytes(500), "refused")
    made = random.randbytes(length)
    return Spoilt(
        f"{length} random bytes at {place}", content[:place] + made + content[place:], "open"
    )


def cut(text: str, random: Random) -> Spoilt | None:
    """Leave the beginning."""
    content = text.encode()
    place = random.randrange(len(content))
    return Spoilt(f"cut after byte {place}", content[:place], "open")


def encoded(text: str, random: Random) -> Spoilt | None:
    """Write it in another encoding, or with other line ends."""
    how = random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "crlf", "cr", "latin-1"])
    ends = {"crlf": "\r\n", "cr": "\r"}
    if how in ends:
        return Spoilt(how, text.replace("\n", ends[how]).encode(), "same")
    return Spoilt(how, f"# é\n{text}".encode(how), "same")


def whole(text: str, random: Random) -> Spoilt | None:
    """Put another document in its place, or beside it."""
    made = {
        "nothing": "",
        "a comment": "# nothing\n",
        "a number": "3\n",
        "a list": "- 1\n- 2\n",
        "keys that are no names": "1: 2\n[1, 2]: 3\n",
        "two documents": f"{text}\n---\n{text}",
        "an end and more": f"{text}\n...\nsteps: 1\n",
        "many references": LAUGHS + text,
        "deep lists": "[" * 3000,
        "a loop": "a: &a [*a]\n" + text,
        "a directive": f"%YAML 9.9\n---\n{text}",
        "a merge": f"<<: {{steps: 1}}\n{text}",
    }
    name = random.choice(sorted(made))
    return Spoilt(name, made[name].encode(), "same" if name == "a directive" else "refused")


SPOILING: Final[Mapping[str, Maker]] = {
    "a value": value,
    "another value": value,
    "dropped": dropped,
    "doubled": doubled,
    "renamed": renamed,
    "indented": indented,
    "a character": character,
    "bytes": noise,
    "cut": cut,
    "an encoding": encoded,
    "another document": whole,
}


def plain_value(text: str) -> object:
    """Return what a text means at face value: a whole number, a fraction, true, false, or text."""
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text) if len(text) < 4000 else text
    if re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", text):
        return float(text)
    return {"true": True, "false": False}.get(text, text)
