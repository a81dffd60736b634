"""Batches: what one training step reads. The paper's random windows, or whole aligned programs.

In: a corpus in difficulty order and, at every step, a mix of pools. Out: a `Batch` that holds
exactly as many characters at every step of every schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.buckets import BUCKETS
from cl_utils.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.packing import pack, spread
from cl_utils.schedules import Mix

TRIALS = 20
PADDING = 2 * len(BUCKETS)  # kinds: 0-2 program characters of a bucket, 3-5 output characters


@dataclass(frozen=True)
class Batch:
    """One step's rows; `kinds` says of each target its bucket and whether it is output."""

    inputs: Tensor  # (B, T) int64
    targets: Tensor  # (B, T) int64
    kinds: Tensor  # (B, T) int64, see PADDING
    positions: Tensor | None  # (B, T) int64, place in the own program; None: windows
    documents: Tensor | None  # (B, T) int64, which program of the row; None: windows
    programs: NDArray[np.int64]  # (3,) programs that begin here, by bucket

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        moved = (self.inputs, self.targets, self.kinds, self.positions, self.documents)
        return Batch(  # type: ignore[call-arg]
            *(t if t is None else t.to(device, non_blocking=True) for t in moved),  # type: ignore[arg-type]
            self.programs,
        )


class Batcher(Protocol):
    """Draws one batch a step; `state` and `restore` continue the stream exactly."""

    def draw(self, mix: Mix) -> Batch:
        """Return the next batch."""

    def state(self) -> dict[str, object]:
        """Return what a checkpoint must keep."""

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from a checkpoint's state."""


class Pools:
    """Names of pools -> intervals [start, stop) of a corpus sorted by bucket and difficulty."""

    def __init__(self, corpus: Corpus, hardest_share: float = 0.5) -> None:
        if (np.diff(corpus.buckets.astype(int)) < 0).any():
            raise StudyError("the training corpus is not sorted by bucket: run notebook 03 again")
        self.programs = len(corpus)
        self.edges = np.searchsorted(corpus.buckets, np.arange(len(BUCKETS) + 1)).tolist()
        self.hardest_share = hardest_share

    def bounds(self, pool: str) -> tuple[int, int]:
        """Return the interval of a pool; raise StudyError for a name that means nothing."""
        if pool == "all":
            return 0, self.programs
        if pool.startswith("easiest:"):
            return 0, max(1, round(float(pool.removeprefix("easiest:")) * self.programs))
        bucket = pool.removeprefix("hardest-of-")
        if bucket not in BUCKETS:
            raise StudyError(
                f"pool {pool!r} does not exist: use all, {', '.join(BUCKETS)}, "
                "hardest-of-<bucket> or easiest:<share>"
            )
        start, stop = self.edges[BUCKETS.index(bucket)], self.edges[BUCKETS.index(bucket) + 1]
        if bucket != pool:
            start = stop - max(1, round((stop - start) * self.hardest_share))
        return start, stop


def kinds_of(corpus: Corpus) -> NDArray[np.uint8]:
    """Return the kind of every character, (N,): its bucket, and whether it is output."""
    output = corpus.is_answer().astype(np.uint8)  # bytes: the paper's corpus has 10^8
    return corpus.buckets.repeat(corpus.lengths) + len(BUCKETS) * output


