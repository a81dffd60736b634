"""From how a call ended to its verdict.

In: the end of a call, and what it should have returned. Out: an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from torture.apart import End
from torture.outcome import HUNG, RAW, REFUSED, SILENT, SURVIVED, Outcome

LONGEST_SENTENCE: Final = 600  # characters


def judged(
    attack: str,
    case: str,
    end: End,
    expected: Collection[str] | None,
    *,
    naming: str = "",
    may_refuse: bool = True,
) -> Outcome:
    """Return the verdict on a call.

    expected: what it may return; None: anything.
    naming: what a refusal has to hold, such as a part of a path.
    may_refuse: whether a refusal is an answer; if not, it counts as raw.
    """
    if end.kind == "value":
        if expected is None or end.text in expected:
            return Outcome(attack, SURVIVED, case)
        return Outcome(attack, SILENT, case, f"returned {end.text}")
    if end.kind == "hang":
        return Outcome(attack, HUNG, case, end.text)
    if end.kind != "refusal":
        return Outcome(attack, RAW, case, end.text)
    if not may_refuse:
        return Outcome(attack, RAW, case, f"refused where it must go on: {end.text}")
    fault = fault_of(end, naming)
    if fault:
        return Outcome(attack, RAW, case, f"{fault} in the sentence: {end.text}")
    return Outcome(attack, REFUSED, case)


def fault_of(refusal: End, naming: str = "") -> str:
    """Return what is wrong with the sentence of a refusal, "" if nothing is."""
    if not refusal.text.strip():
        return "nothing"
    if "\n" in refusal.text:
        return "line-ends"
    if refusal.length > LONGEST_SENTENCE:
        return f"{refusal.length}-characters"
    if naming not in refusal.text:
        return f"no-{naming!r}"
    return ""
