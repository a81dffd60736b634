"""Codes of intermediate values: where they stand, which values have one, whoever works them out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tiny import corpus_of, tiny_corpus
from worlds import World, texts

from cl_utils import parallel
from cl_utils.curriculum.relabelling import relabelled, without_outputs
from cl_utils.data import value_codes
from cl_utils.data.corpus import Corpus
from cl_utils.data.corpus_files import load_corpus, save_corpus
from cl_utils.data.value_codes import value_count, with_intermediate_values
from cl_utils.tinypy.intermediate_values import values_of


def coded(corpus: Corpus) -> dict[str, list[int]]:
    """Return the codes of every record."""
    codes = with_intermediate_values(corpus).intermediate_values
    assert codes is not None and codes.shape == corpus.tokens.shape
    pieces = np.split(codes, corpus.offsets[1:-1])
    return {text: piece.tolist() for text, piece in zip(texts(corpus), pieces, strict=True)}


def test_a_code_stands_at_each_character_that_settles_a_value() -> None:
    sources = ("a = 7\nprint(a)", "b = 7\nprint(b - 9)")
    corpus = corpus_of(*zip(sources, ("7", "-2"), strict=True))
    codes, names = value_codes.value_codes(corpus)
    assert names == ("7", "-2")
    for program, source in enumerate(sources):
        own = codes[corpus.offsets[program] : corpus.offsets[program + 1]]
        assert {int(at): names[own[at] - 1] for at in np.flatnonzero(own)} == values_of(source)


def test_the_commonest_values_have_codes_and_the_rest_counts_as_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = tiny_corpus(60)
    every, names = value_codes.value_codes(corpus)
    marks = [corpus.prompt(program).removesuffix("\n# output") for program in range(60)]
    counts = Counter(name for source in marks for name in values_of(source).values())
    assert list(names) == sorted(counts, key=lambda name: (-counts[name], name))
    monkeypatch.setattr(value_codes, "MOST_VALUES", 3)
    few, three = value_codes.value_codes(corpus)
    assert three == names[:3] and len(names) > 3
    assert np.array_equal(few, np.where(every > 3, 0, every))


def test_any_number_of_processes_works_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tiny_corpus(60)
    alone = value_codes.value_codes(corpus, processes=1)
    monkeypatch.setattr(value_codes, "_CHUNK", 7)
    monkeypatch.setattr(parallel, "ALONE", 0.0)
    codes, names = value_codes.value_codes(corpus, processes=2)
    assert np.array_equal(codes, alone[0]) and names == alone[1]


def test_the_same_programs_in_any_order_have_the_same_codes(world: World) -> None:
    scores = np.random.default_rng(0).random(len(world.train))
    expected, column = coded(world.train), with_intermediate_values(world.train)
    assert coded(relabelled(world.train, scores)) == expected
    moved = relabelled(column, scores)  # the column goes with the programs
    assert moved.intermediate_values is not None and coded(moved) == expected
    assert with_intermediate_values(moved) is moved
    assert 0 == value_count(world.train) < value_count(column) == value_count(moved)


def test_programs_without_outputs_have_the_values_of_their_sources(world: World) -> None:
    bare = without_outputs(with_intermediate_values(world.train))
    assert bare.intermediate_values is None
    own = coded(bare)
    for text, codes in list(coded(world.train).items())[::17]:
        source = text[: text.index("\n# output")]
        assert own[f"{source}\n\n"][: len(source) + 1] == codes[: len(source) + 1]
        assert not any(codes[len(source) + 1 :])


def test_a_corpus_on_disk_has_no_such_column(world: World, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("plain", "valued")]
    for path, corpus in zip(
        paths, (world.train, with_intermediate_values(world.train)), strict=True
    ):
        save_corpus(path, corpus, params={})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert load_corpus(paths[1], params={}).intermediate_values is None
