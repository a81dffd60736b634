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
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import ScoringBatch, execution_exact, score, scoring_batches
from cl_utils.names import shown, unknown

PROGRAMS_PER_BUCKET = 256


class Probe:
    """At most 256 validation programs of each bucket, of every difficulty in it."""

    def __init__(self, validation: Corpus, device: torch.device) -> None:
        self.device = device
        self.validation = validation
        self._kept: dict[tuple[str, int], tuple[Corpus, list[ScoringBatch]]] = {}

    def programs(self, bucket: str, count: int) -> tuple[Corpus, list[ScoringBatch]]:
        """Return `count` programs of a bucket, and the batches in which they are scored."""
        if (bucket, count) not in self._kept:
            members = np.flatnonzero(self.validation.buckets == BUCKETS.index(bucket))
            corpus = self.validation.take(members[sample_evenly(len(members), count)])
            self._kept[bucket, count] = corpus, scoring_batches(corpus, self.device)
        return self._kept[bucket, count]

    def accuracy(self, model: GPT, buckets: Sequence[str] = BUCKETS) -> dict[str, float]:
        """Return the exact execution accuracy (0 to 1) of each of `buckets`."""
        return {bucket: seen.accuracy for bucket, seen in self.measure(model, buckets).items()}

    def measure(
        self, model: GPT, buckets: Sequence[str] = BUCKETS, count: int = PROGRAMS_PER_BUCKET
    ) -> dict[str, ProbeResult]:
        """Return accuracy and output loss on `count` programs of each of `buckets`.

        Raises StudyError for buckets that do not exist, as a schedule of one's own may name.
        """
        if isinstance(buckets, str):
            raise StudyError(
                f"buckets to probe are {shown(buckets)}, one text: give a tuple of names, such as "
                '("easy",)'
            )
        for bucket in buckets:
            if bucket not in BUCKETS:
                raise unknown("bucket to probe", bucket, BUCKETS)
        result = {}
        for bucket in buckets:
            corpus, batches = self.programs(bucket, count)
            scores = score(model, corpus, batches=batches)
            loss = -float(scores.log_probability[corpus.is_answer()].mean())
            exact = float(execution_exact(scores, corpus).mean())
            result[bucket] = ProbeResult(accuracy=exact, output_loss=loss)
        model.train()
        return result
