"""Parameters: the profiles are what they say, and every mistake is one sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import yaml
from refusals import refusal

from cl_utils import paths
from cl_utils.difficulty.buckets import PAPER_THRESHOLDS
from cl_utils.model.gpt import build
from cl_utils.paths import PARAMS, REPOSITORY, Paths
from cl_utils.stats import FACTORIAL
from cl_utils.study.params import (
    LEAST_RESAMPLES,
    MOST_RESAMPLES,
    Params,
    notebook_params,
    read_params,
)
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams

ORDER = {"effect": "order", "levels": ["3.1"], "first_seed": 1}
PAIR = [["hybrid", "baseline"]]
SECOND = {"contrasts": PAIR, "first_seed": 1}
PROFILES = (
    *("smoke", "laptop", "study", "study-strong", "study-orders", "study-rates"),
    *("paper", "paper-size"),
)
SMOKE = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))


def written(folder: Path, values: Mapping[str, object], name: str = "smoke") -> Path:
    """Return a params file with these values."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
    return path


def test_every_profile_is_known() -> None:
    assert sorted(path.stem for path in PARAMS.glob("*.yaml")) == sorted(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_valid_whole_and_named_like_its_file(profile: str) -> None:
    path = PARAMS / f"{profile}.yaml"
    params = read_params(path)
    assert params.profile == params.paths.profile == profile
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) == set(Params.model_fields)
    assert params.recipe in params.recipes and params.arm in params.arms
    assert params.contrasts or len(params.arms) == 1, "several arms, and nothing is compared"
    assert all(len(pair) == 2 for pair in params.contrasts)


def test_the_papers_profile_has_the_papers_model_budget_and_thresholds() -> None:
    params = read_params(PARAMS / "paper.yaml")
    run = params.run()
    assert build(run.model, run.seed).parameter_count == 1_082_573
    assert (params.steps, params.characters_per_step) == (120_000, 64 * 256)
    assert math.isclose(params.steps * params.characters_per_step, 1.97e9, rel_tol=2e-3)
    assert tuple(params.bucket_rule) == PAPER_THRESHOLDS == (2.0, 4.0)
    assert params.model_of("paper").heads == 6 and params.model_of("fast").heads == 2
    assert {"baseline", "sequential", "incremental", "hybrid"} <= set(params.arms)


def test_only_the_committed_study_writes_the_readme() -> None:
    assert [p for p in PROFILES if read_params(PARAMS / f"{p}.yaml").writes_pages] == ["study"]


