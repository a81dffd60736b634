"""Experiments trained: what is missing alone, on the same programs, from where they were killed.

In: a toy experiment of two variants and six steps. Out: curves as the notebooks keep them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from worlds import World, quiet, same_weights, small_run

from cl_utils.errors import StudyError
from cl_utils.experiments import Experiment, load_curves, load_experiment, train_missing
from cl_utils.experiments import training as module
from cl_utils.experiments.curves import folder, manifests
from cl_utils.experiments.programs import World as Programs
from cl_utils.experiments.training import WholeTest, even_steps, missing, train_with_curve
from cl_utils.paths import HOME_VARIABLE
from cl_utils.training.checkpoints import save_checkpoint
from cl_utils.training.loop import start_or_resume
from cl_utils.training.probes import PROGRAMS_PER_BUCKET, Probe

STEPS, POINTS = 6, 3
TOY = {
    "name": "toy",
    "profile": "smoke",
    "at_once": False,
    "reference": "plain",
    "programs": {"validation": 2, "test": 5, "natural": 1, "points": POINTS},
    "defaults": {
        "recipe": "fast",
        "arm": "baseline",
        "steps": STEPS,
        "characters_per_step": 1024,
        "training_programs": 40,
        "seeds": 1,
    },
    "variants": [
        {"name": "plain", "words": "nothing changed", "curves": "old-name", "seeds": 2},
        {
            "name": "more",
            "words": "with all",
            "group": "added",
            "recipe": "strong",
            "arm": "competence-by-characters",
        },
    ],
}


def toy_in(folder: Path) -> Experiment:
    """Write the toy experiment's file to a folder, and return what it says."""
    (folder / "toy.yaml").write_text(yaml.safe_dump(TOY))
    return load_experiment("toy", folder)


def plain_of(toy: Experiment) -> Experiment:
    """Return the experiment with its first variant alone."""
    return toy.model_copy(update={"variants": toy.variants[:1]})


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """Return the toy experiment, in a home of its own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return toy_in(tmp_path)


@pytest.fixture(scope="module")
def plain_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which the first variant is trained; leave its files alone."""
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder / "home"))
        assert len(list(train_missing(plain_of(toy_in(folder))))) == 2
    return folder / "home"


@pytest.fixture
def trained_toy(toy: Experiment, plain_home: Path, tmp_path: Path) -> Experiment:
    """Return the toy experiment whose first variant is trained, in a home of its own."""
    shutil.copytree(plain_home, tmp_path / "home", dirs_exist_ok=True)
    return toy


def test_what_is_missing_is_trained_and_what_is_there_is_not(
    toy: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match="holds no curves"):
        load_curves(toy)
    made, worlds = module.world_of, []
    monkeypatch.setattr(
        module, "world_of", lambda *given: worlds.append(made(*given)) or worlds[-1]
    )
    told = list(train_missing(toy))
    assert [line.partition(":")[0] for line in told] == [
        "plain, seed 0",
        "plain, seed 1",
        "more, seed 0",
    ]
    assert len(worlds) == 2  # seeds share their programs
    files = sorted(folder(toy).glob("*.csv"))
    assert [path.stem for path in files] == ["more-seed0", "old-name-seed0", "old-name-seed1"]
    curves = load_curves(toy)
    assert list(curves["variant"].unique()) == ["plain", "more"]
    assert len(curves) == 3 * POINTS and curves["step"].max() == STEPS
    assert (curves["programs"] == 15).all()
    (made,) = [each["params"]["run"] for each in manifests(toy, "more")]
    assert made["recipe"]["convolution"] == 3
    before = [path.stat().st_mtime_ns for path in files]
    assert missing(toy) == [] and list(train_missing(toy)) == []
    assert [path.stat().st_mtime_ns for path in files] == before
    files[1].unlink()
    assert [(each.variant.name, each.seed) for each in missing(toy)] == [("plain", 0)]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Train on one thread, as trainings at once do, and leave torch as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_trainings_at_once_leave_the_same_curves(toy: Experiment) -> None:
    one = toy.model_copy(update={"variants": toy.variants[1:], "reference": "more"})
    list(train_missing(one))
    alone = load_curves(one)
    for path in folder(one).glob("*"):
        path.unlink()
    for path in module.Training(one, one.variants[0], 0).checkpoint.parent.glob("*"):
        path.unlink()
    list(train_missing(one.model_copy(update={"at_once": True})))
    at_once = load_curves(one)
    assert at_once.drop(columns="seconds").equals(alone.drop(columns="seconds"))


