"""Kinds of damage to a text: other encodings, other numbers, other rows, another JSON.

In: a path in a copy of a study, and random numbers. Out: as in `damage.py`; None for a file that is
no such text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from cl_utils.manifests import CHECKSUM, MANIFEST, write_manifest
from torture.damage import Damage, replaced

NUMBER: Final = re.compile(rb"\d+(?:\.\d+)?")
TEXT: Final = (".json", ".csv", ".yaml")


def recoded(path: Path, random: Random) -> str | None:
    """Write a text in another encoding, or with other line ends."""
    if path.suffix not in TEXT:
        return None
    text = path.read_text(encoding="utf-8")
    how = random.choice(["utf-16", "utf-32", "utf-8-sig", "crlf", "cr"])
    ends = {"crlf": "\r\n", "cr": "\r"}
    if how in ends:
        replaced(path, text.replace("\n", ends[how]).encode())
    else:
        replaced(path, text.encode(how))
    return f"written as {how}"


def digit(path: Path, random: Random) -> str | None:
    """Change one digit of a text."""
    content = bytearray(path.read_bytes())
    places = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if path.suffix not in TEXT or not places:
        return None
    place = random.choice(places)
    content[place] = 48 + (content[place] - 48 + random.randint(1, 9)) % 10
    replaced(path, bytes(content))
    return f"another digit at byte {place}"


def number(path: Path, random: Random) -> str | None:
    """Put something odd in the place of a number of a text."""
    content = path.read_bytes()
    places = list(NUMBER.finditer(content))
    if path.suffix not in TEXT or not places:
        return None
    chosen = random.choice(places)
    odd = random.choice([b"NaN", b"Infinity", b"-1e999", b"9" * 5000, b"null", b"[]", b'""', b"-0"])
    replaced(path, content[: chosen.start()] + odd + content[chosen.end() :])
    return f"{odd[:8].decode()} for the number at byte {chosen.start()}"


def rows(path: Path, random: Random) -> str | None:
    """Exchange two rows of a table of text."""
    lines = path.read_bytes().splitlines(keepends=True)
    if path.suffix != ".csv" or len(lines) < 3:
        return None
    first, second = random.sample(range(1, len(lines)), 2)
    if lines[first] == lines[second]:
        return None
    lines[first], lines[second] = lines[second], lines[first]
    replaced(path, b"".join(lines))
    return f"rows {first} and {second} exchanged"


def nested(path: Path, random: Random) -> str | None:
    """Put JSON in its place that is nested too deeply for a parser."""
    if path.suffix != ".json":
        return None
    depth = random.choice([500, 2000, 100_000])
    opening, closing = random.choice([("[", "]"), ('{"a":', "}")])
    replaced(path, f"{opening * depth}0{closing * depth}".encode())
    return f"{depth} nested {opening!r}"


def plain(path: Path, random: Random) -> str | None:
    """Put another JSON value in its place."""
    if path.suffix != ".json":
        return None
    content = random.choice(["null", "[]", "{}", "0", '"text"', "true", "[[1]]", '{"params": 1}'])
    replaced(path, content.encode())
    return f"{content} in its place"


def resigned(path: Path, random: Random) -> str | None:
    """Leave an entry out of a manifest, or its value, as another version might; then seal it."""
    if not path.name.endswith(MANIFEST):
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    del content[CHECKSUM]
    inner = [name for name, value in content.items() if isinstance(value, dict) and value]
    holder: Any = content[random.choice(inner)] if inner and random.random() < 0.4 else content
    name = random.choice(sorted(holder))
    how = random.choice(["without", "null as", "text as"])
    if how == "without":
        del holder[name]
    else:
        holder[name] = None if how == "null as" else "text"
    path.unlink()
    write_manifest(path, content)
    return f"sealed again {how} {name}"


TEXT_DAMAGES: Final[Mapping[str, Damage]] = {
    "another encoding": recoded,
    "one digit": digit,
    "an odd number": number,
    "rows exchanged": rows,
    "nested JSON": nested,
    "other JSON": plain,
    "a manifest sealed again": resigned,
}
