"""Keeps the memory that a training step frees, for the next step.

By default glibc gives large arrays back to the system at once and asks for them again at the next
step; clearing their pages again took a fifth of a compiled CPU step (docs/log/speed.md).
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # malloc.h


def keep_freed_memory() -> bool:
    """Ask the C library to keep freed memory in this process; return whether it does so.

    False where the C library is not glibc; nothing else changes there.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):  # another C library, as on Alpine
        return False
    wishes = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**26}
    done = True
    for option, value in wishes.items():  # all of them, even after one is refused
        done = bool(library.mallopt(option, value)) and done
    return done
