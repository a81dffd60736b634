"""Giving up the rights of root, so that permissions mean something.

In: a function. Out: the same, run as a user who owns nothing. Where this process is no root's,
permissions bind already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import Final

from torture.apart import Call, ends_of

NOBODY: Final = 65534


def as_nobody(function: Callable[[], str]) -> Callable[[], str]:
    """Return a function that gives up the rights of root, for ever, before it works."""

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
