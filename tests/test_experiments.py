"""Experiments as data: what a params file may say, which run a variant is, which curves are kept.

In: params/experiments/ and results/experiments/. Out: a failure that names the variant or curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from refusals import refusal
from worlds import World

from cl_utils.artifacts import check_content
from cl_utils.curriculum.arms import arm_named
from cl_utils.curriculum.relabelling import relabelled
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.static_metrics import static_metrics
from cl_utils.errors import StudyError
from cl_utils.experiments import (
    Experiment,
    load_curves,
    load_experiment,
    notebook_experiment,
)
from cl_utils.experiments.curves import kept
from cl_utils.experiments.page import ablation_page, minutes_page
from cl_utils.experiments.plan import EXPERIMENTS
from cl_utils.experiments.programs import labelled
from cl_utils.experiments.tables import fewer_characters, levels, times, trainings
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.study.params import read_params
from cl_utils.training.recipes import FAST, STRONG

RESULTS = REPOSITORY / "results" / "experiments"
NAMES = sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))
PAGES: dict[str, Callable[[Experiment, pd.DataFrame], str]] = {
    "recipe_ablation": ablation_page,
    "time_to_accuracy": minutes_page,
}
every_experiment = pytest.mark.parametrize("name", NAMES)


def changed(folder: Path, **changes: Any) -> Path:
    """Write the ablation's file with changes, those named in `variant` to its second variant."""
    content = yaml.safe_load((EXPERIMENTS / "recipe_ablation.yaml").read_text(encoding="utf-8"))
    content["variants"][1] |= changes.pop("variant", {})
    (folder / "recipe_ablation.yaml").write_text(yaml.safe_dump(content | changes))
    return folder


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"colour": "red"}, "colour is no parameter: remove it or fix its spelling"),
        ({"variant": {"step": 3}}, "variants.1.step is no parameter (did you mean steps?)"),
        ({"variant": {"steps": 0}}, "variants.1.steps=0 is not allowed"),
        ({"variant": {"arm": "nobody"}}, "nobody"),
        ({"variant": {"recipe": "slow"}}, "recipe='slow' does not exist"),
        ({"variant": {"options": {"reach": 3}}}, "option='reach' does not exist"),
        ({"variant": {"options": {"batching": "rows"}}}, "batching='rows' is not allowed"),
        ({"variant": {"options": {"learning_rate": "0.1"}}}, "learning_rate='0.1' is not allowed"),
        ({"variant": {"options": {"learning_rate": -1.0}}}, "learning_rate=-1.0 is not allowed"),
        ({"variant": {"options": {"convolution": True}}}, "convolution=True is not allowed"),
        ({"variant": {"options": {"convolution": 10**9}}}, "convolution=1,000,000,000 sees back"),
        ({"variant": {"options": {"warmup_share": 2.0}}}, "warmup_share=2.0 is not allowed"),
        ({"variant": {"options": 3}}, "variants.1.options=3 is not allowed"),
        ({"variant": {"heads": 3}}, "width=64 is not a multiple of heads=3"),
        ({"variant": {"characters_per_step": 100}}, "characters_per_step=100 is not a multiple"),
        ({"variant": {"characters_per_step": 10**9}}, "GB of memory"),
        ({"variant": {"steps": 10**15}}, "years at the fastest"),
        ({"variant": {"seeds": 10**9}}, "1,000,000,045 runs"),
        ({"variant": {"name": "../x"}}, "name='../x' is no name"),
        ({"variant": {"curves": "a/b"}}, "curves='a/b' is no name"),
        ({"variant": {"arm": "yoked-mastery"}}, "replays runs of a study"),
        ({"variant": {"arm": "incremental-by-ast_nodes"}}, "labels='ast_nodes' does not exist"),
        ({"variant": {"arm": "hybird"}}, "did you mean 'hybrid'?"),
        ({"variants": ["fast"]}, "defaults and variants hold `name: value` each"),
        ({"variants": []}, "variants=()"),
        ({"profile": "../laptop"}, "profile='../laptop' is no name"),
        ({"profile": "laptpo"}, "laptpo.yaml is missing"),
        ({"programs": {"validation": 1}}, "programs.test is missing"),
        ({"variant": {"name": "fast"}}, "names one twice"),
        ({"variant": {"training_programs": 5}}, "give training_programs if, and only if"),
        ({"reference": "nobody"}, "reference='nobody' does not exist"),
        ({"variants": {}}, "has no list of variants"),
        ({"defaults": 3}, "defaults and variants hold `name: value` each"),
        ({"name": "another"}, "write the file's own, 'recipe_ablation'"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(
    changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    folder = changed(tmp_path, **changes)
    assert told in refusal(lambda: load_experiment("recipe_ablation", folder))


def test_a_missing_file_names_those_that_are_there(tmp_path: Path) -> None:
    sentence = refusal(lambda: load_experiment("nothing", changed(tmp_path)))
    assert "use one of recipe_ablation, or write it" in sentence
    ablation = load_experiment("recipe_ablation")
    with pytest.raises(StudyError, match="choose one of fast, random-windows"):
        ablation.variant("neighbours")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"test": 10**9}, "test_programs=1,000,000,000"),
        ({"natural": 10**6}, "natural_programs=1,000,000"),
        ({"points": 10**6}, "points=1,000,000 of a curve of steps="),
        ({"points": 0}, "programs.points=0"),
    ],
)
def test_programs_that_cannot_be_drawn_for_an_experiment_are_refused(
    changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    content = of_drawn_programs()
    content["programs"] |= changes
    (tmp_path / "time_to_accuracy.yaml").write_text(yaml.safe_dump(content))
    assert told in refusal(lambda: load_experiment("time_to_accuracy", tmp_path))


def test_more_programs_of_a_variant_than_any_memory_holds_are_refused(tmp_path: Path) -> None:
    content = of_drawn_programs()
    content["variants"][1]["training_programs"] = 10**12
    (tmp_path / "time_to_accuracy.yaml").write_text(yaml.safe_dump(content))
    sentence = refusal(lambda: load_experiment("time_to_accuracy", tmp_path))
    assert f"variant {content['variants'][1]['name']}: " in sentence
    assert "programs need about" in sentence and "GB of memory" in sentence


def of_drawn_programs() -> dict[str, Any]:
    """Return the content of the file of an experiment that draws programs of its own."""
    path = EXPERIMENTS / "time_to_accuracy.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def test_a_part_taken_away_changes_neither_seed_nor_budget() -> None:
    experiment = load_experiment("recipe_ablation")
    run = read_params(PARAMS / f"{experiment.profile}.yaml", {"recipe": "fast"}).run()
    assert experiment.run(experiment.variant("fast")) == run
    for variant in experiment.variants:
        each = experiment.run(variant, seed=2)
        assert each.seed == 2 and (each != replace(run, seed=2)) == (variant.name != "fast")
        assert each.steps * each.characters_per_step == run.steps * run.characters_per_step
        assert each.model.blocks == each.recipe.blocks
        assert each.model.convolution == each.recipe.convolution
        if variant.name not in ("fast", "paper", "paper-blocks") and variant.group == "removed":
            parts = ((each.recipe, run.recipe), (each.model, run.model), (each.steps, run.steps))
            assert [ours == theirs for ours, theirs in parts].count(False) == 1


def test_additions_stand_alone_and_together_and_change_nothing_else() -> None:
    experiment = load_experiment("recipe_ablation")
    fast = experiment.run(experiment.variant("fast"))
    added = [variant for variant in experiment.variants if variant.group == "added"]
    assert len(added) == 2**3 - 1
    for variant in added:
        run, short = experiment.run(variant), "short-first" in variant.name
        assert (run.name == "competence-by-characters") == short
        assert run.arm == arm_named(run.name) and (run.arm.labels == "characters") == short
        assert run.recipe.convolution == (3 if "convolution" in variant.name else 0)
        weight = 1.0 if "intermediate-values" in variant.name else 0.0
        assert run.recipe.intermediate_value_weight == weight
        recipe = replace(run.recipe, convolution=0, intermediate_value_weight=0.0)
        model = replace(run.model, convolution=0)
        assert replace(run, name=fast.name, arm=fast.arm, recipe=recipe, model=model) == fast
    both = experiment.run(experiment.variant("convolution-intermediate-values"))
    assert replace(both.recipe, name="strong") == STRONG


def test_plans_train_the_papers_model_by_the_recipe_fast_and_its_options() -> None:
    experiment = load_experiment("time_to_accuracy")
    for variant in experiment.variants:
        run = experiment.run(variant)
        assert (run.model.layers, run.model.width, run.model.heads) == (6, 120, 2)
        options = {"convolution": 0, "intermediate_value_weight": 0.0}
        assert replace(run.recipe, name="fast", **options) == FAST  # type: ignore[arg-type]
        assert run.model.convolution == run.recipe.convolution


@every_experiment
def test_every_kept_curve_belongs_to_a_variant_and_is_whole(name: str) -> None:
    experiment = load_experiment(name)
    expected = {f"{each.files}-seed{seed}": each for each, seed in experiment.trainings()}
    files = sorted((RESULTS / name / "cpu").glob("*.csv"))
    assert {path.stem for path in files} == set(expected)
    for path in files:
        check_content(path, "")
        assert pd.read_csv(path)["step"].max() == expected[path.stem].steps


@every_experiment
def test_the_page_is_what_the_curves_give(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)  # the committed figures say what they show
    experiment = load_experiment(name)
    written = (REPOSITORY / "docs" / "experiments" / f"{name}.md").read_text(encoding="utf-8")
    assert PAGES[name](experiment, load_curves(experiment)) == written, f"run notebook {name}"
    for word in ("neighbours", "values-any-order"):
        assert word not in written


def recorded(name: str) -> pd.DataFrame:
    """Return the rows that were published before the experiments had a place of their own."""
    path = RESULTS / name / "cpu.csv"
    check_content(path, "")
    return pd.read_csv(path)


def test_the_numbers_published_before_are_those_of_the_curves() -> None:
    curves, rows = load_curves(load_experiment("time_to_accuracy")), recorded("time_to_accuracy")
    found: list[float] = []
    for level in levels(curves):
        table = times(curves, level)
        found += [value for value in table["seconds"] if isfinite(value)]
        found += [value for value in table["characters"] if isfinite(value)]
    found += list(trainings(curves).groupby("variant")["final"].median())
    assert sorted(found) == pytest.approx(sorted(rows["value"]), rel=1e-12)
    ratios = [ratio for level in levels(curves) for ratio in times(curves, level)["ratio"]]
    others = [ratio for ratio in ratios if isfinite(ratio) and ratio != 1.0]
    assert sorted(others) == pytest.approx(sorted(rows["ratio"].dropna()), rel=1e-12)
    (row,) = recorded("recipe_ablation").to_dict("records")
    fewer = fewer_characters(load_curves(load_experiment("recipe_ablation")), "paper", "fast")
    assert fewer["ratio"].median() == pytest.approx(row["ratio"], rel=1e-12)
    assert (fewer["ratio"].min(), fewer["ratio"].max()) == pytest.approx(
        (row["ratio_low"], row["ratio_high"]), rel=1e-12
    )


def test_short_sources_come_first_where_an_arm_says_so(world: World) -> None:
    ordered = labelled(world.train, arm_named("competence-by-characters"))
    sources = ordered.answers - ordered.offsets[:-1]
    assert (np.diff(sources) >= 0).all()
    assert sorted(ordered.program_ids) == sorted(world.train.program_ids)
    assert labelled(world.train, arm_named("competence")) is world.train
    texts = {program: source for program, source in world.programs["source"].items()}
    counted = [static_metrics(texts[each], "").characters for each in world.train.program_ids]
    assert same_programs(ordered, relabelled(world.train, counted))
    with pytest.raises(StudyError, match="choose an arm"):
        labelled(world.train, arm_named("incremental-by-ast_nodes"))


def same_programs(first: Corpus, second: Corpus) -> bool:
    """Return whether two corpora hold the same programs in the same order and buckets."""
    names = ("program_ids", "buckets", "tokens")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


def kernel_names(cell: str) -> dict[str, Any]:
    """Return the global names of a kernel that has executed a parameters cell."""
    names: dict[str, Any] = {"In": ["", cell]}
    exec(cell, names)
    return names


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_of_an_experiment_asks_for_what_its_cell_says(name: str) -> None:
    names = kernel_names('train = False\ndevice = "cpu"')
    asked = notebook_experiment(names, name)
    assert asked.experiment.name == name and not asked.train
    names["curve"] = "a variable of a later cell"
    assert notebook_experiment(names, name) == asked


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('train = "no"\ndevice = "cpu"', "train='no' is not allowed"),
        ('train = "false"\ndevice = "cpu"', "train='false' is not allowed"),
        ('train = 1\ndevice = "cpu"', "train=1 is not allowed"),
        (
            'train = False\ntrian = True\ndevice = "cpu"',
            "trian is no parameter (did you mean",
        ),
        ('train: True\ntrain = False\ndevice = "cpu"', "assigns nothing in Python"),
        ('train = False\ndevice = "gpu"', "device='gpu' does not exist"),
        ("train = False", "device is missing"),
    ],
)
def test_a_wrong_parameter_of_an_experiment_trains_nothing(cell: str, said: str) -> None:
    assert said in refusal(lambda: notebook_experiment(kernel_names(cell), NAMES[0]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 700}, "was trained with steps=1400, and its variant has steps=700"),
        ({"recipe": "paper"}, "was trained with matrix_learning_rate=0.02"),
        ({"options": {"convolution": 3}}, "was trained with convolution=0"),  # not yet stated then
        ({"arm": "hybrid"}, "was trained with schedule='baseline'"),
        ({"characters_per_step": 2048}, "was trained with characters_per_step=4096"),
    ],
)
def test_a_curve_of_another_training_than_the_params_file_says_is_refused(
    change: dict[str, Any], said: str
) -> None:
    experiment = load_experiment("recipe_ablation")
    newest = [each for each in experiment.variants if each.name == experiment.reference][0]
    changed = newest.model_copy(update=change)
    variants = tuple(changed if each is newest else each for each in experiment.variants)
    other = experiment.model_copy(update={"variants": variants})
    assert said in refusal(lambda: load_curves(other))


def test_a_curve_under_the_name_of_another_is_refused() -> None:
    experiment = load_experiment("recipe_ablation")
    adamw, windows = (experiment.variant(name) for name in ("adamw", "random-windows"))
    swapped = adamw.model_copy(update={"curves": windows.files})
    other = experiment.model_copy(update={"variants": (swapped,), "reference": "adamw"})
    assert "was trained with batching='windows'" in refusal(lambda: load_curves(other))
    assert {each.variant.name for each in kept(other)} == {"adamw"}
