"""The same programs in another order: the control that separates order from composition.

In: a batcher and the schedule whose draws are taken, both as another arm has them. Out: batchers
that read exactly these programs, each as often, in as many steps of as many characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_utils.curriculum.interface import Mix, Schedule
from cl_utils.curriculum.mixes import buckets_in
from cl_utils.curriculum.schedules import Staged
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.batch import Batch
from cl_utils.training.batches.spares import pack_with_spares
from cl_utils.training.batches.windows import WindowBatcher

Arrange = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""What puts drawn programs (K,), in random order, in the order of an arm."""
CHOICE = 32  # programs among which the one that a batch cuts is chosen
ATTEMPTS = 20


class ReorderedBatcher(AlignedBatcher):
    """Aligned batches of `programs` (K,) in this order; batch b begins with program starts[b]."""

    programs: NDArray[np.int64]
    starts: NDArray[np.int64]
    step = 0

    def choose(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the next batch's programs and their characters, whatever the mix is."""
        chosen = self.programs[self.starts[self.step] : self.starts[self.step + 1]]
        self.step += 1
        return chosen, self.cut(chosen)

    def choose_many(
        self, mix: Mix, steps: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the next batches' programs and their characters."""
        return [self.choose(mix) for _ in range(steps)]

    def state(self) -> dict[str, object]:
        """Return how many batches were read."""
        return {"step": self.step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.step = state["step"]

    def reorder(
        self,
        schedule: Schedule,
        rng: np.random.Generator,
        arrange: Arrange | None,
        exact: bool = False,
    ) -> None:
        """Draw what `schedule` draws, shuffle it, and `arrange` it if that is given.

        `exact`: keep that order but for the program that each batch cuts, see `spares`.
        """
        draw = super().choose_many
        steps, lengths = schedule.steps, self.corpus.lengths - 1
        drawn = np.concatenate([draw(schedule.mix(step), 1)[0][0] for step in range(steps)])
        for _ in range(ATTEMPTS):
            order = rng.permutation(drawn)
            if arrange is not None:
                order = arrange(order)
            if exact:
                packed = pack_with_spares(order, lengths[order], self.characters, steps, rng)
            else:
                packed = pack(order, lengths[order], self.characters, steps)
            if packed is not None:
                self.programs, self.starts = packed
                return
        raise StudyError(
            f"{len(drawn)} programs do not fit {steps} batches of {self.characters} characters in "
            "another order: raise characters_per_step"
        )


# Every step has to learn from exactly as many characters, so the last program of a batch is cut. In
# another order other programs are cut, by other amounts: cut away too little in all, and programs
# are left over; too much, and they run out before the last step. So the total to cut is known
# beforehand. Each batch chooses, among the next few programs, the one whose cut keeps the sum
# nearest to a straight line to that total; a program moves by a few places, and the composition
# stays exact.


def pack(
    programs: NDArray[np.int64],
    lengths: NDArray[np.int64],
    characters: int,
    steps: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return all programs (K,) in nearly this order and where each batch begins (steps + 1,).

    A batch's last program is cut so that the characters come out even. Which of the next few is the
    last is chosen so that all batches together cut away what these programs have too much: then
    every program is begun, and none is left over. None when that fails.
    """
    order, lengths = programs.copy(), lengths.copy()
    most = characters // max(1, int(lengths.min())) + 1
    surplus, lost = int(lengths.sum()) - steps * characters, 0
    starts = np.zeros(steps + 1, dtype=np.int64)
    for step in range(steps):
        begin = starts[step]
        if step == steps - 1:  # the longest program is cut: it has room for what is too much
            swap(begin + int(lengths[begin:].argmax()), -1, order, lengths)
        filled = np.cumsum(lengths[begin : begin + most])
        last = int(np.searchsorted(filled, characters))
        if last == len(filled):
            return None
        room = characters - int(filled[last - 1] if last else 0)
        losses = lengths[begin + last : begin + last + CHOICE] - room
        wanted = surplus * (step + 1) / steps - lost
        chosen = int(np.where(losses >= 0, np.abs(losses - wanted), np.inf).argmin())
        swap(begin + last, begin + last + chosen, order, lengths)
        lost += int(losses[chosen])
        starts[step + 1] = begin + last + 1
    return (order, starts) if starts[-1] == len(order) else None


def swap(first: int, second: int, *arrays: NDArray[np.int64]) -> None:
    """Exchange two places of each array."""
    for values in arrays:
        values[[first, second]] = values[[second, first]]


# To tell order from composition, an arm has to read the programs that another drew, each as often,
# but in a curriculum's order. A program drawn twice may be read in two stages, so it is draws that
# are sorted, not programs. A stage takes its buckets' easiest draws first, which leaves the hardest
# of each bucket to the later stages, as the paper's hybrid does with its "hardest-of-" pools.


def in_stages(
    programs: NDArray[np.int64], *, corpus: Corpus, schedule: Staged, characters: int
) -> NDArray[np.int64]:
    """Return drawn programs (K,) in the order of a schedule's stages.

    A stage takes of each bucket as large a share of its programs as the schedule draws of it there,
    the easiest of those that are left; the last stage takes the rest. Within a stage the programs
    keep the order they came in. Raises StudyError where nothing is left for a stage.
    """
    lengths = corpus.lengths - 1
    easiest_first = np.argsort(programs, kind="stable")  # a corpus is sorted by bucket, then metric
    left = [easiest_first[corpus.buckets[programs[easiest_first]] == code] for code in range(3)]
    stage_of = np.full(len(programs), len(schedule.stages) - 1)
    for number, stage in enumerate(schedule.stages[:-1]):
        budget = stage.share * schedule.steps * characters
        weights = bucket_weights(stage.mix)
        means = [lengths[programs[rest]].mean() if len(rest) else 0.0 for rest in left]
        characters_each = sum(w * mean for w, mean in zip(weights, means, strict=True))
        if not characters_each:
            raise StudyError(
                f"stage {stage.name!r} of the order finds none of its programs left among the "
                f"{len(programs)} that were drawn: shorten it or those before it, or draw more of "
                f"{', '.join(buckets_in(stage.mix))}"
            )
        count = budget / characters_each
        for code, weight in enumerate(weights):
            taken, left[code] = np.split(left[code], [round(count * weight)])
            stage_of[taken] = number
    return programs[np.argsort(stage_of, kind="stable")]


def by_difficulty(
    programs: NDArray[np.int64], *, corpus: Corpus, order: Callable[[int], NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return drawn programs (K,) in an order of `curriculum.orders`.

    They are ranked by the corpus's `ranks`, or by its own order, which is the study's metric's.
    """
    ranks = programs if corpus.ranks is None else corpus.ranks[programs]
    return programs[np.argsort(ranks, kind="stable")][order(len(programs))]


def bucket_weights(mix: Mix) -> list[float]:
    """Return the shares of easy, medium and hard in a mix of whole buckets and their parts."""
    weights = dict.fromkeys(BUCKETS, 0.0)
    for pool, weight in mix.items():
        weights[pool.removeprefix("hardest-of-")] += weight
    return list(weights.values())


class ReorderedWindows(WindowBatcher):
    """Exactly the windows that a schedule draws, in random order."""

    step = 0

    def reorder(
        self, schedule: Schedule, rng: np.random.Generator, arrange: Arrange | None
    ) -> None:
        """Draw all windows of `schedule`, then shuffle them among the batches.

        Raises StudyError when they are to be arranged.
        """
        if arrange is not None:
            raise StudyError(
                "windows hold parts of several programs and cannot be sorted by difficulty: for an "
                "arm in an order of difficulty use a recipe that reads whole programs"
            )
        streams: list[Corpus] = []
        places, first = [], 0
        for mix in map(schedule.mix, range(schedule.steps)):
            if dict(mix) != self.mix:
                first += self.characters if streams else 0
                self.mix = dict(mix)
                streams.append(self.stream(mix))
                self.keep(streams[-1:])
            places.append(first + self.starts())
        self.keep(streams)
        self.places = rng.permutation(np.concatenate(places)).reshape(schedule.steps, -1)

    def draw(self, mix: Mix) -> Batch:
        """Return the next batch's windows (B, T), whatever the mix is."""
        self.step += 1
        return self.read(self.places[self.step - 1])

    def state(self) -> dict[str, object]:
        """Return how many batches were read."""
        return {"step": self.step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        self.step = state["step"]
