"""The one module that writes and reads the study's files: whole or absent, each with a manifest.

In: tables, arrays and models with what they were made from. Out: files written under a temporary
name and renamed; on loading the content, or one sentence that says which notebook to run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from cl_utils.errors import StudyError

PACKAGES = ("numpy", "pandas", "radon", "torch")


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends well, and vanishes otherwise.

    Raises StudyError when the disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> StudyError:
    return StudyError(
        f"{path} could not be written ({error.strerror or error}): free some disk "
        "space or mend the folder's rights, then run the same again"
    )


def fingerprint(path: Path) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a file.

    Raises StudyError when there is no such file.
    """
    try:
        stat = path.stat()
        return _digest(path, stat.st_size, stat.st_mtime_ns)
    except FileNotFoundError:
        raise StudyError(
            f"{path} is missing: run the notebook that writes it (README, table of notebooks)"
        ) from None


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, changed: int) -> str:
    """Return the digest of a file of this size, last changed at this nanosecond."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a file lies: beside it."""
    return path.with_name(path.name + ".manifest.json")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, sorted and indented."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n")


def read_json(path: Path, notebook: str) -> dict[str, Any]:
    """Return a JSON object; StudyError names the notebook to run when it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path} is missing: run notebooks/{notebook}.ipynb first") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise damaged(path, notebook) from None
    return dict(content)


def circumstances() -> dict[str, Any]:
    """Return what a manifest says of the machine, the time and the versions."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }


def write(
    path: Path,
    save: Callable[[Path], object],
    *,
    params: Mapping[str, Any],
    inputs: Sequence[Path] = (),
    **facts: Any,
) -> None:
    """Write a file by `save(temporary)`, then its manifest: params, inputs, content, machine."""
    with atomic(path) as temporary:
        save(temporary)
    content = {
        "params": dict(params),
        "inputs": {each.name: fingerprint(each) for each in inputs},
        "content": fingerprint(path),
        **facts,
        **circumstances(),
    }
    write_json(manifest_path(path), content)


def check(
    path: Path, notebook: str, *, params: Mapping[str, Any], inputs: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return the manifest of a file after making sure that it is what this study needs.

    Raises StudyError when the file is missing or damaged, was made with other parameters, or from
    inputs that have changed since.
    """
    if not path.exists():
        raise StudyError(f"{path} is missing: run notebooks/{notebook}.ipynb first")
    manifest = read_json(manifest_path(path), notebook)
    if not {"content", "params", "inputs"} <= set(manifest):
        raise damaged(manifest_path(path), notebook)
    if manifest["content"] != fingerprint(path):
        raise damaged(path, notebook)
    for name, value in params.items():
        if manifest["params"].get(name) != value:
            raise StudyError(
                f"{path} was made with {name}={manifest['params'].get(name)!r}, not "
                f"{value!r}: run notebooks/{notebook}.ipynb again, or set the same {name} here"
            )
    for each in inputs:
        if manifest["inputs"].get(each.name) != fingerprint(each):
            raise StudyError(
                f"{path} was made from another {each.name}: run notebooks/{notebook}.ipynb again"
            )
    return manifest


def damaged(path: Path, notebook: str) -> StudyError:
    """Return the error of a file that is not what was written, to be raised."""
    return StudyError(
        f"{path} is damaged or was changed by hand: delete it and run "
        f"notebooks/{notebook}.ipynb again"
    )


def save_table(path: Path, table: pd.DataFrame, **manifest: Any) -> None:
    """Write a table as parquet; `manifest` as in `write`."""
    write(path, lambda temporary: table.to_parquet(temporary, index=False), **manifest)


def save_csv(path: Path, table: pd.DataFrame, **manifest: Any) -> None:
    """Write a table as text, for what is tracked; `manifest` as in `write`."""
    write(path, lambda temporary: table.to_csv(temporary, index=False), **manifest)


def load_table(path: Path, notebook: str, **expected: Any) -> pd.DataFrame:
    """Read a parquet table that `check` accepts."""
    check(path, notebook, **expected)
    return pd.read_parquet(path)
