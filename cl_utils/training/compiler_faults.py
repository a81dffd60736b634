"""Why code could not be compiled, in one sentence with the fix instead of hundreds of lines.

In: what `torch.compile`, or code that it made, raised. Out: a StudyError. The fault's own traceback
stays reachable as the `__context__` of what is raised.
"""

from __future__ import annotations

import logging
import os
import re
import sysconfig
from pathlib import Path

import torch

from cl_utils.errors import StudyError

CACHE = "TORCHINDUCTOR_CACHE_DIR"
LOGGERS = ("torch._dynamo", "torch._functorch._aot_autograd", "torch._inductor")
LONGEST_CAUSE = 200  # characters
NAMED_BY_COMPILER = r"error: |cannot find |: not found"
NAMED_BY_PYTHON = r"\w(Error|Exception|Compiler|Missing|Expired)\b: "
SAYS_NOTHING = r"C\+\+ compile error|ld returned|subprocess:$|raised:$"
FIXES = (  # the first whose pattern is found
    (
        r"No working C\+\+ compiler|Compiler: .* is not found|directory: '(\S*/)?(g|c|clang)\+\+",
        "install a C++ compiler such as g++, or let CXX name the one that is there",
    ),
    (r"No space left|[Qq]uota exceeded", f"make room, or let {CACHE} name a folder with room"),
    (r"Python\.h", "install the headers of this Python (its package python3-dev or python3-devel)"),
    (r"OpenMP support not found", "install OpenMP (`brew install libomp`)"),
    (r"working triton|named 'triton", "install the triton that fits this torch"),
    (r"Python .*(not|n't) .*support|not .*supported .*Python", "use Python 3.11, 3.12 or 3.13"),
    (r"Killed", "free some memory"),
    (
        r"Read-only file|Permission denied|failed to map segment|\[Errno \d+\]",
        f"let {CACHE} name a folder that can be written and whose files may be executed",
    ),
)
UNCOMPILED = "set compile: false in all runs that are compared (slower, and rounded differently)"


def keep_warnings_short() -> None:
    """Let torch's warnings of faults that it goes on after have a line, not their tracebacks too.

    If it cannot go on, `refusal` tells the fault.
    """
    for name in LOGGERS:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(_without_traceback)  # once, however often it is called


def _without_traceback(record: logging.LogRecord) -> bool:
    if record.levelno == logging.WARNING:
        record.exc_info = record.exc_text = None
    return True


def refusal(fault: Exception) -> StudyError:
    """Return the error that says, in one sentence, what kept code from being compiled."""
    fix = _fix(str(fault))
    advice = f"{fix}, or {UNCOMPILED}" if fix else UNCOMPILED
    return StudyError(f"the loss cannot be compiled on this machine ({_cause(fault)}): {advice}")


def _cause(fault: Exception) -> str:
    """Return the line that tells most: a compiler's complaint, or else an exception's."""
    lines = [" ".join(line.split()) for line in str(fault).splitlines() if line.strip()]
    telling = [line for line in lines if not re.search(SAYS_NOTHING, line)]
    for pattern in (NAMED_BY_COMPILER, NAMED_BY_PYTHON):
        found = [line for line in telling if re.search(pattern, line)]
        if found:
            return _short(found[0])
    return _short(f"{type(fault).__name__}: {(telling or lines or ['without a word'])[0]}")


def _short(line: str) -> str:
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 1] + "…"


def _fix(text: str) -> str:
    if "C++ compile error" in text and (spaced := _paths_with_spaces()):
        return spaced
    return next((fix for pattern, fix in FIXES if re.search(pattern, text)), "")


def _paths_with_spaces() -> str:
    """Return what to do about a path that a C++ compiler gets in two pieces, "" without any."""
    if " " in os.environ.get(CACHE, ""):
        return f"let {CACHE} name a folder whose path has no space ({os.environ[CACHE]} has one)"
    installed = (str(Path(torch.__file__).parent), sysconfig.get_path("include"))
    spaced = [path for path in installed if " " in path]
    return f"move {spaced[0]} to a path without spaces" if spaced else ""
