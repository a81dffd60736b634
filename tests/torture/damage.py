"""Kinds of damage to a file, each chosen at random within a file.

In: a path in a copy of a study, and random numbers. Out: the damage done, in words that repeat it;
None where this kind of damage is impossible for such a file. What is written is a new file, since
copies of a study share theirs.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from cl_utils.manifests import CHECKSUM, MANIFEST, write_manifest

Damage = Callable[[Path, Random], str | None]
NUMBER: Final = re.compile(rb"\d+(?:\.\d+)?")
TEXT: Final = (".json", ".csv", ".yaml")


def replaced(path: Path, content: bytes) -> None:
    """Put a new file in the place of one that other copies may share."""
    path.unlink()
    path.write_bytes(content)


def deleted(path: Path, random: Random) -> str:
    """Remove the file."""
    path.unlink()
    return "deleted"


def emptied(path: Path, random: Random) -> str:
    """Leave nothing in it."""
    replaced(path, b"")
    return "emptied"


def cut(path: Path, random: Random) -> str:
    """Leave its beginning."""
    content = path.read_bytes()
    place = random.randrange(len(content))
    replaced(path, content[:place])
    return f"cut after byte {place}"


def flipped(path: Path, random: Random) -> str:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    place, bit = random.randrange(len(content)), random.randrange(8)
    content[place] ^= 1 << bit
    replaced(path, bytes(content))
    return f"bit {bit} of byte {place} flipped"


def zeroed(path: Path, random: Random) -> str | None:
    """Put zeros over a part, as a disk does that lost power."""
    return _overwritten(path, random, "zeros", lambda length: bytes(length))


def overwritten(path: Path, random: Random) -> str | None:
    """Put random bytes over a part."""
    return _overwritten(path, random, "random bytes", random.randbytes)


def _overwritten(path: Path, random: Random, what: str, made: Callable[[int], bytes]) -> str | None:
    content = path.read_bytes()
    start = random.randrange(len(content))
    length = min(random.randint(1, 4096), len(content) - start)
    changed = content[:start] + made(length) + content[start + length :]
    if changed == content:
        return None
    replaced(path, changed)
    return f"{length} {what} from byte {start}"


def appended(path: Path, random: Random) -> str:
    """Add bytes at the end, in a text often only a line end."""
    added = random.choice([b"\n", b" ", b"0", b"\0", random.randbytes(100)])
    replaced(path, path.read_bytes() + added)
    return f"{added[:5]!r} appended"


def directory(path: Path, random: Random) -> str:
    """Put a folder in its place, empty or not."""
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    if full := random.random() < 0.5:
        (path / path.name).write_bytes(content)
    return f"a{' full' if full else 'n empty'} folder in its place"


def dangling(path: Path, random: Random) -> str:
    """Put a link in its place that leads nowhere, or to itself."""
    path.unlink()
    target = random.choice(["nowhere", path.name])
    path.symlink_to(target)
    return f"a link to {target} in its place"


def pipe(path: Path, random: Random) -> str:
    """Put a named pipe in its place, from which nothing ever comes."""
    path.unlink()
    os.mkfifo(path)
    return "a named pipe in its place"


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


DAMAGES: Final[Mapping[str, Damage]] = {
    "deleted": deleted,
    "empty": emptied,
    "cut": cut,
    "one bit": flipped,
    "zeros": zeroed,
    "random bytes": overwritten,
    "appended": appended,
    "a folder": directory,
    "a dangling link": dangling,
    "a named pipe": pipe,
    "another encoding": recoded,
    "one digit": digit,
    "an odd number": number,
    "rows exchanged": rows,
    "nested JSON": nested,
    "other JSON": plain,
    "a manifest sealed again": resigned,
}
"""Damage that needs nothing but the file; `exchange.py` has what puts other files in its place."""
