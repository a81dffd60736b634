"""Aligned batches: whole programs one after another, without padding.

In: a corpus in difficulty order and, at every step, a mix of pools. Out: a `Batch` that holds
exactly as many characters at every step of every schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.curriculum.interface import Mix
from cl_utils.curriculum.mixes import check_mix
from cl_utils.data.corpus import Corpus
from cl_utils.data.ragged import character_places
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.model.packing import lay_out, row_sizes
from cl_utils.training.batches.batch import Batch, loss_groups_of
from cl_utils.training.batches.on_device import DeviceBatchBuilder
from cl_utils.training.batches.pools import Pools


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
        static_shapes: bool = False,
        device: str | torch.device = "cpu",
    ) -> None:
        """`static_shapes` gives attention rows of one size and, nearly always, one number of rows.

        A GPU wants shapes that never change, a CPU the least work. Such batches are made on
        `device`, where the corpus stays, all others on the processor.
        """
        self.corpus, self.pools, self.rng = corpus, pools, rng
        self.characters, self.device = characters, torch.device(device)
        self.static_shapes = static_shapes
        self.targets = lengths = corpus.lengths - 1  # the first character is never a target
        self.most_programs = int(characters / max(1, lengths.min(initial=1))) + 1
        self.sizes, self.least_rows = row_sizes(lengths), 2
        if lengths.max(initial=0) > context:
            raise StudyError(
                f"a program of {lengths.max()} characters does not fit the context {context}: "
                "raise `context` or lower `maximum_characters` in the params file"
            )
        if static_shapes:
            parts = (*BUCKETS, "easiest:0.1")
            shortest = min(lengths[slice(*pools.bounds(part))].mean() for part in parts)
            self.sizes = self.sizes[-1:]
            self.least_rows = int(1.25 * characters / shortest) + 8

    @cached_property
    def loss_groups(self) -> NDArray[np.uint8]:
        """The loss group of every character of the corpus, (N,)."""
        return loss_groups_of(self.corpus)

    @cached_property
    def device_builder(self) -> DeviceBatchBuilder | None:
        """What makes batches on the device, where they have one size; the corpus lies there."""
        if not self.static_shapes:
            return None
        shape = (self.characters, self.least_rows, self.sizes[0])
        return DeviceBatchBuilder(self.corpus, self.loss_groups, shape, self.device)

    def draw(self, mix: Mix) -> Batch:
        """Return a stream with exactly `characters` targets."""
        programs, lengths = self.choose(mix)
        begun = np.bincount(self.corpus.buckets[programs], minlength=len(BUCKETS))
        if self.device_builder is not None:
            inputs, targets, loss_groups, values, layout = self.device_builder.build(
                programs, lengths
            )
            return Batch(
                inputs=inputs,
                targets=targets,
                loss_groups=loss_groups,
                layout=layout,
                programs=begun,
                intermediate_values=values,
            )
        sources = character_places(self.corpus.offsets[programs], lengths)

        def stream(values: NDArray[np.uint8]) -> Tensor:
            return torch.from_numpy(values.astype(np.int64))

        codes = self.corpus.intermediate_values
        return Batch(
            inputs=stream(self.corpus.tokens[sources]),
            targets=stream(self.corpus.tokens[sources + 1]),
            loss_groups=stream(self.loss_groups[sources + 1]),
            layout=lay_out(lengths, self.sizes, self.least_rows),
            programs=begun,
            intermediate_values=None if codes is None else stream(codes[sources]),
        )

    def choose(self, mix: Mix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw programs with replacement; return them and how many characters of each are read."""
        return self.choose_many(mix, 1)[0]

    def choose_many(
        self, mix: Mix, steps: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return what `choose` returns in the next `steps` steps, which draw from one mix.

        Raises StudyError for a mix that `mixes.check_mix` refuses.
        """
        check_mix(mix)
        # The generator fills an array in order, so one call for all steps gives the same numbers.
        bounds = np.asarray([self.pools.bounds(pool) for pool in mix])
        shares = np.cumsum(list(mix.values()))
        places = self.rng.random((steps, 2, self.most_programs))
        chosen = bounds[np.searchsorted(shares[:-1], places[:, 0], side="right")]  # (K, M, 2)
        width = chosen[..., 1] - chosen[..., 0]
        drawn = (chosen[..., 0] + places[:, 1] * width).astype(np.int64)
        lengths = self.targets[drawn]
        filled = lengths.cumsum(1)
        last = (filled >= self.characters).argmax(1)  # the program that each batch cuts
        lengths[np.arange(steps), last] -= filled[np.arange(steps), last] - self.characters
        return [(drawn[k, : last[k] + 1], lengths[k, : last[k] + 1]) for k in range(steps)]

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