def test_the_laptop_asks_the_core_question_on_the_data_and_models_of_the_study() -> None:
    """The paper's four schedules and the eight cells, so that rows of the two compare by seed."""
    laptop, study = (read_params(PARAMS / f"{name}.yaml") for name in ("laptop", "study"))
    same = [name for name in TrainingParams.model_fields if name != "profile"]
    assert [getattr(laptop, name) for name in same] == [getattr(study, name) for name in same]
    schedules = {"baseline", "sequential", "incremental", "hybrid"}
    assert laptop.arms == dict.fromkeys(schedules | set(FACTORIAL.values()), 3)
    assert laptop.contrasts == [pair for pair in study.contrasts if set(pair) <= set(laptop.arms)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stepz": 60}, ["stepz is no parameter", "spelling"]),
        ({"hardest_share": "1e-3"}, ["hardest_share='1e-3'", "write 0.001"]),
        ({"steps": "60"}, ["steps='60'", "write 60"]),
        ({"steps": 60.5}, ["steps=60.5", "whole number"]),
        ({"steps": 0}, ["steps=0", "greater than 0"]),
        ({"hardest_share": 1.5}, ["hardest_share=1.5", "less than or equal to 1"]),
        ({"operand_max": 256}, ["operand_max=256", "255"]),
        ({"compile": "no way"}, ["compile='no way'", "true or false"]),
        ({"device": "gpu"}, ["device='gpu'", "'cuda'"]),
        ({"arm": "hybird"}, ["arm='hybird'", "did you mean 'hybrid'?"]),
        ({"arms": {"baseline": 1, "hybird": 1}, "contrasts": []}, ["arm='hybird'", "hybrid"]),
        ({"arms": {"baseline": 0}}, ["arms.baseline=0", "such as 5"]),
        ({"stepz": 60, "steps": 0}, ["stepz is no parameter (did you mean steps?)"]),
        (
            {"arms": {"yoked-mastery": 2, "mastery": 1}, "contrasts": []},
            ["yoked-mastery", "the same seeds"],
        ),
        ({"arms": {}}, ["arms={}", "name each arm"]),
        ({"arms": {"baseline": "12-8"}}, ["baseline: 12-8 ends before it begins", "write 8-12"]),
        ({"arms": {"baseline": "8 to 12"}}, ["arms.baseline='8 to 12'", "such as 8-12"]),
        ({"arms": {"baseline": [8, 12]}}, ["arms.baseline=[8, 12]", "such as 8-12"]),
        (
            {"contrasts": [["hybrid", "hybird"]]},
            ["contrasts=['hybrid', 'hybird']", "did you mean 'hybrid'?"],
        ),
        ({"level_question": ORDER | {"levels": ["3.3"]}}, ["levels='3.3'", "did you mean '3.2'?"]),
        ({"level_question": ORDER | {"levels": ["3.1"] * 2}}, ["names one twice"]),
        ({"level_question": ORDER | {"first_seed": 9}}, ["first_seed=9", "more seeds"]),
        ({"level_question": ORDER | {"first_seed": 0}}, ["first_seed=0", "greater than"]),
        (
            {"level_question": ORDER | {"levels": ["4.1"]}},
            ["levels=['4.1']", "draws no programs", "1.1"],
        ),
        (
            {"level_question": ORDER, "arms": {"baseline": 9, "hybrid": 9}, "contrasts": []},
            ["baseline-restarts is not in arms", "null"],
        ),
        (
            {"second_measure": SECOND},
            ["second_measure: the last seed of hybrid is 0", "lower first_seed"],
        ),
        ({"resamples": 39}, ["resamples=39", "40"]),
        ({"level_question": ORDER | {"effect": "ordr"}}, ["level_question.effect='ordr'"]),
        ({"second_measure": SECOND | {"first_seed": 9}}, ["first_seed=9", "more seeds"]),
        ({"second_measure": SECOND | {"contrasts": []}}, ["second_measure.contrasts=[]"]),
        (
            {"second_measure": SECOND | {"contrasts": [["hybrid", "basline"]]}},
            ["second_measure: contrasts=['hybrid', 'basline']", "did you mean 'baseline'?"],
        ),
        (
            {"second_measure": SECOND | {"contrasts": [*PAIR, PAIR[0][::-1]]}},
            ["second_measure: contrasts=", "twice"],
        ),
        ({"recipe": "quick"}, ["recipe='quick'", "fast"]),
        ({"recipe": "fsat"}, ["recipe='fsat'", "did you mean 'fast'?"]),
        ({"recipes": ["quick"]}, ["recipe='quick'", "fast"]),
        ({"levels": ["1.1", "9.9"]}, ["levels='9.9'", "3.2"]),
        ({"levels": "1.1"}, ["levels", "'1.1'"]),
        ({"bucket_rule": "quartiles"}, ["bucket_rule", "'quartiles'"]),
        ({"metric": "length"}, ["metric='length'", "overall_metric"]),
        ({"metric": "nesting_depth"}, ["metric='nesting_depth'", "characters"]),
        ({"metric": "model_loss"}, ["metric='model_loss'", "random"]),
        ({"least_per_bucket": 10}, ["least_per_bucket", "bucket_rule"]),
        ({"bucket_rule": [2.0]}, ["thresholds [2.0]", "give two"]),
        ({"bucket_rule": [4.0, 2.0]}, ["thresholds [4.0, 2.0]", "first below the second"]),
        ({"width": 33}, ["width=33", "heads=2"]),
        ({"heads": {"paper": 6}}, ["heads={'paper': 6}", "lacks the recipe fast"]),
        ({"heads": "six"}, ["heads='six'", "one for each recipe"]),
    ],
    ids=str,
)
def test_a_wrong_value_is_told_with_file_name_and_value(
    tmp_path: Path, changes: Mapping[str, object], words: list[str]
) -> None:
    path = written(tmp_path, {**SMOKE, **changes})
    sentence = refusal(lambda: read_params(path))
    assert sentence.startswith(f"{path}: ")
    assert all(word in sentence for word in words), sentence


