"""Small models compute on one thread, wherever they are trained, unless the user says otherwise.

In: sizes of models, numbers of threads. Out: a failure when a run gets threads that wait for each
other, when a number given by the user does not count, or when threads change more than roundings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pandas as pd
import pytest
import torch
from tiny import tiny_model
from worlds import World, handful, same_weights, small_run, trained

from cl_utils import threads
from cl_utils.evaluation.evaluate import check_decoding, evaluate
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
from cl_utils.threads import GIVEN, fixed_threads, set_threads_for
from cl_utils.training.run import Run
from cl_utils.training.trainer import Trained

LARGE = (4096, 4096)  # width, characters at once
PROFILES = sorted(path.stem for path in PARAMS.glob("*.yaml"))


@pytest.fixture(autouse=True)
def two_at_first(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Torch with two threads of its own, and nothing that the user said."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)
    before = torch.get_num_threads()
    threads.threads_at_first.cache_clear()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
    threads.threads_at_first.cache_clear()


def run_of(profile: str) -> Run:
    """Return a run of a committed profile."""
    return read_params(PARAMS / f"{profile}.yaml").run()


@pytest.mark.parametrize("profile", ["smoke", "study", "laptop", "paper-size"])
def test_models_of_committed_profiles_train_on_one_thread(profile: str) -> None:
    run = run_of(profile)
    assert set_threads_for(run.model.width, run.characters_per_step) == 1
    assert torch.get_num_threads() == 1


def test_large_products_get_the_threads_that_torch_had_at_first() -> None:
    """In a session that has trained a small model before, too."""
    assert set_threads_for(*LARGE) == 2
    assert set_threads_for(32, 384) == 1
    assert set_threads_for(*LARGE) == torch.get_num_threads() == 2


@pytest.mark.parametrize("name", GIVEN)
def test_a_number_that_the_user_gave_counts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "2")
    assert set_threads_for(32, 384) == 2
    torch.set_num_threads(1)
    assert set_threads_for(*LARGE) == 1


def test_one_thread_set_before_the_first_training_stays() -> None:
    """As a process does that works beside others."""
    torch.set_num_threads(1)
    assert set_threads_for(*LARGE) == 1


def test_fixed_threads_hold_for_every_size_and_end_with_their_block() -> None:
    for count in (1, 2):
        with fixed_threads(count):
            assert set_threads_for(*LARGE) == set_threads_for(32, 384) == count
    assert torch.get_num_threads() == 2 and GIVEN[0] not in os.environ
    assert set_threads_for(32, 384) == 1


def test_training_sets_the_threads_of_its_model(world: World) -> None:
    trained(small_run("fast", steps=1), world)
    assert torch.get_num_threads() == 1


def test_evaluation_sets_the_threads_of_its_model(world: World) -> None:
    model, few = tiny_model("modern", noise=0.2), handful(world.validation, 2)
    assert check_decoding(model, few, 2) == 0 and torch.get_num_threads() == 1
    torch.set_num_threads(2)
    evaluate(model, {"natural": few}, world.train, seed=0, line_programs=2)
    assert torch.get_num_threads() == 1


def on_threads(count: int, world: World, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Train a small run on as many threads; few steps, since they may wait long for each other."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(count))
    torch.set_num_threads(count)
    result = trained(small_run("fast", steps=2), world)
    assert torch.get_num_threads() == count
    return result


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core")
def test_a_number_of_threads_repeats_its_bits_and_another_rounds_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same programs are read in the same order; sums are taken in other parts."""
    one, two, again = (on_threads(count, world, monkeypatch) for count in (1, 2, 2))
    assert same_weights(two.model, again.model)
    for ours, theirs in zip(one.model.parameters(), two.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    columns = ["step", "stage", *(name for name in one.history if name.startswith("share"))]
    pd.testing.assert_frame_equal(one.history[columns], two.history[columns])
