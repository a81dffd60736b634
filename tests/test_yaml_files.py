"""One reader for all YAML files: plain data, and every oddity of YAML is one sentence."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml
from refusals import refusal

from cl_utils.paths import ARMS, PARAMS
from cl_utils.yaml_files import MOST_BYTES, read_mapping

COMMITTED = [*PARAMS.glob("*.yaml"), *PARAMS.glob("experiments/*.yaml"), ARMS]


def read(path: Path, content: str | bytes) -> dict[str, object]:
    """Return what a file with this content says."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_mapping(path, missing="write it")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test may write a file."""
    return tmp_path / "mine.yaml"


@pytest.mark.parametrize("committed", COMMITTED, ids=lambda path: path.stem)
def test_a_committed_file_says_what_it_always_said(committed: Path) -> None:
    expected = yaml.safe_load(committed.read_text(encoding="utf-8"))
    assert read_mapping(committed, missing="write it") == expected
    assert committed.stat().st_size < MOST_BYTES / 4


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *[("0", 0), ("60", 60), ("-3", -3), ("+5", 5), ("0.5", 0.5), (".5", 0.5), ("2.", 2.0)],
        *[("1.0e-3", 0.001), ("-1.5", -1.5), ("true", True), ("False", False), ("null", None)],
        *[("", None), ("~", None), ("'60'", "60"), ('"a\\tb"', "a\tb"), ("[a, 1]", ["a", 1])],
    ],
)
def test_a_plain_value_is_read(path: Path, written: str, expected: object) -> None:
    found = read(path, f"name: {written}")["name"]
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    "written",
    [
        *("060", "00", "0x10", "0b1", "0o7", "1_000", "1:30", "1e3", "1E3", ".inf", "-.inf"),
        *(".nan", "1.5e", "no", "No", "yes", "on", "off", "y", "2024-01-01", "=", "9" * 5000),
        *("1.2.3", "1,000", "1e-3", "+", "0x", "1.5f"),
    ],
    ids=lambda written: written[:12],
)
def test_what_yaml_may_read_in_two_ways_stays_text(path: Path, written: str) -> None:
    assert read(path, f"name: {written}")["name"] == written


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: a appears twice"),
        ("a: {b: 1, b: 2}", "line 1: b appears twice"),
        ("a:\n  - b: 1\n    b: 2", "line 3: b appears twice"),
        ("'a': 1\na: 2", "a appears twice"),
        ("1: 2", "a name is text"),
        ("a: {1: 2}", "a name is text"),
        ("true: 2", "a name is text"),
        ("~: 2", "a name is text"),
        ("? [a]\n: 1", "a name is text"),
        ("a: &x 1\nb: *x", "line 2: *x stands for a value"),
        ("a: &x [*x]", "*x stands for a value"),
        ("a: !!python/object/apply:os.system [touch x]", "the tag"),
        ("a: !mine 3", "the tag !mine"),
        ("a: !!int '060'", "the tag"),
        ("--- {a: 1}\n--- {b: 2}", "expected a single document"),
        ("", "is empty"),
        ("# nothing", "is empty"),
        ("~", "is empty"),
        ("- a", "holds ['a'], no names and values"),
        ("a", "holds 'a', no names and values"),
        ("a:\n\t- b", "line 2"),
        ("a: [", "is not YAML, line 1"),
        ("a: 'b", "is not YAML"),
        ("a: b: c", "is not YAML"),
        ("[" * 50_000, "levels of nesting"),
        ("a: " + "{b: " * 50, "levels of nesting"),
        ("a: \0", "special characters"),
        ("a: \x1b", "special characters"),
        ("a: 1".encode("utf-16"), "is not UTF-8"),
        ("a: ü".encode("latin-1"), "is not UTF-8"),
        ("a: 1".encode("utf-16-le"), "special characters"),
        ("a: " + "x" * MOST_BYTES, "check that it is the right one"),
    ],
    ids=lambda each: ascii(each)[:24],
)
def test_what_is_no_plain_mapping_is_refused(path: Path, content: str | bytes, words: str) -> None:
    begun = time.monotonic()
    sentence = refusal(lambda: read(path, content))
    assert sentence.startswith(str(path)) and words in sentence
    assert len(sentence) < 400 + len(str(path)) and time.monotonic() - begun < 5


def test_a_merge_key_is_a_name_like_any_other(path: Path) -> None:
    assert read(path, "<<: {a: 1}") == {"<<": {"a": 1}}


def test_a_byte_order_mark_and_letters_of_any_language_are_read(path: Path) -> None:
    assert read(path, "\ufeffname: Überraschung") == {"name": "Überraschung"}


def test_what_is_no_file_is_refused(path: Path) -> None:
    assert refusal(lambda: read_mapping(path, missing="write it")) == f"{path} is missing: write it"
    path.mkdir()
    assert "is no file" in refusal(lambda: read_mapping(path, missing="write it"))
    pipe = path / "pipe"
    os.mkfifo(pipe)
    assert "is no file" in refusal(lambda: read_mapping(pipe, missing="write it"))
    link = path / "link"
    link.symlink_to(link)
    assert str(link) in refusal(lambda: read_mapping(link, missing="write it"))
    long = path / ("x" * 300)
    assert "cannot be read" in refusal(lambda: read_mapping(long, missing="write it"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(path: Path) -> None:
    path.write_text("a: 1")
    path.chmod(0)
    assert "cannot be read" in refusal(lambda: read_mapping(path, missing="write it"))
