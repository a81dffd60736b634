"""The study's programs: the natural mix first, then until every bucket is full, all counted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import pytest

from cl_utils import parallel
from cl_utils.data import generation
from cl_utils.data.drafts import NOT_NEEDED, ChunkRequest, draw_chunk
from cl_utils.data.generation import PATIENCE, draw_programs
from cl_utils.difficulty.buckets import BUCKETS, bucket_of
from cl_utils.difficulty.overall_metric import measure
from cl_utils.errors import StudyError
from cl_utils.seeds import derived_seed, stream
from cl_utils.tinypy.grammar import REASONS, ProgramStream

COUNT, LEAST, LIMITS, SMALL = 500, 150, (1.0, 2.0), 100
SHORT = partial(ProgramStream, maximum_characters=64)
FILLED: dict[str, Any] = {"least_per_bucket": LEAST, "limits": LIMITS}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be many chunks in little work, and let processes start after the first."""
    monkeypatch.setattr(generation, "CHUNK", SMALL)
    monkeypatch.setattr(parallel, "ALONE", 0.0)


def draw(
    seed: int = 0, processes: int = 1, **wanted: Any
) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """Return short programs of all levels."""
    return draw_programs(SHORT, COUNT, seed=seed, processes=processes, **wanted)


def buckets(table: pd.DataFrame) -> pd.Series:
    """Return the number of programs in each bucket."""
    labels = bucket_of(measure(table["source"])["overall_metric"], LIMITS)
    return pd.Series(labels).value_counts().reindex(list(BUCKETS))


def test_the_natural_mix_is_every_new_program_of_the_streams_of_the_chunks() -> None:
    table, rejected = draw()
    assert list(table.columns) == ["program_id", "level", "source", "output", "natural"]
    assert table["program_id"].tolist() == list(range(COUNT)) and table["natural"].all()
    expected: dict[str, str] = {}
    chunks = 0
    while len(expected) < COUNT:
        drafts = SHORT(rng=stream(0, "grammar", chunks))
        programs = [drafts.draft() for _ in range(SMALL)]
        expected |= {each.source: each.output for each in programs if each is not None}
        chunks += 1
    assert list(zip(table["source"], table["output"], strict=True)) == [*expected.items()][:COUNT]
    assert rejected["duplicate"] > 0 and list(rejected) == [*REASONS, NOT_NEEDED]


@pytest.mark.parametrize("wanted", [{}, FILLED], ids=["natural", "filled"])
def test_the_number_of_processes_changes_nothing(wanted: dict[str, Any]) -> None:
    """Not even the counts, though processes leave out the programs of buckets that are full."""
    table, rejected = draw(**wanted)
    again, counts = draw(processes=3, **wanted)
    pd.testing.assert_frame_equal(again, table)
    assert counts == rejected


def test_drawing_goes_on_until_every_bucket_is_full() -> None:
    table, _ = draw(**FILLED)
    natural = table[table["natural"]]
    expected = buckets(natural).clip(lower=LEAST)
    assert len(natural) == COUNT < len(table)
    assert buckets(table).to_dict() == expected.to_dict()
    assert table["source"].is_unique and table["program_id"].tolist() == list(range(len(table)))


def test_filling_buckets_leaves_the_natural_mix_as_it_is() -> None:
    plain, _ = draw()
    filled, _ = draw(**FILLED)
    pd.testing.assert_frame_equal(filled[filled["natural"]], plain)


def test_no_draft_is_dropped_without_being_counted() -> None:
    for wanted in ({}, FILLED):
        table, rejected = draw(**wanted)
        drafts = len(table) + sum(rejected.values())
        assert drafts % SMALL == 0 and drafts >= COUNT
        assert all(number > 0 for number in rejected.values())


def test_a_chunk_leaves_out_what_it_is_told_and_counts_it() -> None:
    order = {"stream": SHORT, "seed": derived_seed(0), "drafts": 2000, "metric": "overall_metric"}
    whole = draw_chunk(ChunkRequest(**order, limits=LIMITS, full=frozenset()))
    part = draw_chunk(ChunkRequest(**order, limits=LIMITS, full=frozenset({"easy", "hard"})))
    medium = [row for row in whole.rows if row[-1] == "medium"]
    assert part.rows == medium
    assert part.rejected[NOT_NEEDED] == len(whole.rows) - len(medium) > 0
    assert len(whole.rows) + whole.rejected.total() == 2000 == len(medium) + part.rejected.total()


def test_the_seed_decides_everything() -> None:
    first, second, other = (draw(seed, **FILLED)[0] for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, second)
    assert not first["source"].equals(other["source"])


def test_a_world_that_is_used_up_is_an_error_and_not_an_endless_loop() -> None:
    """29 characters hold `a = 1`, `print(a)` and one character of output: 26 * 10 programs."""
    tiny = partial(ProgramStream, ["1.1"], maximum_characters=29)
    assert len(draw_programs(tiny, 200, seed=0, processes=1)[0]) == 200
    with pytest.raises(StudyError, match=rf"{PATIENCE * SMALL} drafts .* after \d+ programs"):
        draw_programs(tiny, 261, seed=0, processes=1)


def test_a_bucket_that_no_program_reaches_is_an_error_too() -> None:
    with pytest.raises(StudyError, match="nothing that was still missing .*`least_per_bucket`"):
        draw(least_per_bucket=1, limits=(1.0, 1000.0))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {**FILLED, "metric": "characters"},
            "metric 'characters' cannot fill buckets .* least_per_bucket to 0, or use one of cyc",
        ),
        ({"least_per_bucket": 5, "limits": (4.0, 2.0)}, "give two, the first below the second"),
        ({"least_per_bucket": -1, "limits": LIMITS}, "at least -1 a bucket"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        draw(**changes)


def test_levels_that_do_not_exist_are_refused() -> None:
    with pytest.raises(StudyError, match=r"level '9\.9' does not exist"):
        draw_programs(partial(ProgramStream, ["9.9"]), 1, seed=0)
