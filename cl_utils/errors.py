"""The exceptions that the study raises on purpose: they name the fault and the fix."""

from __future__ import annotations

import sys
from textwrap import wrap
from typing import Final

LINE: Final = 100  # characters of a line of a message
USUAL_MODE = "Context"  # of IPython's tracebacks; whoever wants to see one asks for another


class Told(BaseException):
    """An exception of which a notebook shows the message alone; its traceback on `%tb Verbose`."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows; it asks exceptions for them by this name."""
        traceback = sys.modules["IPython"].get_ipython().InteractiveTB
        if traceback.mode == USUAL_MODE:
            # JupyterLab breaks lines wherever they end, in the middle of a word or a name.
            told = f"{type(self).__name__}: {self}"
            return wrap(told, LINE, break_long_words=False, break_on_hyphens=False)
        lines: list[str] = traceback.structured_traceback(type(self), self, self.__traceback__)
        return lines


class StudyError(Told, ValueError):
    """Bad input or a missing artifact; the message names the file, the value and what to do."""


class MissingError(StudyError):
    """An artifact is not there, or was made from something else: its notebook makes it (again)."""


class UnwritableError(StudyError):
    """What was made could not be saved: the disk is full, or its folder is not to be written."""


class Interrupted(Told, KeyboardInterrupt):  # noqa: N818 -- no error: somebody asked for it
    """Work that was stopped by who watches it; the message says how to go on."""