def test_a_killed_training_goes_on_where_it_was(tmp_path: Path, world: World) -> None:
    run, programs = small_run("strong", steps=STEPS), Programs(world.train, world.validation)
    whole = train_with_curve(run, programs, tmp_path / "whole.pt", POINTS)
    killed = start_or_resume(run, world.train, world.validation, None, quiet)
    killed.advance()
    save_checkpoint(tmp_path / "killed.pt", killed.state())
    told: list[str] = []
    went_on = train_with_curve(run, programs, tmp_path / "killed.pt", POINTS, told.append)
    assert told[0] == f"continues after step 1 of {STEPS}"
    assert same_weights(whole.model, went_on.model)
    again = train_with_curve(run, programs, tmp_path / "whole.pt", POINTS)
    assert again.seconds == whole.seconds and again.curve.equals(whole.curve)
    with pytest.raises(StudyError, match="belongs to a run with"):
        train_with_curve(small_run("fast", steps=STEPS), programs, tmp_path / "whole.pt", POINTS)


def test_a_curve_changed_by_hand_is_refused(trained_toy: Experiment) -> None:
    path = folder(trained_toy) / "old-name-seed0.csv"
    path.write_text("execution_exact\n99\n")
    with pytest.raises(StudyError, match="was changed by hand"):
        load_curves(trained_toy)
    path.with_name(f"{path.name}.manifest.json").unlink()
    with pytest.raises(StudyError, match="manifest.json is missing: run the notebook"):
        load_curves(trained_toy)


def test_a_curve_that_a_kill_left_without_its_manifest_is_missing(toy: Experiment) -> None:
    task = module.Training(toy, toy.variants[0], 0)
    task.path.parent.mkdir(parents=True)
    task.path.write_text("step\n")
    assert missing(toy)[0] == task
    task.path.with_name(f"{task.path.name}.manifest.json").write_text("{}")
    with pytest.raises(StudyError, match="manifest.json is damaged"):
        missing(toy)


def test_a_curve_that_was_deleted_is_trained_again(trained_toy: Experiment) -> None:
    one = plain_of(trained_toy)
    assert missing(one) == []
    task = module.Training(one, one.variants[0], 0)
    assert not task.checkpoint.exists()
    task.path.unlink()
    (line,) = train_missing(one)
    assert line.startswith("plain, seed 0: ") and task.path.exists()


@pytest.mark.parametrize("steps", [20, 30, 6_000])
def test_a_curve_has_evenly_spaced_points_and_the_end(steps: int) -> None:
    points = sorted(even_steps(steps, 20))
    assert len(points) == 20 and points[-1] == steps
    assert np.ptp(np.diff([0, *points])) <= 1


def test_the_whole_test_set_is_looked_at(world: World) -> None:
    many = world.train.take(np.tile(np.arange(len(world.train)), 2))
    of_a_bucket = int((many.buckets == 0).sum())
    assert of_a_bucket > PROGRAMS_PER_BUCKET
    assert len(WholeTest(many, "cpu").programs("easy", len(many))[0]) == of_a_bucket
    assert len(Probe(many, "cpu").programs("easy", PROGRAMS_PER_BUCKET)[0]) == PROGRAMS_PER_BUCKET
