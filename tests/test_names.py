"""Names are safe as folders and in commands, values in messages short, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from refusals import refusal

from cl_utils.curriculum import arms as module
from cl_utils.curriculum.arms import arms
from cl_utils.errors import StudyError
from cl_utils.experiments import load_experiment
from cl_utils.names import LONGEST_SHOWN, check_name, listed, nearest, shown, unknown
from cl_utils.paths import PARAMS, REPOSITORY, Paths, params_file
from cl_utils.study.params import notebook_params, read_params

SMOKE = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
GOOD = ("smoke", "2024", "paper-size", "A.b_c-1", "_", "x" * 64)
BAD = [
    *("$(touch x)", "`x`", "a;b", "a b", "a'b", 'a"b', "a\nb", "a\n", "a&b", "{arm}", "*", "~"),
    *("", ".", "..", ".x", "-x", "--x", "../x", "a/b", "/x", "a\\b", "C:x"),
    *("ü", "ｘ", "x" * 65, "x" * 10_000, "a\0b", "x+steps=3"),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_plain_name_is_kept(name: str) -> None:
    assert check_name("arm", name) == name and Paths(name).runs.name == name


@pytest.mark.parametrize("name", [*BAD, None, 3, ["x"]], ids=lambda name: ascii(name)[:20])
def test_any_other_name_is_refused_in_one_short_sentence(name: Any) -> None:
    sentence = refusal(lambda: check_name("arm", name))
    assert sentence.startswith("arm=") and len(sentence) < 300


def profile_file(folder: Path, name: str) -> object:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**SMOKE, "profile": name}), encoding="utf-8")
    return read_params(path)


def arms_file(folder: Path, name: str) -> object:
    path = folder / "arms.yaml"
    said = {"description": "what it is", "group": "other", "colour": "#123456"}
    path.write_text(yaml.safe_dump({name: said}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ARMS", path)
        arms.cache_clear()
        try:
            return arms()
        finally:
            arms.cache_clear()


ENTRANCES: dict[str, Callable[[Path, str], object]] = {
    "paths": lambda _, name: Paths(name),
    "the file of a profile": lambda _, name: params_file(name),
    "a params file": profile_file,
    "a notebook": lambda _, name: notebook_params({"profile": name}),
    "another recipe": lambda _, name: notebook_params({"profile": "smoke", "recipe": name}),
    "the recipes": lambda _, name: notebook_params({"profile": "smoke", "recipes": [name]}),
    "another arm": lambda _, name: notebook_params({"profile": "smoke", "arm": name}),
    "the arms": lambda _, name: notebook_params({"profile": "smoke", "arms": {name: 1}}),
    "the arms file": arms_file,
    "an experiment": lambda folder, name: load_experiment(name, folder),
}


@pytest.mark.parametrize("name", BAD, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_name_is_checked_wherever_it_enters(entrance: str, name: str, tmp_path: Path) -> None:
    sentence = refusal(lambda: ENTRANCES[entrance](tmp_path, name))
    assert len(sentence) < 500 + len(str(tmp_path))
    assert not list(tmp_path.rglob("x")), "nothing was run"


def test_folders_for_other_files_are_no_profiles() -> None:
    folders = {path.name for path in (REPOSITORY / "results").iterdir() if path.is_dir()}
    others = folders - {path.stem for path in PARAMS.glob("*.yaml")}
    assert {"experiments", "benchmarks"} <= others
    for name in others:
        assert "take another" in refusal(lambda name=name: Paths(name))


@pytest.mark.parametrize(
    "value",
    [
        *("x" * 10**6, 10**4400, [[["x"] * 99] * 99] * 99, {str(n): n for n in range(9999)}),
        *(np.zeros((99, 99)), pd.DataFrame({"a": range(99)}), "a\nb\x1b[31m", b"x" * 999, {1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown_on_one_short_line(value: object) -> None:
    text = shown(value)
    assert 0 < len(text) <= LONGEST_SHOWN and text.isprintable()


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    class Broken(str):
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Broken("x")).startswith("<Broken instance")
    assert shown(10**5000) == "<int that cannot be shown>"
    loop: list[object] = []
    loop.append(loop)
    assert len(shown(loop)) <= LONGEST_SHOWN


def test_the_nearest_name_is_the_one_that_was_meant() -> None:
    known = ["hybrid", "baseline", "warmup"]
    assert [nearest(name, known) for name in ("hybird", "base-line", "zzz", 3)] == [
        *("hybrid", "baseline"),
        *("", ""),
    ]
    with pytest.raises(StudyError, match=r"arm='hybird' does not exist \(did you mean 'hybrid'\?"):
        raise unknown("arm", "hybird", known)
    assert listed(known) == "hybrid, baseline, warmup"
    assert listed([f"name{n}" for n in range(999)]).endswith(", … (999 in all)")
    assert nearest("x" * 10**6, known) == ""
