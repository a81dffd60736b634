"""The models that come with the repository, ready to be asked without any training.

In: models/<name>/ with model.json, model.safetensors and the manifest of the run that made them
(models/README.md says which). Out: the model, checked against its manifest.
"""

from __future__ import annotations

from typing import Any

from cl_utils.errors import StudyError
from cl_utils.manifests import MANIFEST, check_files, read_manifest
from cl_utils.model.gpt import GPT
from cl_utils.paths import MODELS
from cl_utils.training.checkpoints import load_model

FILES = ("model.json", "model.safetensors")
RESTORE = "run `git checkout models`"


def committed_models() -> list[str]:
    """Return the names of the models that come with the repository."""
    found = (path.name for path in MODELS.iterdir() if path.is_dir())
    return sorted(name for name in found if not name.startswith("."))


def load_committed(name: str) -> tuple[GPT, dict[str, Any]]:
    """Return a model and the manifest of its run.

    Raises StudyError when there is none of that name, or when it is not what was trained.
    """
    if name not in committed_models():
        raise StudyError(f"model {name!r} does not exist: choose among {committed_models()}")
    folder = MODELS / name
    manifest = read_manifest(folder / MANIFEST, RESTORE, {"files": dict, "name": str})
    if manifest["name"] != name:
        raise StudyError(f"{folder} holds the model {manifest['name']!r}: {RESTORE}")
    check_files(folder, {**dict.fromkeys(FILES, ""), **manifest["files"]}, RESTORE)
    return load_model(folder), manifest
