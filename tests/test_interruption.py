"""An interrupt during training: nothing is lost, and the next call ends with the same weights."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from worlds import World, quiet, same_weights, small_run, trained

from cl_utils.errors import Interrupted
from cl_utils.playground.schedule import Weights, trained_beside_baseline
from cl_utils.training import model_loss
from cl_utils.training.batched_runs import train_batched
from cl_utils.training.interruption import stop_asked
from cl_utils.training.loop import train
from cl_utils.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("few_curve_points")


@contextmanager
def interrupted_in(step: int, times: int = 1, model: int = 0) -> Iterator[None]:
    """Interrupt in the middle of step `step` of the run that is trained as number `model`."""
    draw, left = Trainer.draw, [signal.SIGINT] * times
    met: list[Trainer] = []

    def interrupting(trainer: Trainer) -> object:
        if trainer not in met:
            met.append(trainer)
        while trainer.step == step and met.index(trainer) == model and left:
            os.kill(os.getpid(), left.pop())
        return draw(trainer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "draw", interrupting)
        yield


def test_the_step_is_finished_and_the_next_call_goes_on(world: World, tmp_path: Path) -> None:
    run, path = small_run("fast", "mastery"), tmp_path / "checkpoint.pt"
    corpora = (world.train, world.validation)
    with (
        interrupted_in(4),
        pytest.raises(Interrupted, match=r"step 5 of 12: run again to continue"),
    ):
        train(run, *corpora, checkpoint=path, report=quiet)
    said: list[object] = []
    continued = train(run, *corpora, checkpoint=path, report=said.append)
    assert said[0] == "continues after step 5 of 12"
    assert same_weights(continued.model, trained(run, world).model)


def test_all_members_of_a_batched_model_are_kept(world: World, tmp_path: Path) -> None:
    runs = [small_run("fast", seed=seed) for seed in range(2)]
    paths = [tmp_path / f"{seed}.pt" for seed in range(2)]
    with interrupted_in(3), pytest.raises(Interrupted, match="step 4 of 12"):
        train_batched(runs, world.train, world.validation, checkpoints=paths, report=quiet)
    assert all(path.exists() for path in paths)


def test_in_the_last_step_the_finished_run_is_kept_and_nothing_goes_on(
    world: World, tmp_path: Path
) -> None:
    run, path = small_run("fast", "mastery"), tmp_path / "checkpoint.pt"
    corpora = (world.train, world.validation)
    with interrupted_in(11), pytest.raises(Interrupted, match="step 12 of 12: run again"):
        train(run, *corpora, checkpoint=path, report=quiet)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "advance", None)  # nothing is trained a second time
        again = train(run, *corpora, checkpoint=path, report=quiet)
    assert same_weights(again.model, trained(run, world).model) and not again.stop_asked


def test_in_the_last_step_a_run_without_a_checkpoint_is_returned_and_says_so(world: World) -> None:
    with interrupted_in(11):
        result = train(small_run("fast"), world.train, world.validation, report=quiet)
    assert result.stop_asked and len(result.history) == 12
    assert not trained(small_run("fast"), world).stop_asked


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("at_once", [1, 2])
def test_in_the_last_step_of_a_part_the_next_runs_do_not_begin(
    at_once: int, kept: bool, world: World, tmp_path: Path
) -> None:
    runs = [small_run("fast", seed=seed) for seed in range(4)]
    paths = [tmp_path / f"{seed}.pt" if kept else None for seed in range(4)]
    told = "step 12 of 12: run again" if kept else f"stopped after {at_once} of 4 runs"
    with interrupted_in(11), pytest.raises(Interrupted, match=told):
        train_batched(
            runs, world.train, world.validation, checkpoints=paths, report=quiet, at_once=at_once
        )
    assert [path.exists() for path in paths if path] == kept * [n < at_once for n in range(4)]


def test_of_several_runs_those_that_ended_before_the_interrupt_are_kept(
    world: World, tmp_path: Path
) -> None:
    runs = [small_run("fast"), small_run("fast", "baseline-budget30")]
    paths = [tmp_path / f"{run.name}.pt" for run in runs]
    with interrupted_in(7), pytest.raises(Interrupted, match="step 8 of 12"):
        train_batched(runs, world.train, world.validation, checkpoints=paths, report=quiet)
    assert all(path.exists() for path in paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "advance", None)
        train(runs[1], world.train, world.validation, checkpoint=paths[1], report=quiet)


def test_small_models_end_where_somebody_asked_to_stop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_loss, "BUDGET", 1.0)
    run, corpora = small_run("fast", steps=3), (world.train, world.validation)
    measure = partial(model_loss.model_loss, run, *corpora, [world.validation], report=quiet)
    with interrupted_in(2), pytest.raises(Interrupted, match="stopped after model 1 of 3"):
        measure()
    with interrupted_in(2, model=2):
        assert len(measure()) == len(world.validation)  # all are trained: nothing is thrown away


def test_an_edited_schedule_is_not_trained_after_a_baseline_that_was_stopped(world: World) -> None:
    stages = [Weights(1, 1, 0, 0)]
    corpora = (world.train, world.validation)
    with interrupted_in(3), pytest.raises(Interrupted, match="stopped after the baseline"):
        trained_beside_baseline(small_run("fast"), stages, *corpora, steps=4)
    with interrupted_in(3, model=1):
        assert len(trained_beside_baseline(small_run("fast"), stages, *corpora, steps=4)) == 4


def test_without_a_checkpoint_it_says_that_nothing_is_kept(world: World) -> None:
    with interrupted_in(1), pytest.raises(Interrupted, match="nothing is kept"):
        train(small_run("fast"), world.train, world.validation, report=quiet)


def test_a_second_interrupt_does_not_wait(world: World) -> None:
    with interrupted_in(1, times=2), pytest.raises(KeyboardInterrupt) as raised:
        train(small_run("fast"), world.train, world.validation, report=quiet)
    assert not isinstance(raised.value, Interrupted)


def test_afterwards_interrupts_are_what_they_were(world: World) -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupted_in(1), pytest.raises(Interrupted):
        train(small_run("fast"), world.train, world.validation, report=quiet)
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_trains_without_listening() -> None:
    heard: list[bool] = []

    def listen() -> None:
        with stop_asked() as stopped:
            heard.append(stopped())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert heard == [False]


def test_ignored_interrupts_stay_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_asked() as stopped:
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN and not stopped()
    finally:
        signal.signal(signal.SIGINT, before)
