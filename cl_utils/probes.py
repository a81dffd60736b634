"""Accuracy on fixed validation programs during training.

In: a model between two steps. Out: the share of each bucket's programs whose whole output greedy
decoding would write exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cl_utils.buckets import BUCKETS
from cl_utils.corpus import Corpus, sample_evenly
from cl_utils.model import GPT
from cl_utils.scoring import execution_exact, score

PROGRAMS_PER_BUCKET = 256


class Probe:
    """256 validation programs of each bucket, of every difficulty in it."""

    def __init__(self, validation: Corpus, device: torch.device) -> None:
        self.device = device
        self.programs = {}
        for code, bucket in enumerate(BUCKETS):
            members = np.flatnonzero(validation.buckets == code)
            chosen = members[sample_evenly(len(members), PROGRAMS_PER_BUCKET)]
            self.programs[bucket] = validation.take(chosen)

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        result = {}
        for bucket in buckets:
            corpus = self.programs[bucket]
            exact = execution_exact(score(model, corpus, device=self.device), corpus)
            result[bucket] = float(exact.mean())
        model.train()
        return result
