"""The study's programs: the natural mix first, then until every bucket is full, all counted."""

from __future__ import annotations

import pandas as pd
import pytest

from cl_utils import dataset
from cl_utils.buckets import BUCKETS, bucket_of
from cl_utils.dataset import FULL, draw_programs
from cl_utils.difficulty import measure
from cl_utils.grammar import ProgramStream
from cl_utils.seeds import stream

COUNT, LEAST, LIMITS = 200, 80, (1.0, 2.0)


def drafts(seed: int = 0) -> ProgramStream:
    """Return short programs of all levels."""
    return ProgramStream(rng=stream(seed, "grammar"), maximum_characters=96)


def buckets(table: pd.DataFrame) -> pd.Series:
    """Return the number of programs in each bucket."""
    labels = bucket_of(measure(table["source"].tolist())["overall_metric"], LIMITS)
    return pd.Series(labels).value_counts()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few programs at once where more are wanted."""
    monkeypatch.setattr(dataset, "CHUNK", 200)


def test_the_natural_mix_is_what_the_stream_gives() -> None:
    table, rejected = draw_programs(drafts(), COUNT)
    assert list(table.columns) == ["program_id", "level", "source", "output", "natural"]
    assert table["program_id"].tolist() == list(range(COUNT)) and table["natural"].all()
    expected = drafts()
    assert table["source"].tolist() == [next(expected).source for _ in range(COUNT)]
    assert rejected == {**expected.rejected, FULL: 0}


@pytest.mark.usefixtures("small_chunks")
def test_drawing_goes_on_until_every_bucket_is_full() -> None:
    table, _ = draw_programs(drafts(), COUNT, least_per_bucket=LEAST, limits=LIMITS)
    natural = table[table["natural"]]
    expected = buckets(natural).clip(lower=LEAST)
    assert buckets(table)[list(BUCKETS)].to_dict() == expected[list(BUCKETS)].to_dict()
    assert table["source"].is_unique and table["program_id"].tolist() == list(range(len(table)))


@pytest.mark.usefixtures("small_chunks")
def test_filling_buckets_leaves_the_natural_mix_as_it_is() -> None:
    plain, _ = draw_programs(drafts(), COUNT)
    filled, _ = draw_programs(drafts(), COUNT, least_per_bucket=LEAST, limits=LIMITS)
    pd.testing.assert_frame_equal(filled[filled["natural"]], plain)


@pytest.mark.usefixtures("small_chunks")
def test_no_draft_is_dropped_without_being_counted() -> None:
    source = drafts()
    table, rejected = draw_programs(source, COUNT, least_per_bucket=LEAST, limits=LIMITS)
    assert rejected[FULL] > 0
    assert source.accepted == len(table) + rejected[FULL]


@pytest.mark.usefixtures("small_chunks")
def test_the_seed_decides_everything() -> None:
    first, second, other = (
        draw_programs(drafts(seed), COUNT, least_per_bucket=LEAST, limits=LIMITS)[0]
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not first["source"].equals(other["source"])
