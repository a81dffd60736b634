"""Codes that give the same bits: what the file names, and that committed runs bear it out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from refusals import refusal

from cl_utils.paths import REPOSITORY
from cl_utils.study import same_code as module
from cl_utils.study.notebook_names import EVALUATION, TRAINING
from cl_utils.study.results import finished_runs, run_manifest
from cl_utils.study.same_code import FILE, same_code

KEY = ["test_set", "subset_kind", "subset", "measure"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that is read in this test, not written yet."""
    monkeypatch.setattr(module, "FILE", tmp_path / "same_code.yaml")
    module._first_by_code.cache_clear()
    monkeypatch.setattr(module, "_first_by_code", module._first_by_code.__wrapped__)
    return tmp_path / "same_code.yaml"


def test_a_code_is_the_first_of_its_entry_or_itself(file: Path) -> None:
    file.write_text(
        "04_training:\n- {codes: [a, b], shown_in: x}\n- {codes: [c, d], shown_in: x}\n"
    )
    assert [same_code(TRAINING, each) for each in "abcde"] == ["a", "a", "c", "c", "e"]
    assert same_code(EVALUATION, "b") == "b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "04_training:\n- {codes: [a, b], shown_in: x}\n- {codes: [c, b], shown_in: x}\n",
            "has b in",
        ),
        ("04_training:\n- {codes: [a, b]}\n", "an entry has `codes`"),
        ("04_training:\n- {codes: [], shown_in: x}\n", "an entry has `codes`"),
        ("04_training:\n- {codes: [a, 123], shown_in: x}\n", "quote one that looks like a number"),
        ("04_training:\n- [a, b]\n", "an entry has `codes`"),
        ("04_training: a\n", "an entry has `codes`"),
        ("04_trainign:\n- {codes: [a, b], shown_in: x}\n", "04_trainign"),
    ],
)
def test_a_mistake_in_the_file_is_named(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    sentence = refusal(lambda: same_code(TRAINING, "a"))
    assert sentence.startswith(str(file)) and words in sentence


def test_every_entry_says_where_it_was_shown() -> None:
    for entries in yaml.safe_load(FILE.read_text()).values():
        for entry in entries:
            path, _, heading = entry["shown_in"].partition("#")
            text = (REPOSITORY / path).read_text(encoding="utf-8")
            heads = [line[3:] for line in text.splitlines() if line.startswith("## ")]
            assert heading in [anchor(each) for each in heads]


def anchor(heading: str) -> str:
    """Return what a heading is called in a link."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


def test_runs_that_were_made_again_by_other_code_have_the_same_bits() -> None:
    """The baseline of `study-orders` is that of `study`, trained and evaluated days later."""
    ours, theirs = (REPOSITORY / "results" / each for each in ("study-orders", "study"))
    again = [run for run in finished_runs(ours) if run.parts[-2] == "baseline"]
    assert len(again) >= 5
    for run in again:
        first = theirs / run.relative_to(ours)
        new, old = run_manifest(run), run_manifest(first)
        assert new["code"] != old["code"] and new["weights"] == old["weights"]
        assert same_code(TRAINING, new["code"]) == same_code(TRAINING, old["code"])
        tables = [pd.read_csv(each / "measures.csv", dtype=str) for each in (first, run)]
        rows = tables[0].merge(tables[1], on=KEY, suffixes=("", " again"))
        assert len(rows) == len(tables[0]) > 400
        assert rows["value"].equals(rows["value again"])
