"""How hard a small model finds each program: the metric `model_loss`.

In: the training corpus, and a run whose budget is a small share of a study's. Out: for every
program that is asked for, the mean over a few such models of -log p of its true output. The models
have seeds that no study uses; most training programs they have not read before they score them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from cl_utils.data.corpus import Corpus
from cl_utils.errors import Interrupted
from cl_utils.model.scoring import answer_log_probability, score
from cl_utils.training.loop import Report, Run, train

MODELS = 3
BUDGET = 0.1  # of the profile's steps
FIRST_SEED = 1_000_000


def model_loss(
    run: Run,
    train_corpus: Corpus,
    validation: Corpus,
    scored: Iterable[Corpus],
    *,
    report: Report = print,
) -> pd.DataFrame:
    """Return program_id and model_loss (nats) of every program of `scored`.

    `run` is a baseline of the study; its steps are cut to `BUDGET` of them. Raises Interrupted when
    somebody stopped it before the last model was trained: then nothing is kept.
    """
    short = replace(run, arm=replace(run.arm, budget=BUDGET))
    corpora = list(scored)
    losses = [np.zeros(len(corpus)) for corpus in corpora]
    for number in range(MODELS):
        seeded = replace(short, seed=FIRST_SEED + number)
        trained = train(seeded, train_corpus, validation, report=report)
        if trained.stop_asked and number < MODELS - 1:
            raise Interrupted(
                f"stopped after model {number + 1} of {MODELS}: before the last one nothing is "
                "kept, run again to start over"
            )
        for loss, corpus in zip(losses, corpora, strict=True):
            scores = score(trained.model, corpus, device=run.device)
            loss -= answer_log_probability(scores, corpus) / MODELS
    ids = np.concatenate([corpus.program_ids for corpus in corpora])
    return pd.DataFrame({"program_id": ids, "model_loss": np.concatenate(losses)})
