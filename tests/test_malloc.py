"""Freed memory stays: asked of glibc, and harmless to ask where there is another C library."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from cl_utils.training.malloc import keep_freed_memory

FAULTS = """
import resource, sys
import torch
from cl_utils.training.malloc import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
for _ in range(20):  # until the freed pieces fit
    torch.ones(16, 1024, 1024)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(16, 1024, 1024)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc"
)
def test_kept_memory_is_used_again_without_asking_the_system() -> None:
    def faults(wish: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", FAULTS, wish], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert faults("keep") < 100 < faults("give back")


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
