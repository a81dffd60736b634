"""Controls: other labels keep the programs, their number by bucket, and nothing but the labels."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import World, texts

from cl_utils.curriculum.relabelling import relabelled, without_outputs
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
    whole = relabelled(world.train, np.zeros(len(world.train)))
    shuffled = world.train.take(np.random.default_rng(1).permutation(len(world.train)))
    assert texts(relabelled(shuffled, np.zeros(len(shuffled)))) == texts(whole)
    assert texts(whole) != texts(world.train)


@pytest.mark.parametrize("scores", [np.zeros(3), [np.nan] * 450])
def test_a_program_without_a_score_is_refused(world: World, scores: np.ndarray) -> None:
    with pytest.raises(StudyError, match="scores for 450 training programs: run notebooks/02"):
        relabelled(world.train, scores)


def test_without_outputs_a_record_is_its_source_and_a_blank_line(world: World) -> None:
    bare = without_outputs(world.train)
    sources = world.programs.set_index("program_id")["source"]
    for program in range(0, len(bare), 37):
        assert bare.text(program) == sources[bare.program_ids[program]] + "\n\n"
        assert bare.answer(program) == ""
    assert not bare.is_answer().any()
    assert decode(bare.tokens).count("#") == 0
