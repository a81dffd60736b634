"""Other files in the place of one: of another seed, another run, or of another kind.

In: a path in a copy of a study, the ground with its other study. Out: the damage done, in words
that repeat it; None where there is no such file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final

from cl_utils.manifests import MANIFEST, manifest_path
from torture.damage import replaced
from torture.ground import Ground

Exchange = Callable[[Ground, Path, Path, Random], str | None]
"""Of the ground, the copy, the path in it, and random numbers."""


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.rglob(pattern)) if path.is_file()]


def same_kind(ground: Ground, home: Path, path: Path, random: Random) -> str | None:
    """Put a file of the same name in its place: another study's or another run's."""
    found = [*_files(ground.other, path.name), *_files(ground.home, path.name)]
    content = path.read_bytes()
    others = [each for each in found if each.read_bytes() != content]
    if not others:
        return None
    chosen = random.choice(others)
    replaced(path, chosen.read_bytes())
    return f"{chosen.relative_to(ground.folder)} in its place"


def with_manifest(ground: Ground, home: Path, path: Path, random: Random) -> str | None:
    """Put another study's file in its place, and its manifest beside it."""
    found = _files(ground.other, path.name)
    others = [each for each in found if manifest_path(each).exists()]
    if not manifest_path(path).exists() or not others:
        return None
    chosen = random.choice(others)
    for theirs, ours in ((chosen, path), (manifest_path(chosen), manifest_path(path))):
        replaced(ours, theirs.read_bytes())
    return f"{chosen.relative_to(ground.folder)} with its manifest in its place"


def whole_folder(ground: Ground, home: Path, path: Path, random: Random) -> str | None:
    """Put the whole folder of another run in the place of the file's own."""
    top = path.relative_to(home).parts[0]
    manifests = [*_files(ground.other / top, MANIFEST), *_files(ground.home / top, MANIFEST)]
    mine = (path.parent / MANIFEST).read_bytes() if (path.parent / MANIFEST).exists() else b""
    others = [each.parent for each in manifests if each.read_bytes() != mine]
    if not mine or not others:
        return None
    chosen = random.choice(others)
    shutil.rmtree(path.parent)
    shutil.copytree(chosen, path.parent)
    return f"the folder {chosen.relative_to(ground.folder)} in the place of its own"


def other_kind(ground: Ground, home: Path, path: Path, random: Random) -> str | None:
    """Put a file of another kind in its place."""
    others = [each for each in _files(ground.home, "*") if each.name != path.name]
    chosen = random.choice(others)
    replaced(path, chosen.read_bytes())
    return f"{chosen.relative_to(ground.folder)} in its place"


EXCHANGES: Final[Mapping[str, Exchange]] = {
    "another of its kind": same_kind,
    "another with its manifest": with_manifest,
    "the folder of another run": whole_folder,
    "a file of another kind": other_kind,
}
