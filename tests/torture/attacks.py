"""All attacks, how often each is tried, and what runs them.

In: a ground and a seed. Out: outcomes. An attempt depends on the seed and its number alone, so that
any one can be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Final, Protocol

from torture.corruption import Corruption
from torture.ground import Ground
from torture.kills import Kills
from torture.outcome import RAW, Outcome, UndisturbedError
from torture.parameters import Parameters
from torture.places import Places
from torture.programs import Programs
from torture.same_bytes import SameBytes
from torture.workflow import Workflow


class Attack(Protocol):
    """One kind of attack, made of a ground and a seed."""

    name: str

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Try it once; yield what came of it, nothing where the number means nothing."""
        ...


@dataclass(frozen=True)
class Plan:
    """How often an attack is tried.

    short: the numbers of the attempts of the short form. least: attempts of the long form. share:
    of the time of the long form, which it goes on for.
    """

    made: Callable[[Ground, int], Attack]
    short: Sequence[int]
    least: int
    share: float


EVERY_TEXT: Final = (*range(10), *(turn + place for turn in range(10, 65, 5) for place in (0, 2)))
"""Of every five attempts on programs the first and third are adversarial: all of these, and of the
other kinds two each.
"""
ATTACKS: Final[Mapping[str, Plan]] = {
    "corruption": Plan(Corruption, short=range(16), least=1500, share=0.25),
    "kills": Plan(Kills, short=(0, 3, 8), least=100, share=0.2),
    "parameters": Plan(Parameters, short=range(0, 165, 5), least=1000, share=0.1),
    "programs": Plan(Programs, short=EVERY_TEXT, least=1000, share=0.15),
    "places": Plan(Places, short=range(6, 12), least=36, share=0.1),
    "same bytes": Plan(SameBytes, short=(0,), least=6, share=0.0),
    "workflow": Plan(Workflow, short=(), least=1, share=0.0),
}
"""Kinds come in turn, so few numbers are chosen ones, or whole kinds would be left out.

Kills: a training, the evaluation, data that two processes share. Parameters: five has no divisor in
common with the numbers of files and of kinds. Places: a training in each of them.
"""


def outcomes(name: str, ground: Ground, seed: int, numbers: Iterable[int]) -> Iterator[Outcome]:
    """Yield the outcomes of attempts of one attack, by their numbers."""
    attack = ATTACKS[name].made(ground, seed)
    try:
        for number in numbers:
            yield from attack.attempt(number, Random(f"{seed}/{name}/{number}"))
    except UndisturbedError as error:
        yield Outcome(f"{name}: undisturbed", RAW, detail=str(error))


def short_form(name: str) -> Sequence[int]:
    """Return the numbers of an attack's short form."""
    return ATTACKS[name].short


def long_form(name: str, minutes: float) -> Iterator[int]:
    """Yield the numbers of an attack's long form; `minutes`: of all attacks together."""
    plan, until = ATTACKS[name], None
    for number in count():
        until = until or time.monotonic() + 60 * minutes * plan.share  # from the first attempt on
        if number >= plan.least and time.monotonic() > until:
            return
        yield number
