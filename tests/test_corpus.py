"""The corpus: records go in and come out whole, and every character knows what it belongs to."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from worlds import World, loss_groups_of, texts

from cl_utils.data import corpus as corpus_module
from cl_utils.data.corpus import Corpus, sample_evenly
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.tinypy.record import answer, prompt, record

TEXTS = st.text(alphabet="ab=1 +()\t\n", min_size=1, max_size=30)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXTS, st.text(alphabet="12.-\n", max_size=10)), min_size=1, max_size=6))
def test_what_goes_in_comes_out(programs: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(programs, columns=["source", "output"])
    frame = frame.assign(level="1.1", bucket="medium", overall_metric=2.0)
    corpus = Corpus.from_programs(frame.assign(program_id=range(len(frame))))
    for place, (source, output) in enumerate(programs):
        assert corpus.text(place) == record(source, output)
        assert corpus.prompt(place) == prompt(source)
        assert corpus.answer(place) == answer(output)


def test_the_columns_follow_the_programs(world: World) -> None:
    rows = world.programs.set_index("program_id").loc[world.train.program_ids]
    assert texts(world.train) == list(map(record, rows["source"], rows["output"]))
    assert [BUCKETS[code] for code in world.train.buckets] == rows["bucket"].tolist()
    assert world.train.levels.tolist() == rows["level"].tolist()
    assert world.train.overall_metric == pytest.approx(rows["overall_metric"].to_numpy())


def test_encoding_in_batches_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_module, "_BATCH", 7)
    frame = world.programs.set_index("program_id", drop=False).loc[world.train.program_ids]
    again = Corpus.from_programs(frame)
    assert again.intermediate_values is world.train.intermediate_values is None
    assert again.ranks is world.train.ranks is None
    for field in fields(Corpus)[:-2]:
        ours, whole = getattr(again, field.name), getattr(world.train, field.name)
        assert ours.dtype == whole.dtype and np.array_equal(ours, whole)


@pytest.mark.parametrize(("level", "taken"), [("2.1", True), ("2", True), ("2.10", False)])
def test_a_level_keeps_its_whole_name_or_is_refused(level: str, taken: bool) -> None:
    frame = pd.DataFrame({"source": ["print(1)"], "output": ["1"], "program_id": [0]})
    frame = frame.assign(level=level, bucket="easy", overall_metric=1.0)
    if taken:
        assert Corpus.from_programs(frame).levels.tolist() == [level]
    else:
        said = f"level {level!r} is longer than 3 characters"
        assert said in refusal(lambda: Corpus.from_programs(frame))


def test_characters_know_their_program_and_their_part(world: World) -> None:
    corpus = world.train
    assert corpus.lengths.tolist() == [len(text) for text in texts(corpus)]
    expected = [group >= 3 for p in range(len(corpus)) for group in loss_groups_of(corpus, p)]
    assert corpus.is_answer().tolist() == expected
    owners = [p for p, text in enumerate(texts(corpus)) for _ in text]
    assert corpus.program_of_token().tolist() == owners


@settings(max_examples=30)
@given(st.data())
def test_taking_programs_keeps_each_whole_in_the_order_asked(
    world: World, data: st.DataObject
) -> None:
    corpus = world.validation
    places = data.draw(st.lists(st.integers(0, len(corpus) - 1), max_size=40))  # repeats allowed
    taken = corpus.take(np.asarray(places, dtype=np.int64))
    assert len(taken) == len(places)
    for new, old in enumerate(places):
        assert taken.text(new) == corpus.text(old) and taken.answer(new) == corpus.answer(old)
        assert taken.buckets[new] == corpus.buckets[old]
        assert taken.program_ids[new] == corpus.program_ids[old]
        assert taken.overall_metric[new] == corpus.overall_metric[old]
    assert taken.levels.tolist() == corpus.levels[places].tolist()


def test_the_separator_ends_every_record_and_stands_in_none(world: World) -> None:
    for text in texts(world.train):
        assert text.endswith("\n\n") and "\n\n" not in text[:-1]


def test_sample_evenly() -> None:
    assert sample_evenly(10, None).tolist() == sample_evenly(10, 12).tolist() == list(range(10))
    assert sample_evenly(9, 3).tolist() == [1, 4, 7]
