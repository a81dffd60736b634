"""Nothing is compiled before what is timed, and the caches of before are there again behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cl_utils.experiments.compilation import nothing_compiled
from cl_utils.training.compiler_faults import CACHE


@pytest.mark.parametrize("before", ["/somewhere/else", None])
def test_each_time_the_compiler_has_an_empty_folder(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv(CACHE, raising=False)
    if before:
        monkeypatch.setenv(CACHE, before)
    folders = []
    for _ in range(2):
        with nothing_compiled():
            folders.append(Path(os.environ[CACHE]))
            assert folders[-1].is_dir() and not list(folders[-1].iterdir())
            (folders[-1] / "compiled").touch()
        assert os.environ.get(CACHE) == before
    assert folders[0] != folders[1] and not any(folder.exists() for folder in folders)
