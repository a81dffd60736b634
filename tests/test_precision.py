"""Precision of matrix products: named, left to the recipe, or measured once for a whole study.

In: small runs, invented measurements. Out: a failure when a run multiplies in another precision
than it says, or when two runs of a study may choose differently.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from refusals import refusal
from tiny import tiny_model
from worlds import World, batcher_of, quiet, same_weights, small_run, trained

from cl_utils.curriculum.schedules import ALL
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.study import precision_choice
from cl_utils.study.precision_choice import with_precision
from cl_utils.training import precision
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batched_runs import train_batched
from cl_utils.training.checkpoints import load_checkpoint, save_checkpoint
from cl_utils.training.loss import objective
from cl_utils.training.precision import (
    CHOICES,
    PRECISIONS,
    chosen_precision,
    faster_precision,
    seconds_of_products,
)
from cl_utils.training.recipes import FAST, PAPER, RECIPES, Precision
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained
from cl_utils.workflow.profile_lock import HALF_WRITTEN

pytestmark = pytest.mark.usefixtures("few_curve_points")
CPU = torch.device("cpu")
COMPILED = replace(small_run("fast"), compiled=True)
UNCOMPILED, FLOAT32 = small_run("fast"), replace(small_run("paper"), compiled=True)


def never(run: Run) -> Precision:
    """Fail: this choice needs no measurement."""
    raise AssertionError("measured")


def answering(*answers: Precision) -> Callable[[Run], Precision]:
    """Return a measurement that finds one answer after the other."""
    left = list(answers)
    return lambda run: left.pop(0)


@pytest.mark.parametrize(
    ("recipe", "device", "compiled", "named", "expected"),
    [
        ("fast", "cpu", True, None, "bfloat16"),
        ("fast", "cpu", False, None, "float32"),
        ("fast", "cuda", False, None, "bfloat16"),
        ("fast", "cuda:1", True, None, "bfloat16"),
        ("paper", "cpu", True, None, "float32"),
        ("paper", "cuda", False, None, "float32"),
        ("fast", "cpu", True, "float32", "float32"),
        ("fast", "cpu", False, "bfloat16", "bfloat16"),
        ("paper", "cpu", True, "bfloat16", "bfloat16"),
    ],
)
def test_a_run_says_in_which_precision_it_multiplies(
    recipe: str, device: str, compiled: bool, named: Precision | None, expected: Precision
) -> None:
    run = replace(small_run(recipe), device=device, compiled=compiled, precision=named)
    assert run.computed_precision == expected


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("recipe", [PAPER, FAST], ids=lambda each: each.name)
def test_a_named_precision_is_that_of_the_loss(
    recipe: object, compiled: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever recipe and compilation would have chosen. Compiling itself is left out."""
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    style = PAPER if recipe is PAPER else FAST
    model, batch = tiny_model(style.blocks, noise=0.2), batcher_of(world, style.name).draw(ALL)
    losses = {}
    for each in PRECISIONS:
        losses[each] = objective(model, style, CPU, compiled, precision=each)(batch)[0].item()
        other = replace(style, precision=each)
        assert losses[each] == objective(model, other, CPU, True)(batch)[0].item()
    assert losses["float32"] != losses["bfloat16"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)


@pytest.mark.parametrize("recipe", ["paper", "fast", "strong"])
def test_a_run_trained_alone_multiplies_as_it_says(recipe: str, world: World) -> None:
    runs = [replace(small_run(recipe, steps=4), precision=each) for each in (None, *PRECISIONS)]
    usual, full, half = (trained(run, world) for run in runs)
    assert same_weights(usual.model, full.model) and not same_weights(usual.model, half.model)
    assert (usual.precision, half.precision) == ("float32", "bfloat16")
    assert half.history["loss"].iloc[-1] == pytest.approx(usual.history["loss"].iloc[-1], rel=0.05)


def test_a_checkpoint_of_another_precision_is_refused_by_name(world: World, tmp_path: Path) -> None:
    path, run = tmp_path / "checkpoint.pt", replace(small_run("fast"), precision="bfloat16")
    trainer = make_trainer(run, world.train, world.validation)
    save_checkpoint(path, trainer.state())
    assert load_checkpoint(path, trainer.identity) is not None
    other = make_trainer(small_run("fast"), world.train, world.validation).identity
    assert "precision" in refusal(lambda: load_checkpoint(path, other))


def test_runs_of_a_batched_model_multiply_as_they_say(world: World) -> None:
    def batched(named: Precision | None) -> list[Trained]:
        runs = [replace(small_run("fast", steps=4, seed=seed), precision=named) for seed in (0, 1)]
        return train_batched(runs, world.train, world.validation, report=quiet)

    usual, full, half = (batched(each) for each in (None, "float32", "bfloat16"))
    for ours, same, other in zip(usual, full, half, strict=True):
        assert same_weights(ours.model, same.model)
        assert not same_weights(ours.model, other.model)
        assert (ours.precision, other.precision) == ("float32", "bfloat16")


def test_runs_of_two_precisions_do_not_train_together(world: World) -> None:
    runs = [small_run("fast"), replace(small_run("fast", seed=1), precision="bfloat16")]
    sentence = refusal(lambda: train_batched(runs, world.train, world.validation, report=quiet))
    assert "precision=None and 'bfloat16' cannot train together" in sentence


@pytest.mark.parametrize("run", [COMPILED, UNCOMPILED, FLOAT32])
def test_a_choice_by_name_is_taken_as_it_is(run: Run) -> None:
    assert chosen_precision(run, "recipe", never) is None
    assert [chosen_precision(run, each, never) for each in PRECISIONS] == list(PRECISIONS)


