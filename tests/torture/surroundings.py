"""Poor surroundings for work: without rights, without room, without a network.

In: a function, to be called in a process that ends with it. Out: the same, with less around it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final

from torture.apart import Call, ends_of

NOBODY: Final = 65534
NETWORK: Final = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
)
"""Audit events of the interpreter that turn to a network."""


def as_nobody(function: Callable[[], str]) -> Callable[[], str]:
    """Return a function that gives up the rights of root, for ever, before it works.

    It is then a user who owns nothing. Where this process is no root's, permissions bind already.
    """

    def work() -> str:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return function()

    return work


def nobody_can(call: Call, expected: Collection[str], *, seconds: float) -> bool:
    """Return whether a call gives what it should without the rights of root.

    It does not where the folders of this user are closed to others.
    """
    (end,) = ends_of([Call(call.name, as_nobody(call.function))], seconds=seconds)
    return end.kind == "value" and end.text in expected


def without_large_files(function: Callable[[], str], most: int) -> Callable[[], str]:
    """Return a function that can write no file above `most` bytes: to it, the disk is full."""

    def work() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        return function()

    return work


def without_network(function: Callable[[], str]) -> Callable[[], str]:
    """Return a function that can look up no name and connect to nothing."""

    def refuse(event: str, given: tuple[Any, ...]) -> None:
        if event in NETWORK:
            raise ConnectionError(f"{event} {given[1:]}")

    def work() -> str:
        sys.addaudithook(refuse)
        return function()

    return work


@contextlib.contextmanager
def small_file_system(kibibytes: int) -> Iterator[Path | None]:
    """Yield the folder of a file system of a size, None where none can be mounted."""
    with tempfile.TemporaryDirectory() as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "torture", name]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True)