class AlignedBatcher:
    """Whole programs packed into rows; the last one is cut so that the characters come out even."""

    def __init__(
        self,
        corpus: Corpus,
        pools: Pools,
        *,
        characters: int,
        row_length: int,
        rng: np.random.Generator,
    ) -> None:
        self.corpus, self.pools, self.rng = corpus, pools, rng
        self.characters, self.row_length = characters, row_length
        self.kinds = kinds_of(corpus)
        self.expected = int(characters / max(1, corpus.lengths.min() - 1)) + 1
        self.rows = self._rows_needed()

    def _rows_needed(self) -> int:
        """Return rows enough for any mix: the most that trial batches of each bucket took, + 1."""
        rng, self.rng = self.rng, np.random.default_rng(0)
        needed = 0
        for pool in ("all", *BUCKETS) * TRIALS:
            lengths = self._programs({pool: 1.0})[1]
            needed = max(needed, int(pack(lengths, self.row_length).max()) // self.row_length + 1)
        self.rng = rng
        return needed + 1

    def draw(self, mix: Mix) -> Batch:
        """Return (B, T) rows with exactly `characters` targets that are not padding."""
        for _ in range(TRIALS):
            programs, lengths = self._programs(mix)
            starts = pack(lengths, self.row_length, self.rows)
            if (starts >= 0).all():  # else, rarely, the rows have no room: draw again
                return self._batch(programs, lengths, starts)
        raise StudyError(
            f"the mix {dict(mix)} does not fit {self.rows} rows of {self.row_length} "
            "characters: raise `context` in the params file"
        )

    def _programs(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw programs, with replacement, until their targets reach the batch's characters."""
        bounds = np.asarray([self.pools.bounds(pool) for pool in mix])
        shares = np.cumsum(list(mix.values()))
        places = self.rng.random((2, self.expected))
        chosen = bounds[np.searchsorted(shares[:-1], places[0], side="right")]
        drawn = (chosen[:, 0] + places[1] * (chosen[:, 1] - chosen[:, 0])).astype(np.int64)
        lengths = self.corpus.lengths[drawn] - 1  # the first character is never a target
        total = np.cumsum(lengths)
        count = int(np.searchsorted(total, self.characters)) + 1
        lengths = lengths[:count].copy()
        lengths[-1] -= total[count - 1] - self.characters
        return drawn[:count], lengths

    def _batch(
        self, programs: NDArray[np.int64], lengths: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> Batch:
        places = spread(starts, lengths)
        inside = spread(np.zeros_like(starts), lengths)  # 0, 1, ... in every program
        sources = inside + np.repeat(self.corpus.offsets[programs], lengths)
        shape = (self.rows, self.row_length)

        def grid(values: NDArray[np.integer], filler: int = 0) -> Tensor:
            cells = np.full(self.rows * self.row_length, filler, dtype=np.int64)
            cells[places] = values
            return torch.from_numpy(cells.reshape(shape))

        return Batch(
            inputs=grid(self.corpus.tokens[sources]),
            targets=grid(self.corpus.tokens[sources + 1]),
            kinds=grid(self.kinds[sources + 1], PADDING),
            positions=grid(inside),
            documents=grid(np.repeat(np.arange(1, len(programs) + 1), lengths)),
            programs=np.bincount(self.corpus.buckets[programs], minlength=len(BUCKETS)),
        )

    def state(self) -> dict[str, object]:
        """Return the generator's state."""
        return dict(self.rng.bit_generator.state)

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from `state`."""
        self.rng.bit_generator.state = state


class WindowBatcher:
    """Random windows of one concatenated stream of programs (the authors' batches).

    The stream is the mix's programs in random order; a new mix makes a new stream. A mix of whole
    pools in proportion to their sizes uses every program once, as the authors' files do.
    """

    def __init__(
        self, corpus: Corpus, pools: Pools, *, rows: int, row_length: int, rng: np.random.Generator
    ) -> None:
        self.corpus, self.pools, self.rng = corpus, pools, rng
        self.rows, self.row_length = rows, row_length
        self.mix: dict[str, float] = {}
        self.before_stream: dict[str, object] = {}

    def _load(self, mix: Mix) -> None:
        self.mix = dict(mix)
        self.before_stream = dict(self.rng.bit_generator.state)
        bounds = {pool: self.pools.bounds(pool) for pool in mix if mix[pool] > 0}
        whole = min((stop - start) / mix[pool] for pool, (start, stop) in bounds.items())
        parts = [
            start + self.rng.permutation(stop - start)[: max(1, round(whole * mix[pool]))]
            for pool, (start, stop) in bounds.items()
        ]
        order = self.rng.permutation(np.concatenate(parts))
        stream = self.corpus.take(order)
        if len(stream.tokens) <= self.row_length:
            raise StudyError(
                f"the mix {dict(mix)} holds {len(stream.tokens)} characters, less "
                f"than one window of {self.row_length}: raise training_programs"
            )
        self.tokens = stream.tokens
        self.kinds = kinds_of(stream)
        self.begins = np.zeros(len(stream.tokens), dtype=bool)
        self.begins[stream.offsets[:-1]] = True

    def draw(self, mix: Mix) -> Batch:
        """Return (B, T) windows from random places of the mix's stream."""
        if dict(mix) != self.mix:
            self._load(mix)
        starts = self.rng.integers(len(self.tokens) - self.row_length, size=self.rows)
        places = starts[:, None] + np.arange(self.row_length + 1)
        tokens = torch.from_numpy(self.tokens[places].astype(np.int64))
        kinds = self.kinds[places[:, 1:]]
        begun = (kinds % len(BUCKETS))[self.begins[places[:, 1:]]]
        return Batch(
            inputs=tokens[:, :-1],
            targets=tokens[:, 1:],
            kinds=torch.from_numpy(kinds.astype(np.int64)),
            positions=None,
            documents=None,
            programs=np.bincount(begun, minlength=len(BUCKETS)),
        )

    def state(self) -> dict[str, object]:
        """Return the generator's state, and that from which the present stream was made."""
        return {
            "mix": self.mix,
            "before_stream": self.before_stream,
            "now": dict(self.rng.bit_generator.state),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Make the same stream again and continue from `state`."""
        if state["mix"]:
            self.rng.bit_generator.state = state["before_stream"]
            self._load(state["mix"])
        self.rng.bit_generator.state = state["now"]
