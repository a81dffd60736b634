"""Accuracy and loss on fixed validation programs during training.

In: a model between two steps. Out: for each bucket the share of programs whose whole output greedy
decoding would write exactly, and the loss of an output character.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        self._samples: dict[tuple[str, int], Corpus] = {}

    def programs(self, bucket: str, count: int) -> Corpus:
        """Return `count` programs of a bucket, the same at every call."""
        if (bucket, count) not in self._samples:
            members = np.flatnonzero(self.validation.buckets == BUCKETS.index(bucket))
            chosen = members[sample_evenly(len(members), count)]
            self._samples[bucket, count] = self.validation.take(chosen)
        return self._samples[bucket, count]

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
            exact = float(execution_exact(scores, corpus).mean())
            result[bucket] = ProbeResult(accuracy=exact, output_loss=loss)
        model.train()
        return result
