"""Digests of values and of files, without what differs from run to run: times.

In: what a load returned, or a home. Out: texts that are equal only if the values are, to the bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel

from cl_utils.model.gpt import GPT

TIMES: Final = frozenset(
    {"seconds", "characters_per_second", "training_seconds", "time", "checksum"}
)
"""Columns and entries of manifests that a clock decides, or that follow from it."""


def digest(value: object) -> str:
    """Return 16 hexadecimal digits for a value of any kind that the study's loads return."""
    made = sha256()
    for part in _parts(value):
        made.update(len(part).to_bytes(8, "little") + part)
    return made.hexdigest()[:16]


def _parts(value: Any) -> Iterator[bytes]:
    yield type(value).__name__.encode()
    if isinstance(value, pd.DataFrame):
        yield from _of_table(value)
    elif isinstance(value, np.ndarray):
        yield str((value.dtype, value.shape)).encode()
        yield repr(value.tolist()).encode() if value.dtype == object else value.tobytes()
    elif isinstance(value, torch.Tensor):
        yield from _parts(value.detach().cpu().float().numpy())
    elif isinstance(value, GPT):
        yield repr(value.config).encode()
        yield from _parts(dict(value.state_dict()))
    elif isinstance(value, BaseModel):
        yield from _parts(value.model_dump())
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _parts({each.name: getattr(value, each.name) for each in fields(value)})
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield repr(key).encode()
            yield from _parts(value[key])
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _parts(each)
    else:
        yield repr(value).encode()


def _of_table(table: pd.DataFrame) -> Iterator[bytes]:
    yield repr(list(table.index)).encode()
    for name in table:
        yield f"{name!r} {table[name].dtype}".encode()
        yield repr(table[name].tolist()).encode()


def file_digest(path: Path) -> str:
    """Return 16 hexadecimal digits for a file's content without its times."""
    if path.suffix == ".json":
        return digest(_timeless(json.loads(path.read_text(encoding="utf-8"))))
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return digest(table.drop(columns=[name for name in TIMES if name in table]))
    return sha256(path.read_bytes()).hexdigest()[:16]


def _timeless(content: Any) -> Any:
    """Return JSON without times, and without the digests of files that hold some."""
    if isinstance(content, dict):
        kept = {key: value for key, value in content.items() if key not in TIMES}
        return {
            key: _timeless(value)
            for key, value in kept.items()
            if key not in ("history.csv", "curve.csv")
        }
    return [_timeless(each) for each in content] if isinstance(content, list) else content


def home_digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below a folder, by its path there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in files
        if path.suffix in (".json", ".csv", ".parquet", ".safetensors")
    }


def difference(first: Mapping[str, str], second: Mapping[str, str]) -> str:
    """Return the names whose digests differ, "" if all agree."""
    names = sorted(first.keys() | second.keys())
    return " ".join(name for name in names if first.get(name) != second.get(name))
