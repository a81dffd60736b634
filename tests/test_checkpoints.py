"""Checkpoints and weights: whole or absent, and refused in one sentence that names the file."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import Blocks, tiny_model
from worlds import World, same_weights, small_run

from cl_utils.curriculum import arms
from cl_utils.curriculum.interface import ScheduleDefaults
from cl_utils.curriculum.schedules import ALL
from cl_utils.errors import StudyError
from cl_utils.model.gpt import ModelConfig
from cl_utils.training.assembly import make_trainer
from cl_utils.training.checkpoints import load_checkpoint, load_model, save_checkpoint, save_model

IDENTITY = {"seed": 0, "recipe": {"name": "paper"}}


@contextmanager
def refusal(path: Path, *words: str) -> Iterator[pytest.ExceptionInfo[StudyError]]:
    """Expect a StudyError whose sentence holds the path and these words."""
    with pytest.raises(StudyError) as refused:
        yield refused
    assert all(each in str(refused.value) for each in (str(path), *words)), refused.value


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let the system refuse to write more than `size` bytes to a file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder with a saved model."""
    save_model(tmp_path, tiny_model("paper", noise=0.1))
    return tmp_path


def test_no_checkpoint_is_no_error(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "none.pt", IDENTITY) is None


def test_a_checkpoint_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    state = {"identity": IDENTITY, "weights": torch.arange(3), "rng": generator.bit_generator.state}
    save_checkpoint(tmp_path / "run" / "checkpoint.pt", state)
    loaded = load_checkpoint(tmp_path / "run" / "checkpoint.pt", IDENTITY)
    assert loaded is not None and loaded["rng"] == state["rng"]
    assert torch.equal(loaded["weights"], torch.arange(3))  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "foreign"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY, "weights": torch.zeros(1000)})
    whole = path.read_bytes()
    damaged = {"empty": b"", "text": b"not a checkpoint", "cut": whole[: len(whole) // 2]}
    if damage == "foreign":
        torch.save([1, 2, 3], path)
    else:
        path.write_bytes(damaged[damage])
    with refusal(path, "is damaged", "delete it"):
        load_checkpoint(path, IDENTITY)


def test_every_flipped_bit_of_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY, "weights": torch.zeros(50)})
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        content = bytearray(whole)
        content[place] ^= 1 << (place % 8)
        path.write_bytes(content)
        with refusal(path, "is damaged", "delete it"):
            load_checkpoint(path, IDENTITY)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY})
    with refusal(path, "seed=0, not 1"):
        load_checkpoint(path, {**IDENTITY, "seed": 1})
    with refusal(path, "recipe="):
        load_checkpoint(path, {**IDENTITY, "recipe": {"name": "fast"}})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), ("cannot be read (Permission denied)",)),
        (OSError(5, "Input/output error"), ("cannot be read (Input/output error)", "run the same")),
    ],
)
def test_a_checkpoint_that_the_system_does_not_give_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: tuple[str, ...]
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY})

    def refused(self: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", refused)
    with refusal(path, *words) as told:
        load_checkpoint(path, IDENTITY)
    assert "damaged" not in str(told.value)


def test_without_memory_a_checkpoint_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"identity": IDENTITY})

    def exhausted(self: Path) -> bytes:
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", exhausted)
    with pytest.raises(MemoryError):
        load_checkpoint(path, IDENTITY)


class Kept(ScheduleDefaults):
    """A policy that keeps `value`, whatever that is."""

    value: object = None

    def mix(self, step: int) -> Mapping[str, float]:
        return ALL

    def stage(self, step: int) -> str:
        return "kept"

    def state(self) -> dict[str, object]:
        return {"plain": [1, 2.5, "three", None, {"four": (True,)}], "value": self.value}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), False),
        (np.arange(3), False),
        ([1.0, np.int64(3)], False),
        (Path("here"), False),
        (lambda: 1, False),
        (0.5, True),
        ({"easy": [0.1, 0.2]}, True),
        (torch.arange(3), True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_policy_is_named_that_keeps_what_no_checkpoint_gives_back(
    value: object, plain: bool, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Or its run, once killed, could not go on: the file would be called damaged."""
    monkeypatch.setattr(arms, "SCHEDULES", {**arms.SCHEDULES, "kept": Kept})
    monkeypatch.setattr(Kept, "value", value)
    run = replace(small_run("fast"), name="mine", arm=arms.Arm(schedule="kept"))
    trainer, path = make_trainer(run, world.train, world.validation), tmp_path / "checkpoint.pt"
    if plain:
        save_checkpoint(path, trainer.state())
        assert load_checkpoint(path, trainer.identity) is not None
        return
    with pytest.raises(StudyError) as refused:
        trainer.state()
    assert str(refused.value).startswith("the schedule of mine, a Kept, keeps value=")


@pytest.mark.parametrize("blocks", ["paper", "modern"])
def test_a_model_comes_back_bit_by_bit(tmp_path: Path, blocks: Blocks) -> None:
    model = tiny_model(blocks, noise=0.1)
    save_model(tmp_path / "seed0", model)
    loaded = load_model(tmp_path / "seed0", model.config)
    assert same_weights(loaded, model)
    assert loaded.config == model.config and not loaded.training


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_missing_file_of_a_model_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with refusal(saved / name, "is missing", "04_training"):
        load_model(saved)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe{", b"[]", b'{"sise": 1}', b'{"heads": 7}'])
def test_a_damaged_file_of_a_model_is_refused(saved: Path, name: str, damaged: bytes) -> None:
    (saved / name).write_bytes(damaged)
    with refusal(saved, "04_training"):
        load_model(saved)


def test_cut_weights_are_refused(saved: Path) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with refusal(saved, "is damaged"):
        load_model(saved)


def test_a_model_of_another_shape_is_refused(saved: Path) -> None:
    with refusal(saved, "holds another model", "width=120"):
        load_model(saved, ModelConfig())


def test_weights_that_are_not_those_of_the_description_are_refused(saved: Path) -> None:
    description = json.loads((saved / "model.json").read_text())
    (saved / "model.json").write_text(json.dumps({**description, "width": 64}))
    with refusal(saved, "are not those of its model.json"):
        load_model(saved)


def test_a_full_disk_is_one_sentence_and_leaves_the_old_files(saved: Path) -> None:
    old, new = load_model(saved), tiny_model("paper", noise=0.2)
    checkpoint = saved / "checkpoint.pt"
    save_checkpoint(checkpoint, {"identity": IDENTITY})
    with no_file_above(2000):
        with refusal(saved / "model.safetensors", "could not be written"):
            save_model(saved, new)
        with refusal(checkpoint, "could not be written"):
            save_checkpoint(checkpoint, {"identity": IDENTITY, "model": new.state_dict()})
    assert load_checkpoint(checkpoint, IDENTITY) == {"identity": IDENTITY}
    assert same_weights(load_model(saved), old)
    assert not [path for path in saved.iterdir() if path.name.startswith(".")]
