"""What the child process of `sandbox` does: it sets its own limits, then runs one program.

In: the limits as arguments and a program on standard input. Out: what the program prints, and on
standard error why it failed, as `Kind: message`. It is run by its path, by a Python that is cut off
from all packages, so it imports nothing but the standard library.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

LONGEST_MESSAGE = 200  # characters


class OutputLimit(Exception):
    """The program prints more than it may."""


def main(memory: int, output: int, digits: int, seconds: float) -> None:
    """Run the program on standard input: bytes, characters, digits of an integer, seconds.

    The seconds are the processor's, so that a busy machine ends no program early.
    """
    if hasattr(signal, "setitimer"):  # not on Windows
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process
    try:
        import resource
    except ImportError:  # Windows
        pass
    else:
        set_limits(resource, RLIMIT_AS=memory, RLIMIT_FSIZE=output, RLIMIT_CPU=int(seconds) + 2)
    sys.set_int_max_str_digits(digits)
    names = {"print": Printer(output), "range": range}
    try:
        exec(compile(sys.stdin.read(), "program", "exec"), {"__builtins__": names})
        sys.stdout.flush()
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE])
        sys.exit(1)


def set_limits(resource: Any, **limits: int) -> list[str]:
    """Set each limit of the module `resource` by itself, and return the names of those that hold.

    A system may lack a limit, or refuse to set it, as macOS does with that on memory.
    """
    held = []
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (AttributeError, ValueError, OSError):
            continue
        held.append(name)
    return held


class Printer:
    """`print` of one value, up to a number of characters on all systems."""

    def __init__(self, most: int) -> None:
        self._left = most

    def __call__(self, value: object) -> None:
        """Print a line, or raise OutputLimit."""
        text = str(value)
        self._left -= len(text) + 1
        if self._left < 0:
            raise OutputLimit
        print(text)


if __name__ == "__main__":
    memory, output, digits = map(int, sys.argv[1:4])
    main(memory, output, digits, float(sys.argv[4]))
