"""Attack: one file of a finished study is damaged, then everything that reads it is loaded.

In: a ground. Out: an outcome a load: the value is as before, or a sentence names the file; all
others are lost. Attempts go through all files and kinds of damage in a random order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from functools import cached_property
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

from torture.apart import Call, ends_of
from torture.damage import DAMAGES, replaced
from torture.damage_of_texts import TEXT_DAMAGES
from torture.exchange import EXCHANGES
from torture.ground import Ground
from torture.judge import judged
from torture.loads import UNREAD, call_at, loads_of
from torture.outcome import SKIPPED, Outcome, UndisturbedError
from torture.surroundings import as_nobody, nobody_can

SECONDS: Final = 10.0  # of one load; they take less than one
SECONDS_OF_A_PIPE: Final = 2.0  # which gives nothing, however long one waits
UNREADABLE: Final = "no permission"
ALONE: Final = {**DAMAGES, **TEXT_DAMAGES}
"""Damage that needs nothing but the file."""
SEALED: Final = "a manifest sealed again"


class Corruption:
    """Every file of the ground by every kind of damage."""

    name = "corruption"

    def __init__(
        self, ground: Ground, seed: int, pairs: Sequence[tuple[str, str]] | None = None
    ) -> None:
        self.ground, self.seed = ground, seed
        if pairs:
            self.pairs = pairs

    @cached_property
    def files(self) -> list[str]:
        """Files that something reads, by their paths in a home."""
        home = self.ground.home
        found = [path.relative_to(home).as_posix() for path in sorted(home.rglob("*.*"))]
        return [each for each in found if (home / each).is_file() and not _unread(each)]

    @cached_property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """Files with kinds of damage, in the order of the attempts."""
        kinds = [*ALONE, *EXCHANGES, UNREADABLE]
        pairs = list(product(self.files, kinds))
        Random(self.seed).shuffle(pairs)
        return pairs

    @cached_property
    def values(self) -> dict[str, str]:
        """The digest of what each load returns when nothing is damaged."""
        names = sorted({name for file, _ in self.pairs for name in loads_of(file)})
        ends = []
        for name in names:  # each in a copy of its own, since some of them write
            ends += ends_of([call_at(name, self.ground.copy())], seconds=SECONDS)
        faults = {
            name: end.text for name, end in zip(names, ends, strict=True) if end.kind != "value"
        }
        if faults:
            raise UndisturbedError(f"these loads fail: {faults}")
        return {name: end.text for name, end in zip(names, ends, strict=True)}

    @cached_property
    def rights_bind(self) -> bool:
        """Whether this process can give up its rights and still read the study."""
        call = call_at("programs", self.ground.home)
        return nobody_can(call, {self.values[call.name]}, seconds=SECONDS)

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Damage one file; yield an outcome for each load that reads it."""
        file, kind = self.pairs[number % len(self.pairs)]
        attack = f"corruption: {kind}"
        names = loads_of(file)
        assert names, f"no load reads {file}: add it to LOADS or UNREAD"
        copy = self.ground.copy()
        done = self._damage(copy, copy / file, kind, random)
        if done is None:
            return
        calls = [call_at(name, copy) for name in names]
        if kind == UNREADABLE:
            if not self.rights_bind:
                yield Outcome(attack, SKIPPED, detail="no user but this one may read the study")
                return
            calls = [Call(call.name, as_nobody(call.function)) for call in calls]
        seconds = SECONDS_OF_A_PIPE if kind == "a named pipe" else SECONDS
        for call, end in zip(calls, ends_of(calls, seconds=seconds), strict=True):
            case = f"--case {number}: {file}, {done}, loading {call.name}"
            # A manifest that is sealed may say anything, as long as it is understood or refused.
            wanted = None if kind == SEALED else {self.values[call.name]}
            yield judged(attack, case, end, wanted, naming="/")

    def _damage(self, copy: Path, path: Path, kind: str, random: Random) -> str | None:
        if kind in ALONE:
            return ALONE[kind](path, random)
        if kind in EXCHANGES:
            return EXCHANGES[kind](self.ground, copy, path, random)
        replaced(path, path.read_bytes())
        path.chmod(0)
        return "no permission to read it"


def _unread(file: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in UNREAD)
