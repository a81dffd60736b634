"""Manifests: what a file was made from, by which code, when and where; each checks itself.

In: facts about a file or a run. Out: JSON with a checksum of its own content, so that a changed
character in it is noticed like one in the file that it vouches for.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cl_utils.errors import StudyError
from cl_utils.files import damaged, file_digest, read_json, write_json

PACKAGES = ("numpy", "pandas", "radon", "torch")
CHECKSUM = "checksum"
Kinds = Mapping[str, type]
NO_KINDS: Kinds = MappingProxyType({})
MANIFEST = "manifest.json"
"""The name of the manifest of a folder."""


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a file lies: beside it."""
    return path.with_name(f"{path.name}.{MANIFEST}")


def was_written(path: Path) -> bool:
    """Return whether a file was written: it is there, or its manifest still is.

    Whoever reads one that vanished says so, instead of going on without it.
    """
    return path.exists() or path.is_symlink() or manifest_path(path).exists()


def is_whole(path: Path) -> bool:
    """Return whether a file and its manifest, which is written last, are both there."""
    return path.exists() and manifest_path(path).exists()


def forget(manifest: Path) -> None:
    """Remove a manifest before what it vouches for is replaced.

    So what a kill in between leaves has no manifest, and is made again; with an older one it would
    seem to be changed by hand. Where it cannot be removed, writing the new one says why.
    """
    with suppress(OSError):
        manifest.unlink(missing_ok=True)


def written_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a pattern that were written, by name."""
    manifests = folder.glob(f"{pattern}.{MANIFEST}")
    left = (path.with_name(path.name.removesuffix(f".{MANIFEST}")) for path in manifests)
    return sorted({*folder.glob(pattern), *left})


def circumstances() -> dict[str, Any]:
    """Return what a manifest says of the machine, the time and the versions."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "processor": processor(),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }


def processor() -> str:
    """Return the name of the processor."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def write_manifest(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Write a manifest with its checksum; return its content as it will be read."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    write_json(path, {**plain, CHECKSUM: _checksum(plain)})
    return plain


def read_manifest(path: Path, repair: str, kinds: Kinds = NO_KINDS) -> dict[str, Any]:
    """Return the content of a manifest; `kinds`: the types of entries that it must have.

    Raises StudyError when it is missing, not what was written, or of another kind of file.
    """
    content = read_json(path, repair)
    if not isinstance(content, dict) or content.pop(CHECKSUM, None) != _checksum(content):
        raise damaged(path, repair)
    if not has_entries(content, kinds):
        raise damaged(path, repair)
    return content


def has_entries(content: object, kinds: Kinds) -> bool:
    """Return whether something is a mapping whose entries have these types."""
    return isinstance(content, dict) and all(
        isinstance(content.get(name), kind) for name, kind in kinds.items()
    )


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_files(folder: Path, files: Mapping[str, str], repair: str) -> None:
    """Raise StudyError unless every file of a folder is there and has the digest given by name."""
    for name, written in files.items():
        if file_digest(folder / name, repair) != written:
            raise StudyError(
                f"{folder / name} is not the file that was written: restore it, or {repair} again"
            )
