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
from cl_utils.expansion import Expansion, on_device
from cl_utils.layout import Layout, lay_out, row_sizes, spread
from cl_utils.schedules import Mix

KINDS = 2 * len(BUCKETS)  # 0-2: program characters of a bucket, 3-5: its output characters


@dataclass(frozen=True)
class Batch:
    """What one step reads: windows (B, T), or a stream (N,) of whole programs and its layout."""

    inputs: Tensor  # (B, T) or (N,) int64
    targets: Tensor  # the same shape
    kinds: Tensor  # the same shape: each target's bucket and whether it is output, see KINDS
    layout: Layout | None  # of a stream
    programs: NDArray[np.int64]  # (3,) programs that begin here, by bucket

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        inputs, targets, kinds = (
            each.to(device, non_blocking=True) for each in (self.inputs, self.targets, self.kinds)
        )
        layout = None if self.layout is None else self.layout.to(device)
        return Batch(inputs, targets, kinds, layout, self.programs)


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
    """Whole programs one after another; the last is cut so that the characters come out even."""

    def __init__(
        self,
        corpus: Corpus,
        pools: Pools,
        *,
        characters: int,
        context: int,
        rng: np.random.Generator,
        one_size: bool = False,
        device: str | torch.device = "cpu",
    ) -> None:
        """`one_size` gives attention rows of one size and, nearly always, one number of rows.

        A GPU wants shapes that never change, a CPU the least work. Such batches are made on
        `device`, where the corpus stays, all others on the processor.
        """
        self.corpus, self.pools, self.rng = corpus, pools, rng
        self.characters, self.expansion = characters, None
        self.kinds = kinds_of(corpus)
        lengths = corpus.lengths - 1  # the first character is never a target
        self.most_programs = int(characters / max(1, lengths.min(initial=1))) + 1
        self.sizes, self.least_rows = row_sizes(lengths), 2
        if lengths.max(initial=0) > context:
            raise StudyError(
                f"a program of {lengths.max()} characters does not fit the context {context}: "
                "raise `context` or lower `maximum_characters` in the params file"
            )
        if one_size:
            parts = (*BUCKETS, "easiest:0.1")
            shortest = min(lengths[slice(*pools.bounds(part))].mean() for part in parts)
            self.sizes = self.sizes[-1:]
            self.least_rows = int(1.25 * characters / shortest) + 8
            shape = (characters, self.least_rows, self.sizes[0])
            self.expansion = Expansion(corpus, self.kinds, shape, torch.device(device))

    def draw(self, mix: Mix) -> Batch:
        """Return a stream with exactly `characters` targets."""
        programs, lengths = self._programs(mix)
        begun = np.bincount(self.corpus.buckets[programs], minlength=len(BUCKETS))
        if self.expansion is not None:
            return Batch(*self.expansion.expand(programs, lengths), begun)
        sources = spread(self.corpus.offsets[programs], lengths)

        def stream(values: NDArray[np.uint8]) -> Tensor:
            return torch.from_numpy(values.astype(np.int64))

        return Batch(
            inputs=stream(self.corpus.tokens[sources]),
            targets=stream(self.corpus.tokens[sources + 1]),
            kinds=stream(self.kinds[sources + 1]),
            layout=lay_out(lengths, self.sizes, self.least_rows),
            programs=begun,
        )

    def _programs(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw programs, with replacement, until their targets reach the batch's characters."""
        bounds = np.asarray([self.pools.bounds(pool) for pool in mix])
        shares = np.cumsum(list(mix.values()))
        places = self.rng.random((2, self.most_programs))
        chosen = bounds[np.searchsorted(shares[:-1], places[0], side="right")]
        drawn = (chosen[:, 0] + places[1] * (chosen[:, 1] - chosen[:, 0])).astype(np.int64)
        starts, stops = self.corpus.offsets[drawn], self.corpus.offsets[drawn + 1]
        lengths = stops - starts - 1  # the first character is never a target
        total = np.cumsum(lengths)
        count = int(np.searchsorted(total, self.characters)) + 1
        lengths = lengths[:count].copy()
        lengths[-1] -= total[count - 1] - self.characters
        return drawn[:count], lengths

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
        self,
        corpus: Corpus,
        pools: Pools,
        *,
        rows: int,
        row_length: int,
        rng: np.random.Generator,
        device: str | torch.device = "cpu",
    ) -> None:
        """Batches are made on `device`, where the stream stays."""
        self.corpus, self.pools, self.rng = corpus, pools, rng
        self.rows, self.row_length, self.device = rows, row_length, torch.device(device)
        self.columns = torch.arange(row_length + 1, device=self.device)
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
        self.begins = stream.offsets[:-1]
        begun = np.eye(len(BUCKETS), dtype=np.int64)[stream.buckets]  # (P, 3)
        self.begun_before = np.concatenate([begun[:1] * 0, begun.cumsum(0)])  # (P + 1, 3)
        self.resident = [
            torch.tensor(values, device=self.device) for values in (self.tokens, kinds_of(stream))
        ]

    def draw(self, mix: Mix) -> Batch:
        """Return (B, T) windows from random places of the mix's stream."""
        if dict(mix) != self.mix:
            self._load(mix)
        starts = self.rng.integers(len(self.tokens) - self.row_length, size=self.rows)
        places = on_device(starts, self.device)[:, None] + self.columns
        tokens, kinds = (values[places].long() for values in self.resident)
        return Batch(
            inputs=tokens[:, :-1],
            targets=tokens[:, 1:],
            kinds=kinds[:, 1:],
            layout=None,
            programs=self._begun(starts),
        )

    def _begun(self, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many programs of each bucket begin among these windows' targets, (3,)."""
        first, last = np.searchsorted(self.begins, [starts + 1, starts + self.row_length + 1])
        begun: NDArray[np.int64] = (self.begun_before[last] - self.begun_before[first]).sum(0)
        return begun

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
