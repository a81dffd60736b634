"""A corpus as a file: written whole with its manifest, read only if it is what the study needs.

In: a `Corpus` and what it was made from, or the path of one. Out: a safetensors file, or the
`Corpus` again.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as arrays_as_bytes

from cl_utils.artifacts import check_artifact, write_artifact
from cl_utils.data.corpus import LEVEL_CHARACTERS, Corpus
from cl_utils.files import damaged, running


def save_corpus(path: Path, corpus: Corpus, **manifest: Any) -> None:
    """Write a corpus as safetensors; `manifest` as in `artifacts.write_artifact`."""
    arrays = {field.name: getattr(corpus, field.name) for field in fields(Corpus)}
    for name in ("intermediate_values", "ranks"):  # made when a recipe or an arm asks for them
        del arrays[name]
    arrays["levels"] = _as_bytes(arrays["levels"])
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content = arrays_as_bytes(arrays)  # through memory: `atomic` then sees a full disk
    write_artifact(path, lambda temporary: temporary.write_bytes(content), **manifest)


def load_corpus(path: Path, **expected: Any) -> Corpus:
    """Read a corpus that `artifacts.check_artifact` accepts."""
    check_artifact(path, "03_bucketing", **expected)
    try:
        arrays = load_file(path)
    except SafetensorError:
        raise damaged(path, running("03_bucketing")) from None
    names = arrays["levels"].view(f"S{LEVEL_CHARACTERS}")[:, 0]
    arrays["levels"] = names.astype(f"<U{LEVEL_CHARACTERS}")
    return Corpus(**arrays)


def _as_bytes(levels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    names = levels.astype(f"S{LEVEL_CHARACTERS}").tobytes()
    return np.frombuffer(names, dtype=np.uint8).reshape(-1, LEVEL_CHARACTERS)
