"""What an attack came to: survived, refused in one sentence, or lost; counted in one table.

In: outcomes, one an attempt. Out: a Markdown table, and the lost cases with what repeats each, not
more than a reader wants to see of one fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["survived", "refused", "silent", "raw", "hung", "skipped"]
SURVIVED: Final = "survived"
"""The same result as undisturbed."""
REFUSED: Final = "refused"
"""A `StudyError` of one sentence."""
SILENT: Final = "silent"
"""Another result without a word."""
RAW: Final = "raw"
"""Another exception, a death, or a StudyError that is no short sentence."""
HUNG: Final = "hung"
"""Longer than the time limit."""
SKIPPED: Final = "skipped"
"""Impossible on this machine."""
LOST: Final[tuple[Verdict, ...]] = (SILENT, RAW, HUNG)
COUNTED: Final[tuple[Verdict, ...]] = (SURVIVED, REFUSED, *LOST)
MOST_SHOWN: Final = 60
MOST_ALIKE: Final = 3
DETAIL: Final = 700  # characters of a lost case


class UndisturbedError(Exception):
    """What is attacked fails before it is attacked."""


@dataclass(frozen=True)
class Outcome:
    """One attempt.

    attack: its row in the table, "kind: what was done".
    case: what repeats it: the number of the attempt, the file, the damage.
    detail: what happened, for one that was lost or skipped.
    """

    attack: str
    verdict: Verdict
    case: str = ""
    detail: str = ""

    @property
    def fault(self) -> tuple[str, str, str]:
        """What outcomes of one fault have in common: attack, verdict, the name of an exception."""
        return self.attack, self.verdict, self.detail.partition(" ")[0]


class Tally:
    """All outcomes so far, counted by attack and verdict."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[Verdict]] = {}
        self.lost: list[Outcome] = []
        self.skipped: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Count an outcome, and keep it if it was lost or skipped."""
        self._counts.setdefault(outcome.attack, Counter())[outcome.verdict] += 1
        if outcome.verdict in LOST:
            self.lost.append(outcome)
        if outcome.verdict == SKIPPED:
            self.skipped.append(outcome)

    def count(self, *verdicts: Verdict, kind: str = "") -> int:
        """Return how many attempts ended so, of all attacks or of those of a kind."""
        chosen = [row for attack, row in self._counts.items() if attack.startswith(kind)]
        return sum(row[verdict] for row in chosen for verdict in verdicts)

    def table(self) -> str:
        """Return a Markdown table: a row an attack, and the sum of all."""
        lines = [_line(attack, counts) for attack, counts in sorted(self._counts.items())]
        lines.append(_line("**all**", sum(self._counts.values(), Counter())))
        head = "| attack | tried | survived | refused | lost: silent | lost: raw | lost: hung |"
        return "\n".join([head, "|---" + "|--:" * (len(COUNTED) + 1) + "|", *lines])

    def losses(self, again: str) -> str:
        """Return the lost cases, few of each fault; `again`: the command that repeats a case."""
        shown = list(_few_of_each(self.lost))
        lines = [f"lost, {each.verdict}: {_words(each)}" for each in shown]
        if left := len(self.lost) - len(shown):
            lines.append(f"and {left} more like these")
        lines += [f"skipped: {_words(each)}" for each in list(_few_of_each(self.skipped, 1))]
        return "\n".join([*lines, *([f"Repeat one: {again}"] if shown else [])])


def _line(attack: str, counts: Counter[Verdict]) -> str:
    numbers = [counts[verdict] for verdict in COUNTED]
    return f"| {attack} | {sum(numbers)} | {' | '.join(map(str, numbers))} |"


def _few_of_each(outcomes: Sequence[Outcome], most: int = MOST_ALIKE) -> Iterator[Outcome]:
    seen: Counter[tuple[str, str, str]] = Counter()
    left = MOST_SHOWN
    for each in outcomes:
        seen[each.fault] += 1
        if seen[each.fault] <= most and left:
            left -= 1
            yield each


def _words(outcome: Outcome) -> str:
    """Return an outcome in one line."""
    text = f"{outcome.attack}; {outcome.case}; {outcome.detail}"
    line = " ".join(text.split())
    return line if len(line) <= DETAIL else f"{line[:DETAIL]} … ({len(line)} characters)"