def test_a_number_that_yaml_reads_as_text_is_refused(tmp_path: Path) -> None:
    """YAML 1.1 reads 1e-3, without a point, as a string."""
    path = tmp_path / "mine.yaml"
    text = (PARAMS / "smoke.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("hardest_share: 0.5", "hardest_share: 1e-3"), encoding="utf-8")
    assert "hardest_share='1e-3'" in refusal(lambda: read_params(path))


@pytest.mark.parametrize(
    ("name", "fix"), [("steps", "add it"), ("arms", "name each arm"), ("profile", "add it")]
)
def test_a_missing_value_is_told_with_file_and_name(tmp_path: Path, name: str, fix: str) -> None:
    path = written(tmp_path, {key: value for key, value in SMOKE.items() if key != name})
    assert refusal(lambda: read_params(path)).startswith(f"{path}: {name} is missing: {fix}")


@pytest.mark.parametrize("name", ["smoke", "params/smoke", "smoke.yml", PARAMS / "smoke"], ids=str)
def test_a_name_without_yaml_is_no_params_file(name: str | Path) -> None:
    assert "is no params file: name one that ends in .yaml" in refusal(lambda: read_params(name))


def test_a_path_may_be_a_text() -> None:
    assert read_params(str(PARAMS / "smoke.yaml")) == read_params(PARAMS / "smoke.yaml")


PAGE = (REPOSITORY / "docs/parameters.md").read_text(encoding="utf-8")


def test_every_parameter_has_a_row_in_the_section_of_its_stage() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    rows = [re.findall(r"^\| `(\w+)` \|", each, re.MULTILINE) for each in sections]
    names, before = [], set[str]()
    for stage in (DataParams, BucketParams, TrainingParams, Params):
        names.append(set(stage.model_fields) - before)
        before |= set(stage.model_fields)
    assert [set(each) for each in rows] == names
    assert sum(map(len, rows)) == len(Params.model_fields)


def test_the_page_of_parameters_names_every_choice() -> None:
    """Of the parameters that have a few values, and the bounds of numbers."""
    for name, field in Params.model_fields.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)
        kinds = get_args(field.annotation)
        choices = [
            each for kind in kinds for each in (kind, *get_args(kind)) if isinstance(each, str)
        ]
        assert all(f"`{each}`" in row for each in choices), name
    (resamples,) = re.findall(r"^\| `resamples` .*$", PAGE, re.MULTILINE)
    assert f"{LEAST_RESAMPLES} to {MOST_RESAMPLES:,}" in resamples


def test_a_missing_file_is_told_with_the_profiles_that_exist(tmp_path: Path) -> None:
    sentence = refusal(lambda: read_params(tmp_path / "cluster.yaml"))
    assert str(tmp_path / "cluster.yaml") in sentence
    assert all(profile in sentence for profile in PROFILES)
    near = refusal(lambda: read_params(tmp_path / "smokey.yaml"))
    assert "did you mean 'smoke'?" in near


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("steps: [60", "is not YAML"),
        ("steps: 60\n\tseed: 0", "is not YAML"),
        ("", "is empty: write one 'name: value' per line"),
        ("- steps", "holds ['steps'], no names and values"),
        ("steps", "holds 'steps', no names and values"),
    ],
)
def test_a_file_that_is_no_params_file_is_told(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    sentence = refusal(lambda: read_params(path))
    assert sentence.startswith(f"{path} ") and words in sentence


def test_a_file_that_names_another_profile_is_refused(tmp_path: Path) -> None:
    """Else the copy of a file whose first line was left would overwrite the other's files."""
    sentence = refusal(lambda: read_params(written(tmp_path, SMOKE, name="mine")))
    assert "mine.yaml: profile='smoke' is not the file's own name: write profile: mine" in sentence
    mine = written(tmp_path, {**SMOKE, "profile": "mine"}, name="mine")
    assert read_params(mine).paths == Paths("mine")
    assert "not the file's own name" in refusal(lambda: read_params(mine, {"profile": "smoke"}))


def test_a_notebooks_profile_whose_file_names_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "PARAMS", tmp_path)
    written(tmp_path, SMOKE, name="mine")
    assert "write profile: mine" in refusal(lambda: notebook_params({"profile": "mine"}))


def test_a_profile_may_be_a_number_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "2024.yaml"
    text = (PARAMS / "smoke.yaml").read_text(encoding="utf-8")
    for said in ("2024", "'2024'"):
        path.write_text(text.replace("profile: smoke", f"profile: {said}"), encoding="utf-8")
        if said == "2024":
            assert 'profile=2024 is not allowed: write profile: "2024"' in refusal(
                lambda: read_params(path)
            )
        else:
            assert read_params(path).paths.runs.name == "2024"


def test_overrides_lie_over_the_file_and_are_checked_like_it() -> None:
    assert read_params(PARAMS / "smoke.yaml", {"steps": 7}).steps == 7
    assert "stepz" in refusal(lambda: read_params(PARAMS / "smoke.yaml", {"stepz": 7}))


def test_params_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_params(PARAMS / "smoke.yaml").steps = 7


def test_a_notebooks_values_go_first_and_its_profile_completes_them() -> None:
    params = notebook_params({"profile": "laptop", "arm": "hybrid", "levels": ["1.1"]})
    assert (params.arm, params.levels) == ("hybrid", ["1.1"])
    laptop = read_params(PARAMS / "laptop.yaml")
    assert params == laptop.model_copy(update={"arm": "hybrid", "levels": ["1.1"]})


