"""Fixtures that every test may ask for, and one thread of torch so that sums come out the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from worlds import World, make_world


@pytest.fixture(scope="session")
def world() -> World:
    """A small world of generated programs, made once."""
    return make_world()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread while the tests run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
