"""The study's tables: written with a manifest beside each, read only if they are what is needed.

In: tables and arrays with what they were made from. Out: files; on loading their content, or one
sentence that says which notebook to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cl_utils.errors import MissingError, StudyError
from cl_utils.files import atomic, damaged, file_digest, missing, running
from cl_utils.manifests import (
    circumstances,
    forget,
    has_entries,
    manifest_path,
    read_manifest,
    write_manifest,
)
from cl_utils.names import shown

KINDS = {
    **dict.fromkeys(("params", "inputs", "versions"), dict),
    **dict.fromkeys(("content", "machine", "time"), str),
}
"""What the manifest of a file has, and of which type."""


def write_artifact(
    path: Path,
    save: Callable[[Path], object],
    *,
    params: Mapping[str, Any],
    inputs: Sequence[Path] = (),
    **facts: Any,
) -> None:
    """Write a file by `save(temporary)`, then its manifest: params, inputs, content, machine.

    Killed in between, it leaves the file without a manifest, which counts as missing.
    """
    with atomic(path) as temporary:
        save(temporary)
        forget(manifest_path(path))
    content = {
        "file": path.name,
        "params": dict(params),
        "inputs": {each.name: file_digest(each) for each in inputs},
        "content": file_digest(path),
        **circumstances(),
        **facts,
    }
    write_manifest(manifest_path(path), content)


def check_content(path: Path, repair: str) -> dict[str, Any]:
    """Return the manifest of a file; StudyError unless both are there, as they were written.

    A copy under another name is refused, too, where the manifest tells the name.
    """
    if not path.exists():
        raise missing(path, repair)
    manifest = read_manifest(manifest_path(path), repair, KINDS)
    if not has_entries(manifest["versions"], {"torch": str}):
        raise damaged(manifest_path(path), repair)
    if manifest.get("file", path.name) != path.name:
        raise StudyError(f"{path} is a copy of {shown(manifest['file'])}: {repair}")
    if manifest["content"] != file_digest(path, repair):
        raise damaged(path, repair)
    return manifest


def check_artifact(
    path: Path, notebook: str, *, params: Mapping[str, Any], inputs: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return the manifest of a file after making sure that it is what this study needs.

    Raises StudyError when the file is damaged; MissingError when it is not there, was made with
    other parameters, or from inputs that have changed since.
    """
    manifest, again = check_content(path, running(notebook)), f"{running(notebook)} again"
    for name, value in params.items():
        if manifest["params"].get(name) != value:
            raise MissingError(
                f"{path} was made with {name}={manifest['params'].get(name)!r}, not "
                f"{value!r}: {again}, or set the same {name} here"
            )
    for each in inputs:
        if manifest["inputs"].get(each.name) != file_digest(each):
            raise MissingError(f"{path} was made from another {each.name}: {again}")
    return manifest


def save_table(path: Path, table: pd.DataFrame, **manifest: Any) -> None:
    """Write a table as parquet; `manifest` as in `write_artifact`."""
    write_artifact(path, lambda temporary: table.to_parquet(temporary, index=False), **manifest)


def save_csv(path: Path, table: pd.DataFrame, **manifest: Any) -> None:
    """Write a table as text, for what is tracked; `manifest` as in `write_artifact`."""
    write_artifact(path, lambda temporary: table.to_csv(temporary, index=False), **manifest)


def load_table(path: Path, notebook: str, **expected: Any) -> pd.DataFrame:
    """Read a parquet table that `check_artifact` accepts."""
    check_artifact(path, notebook, **expected)
    return pd.read_parquet(path)


def load_csv(
    path: Path, notebook: str, *, read: Mapping[str, Any], **expected: Any
) -> pd.DataFrame:
    """Read a table of text that `check_artifact` accepts; `read`: options of `pandas.read_csv`."""
    check_artifact(path, notebook, **expected)
    return pd.read_csv(path, **read)
