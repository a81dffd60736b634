"""Kinds of damage to a file, each chosen at random within a file.

In: a path in a copy of a study, and random numbers. Out: the damage done, in words that repeat it;
None where this kind of damage is impossible for such a file. What is written is a new file, since
copies of a study share theirs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final

Damage = Callable[[Path, Random], str | None]


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
}
"""Damage to any file; `exchange.py` has what puts other files in its place."""
