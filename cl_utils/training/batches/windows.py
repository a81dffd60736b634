"""The paper's batches: windows of characters from random places of one stream of programs.

In: a corpus in difficulty order and, at every step, a mix of pools. Out: a `Batch` that holds
exactly as many characters at every step of every schedule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cl_utils.curriculum.interface import Mix
from cl_utils.curriculum.mixes import check_mix
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.training.batches.batch import Batch, loss_groups_of
from cl_utils.training.batches.on_device import on_device
from cl_utils.training.batches.pools import Pools


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
        self.keep([self.stream(mix)])

    def stream(self, mix: Mix) -> Corpus:
        """Return the programs of a mix in random order, those of its rarest pool once each.

        Raises StudyError for a mix that `mixes.check_mix` refuses, or too short for a window.
        """
        check_mix(mix)
        bounds = {pool: self.pools.bounds(pool) for pool in mix if mix[pool] > 0}
        whole = min((stop - start) / mix[pool] for pool, (start, stop) in bounds.items())
        parts = [
            start + self.rng.permutation(stop - start)[: max(1, round(whole * mix[pool]))]
            for pool, (start, stop) in bounds.items()
        ]
        stream = self.corpus.take(self.rng.permutation(np.concatenate(parts)))
        if len(stream.tokens) <= self.row_length:
            raise StudyError(
                f"the mix {dict(mix)} holds {len(stream.tokens)} characters, less "
                f"than one window of {self.row_length}: raise training_programs"
            )
        return stream

    def keep(self, streams: Sequence[Corpus]) -> None:
        """Keep streams, one after another, as what windows are read from."""
        firsts = np.cumsum([0, *(len(stream.tokens) for stream in streams)])
        begins = [s.offsets[:-1] + first for s, first in zip(streams, firsts, strict=False)]
        self.characters, self.begins = int(firsts[-1]), np.concatenate(begins)
        buckets = np.concatenate([stream.buckets for stream in streams])
        begun = np.eye(len(BUCKETS), dtype=np.int64)[buckets]  # (P, 3)
        self.begun_before = np.concatenate([begun[:1] * 0, begun.cumsum(0)])  # (P + 1, 3)
        resident = [
            [stream.tokens for stream in streams],
            [loss_groups_of(stream) for stream in streams],
        ]
        codes = [s.intermediate_values for s in streams if s.intermediate_values is not None]
        resident += [codes] if codes else []
        self.resident = [torch.tensor(np.concatenate(v), device=self.device) for v in resident]

    def draw(self, mix: Mix) -> Batch:
        """Return (B, T) windows from random places of the mix's stream.

        Raises StudyError as `stream` does.
        """
        check_mix(mix)
        if dict(mix) != self.mix:
            self._load(mix)
        return self.read(self.starts())

    def starts(self) -> NDArray[np.int64]:
        """Return random places in the stream, (B,)."""
        return self.rng.integers(self.characters - self.row_length, size=self.rows)

    def read(self, starts: NDArray[np.int64]) -> Batch:
        """Return the windows (B, T) that begin at these places."""
        places = on_device(starts, self.device)[:, None] + self.columns
        tokens, loss_groups, *codes = (values[places].long() for values in self.resident)
        return Batch(
            inputs=tokens[:, :-1],
            targets=tokens[:, 1:],
            loss_groups=loss_groups[:, 1:],
            layout=None,
            programs=self._begun(starts),
            intermediate_values=codes[0][:, :-1] if codes else None,
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
