"""Batches: what one training step reads. The paper's random windows, or whole aligned programs.

In: a corpus in difficulty order and, at every step, a mix of pools. Out: a `Batch` that holds
exactly as many characters at every step of every schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.buckets import BUCKETS
from cl_utils.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.expansion import Expansion
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
    intermediate_values: Tensor | None = None  # as `inputs`: codes of what is known after each

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        inputs, targets, kinds = (
            each.to(device, non_blocking=True) for each in (self.inputs, self.targets, self.kinds)
        )
        layout = None if self.layout is None else self.layout.to(device)
        values = self.intermediate_values
        values = None if values is None else values.to(device, non_blocking=True)
        return Batch(inputs, targets, kinds, layout, self.programs, values)


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
        self.characters, self.device = characters, torch.device(device)
        self.one_size = one_size
        self.targets = lengths = corpus.lengths - 1  # the first character is never a target
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

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every character of the corpus, (N,)."""
        return kinds_of(self.corpus)

    @cached_property
    def expansion(self) -> Expansion | None:
        """What makes batches on the device, where they have one size; the corpus lies there."""
        if not self.one_size:
            return None
        shape = (self.characters, self.least_rows, self.sizes[0])
        return Expansion(self.corpus, self.kinds, shape, self.device)

    def draw(self, mix: Mix) -> Batch:
        """Return a stream with exactly `characters` targets."""
        programs, lengths = self.choose(mix)
        begun = np.bincount(self.corpus.buckets[programs], minlength=len(BUCKETS))
        if self.expansion is not None:
            inputs, targets, kinds, values, layout = self.expansion.expand(programs, lengths)
            return Batch(inputs, targets, kinds, layout, begun, values)
        sources = spread(self.corpus.offsets[programs], lengths)

        def stream(values: NDArray[np.uint8]) -> Tensor:
            return torch.from_numpy(values.astype(np.int64))

        codes = self.corpus.intermediate_values
        return Batch(
            inputs=stream(self.corpus.tokens[sources]),
            targets=stream(self.corpus.tokens[sources + 1]),
            kinds=stream(self.kinds[sources + 1]),
            layout=lay_out(lengths, self.sizes, self.least_rows),
            programs=begun,
            intermediate_values=None if codes is None else stream(codes[sources]),
        )

    def choose(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw programs with replacement; return them and how many characters of each are read."""
        bounds = np.asarray([self.pools.bounds(pool) for pool in mix])
        shares = np.cumsum(list(mix.values()))
        places = self.rng.random((2, self.most_programs))
        chosen = bounds[np.searchsorted(shares[:-1], places[0], side="right")]
        drawn = (chosen[:, 0] + places[1] * (chosen[:, 1] - chosen[:, 0])).astype(np.int64)
        total = np.cumsum(self.targets[drawn])
        drawn = drawn[: int(np.searchsorted(total, self.characters)) + 1]
        return drawn, self.cut(drawn)

    def cut(self, programs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the characters to read of each program: all, but of the last what is left."""
        lengths: NDArray[np.int64] = self.targets[programs]
        lengths[-1] -= lengths.sum() - self.characters
        return lengths

    def state(self) -> dict[str, object]:
        """Return the generator's state."""
        return dict(self.rng.bit_generator.state)

    def restore(self, state: Mapping[str, object]) -> None:
        """Continue from `state`."""
        self.rng.bit_generator.state = state
