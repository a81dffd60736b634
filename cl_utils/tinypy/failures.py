"""Why a TinyPy program fails while it runs, in words.

In: the exception that Python raises, as texts, for it may come from another process. Out: a reason
that ends a sentence.
"""

from __future__ import annotations

_REASONS = {
    "ZeroDivisionError": "it divides by zero",
    "NameError": "it uses a variable that was never assigned",
    "OverflowError": "a number grows too large, use smaller ones or fewer passes",
    "TypeError": "an operand has the wrong type, such as a float in range",
    "ValueError": "the step of a range must not be zero",
}
_LONGEST = 100  # characters of what Python says itself


def reason_of(kind: str, message: str) -> str:
    """The reason of an exception by the name of its type and its message."""
    if kind == "ValueError" and "digits" in message:  # see `MOST_DIGITS`
        kind = "OverflowError"
    return _REASONS.get(kind) or (message or kind)[:_LONGEST]
