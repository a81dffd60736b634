"""How a model does on fixed validation programs during training.

In: a model between two steps. Out: for each bucket the share of programs whose whole output greedy
decoding would write exactly, and the loss of an output character.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from cl_utils.curriculum.interface import ProbeResult
from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import execution_exact, score

PROGRAMS_PER_BUCKET = 256


class Probe:
    """At most 256 validation programs of each bucket, of every difficulty in it."""

    def __init__(self, validation: Corpus, device: torch.device) -> None:
        self.device = device
        self.validation = validation
        self.programs = lru_cache(self._programs)

    def _programs(self, bucket: str, count: int) -> Corpus:
        members = np.flatnonzero(self.validation.buckets == BUCKETS.index(bucket))
        return self.validation.take(members[sample_evenly(len(members), count)])

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        return {bucket: seen.accuracy for bucket, seen in self.measure(model, buckets).items()}

    def measure(
        self, model: GPT, buckets: Sequence[str] = BUCKETS, count: int = PROGRAMS_PER_BUCKET
    ) -> dict[str, ProbeResult]:
        """Return accuracy and output loss on `count` programs of each of `buckets`."""
        result = {}
        for bucket in buckets:
            corpus = self.programs(bucket, count)
            scores = score(model, corpus, device=self.device)
            loss = -float(scores.log_probability[corpus.is_answer()].mean())
            result[bucket] = ProbeResult(float(execution_exact(scores, corpus).mean()), loss)
        model.train()
        return result
