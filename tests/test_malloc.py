"""Freed memory stays: asked of glibc, and harmless to ask where there is another C library."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from cl_utils.training.malloc import keep_freed_memory

FAULTS = """
import resource
import torch
from cl_utils.training.malloc import keep_freed_memory

def faults():
    for _ in range(20):  # until the freed pieces fit
        torch.ones(16, 1024, 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        torch.ones(16, 1024, 1024)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

given_back = faults()
assert keep_freed_memory()
print(given_back, faults())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc"
)
def test_kept_memory_is_used_again_without_asking_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    given_back, kept = map(int, done.stdout.split())
    assert kept < 100 < given_back


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False
