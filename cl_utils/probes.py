"""Accuracy on fixed validation programs during training.

In: a model between two steps. Out: the share of each bucket's programs whose whole output greedy
decoding would write exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cl_utils.buckets import BUCKETS
from cl_utils.corpus import Corpus
from cl_utils.model import GPT
from cl_utils.scoring import execution_exact, score

PROGRAMS_PER_BUCKET = 256


class Probe:
    """The first 256 validation programs of each bucket."""

    def __init__(self, validation: Corpus, device: torch.device) -> None:
        self.device = device
        self.programs = {
            bucket: validation.take(
                np.flatnonzero(validation.buckets == code)[:PROGRAMS_PER_BUCKET]
            )
            for code, bucket in enumerate(BUCKETS)
        }

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        result = {}
        for bucket in buckets:
            corpus = self.programs[bucket]
            exact = execution_exact(score(model, corpus, device=self.device), corpus)
            result[bucket] = float(exact.mean())
        model.train()
        return result
