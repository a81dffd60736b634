"""The one exception that the study raises on purpose: it names the fault and the fix."""

from __future__ import annotations


class StudyError(ValueError):
    """Bad input or a missing artifact; the message names the file, the value and what to do."""