def test_modules_functions_classes_and_the_notebooks_own_names_are_no_parameters() -> None:
    own = {"In": ["", "x"], "Out": {}, "_": 3, "_i1": "x", "__name__": "__main__", "exit": "bye"}
    others = {"np": np, "read_params": read_params, "Params": Params}
    smoke = read_params(PARAMS / "smoke.yaml")
    assert notebook_params({"profile": "smoke", **own, **others}) == smoke


def test_a_profile_of_all_values_needs_no_file() -> None:
    assert notebook_params({**SMOKE, "profile": "mine"}).profile == "mine"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"profile": "smoke", "shedule": "hybrid"}, ["'smoke'", "shedule is no parameter"]),
        ({"profile": "smoke", "steps": "many"}, ["'smoke'", "steps='many'"]),
        ({"profile": "smokey"}, ["smokey.yaml is missing", "did you mean 'smoke'?"]),
        ({"profile": "smoke", "stepz": 60}, ["stepz is no parameter (did you mean steps?)"]),
        ({"profile": "smoke", "array": np.zeros(2)}, ["array is no parameter"]),
        ({"profile": "smoke", "steps": np.int64(200)}, ["steps=np.int64(200)", "write 200"]),
        ({"profile": "smoke", "steps": 200.0}, ["steps=200.0", "write 200"]),
        ({"profile": "smoke", "steps": Decimal(200)}, ["steps=Decimal('200')", "write 200"]),
        ({"profile": "smoke", "compile": np.bool_(True)}, ["compile=np.True_", "write True"]),
        ({"profile": "smoke", "compile": compile}, ["compile=<built-in", "true or false"]),
        ({"profile": "smoke", "levels": ("1.1",)}, ["levels=('1.1',)", "a list of levels"]),
        ({"profile": "smoke", "recipes": {"fast"}}, ["recipes={'fast'}", "list"]),
        ({"profile": "smoke", "arms": {"baseline": np.int64(1)}}, ["arms.baseline", "write 1"]),
        ({"profile": "smoke", "metric": PARAMS}, ["metric=", "string"]),
        ({"profile": "smoke", "heads": {1: 2}}, ["heads has the name 1: write text"]),
        ({"profile": "smoke", "seed": pd.NA}, ["seed=<NA>", "whole number"]),
        ({"profile": "../smoke"}, ["profile='../smoke' is no name"]),
        ({"steps": 60}, ["profile=None", "profile='smoke'"]),
        ({"profile": 1}, ["profile=1", "profile='smoke'"]),
    ],
    ids=str,
)
def test_a_notebooks_mistake_is_told(names: Mapping[str, object], words: list[str]) -> None:
    sentence = refusal(lambda: notebook_params(names))
    assert all(word in sentence for word in words), sentence


@pytest.mark.parametrize("quarter", [np.float64(0.25), Fraction(1, 4), Decimal("0.25")], ids=str)
def test_a_number_that_is_as_good_as_a_plain_one_is_taken(quarter: object) -> None:
    params = notebook_params({"profile": "smoke", "hardest_share": quarter})
    assert (type(params.hardest_share), params.hardest_share) == (float, 0.25)


def test_a_number_that_cannot_be_shown_is_refused_like_any_other() -> None:
    """Python does not write whole numbers of more than 4,300 digits."""
    sentence = refusal(lambda: notebook_params({"profile": "smoke", "steps": 10**5000}))
    assert "steps=<int that cannot be shown> is not allowed" in sentence


def test_a_cell_run_again_takes_the_variables_of_later_cells_for_no_parameters() -> None:
    names: dict[str, object] = {"profile": "smoke", "steps": 7}
    assert notebook_params(names).steps == 7
    names.update(level="1.1", rejected={"duplicate": 3}, steps=8)
    assert notebook_params(names).steps == 8
    assert "level is no parameter" in refusal(
        lambda: notebook_params({"profile": "smoke", "level": "1.1"})
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("compile: yes", "write true or false"),
        ("steps: 1e3", "write 1000"),
        ('steps: "60"', "write 60"),
        ("steps: 60.0", "write 60"),
        ("steps: many", "whole number in digits"),
        ("hardest_share: half", "hardest_share"),
    ],
)
def test_a_value_of_nearly_the_right_type_is_told_how_to_write_it(
    line: str, words: str, tmp_path: Path
) -> None:
    name = line.partition(":")[0]
    text = (PARAMS / "smoke.yaml").read_text(encoding="utf-8")
    changed = re.sub(rf"^{name}: .*$", line, text, flags=re.MULTILINE)
    assert changed != text
    path = tmp_path / "smoke.yaml"
    path.write_text(changed, encoding="utf-8")
    sentence = refusal(lambda: read_params(path))
    assert words in sentence and "Input should" not in sentence and str(path) in sentence
