"""An interrupt during training: nothing is lost, and the next call ends with the same weights."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from worlds import World, quiet, same_weights, small_run, trained

from cl_utils.errors import Interrupted
from cl_utils.training.batched_runs import train_batched
from cl_utils.training.interruption import stop_asked
from cl_utils.training.loop import train
from cl_utils.training.trainer import Trainer


@contextmanager
def interrupted_in(step: int, times: int = 1) -> Iterator[None]:
    """Interrupt whatever trains in the middle of its step `step` (from 0)."""
    draw, left = Trainer.draw, [signal.SIGINT] * times

    def interrupting(trainer: Trainer) -> object:
        while trainer.step == step and left:
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
