"""Fixtures that every test may ask for, and one thread of torch so that sums come out the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from cl_utils.paths import HOME_VARIABLE
from tools.browser.chromium import MISSING, Chromium, browser, chromium
from tools.browser.tab import Tab

# What takes seconds to import is imported where it is needed: the process that hands out the tests
# reads this file, too, before any of them begins.
if TYPE_CHECKING:
    from kernels import Kernel
    from studies import FinishedStudy
    from worlds import World

settings.register_profile("untimed", deadline=None)  # a busy machine fails no test
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def world() -> World:
    """A small world of generated programs, made once."""
    from worlds import make_world

    return make_world()


@pytest.fixture(scope="session")
def coded_world(world: World) -> World:
    """The same with the codes of its intermediate values, for tests that train on it often."""
    from dataclasses import replace

    from cl_utils.data.value_codes import with_intermediate_values

    return replace(world, train=with_intermediate_values(world.train))


@pytest.fixture(scope="module")
def few_curve_points() -> Iterator[None]:
    """Measure learning curves at three steps alone, in files that ask of other things.

    A curve of 12 points takes as long as the training; test_loop.py has those.
    """
    from cl_utils.training import loop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "curve_steps", lambda steps: frozenset({1, 6, steps}))
        yield


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory: pytest.TempPathFactory) -> FinishedStudy:
    """A tiny study that went through all notebooks' steps, made once; leave its files alone."""
    from studies import whole_study

    home = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        return whole_study(home)


@pytest.fixture
def study_home(
    finished_study: FinishedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the finished study that a test may spoil; CURRICULUM_HOME names it."""
    copy = shutil.copytree(finished_study.home, tmp_path / "home")
    monkeypatch.setenv(HOME_VARIABLE, str(copy))
    return copy


@pytest.fixture(scope="session")
def kernel() -> Iterator[Kernel]:
    """A kernel that executes notebooks, started once."""
    from kernels import Kernel

    kernel = Kernel()
    yield kernel
    kernel.stop()


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Chromium]:
    """A browser, started once; without one the tests that ask for it are skipped."""
    program = browser()
    if program is None:
        pytest.skip(MISSING)
    with chromium(program) as running:
        yield running


@pytest.fixture
def tab(running_browser: Chromium) -> Iterator[Tab]:
    """A new tab of the browser."""
    with closing(running_browser.tab()) as tab:
        yield tab


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread while the tests run."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
