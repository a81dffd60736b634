"""What cannot be is refused before any work begins, with the numbers and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from refusals import refusal

from cl_utils.difficulty.catalogue import BUCKET_METRICS, METRICS
from cl_utils.paths import PARAMS
from cl_utils.study import estimates
from cl_utils.study.contradictions import NO_BUCKETS
from cl_utils.study.params import Params, read_params

SMOKE = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
ENORMOUS = (10**9, 10**12, 10**18, 10**24, 10**25, 10**400)


def told(path: Path, **changes: Any) -> str:
    """Return what a params file with these changes is refused with."""
    return refusal(lambda: read_params(written(path, changes)))


def written(folder: Path, changes: Mapping[str, Any]) -> Path:
    """Return the smoke profile's file with changes."""
    path = folder / "smoke.yaml"
    path.write_text(yaml.safe_dump({**SMOKE, **changes}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": []}, ["levels=[]"]),
        ({"levels": ["1.1", "1.1"]}, ["levels=['1.1', '1.1'] names one twice"]),
        ({"levels": [[1]]}, ["levels.0=[1]", "a list of levels"]),
        ({"levels": ["1.1", "1,2"]}, ["levels='1,2'", "did you mean '1.2'?"]),
        ({"levels": [1.1]}, ['write levels.0: "1.1"']),
        ({"levels": ["4.1"]}, ["paper2024", "fixed"]),
        ({"while_loops": True}, ["paper2024", "fixed"]),
        ({"while_loops": True, "levels": ["1.1"]}, ["while_loops=True", "level 4.1"]),
        ({"operand_max": 20}, ["paper2024", "fixed"]),
        ({"variant": "paper2025"}, ["variant='paper2025'", "paper2024"]),
        ({"bucket_rule": []}, ["thresholds []", "give two"]),
        ({"bucket_rule": [1.0, 1.0]}, ["first below the second"]),
        ({"bucket_rule": [1.0, 2.0, 3.0]}, ["give two"]),
        ({"bucket_rule": [float("nan"), 2.0]}, ["bucket_rule", "nan"]),
        ({"bucket_rule": [2.0, float("inf")]}, ["bucket_rule", "inf"]),
        ({"bucket_rule": [0.0, 2.0]}, ["no easy programs"]),
        (
            {"bucket_rule": [2.0, 4.0], "least_per_bucket": 9, "metric": "characters"},
            ["metric='characters'", "overall_metric"],
        ),
        ({"metric": "nesting_depth"}, ["'nesting_depth' cannot make", "nest no deeper than 1"]),
        ({"metric": "model_loss"}, ["'model_loss' cannot make", "trained on the buckets"]),
        ({"metric": "charcters"}, ["does not exist (did you mean 'characters'?)"]),
        ({"maximum_characters": 28}, ["maximum_characters=28", "29"]),
        ({"data_seed": -1}, ["data_seed=-1", "greater than or equal to 0"]),
        ({"seed": -1}, ["seed=-1"]),
        ({"seed": 2**63}, ["seed=9223372036854775808"]),
    ],
    ids=str,
)
def test_data_that_cannot_be_drawn_are_refused(
    tmp_path: Path, changes: Mapping[str, Any], words: list[str]
) -> None:
    sentence = told(tmp_path, **changes)
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"programs": 100}, ["training_programs=3,000 of each bucket", "programs=100"]),
        ({"training_programs": 6000}, ["training_programs=6,000", "at most 5,771"]),
        ({"validation_programs": 400}, ["validation_programs=400"]),
        ({"test_programs": 900}, ["test_programs=900"]),
        ({"natural_programs": 1500}, ["natural_programs=1,500 of all"]),
        (
            {"programs": 90, "training_programs": 27, "validation_programs": 7}
            | {"test_programs": 10, "natural_programs": 9, "line_programs": 9},
            ["the split needs 150 programs, but at most 90 are drawn"],
        ),
        (
            {"bucket_rule": [2.0, 4.0], "least_per_bucket": 7000, "programs": 100}
            | {"training_programs": 6500},
            ["training_programs=6,500"],
        ),
        ({"line_programs": 301}, ["line_programs=301", "300 programs"]),
        ({"hardest_share": 0.0001}, ["hardest_share=0.0001", "no program"]),
    ],
    ids=str,
)
def test_more_programs_than_are_drawn_are_refused(
    tmp_path: Path, changes: Mapping[str, Any], words: list[str]
) -> None:
    sentence = told(tmp_path, **changes)
    assert all(word in sentence for word in words), sentence


