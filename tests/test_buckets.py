"""Buckets: a partition that sees the metric's value and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from worlds import World

from cl_utils.difficulty.buckets import (
    BUCKETS,
    PAPER_THRESHOLDS,
    bucket_of,
    difficulty_order,
    thresholds,
)
from cl_utils.errors import StudyError

SCORES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 2.25, 3.0, 4.0, 7.5]), min_size=3)
THREE_OR_MORE = SCORES.filter(lambda values: len(set(values)) >= 3)


@given(SCORES, st.sampled_from([(2.0, 4.0), (0.5, 3.0), (-1.0, 9.0)]))
def test_every_value_gets_the_bucket_that_its_value_alone_decides(
    values: list[float], limits: tuple[float, float]
) -> None:
    labels = bucket_of(values, limits)
    for value, label in zip(values, labels, strict=True):
        expected = "easy" if value < limits[0] else "medium" if value < limits[1] else "hard"
        assert label == expected == bucket_of([value], limits)[0]


def test_the_papers_thresholds_belong_to_the_harder_bucket() -> None:
    labels = bucket_of([1.99, 2.0, 3.99, 4.0], PAPER_THRESHOLDS)
    assert labels.tolist() == ["easy", "medium", "medium", "hard"]


@given(THREE_OR_MORE)
def test_tertiles_part_no_ties_and_leave_no_bucket_empty(values: list[float]) -> None:
    labels = bucket_of(values, thresholds("tertiles", values))
    assert set(labels) == set(BUCKETS)
    for value in set(values):
        assert len({label for v, label in zip(values, labels, strict=True) if v == value}) == 1


@given(THREE_OR_MORE)
def test_tertiles_cut_as_near_to_thirds_as_ties_allow(values: list[float]) -> None:
    lower, upper = thresholds("tertiles", values)
    distinct = sorted(set(values))

    def miss(cut: float, share: float) -> float:
        return abs(sum(value < cut for value in values) / len(values) - share)

    assert miss(lower, 1 / 3) == min(miss(cut, 1 / 3) for cut in distinct[1:-1])
    later = [cut for cut in distinct if cut > lower]
    assert miss(upper, 2 / 3) == min(miss(cut, 2 / 3) for cut in later)


@given(THREE_OR_MORE, st.randoms(use_true_random=False))
def test_thresholds_do_not_depend_on_the_order_of_the_programs(
    values: list[float], random: np.random.Generator
) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert thresholds("tertiles", shuffled) == thresholds("tertiles", values)


def test_given_thresholds_are_kept_whatever_the_values() -> None:
    assert thresholds((2, 4), [100.0]) == PAPER_THRESHOLDS


@pytest.mark.parametrize("rule", [(4.0, 2.0), (2.0, 2.0), (float("nan"), 4.0)])
def test_thresholds_out_of_order_are_refused(rule: tuple[float, float]) -> None:
    with pytest.raises(StudyError, match="give two, the first below the second"):
        thresholds(rule, [1.0, 2.0, 3.0])


def test_tertiles_of_two_values_are_refused() -> None:
    with pytest.raises(StudyError, match="takes 2 values here: tertiles need at least 3"):
        thresholds("tertiles", [1.0, 1.0, 2.0, 2.0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_has_no_bucket_and_no_threshold(wrong: float) -> None:
    values = pd.Series([1.0, 2.0, 3.0, wrong, 5.0], name="operations")
    for find in (lambda: thresholds("tertiles", values), lambda: bucket_of(values, (2.0, 4.0))):
        sentence = refusal(find)
        assert f"operations is {wrong} for 1 of 5 programs, first in row 3" in sentence


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, 3.0]), st.integers(0, 2**62)), unique=True))
def test_programs_are_ordered_by_value_then_by_hash(programs: list[tuple[float, int]]) -> None:
    values, hashes = [p[0] for p in programs], [p[1] for p in programs]
    order = difficulty_order(values, hashes)
    assert [programs[place] for place in order] == sorted(programs)


def test_the_order_agrees_with_the_buckets_and_not_with_the_file(world: World) -> None:
    frame = world.programs
    order = difficulty_order(frame["overall_metric"], frame["text_hash"])
    codes = frame["bucket"].map(BUCKETS.index).to_numpy()[order]
    assert (np.diff(codes) >= 0).all()
    shuffled = frame.sample(frac=1.0, random_state=0)
    again = difficulty_order(shuffled["overall_metric"], shuffled["text_hash"])
    assert shuffled["program_id"].to_numpy()[again].tolist() == order.tolist()
