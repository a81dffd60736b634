"""Checkpoints of unfinished runs and weights of finished ones.

In: a trainer's state or a model. Out: files that are whole or absent, and are refused with a
sentence when they are damaged or belong to another run. A checkpoint begins with the SHA-256 of its
content, because torch reads most of those with a flipped bit without a word.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as weights_as_bytes

from cl_utils.errors import StudyError
from cl_utils.files import atomic, read_json, regular, running, unreadable
from cl_utils.model.gpt import GPT, ModelConfig
from cl_utils.names import shown

DIGEST_BYTES = hashlib.sha256().digest_size


def save_checkpoint(path: Path, state: Mapping[str, object]) -> None:
    """Write the whole state of a run; raise StudyError when there is no room for it."""
    # Through memory: torch reports a full disk as a RuntimeError, which `atomic` does not know.
    memory = io.BytesIO()
    torch.save(dict(state), memory)
    content = memory.getvalue()
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(hashlib.sha256(content).digest())
        file.write(content)


def check_restorable(state: object, whose: str) -> None:
    """Raise StudyError unless a checkpoint gives every entry of a state back.

    They are read as plain data, which a number of numpy's or an object is not. `whose`: in words.
    """
    if not isinstance(state, Mapping):
        raise StudyError(f"{whose} has the state {shown(state)}: let state() return a dict")
    for name, value in state.items():
        memory = io.BytesIO()
        try:
            torch.save(value, memory)
            memory.seek(0)
            torch.load(memory, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever pickling of an unknown object raises
            raise StudyError(
                f"{whose} keeps {name}={shown(value)}, which a checkpoint cannot give back: let "
                "its state() hold plain numbers, texts, lists and dicts, such as float(x) or "
                "x.tolist()"
            ) from error


def load_checkpoint(path: Path, identity: Mapping[str, object]) -> dict[str, object] | None:
    """Return the state saved at `path`, or None when there is none.

    Raises StudyError when the file cannot be read, is damaged, or was written by a run with other
    settings.
    """
    if not path.exists():
        return None
    try:
        regular(path)
        saved_bytes = path.read_bytes()
        digest, content = saved_bytes[:DIGEST_BYTES], saved_bytes[DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise ValueError("it is not what was written")
        memory = io.BytesIO(content)
        state: dict[str, object] = torch.load(memory, map_location="cpu", weights_only=True)
        saved: Mapping[str, object] = state["identity"]  # type: ignore[assignment]
    except MemoryError:
        raise
    except OSError as error:
        raise unreadable(path, "run the same", error) from error
    except Exception as error:
        raise StudyError(
            f"{path} is damaged ({type(error).__name__}): delete it, and the run "
            "starts again from its first step"
        ) from error
    differing = [key for key in identity if saved.get(key) != identity[key]]
    if differing:
        key = differing[0]
        raise StudyError(
            f"{path} belongs to a run with {key}={saved.get(key)!r}, not "
            f"{identity[key]!r}: delete it, or restore the params"
        )
    return state


def save_model(folder: Path, model: GPT) -> None:
    """Write model.safetensors and model.json, from which `load_model` rebuilds the model.

    Raises StudyError when there is no room for them.
    """
    with atomic(folder / "model.json") as temporary:
        temporary.write_text(json.dumps(model.config.as_dict(), indent=1) + "\n")
    weights = {
        name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()
    }
    with atomic(folder / "model.safetensors") as temporary:
        temporary.write_bytes(weights_as_bytes(weights))


def load_model(folder: Path, expected: ModelConfig | None = None, network: type[GPT] = GPT) -> GPT:
    """Rebuild the model saved in `folder`, as the class `network` that was trained.

    Raises StudyError when a file is missing or damaged, or when the model is not of the
    `expected` shape.
    """
    written = read_json(folder / "model.json", running("04_training"))
    try:
        config = ModelConfig(**written)
        weights = load_file(folder / "model.safetensors")
    except FileNotFoundError as error:
        raise StudyError(
            f"{error.filename or folder / 'model.safetensors'} is missing: run "
            "notebooks/04_training.ipynb for this run first"
        ) from error
    except OSError as error:
        raise unreadable(folder / "model.safetensors", running("04_training"), error) from error
    except (SafetensorError, TypeError, ValueError) as error:  # or the config's values
        raise StudyError(
            f"the model in {folder} is damaged ({error}): delete the folder and run "
            "notebooks/04_training.ipynb again"
        ) from error
    if expected is not None and config != expected:
        raise StudyError(
            f"{folder} holds another model ({config}), not {expected}: use the params "
            "it was trained with, or train again"
        )
    model = network(config)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise StudyError(
            f"the weights in {folder} are not those of its model.json: delete the "
            "folder and run notebooks/04_training.ipynb again"
        ) from error
    return model.eval()