@pytest.mark.parametrize("word", ["half", "", "Float32", "bf16"])
def test_a_precision_that_does_not_exist_is_refused(word: str) -> None:
    sentence = refusal(lambda: chosen_precision(COMPILED, word, never))
    assert f"precision={word!r}" in sentence and str(list(CHOICES)) in sentence


def test_auto_measures_but_for_the_paper_s_recipe_whose_float32_is_part_of_what_it_did() -> None:
    for answer in PRECISIONS:
        assert chosen_precision(COMPILED, "auto", answering(answer)) == answer
        assert chosen_precision(UNCOMPILED, "auto", answering(answer)) == answer
    assert chosen_precision(FLOAT32, "auto", never) == "float32"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((1.0, 2.0), "float32"), ((2.0, 1.0), "bfloat16"), ((1.0, 1.0), "bfloat16")],
)
def test_the_faster_products_decide_and_at_equal_times_the_smaller_numbers(
    seconds: tuple[float, float], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = dict(zip(("float32", "bfloat16"), seconds, strict=True))
    monkeypatch.setattr(precision, "seconds_of_products", lambda *_: measured)
    assert faster_precision(COMPILED) == expected


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("width", [8, 1024])
def test_products_of_small_and_large_models_have_a_time_in_each_precision(
    width: int, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "SECONDS", 0.0)
    monkeypatch.setattr(precision, "MOST_OPERATIONS", 1e7)
    monkeypatch.setattr(precision, "FEWEST_ROWS", 4)
    model = ModelConfig(heads=1, width=width)
    seconds = seconds_of_products(replace(COMPILED, model=model, compiled=compiled))
    assert set(seconds) == set(PRECISIONS) and min(seconds.values()) > 0


def test_the_first_training_of_a_study_decides_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision_choice, "faster_precision", answering("float32", "bfloat16"))
    runs = [replace(COMPILED, seed=seed, name=f"arm{seed}") for seed in range(3)]
    assert {with_precision(run, "auto", tmp_path).precision for run in runs} == {"float32"}
    (file,) = tmp_path.iterdir()
    kept = json.loads(file.read_text())
    assert kept["precision"] == "float32" and kept["processor"]
    assert kept["for"]["model"] == asdict(COMPILED.model)
    wider = replace(COMPILED, model=replace(COMPILED.model, width=64))
    assert with_precision(wider, "auto", tmp_path).precision == "bfloat16"  # products of its own


def test_of_two_trainings_that_begin_together_one_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slower(run: Run) -> Precision:
        with pytest.MonkeyPatch.context() as patch:  # meanwhile another one is done
            patch.setattr(precision_choice, "faster_precision", answering("float32"))
            assert with_precision(run, "auto", tmp_path).precision == "float32"
        return "bfloat16"

    monkeypatch.setattr(precision_choice, "faster_precision", slower)
    assert with_precision(COMPILED, "auto", tmp_path).precision == "float32"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_choice_that_cannot_be_written_or_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = answering("float32", "float32")
    monkeypatch.setattr(precision_choice, "faster_precision", answers)
    (tmp_path / "taken").write_text("a file where a folder should be")
    said = refusal(lambda: with_precision(COMPILED, "auto", tmp_path / "taken"))
    assert str(tmp_path / "taken") in said and "could not be written" in said
    with_precision(COMPILED, "auto", tmp_path / "free")
    (file,) = (tmp_path / "free").iterdir()
    file.unlink()
    file.mkdir()
    assert f"{file} cannot be read" in refusal(
        lambda: with_precision(COMPILED, "auto", file.parent)
    )


def test_without_hard_links_a_choice_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", unknown)
    monkeypatch.setattr(precision_choice, "faster_precision", answering("float32"))
    assert with_precision(COMPILED, "auto", tmp_path).precision == "float32"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_what_a_kill_leaves_of_a_choice_is_known_as_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def link(source: Path, target: Path) -> None:
        seen.append(source.name)
        raise FileExistsError

    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(precision_choice, "faster_precision", answering("float32"))
    with pytest.raises(StudyError):  # nobody has written it
        with_precision(COMPILED, "auto", tmp_path)
    assert HALF_WRITTEN.fullmatch(seen[0]) and not list(tmp_path.iterdir())


def test_what_needs_no_measurement_leaves_no_file(tmp_path: Path) -> None:
    for run, wanted in ((FLOAT32, "auto"), (COMPILED, "recipe"), (UNCOMPILED, "float32")):
        with_precision(run, wanted, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"precision": "half"}', '{"precision": {}}'])
def test_a_damaged_choice_is_refused(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision_choice, "faster_precision", answering("float32"))
    with_precision(COMPILED, "auto", tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(content)
    sentence = refusal(lambda: with_precision(COMPILED, "auto", tmp_path))
    assert str(file) in sentence and "delete it" in sentence


@pytest.mark.parametrize(
    ("recipe", "losses"),
    [
        ("paper", [4.188753, 4.073518, 3.994974, 4.012079, 4.004712, 3.932022]),
        ("fast", [3.970292, 3.867144, 3.736028, 3.632648, 3.515243, 3.383238]),
    ],
)
def test_a_run_that_names_no_precision_learns_as_before_there_was_a_choice(
    recipe: str, losses: list[float], world: World
) -> None:
    """Recorded at commit 1c81178, where the trained weights agreed in every bit; here digits."""
    history = trained(small_run(recipe), world).history
    assert history["loss"].head(6).tolist() == pytest.approx(losses, rel=1e-4)


def test_no_recipe_names_a_precision_that_does_not_exist() -> None:
    assert {recipe.precision for recipe in RECIPES.values()} <= set(PRECISIONS)