def test_buckets_that_are_filled_have_as_many_programs_as_they_are_filled_with(
    tmp_path: Path,
) -> None:
    filled = {"bucket_rule": [2.0, 4.0], "least_per_bucket": 7000, "programs": 10_000}
    assert read_params(written(tmp_path, filled)).least_per_bucket == 7000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"context": 70}, ["context=70", "raise context to 71", "maximum_characters to 71"]),
        (
            {"recipe": "paper", "characters_per_step": 2000},
            ["characters_per_step=2,000", "not a multiple of context=128"],
        ),
        (
            {"recipes": ["fast", "paper"], "characters_per_step": 2000},
            ["characters_per_step=2,000", "the recipe paper"],
        ),
        (
            {"recipe": "paper", "training_programs": 2, "context": 2048, "hardest_share": 1.0},
            ["training_programs=2", "window of context=2,048"],
        ),
        ({"characters_per_step": 71}, ["characters_per_step=71", "to 72 at least"]),
        (
            {"recipes": ["fast", "paper"]},
            ["arm baseline-in-hybrid-order", "recipe paper reads windows", "cannot be sorted"],
        ),
        ({"recipe": "paper", "arm": "easy-to-hard"}, ["order='easy-to-hard'", "windows"]),
        ({"heads": 3}, ["width=32", "heads=3"]),
        ({"heads": 64}, ["width=32", "heads=64"]),
        ({"heads": 32}, ["even head size"]),
        ({"heads": {"fast": 2, "fsat": 2}}, ["heads of recipe='fsat'", "did you mean 'fast'?"]),
        ({"heads": {}}, ["heads={}", "lacks the recipe fast"]),
        ({"recipes": []}, ["recipes=[]"]),
        ({"recipes": ["fast", "fast"]}, ["recipes=['fast', 'fast'] names one twice"]),
        ({"contrasts": [["hybrid", "hybrid"]]}, ["['hybrid', 'hybrid'] is no pair"]),
        ({"contrasts": [["hybrid"]]}, ["['hybrid'] is no pair"]),
        ({"contrasts": [["hybrid", "warmup"]]}, ["'warmup' is not in arms"]),
        ({"contrasts": [["hybrid", "baseline"], ["hybrid", "baseline"]]}, ["twice"]),
        ({"contrasts": [["hybrid", "baseline"], ["baseline", "hybrid"]]}, ["twice"]),
        ({"hardest_share": 0}, ["hardest_share=0", "greater than 0"]),
        ({"hardest_share": float("nan")}, ["hardest_share='.nan'"]),
        ({"hardest_share": True}, ["hardest_share=True"]),
    ],
    ids=str,
)
def test_a_study_that_cannot_be_trained_is_refused(
    tmp_path: Path, changes: Mapping[str, Any], words: list[str]
) -> None:
    sentence = told(tmp_path, **changes)
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("number", ENORMOUS, ids=lambda number: f"{len(str(number)) - 1} zeros")
@pytest.mark.parametrize("name", [n for n, value in SMOKE.items() if type(value) is int])
def test_an_enormous_number_is_refused_in_a_short_sentence(
    name: str, number: int, tmp_path: Path
) -> None:
    possible = {"data_seed": 2**63, "seed": 2**63, "steps": 10**10}  # at most two months, on a GPU
    if number < possible.get(name, 0):
        assert getattr(read_params(written(tmp_path, {name: number})), name) == number
        return
    changes: dict[str, Any] = {name: number}
    if name == "width":
        changes["heads"] = {"fast": 2}
    sentence = told(tmp_path, **changes)
    assert len(sentence) < 400 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"programs": 10**12}, ["1e+12 programs need about 9e+05 GB", "this machine has"]),
        ({"steps": 10**12}, ["60 runs", "years at the fastest", "lower steps"]),
        ({"arms": {"baseline": 10**9}, "contrasts": []}, ["1,000,000,000 runs", "10,000"]),
        ({"width": 10**6}, ["width=1,000,000", "GB of memory"]),
        ({"layers": 10**9}, ["layers=1,000,000,000", "GB of memory"]),
        ({"context": 10**9}, ["context=1,000,000,000", "GB of memory"]),
        ({"characters_per_step": 10**9}, ["characters_per_step=1,000,000,000", "GB of memory"]),
        ({"resamples": 10**6}, ["resamples=1000000", "100000"]),
        ({"together": 10**9}, ["together=1000000000", "1000"]),
    ],
    ids=str,
)
def test_what_no_machine_could_do_is_refused_with_the_numbers(
    tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    if "steps" in changes:
        changes = {**changes, "arms": {"baseline": 60}, "contrasts": []}
    sentence = told(tmp_path, **changes)
    assert all(word in sentence for word in words), sentence


def test_memory_is_this_machines_and_for_a_gpu_the_largests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "installed_memory", lambda: 10**9)
    big = {"width": 4096, "layers": 6}
    assert "at most 1 GB" in told(tmp_path, **big)
    assert read_params(written(tmp_path, {**big, "device": "auto"})).width == 4096
    assert "this machine has 1 GB" in told(tmp_path, programs=2 * 10**6)
    monkeypatch.setattr(estimates, "installed_memory", lambda: None)
    assert read_params(written(tmp_path, {"programs": 2 * 10**6})).programs == 2 * 10**6


def test_a_number_of_every_parameter_is_bounded() -> None:
    """Estimates multiply them, and format the product."""
    values = {**SMOKE, "programs": 10**25}
    with pytest.raises(ValueError, match="less than or equal"):
        Params(**values)


def test_every_metric_that_makes_no_buckets_has_its_reason() -> None:
    assert set(NO_BUCKETS) == set(METRICS) - set(BUCKET_METRICS), "say why in contradictions.py"
