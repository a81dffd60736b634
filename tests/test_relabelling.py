"""Controls: other labels keep the programs, their number by bucket, and nothing but the labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from refusals import refusal
from worlds import World, texts

from cl_utils.curriculum.arms import arm_named
from cl_utils.curriculum.relabelling import (
    Relabelled,
    apply_arm_controls,
    ranked,
    relabelled,
    without_outputs,
)
from cl_utils.data.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.tinypy.tokenizer import decode


def test_other_scores_sort_the_same_programs_into_buckets_of_the_same_sizes(world: World) -> None:
    scores = np.random.default_rng(0).random(len(world.train))
    other = relabelled(world.train, scores)
    assert sorted(texts(other)) == sorted(texts(world.train))
    assert np.bincount(other.buckets).tolist() == np.bincount(world.train.buckets).tolist()
    by_id = dict(zip(world.train.program_ids.tolist(), scores, strict=True))
    ordered = [by_id[each] for each in other.program_ids.tolist()]
    assert ordered == sorted(ordered)
    assert (np.diff(other.buckets.astype(int)) >= 0).all()


def test_equal_scores_are_parted_by_hash_and_not_by_place(world: World) -> None:
    whole = relabelled(world.train, world.train.program_ids % 2)
    shuffled = world.train.take(np.random.default_rng(1).permutation(len(world.train)))
    assert texts(relabelled(shuffled, shuffled.program_ids % 2)) == texts(whole)
    even = world.train.take(np.flatnonzero(world.train.program_ids % 2 == 0))
    assert texts(whole)[: len(even)] != texts(even)
    assert sorted(texts(whole)[: len(even)]) == sorted(texts(even))


def test_a_column_is_taken_only_where_its_rows_are_the_programs_in_order(world: World) -> None:
    """By its place alone a filtered or sorted table would give programs others' scores."""
    corpus = world.train
    scores = np.random.default_rng(0).random(len(corpus))
    column = pd.Series(scores, index=corpus.program_ids)
    for change in (relabelled, ranked):
        assert texts(change(corpus, column)) == texts(change(corpus, scores))
        for other in (column.sort_index(ascending=False), column.reset_index(drop=True)):
            said = refusal(lambda change=change, other=other: change(corpus, other))
            assert "reindex(corpus.program_ids)" in said


def test_an_arm_whose_buckets_are_a_metric_s_does_not_train_on_the_study_s(world: World) -> None:
    """It did, and gave the weights of the arm without the metric under its own name."""
    arm = arm_named("incremental-by-characters")
    with pytest.raises(StudyError, match="labels='characters', these programs have the study's"):
        apply_arm_controls(world.train, arm, seed=0)
    other = relabelled(world.train, world.train.lengths)
    assert apply_arm_controls(other, arm, seed=0) is other
    assert isinstance(ranked(other, other.lengths), Relabelled)
    study = arm_named("incremental")
    assert apply_arm_controls(world.train, study, seed=0) is world.train


@pytest.mark.parametrize("scores", [np.zeros(3), [np.nan] * 450])
def test_a_program_without_a_score_is_refused(world: World, scores: np.ndarray) -> None:
    with pytest.raises(StudyError, match="scores for 450 training programs: run notebooks/02"):
        relabelled(world.train, scores)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf])
@pytest.mark.parametrize("change", [relabelled, ranked])
def test_a_score_that_is_not_finite_is_refused_with_its_program(
    world: World, wrong: float, change: Callable[[Corpus, np.ndarray], Corpus]
) -> None:
    scores = np.arange(450.0)
    scores[7] = wrong
    sentence = refusal(lambda: change(world.train, scores))
    assert sentence.startswith(f"the score of program {world.train.program_ids[7]} is {wrong}:")


@pytest.mark.parametrize("change", [relabelled, ranked])
def test_a_score_that_all_programs_share_makes_no_buckets_and_no_order(
    world: World, change: Callable[[Corpus, np.ndarray], Corpus]
) -> None:
    """It would be the hashes' order. Two values do make one: TinyPy's nesting depth has no more."""
    said = "all 450 training programs have the score 1, which puts them in no order"
    assert said in refusal(lambda: change(world.train, np.ones(450)))
    change(world.train, np.arange(450) // 449)


def test_without_outputs_a_record_is_its_source_and_a_blank_line(world: World) -> None:
    bare = without_outputs(world.train)
    sources = world.programs.set_index("program_id")["source"]
    for program in range(0, len(bare), 37):
        assert bare.text(program) == sources[bare.program_ids[program]] + "\n\n"
        assert bare.answer(program) == ""
    assert not bare.is_answer().any()
    assert decode(bare.tokens).count("#") == 0
