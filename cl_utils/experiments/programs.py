"""The programs that an experiment trains and tests on: a profile's own, or drawn for it.

In: an experiment and a variant. Out: training programs in the order of the variant's arm, and those
that every point of a curve is tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from cl_utils.curriculum.arms import PERMUTED, REVERSED, STUDY, Arm
from cl_utils.curriculum.relabelling import relabelled
from cl_utils.data.corpus import Corpus, corpora
from cl_utils.data.generation import draw_programs
from cl_utils.data.split import split
from cl_utils.difficulty.buckets import PAPER_THRESHOLDS, bucket_of, thresholds
from cl_utils.difficulty.overall_metric import measure
from cl_utils.errors import StudyError
from cl_utils.experiments.plan import Drawn, Experiment
from cl_utils.experiments.variants import CHARACTERS, Variant
from cl_utils.study.data_files import load_split
from cl_utils.tinypy.grammar import ProgramStream
from cl_utils.tinypy.record import canonical_hash, stable_hash

Rule = Sequence[float] | Literal["tertiles"]
METRIC = "overall_metric"


@dataclass(frozen=True)
class World:
    """Training programs, and those to test on."""

    train: Corpus
    test: Corpus


def world_of(experiment: Experiment, variant: Variant) -> World:
    """Return the programs of a variant, those to train on not yet in the order of its arm."""
    params = experiment.params(variant.recipe)
    if isinstance(experiment.programs, Drawn):
        longest = params.context + 1
        return balanced_world(variant.training_programs, experiment.programs, longest)
    return World(load_split(params, "train"), load_split(params, "validation"))


def balanced_world(per_bucket: int, held_out: Drawn, maximum_characters: int) -> World:
    """Return programs by the paper's thresholds, `per_bucket` of each bucket to train on.

    More programs to train on means other programs to test on, by the same rules.
    """
    least = held_out.least(per_bucket)
    rule = PAPER_THRESHOLDS
    programs = drawn(least, seed=0, maximum_characters=maximum_characters, rule=rule)
    programs["canonical_hash"] = programs["source"].map(canonical_hash)
    programs["split"] = split(programs, held_out.parts(per_bucket), seed=0)
    made = corpora(programs, METRIC)
    return World(made["train"], made["test"])


def drawn(per_bucket: int, *, seed: int, maximum_characters: int, rule: Rule) -> pd.DataFrame:
    """Return programs of which each bucket has `per_bucket` at least, with metric and bucket.

    With tertiles, which are of the natural mix, a bucket may lack a few.
    """
    drafts = partial(ProgramStream, maximum_characters=maximum_characters)
    filled = {} if rule == "tertiles" else {"least_per_bucket": per_bucket, "limits": rule}
    table, _ = draw_programs(drafts, 3 * per_bucket, seed=seed, **filled)  # type: ignore[arg-type]
    table[METRIC] = measure(table["source"])[METRIC]
    table["bucket"] = bucket_of(table[METRIC], thresholds(rule, table[METRIC]))
    table["text_hash"] = table["source"].map(stable_hash)
    return table


def labelled(corpus: Corpus, arm: Arm) -> Corpus:
    """Return programs in the order and buckets of an arm's labels: the study's, or characters.

    The characters are those of the sources, as the study's metric of that name counts them.
    """
    if arm.labels in (STUDY, PERMUTED, REVERSED):  # the last two are the trainer's to make
        return corpus
    if arm.labels != CHARACTERS:
        raise StudyError(
            f"an experiment has no labels {arm.labels!r}: choose an arm with the study's or with "
            f"{CHARACTERS!r}"
        )
    return relabelled(corpus, corpus.answers - corpus.offsets[:-1])
