"""Tiny corpora and models for the tests of decoding and evaluation.

In: counts and seeds. Out: a `Corpus` of short programs from the grammar, models of a few thousand
parameters, and such a model trained on a corpus for a second or two.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from cl_utils.data.corpus import Corpus
from cl_utils.model.gpt import GPT, ModelConfig, build
from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import generate

Blocks = Literal["paper", "modern"]


def tiny_corpus(count: int, seed: int = 0, maximum_characters: int = 56) -> Corpus:
    """Return short programs of all levels, by length, the thirds named easy, medium and hard."""
    drawn = generate(count, rng=stream(seed, "tiny"), maximum_characters=maximum_characters)
    frame = pd.DataFrame(drawn.programs)
    frame["overall_metric"] = frame["source"].str.len().astype(float)
    frame = frame.sort_values("overall_metric", kind="stable", ignore_index=True)
    thirds = np.arange(count) * 3 // count
    frame["bucket"] = np.asarray(["easy", "medium", "hard"])[thirds]
    return Corpus.from_programs(frame.assign(program_id=np.arange(count)))


def corpus_of(*programs: tuple[str, str], bucket: str = "easy") -> Corpus:
    """Return these (source, output) as a corpus of level 1.1."""
    frame = pd.DataFrame(programs, columns=["source", "output"])
    frame = frame.assign(bucket=bucket, level="1.1", overall_metric=1.0)
    return Corpus.from_programs(frame.assign(program_id=np.arange(len(frame))))


def tiny_model(blocks: Blocks, context: int = 96, noise: float = 0.0, convolution: int = 0) -> GPT:
    """Return a model of two layers and width 32; `noise` replaces its weights by random ones."""
    size = {"layers": 2, "heads": 2, "width": 32, "context": context}
    config = ModelConfig(**size, blocks=blocks, convolution=convolution)
    model = build(config, seed=0)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters() if noise else ():
        torch.nn.init.normal_(parameter, std=noise, generator=generator)
    return model.eval()


def overfit(model: GPT, corpus: Corpus, steps: int) -> GPT:
    """Train on all of a small corpus at once."""
    inputs = np.zeros((len(corpus), int(corpus.lengths.max())), dtype=np.int64)
    targets = np.full_like(inputs, -1)
    for row, (start, end) in enumerate(zip(corpus.offsets, corpus.offsets[1:], strict=False)):
        inputs[row, : end - start] = corpus.tokens[start:end]
        targets[row, : end - start - 1] = corpus.tokens[start + 1 : end]
    tokens, true = torch.from_numpy(inputs), torch.from_numpy(targets).flatten()
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=1e-2, weight_decay=0.0)
    for _ in range(steps):
        loss = F.cross_entropy(model(tokens).flatten(0, 1), true, ignore_index=-1)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return model.eval()
