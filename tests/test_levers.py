"""Levers of the recipe: each changes what it says alone, and curves become the right numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import inf, isinf
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from worlds import World, small_run

from benchmarks import levers, quality
from benchmarks.data import labelled
from benchmarks.figures.levers import crossing, load_curves, summary, worth_of_levers
from benchmarks.plans import PLANS
from benchmarks.settings import Settings, Skipped
from cl_utils.artifacts import write_artifact
from cl_utils.curriculum.arms import arm_named
from cl_utils.curriculum.relabelling import relabelled
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.static_metrics import static_metrics
from cl_utils.errors import StudyError
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params

RUN = read_params(PARAMS / "laptop.yaml").run()


def curve(lever: str, seed: int, accuracies: list[float]) -> pd.DataFrame:
    """Return a curve with a point every 100 characters and second."""
    points = np.arange(1, len(accuracies) + 1)
    return pd.DataFrame(
        {
            "characters": 100 * points,
            "seconds": points.astype(float),
            "execution_exact": accuracies,
            "lever": lever,
            "words": lever,
            "seed": seed,
        }
    )


def leave(folder: Path, *curves: pd.DataFrame) -> None:
    """Write curves as the trainings do."""
    for each in curves:
        name = f"{each['lever'].iloc[0]}-seed{each['seed'].iloc[0]}.csv"
        write_artifact(folder / name, partial(each.to_csv, index=False), params={})


def test_a_crossing_lies_straight_between_two_points() -> None:
    rising = curve("fast", 0, [10.0, 30.0, 70.0, 60.0])
    assert crossing(rising, "characters", 50.0) == 250.0
    assert crossing(rising, "seconds", 70.0) == 3.0
    assert crossing(rising, "characters", 5.0) == 100.0
    assert crossing(rising, "characters", 71.0) == inf


@pytest.mark.parametrize("name", [name for name in levers.LEVERS if name != "fast"])
def test_a_lever_changes_the_run_and_neither_its_seed_nor_its_budget(name: str) -> None:
    changed = levers.LEVERS[name].change(RUN)
    assert changed != RUN and changed.seed == RUN.seed and changed.arm == RUN.arm
    assert changed.steps * changed.characters_per_step == RUN.steps * RUN.characters_per_step
    if name not in ("paper", "blocks"):  # those change the style of the model and of the recipe
        parts = (replace(changed.recipe), changed.model, changed.steps)
        same = [a == b for a, b in zip(parts, (RUN.recipe, RUN.model, RUN.steps), strict=True)]
        assert same.count(False) == 1


def test_additions_stand_alone_and_together_and_change_nothing_else() -> None:
    assert list(levers.ADDED) == [
        *("short", "neighbours", "values"),
        *("short-neighbours", "short-values", "neighbours-values"),
        "short-neighbours-values",
    ]
    for name, lever in levers.ADDED.items():
        parts, changed = name.split("-"), lever.change(RUN)
        recipe, model = changed.recipe, changed.model
        assert (changed.arm.labels == "characters") == ("short" in parts)
        assert (changed.name == "competence-by-characters") == ("short" in parts)
        assert recipe.convolution == model.convolution == (3 if "neighbours" in parts else 0)
        assert recipe.intermediate_value_weight == (1.0 if "values" in parts else 0.0)
        same = replace(recipe, convolution=0, intermediate_value_weight=0.0)
        back = replace(changed, name=RUN.name, arm=RUN.arm, recipe=same)
        assert replace(back, model=replace(model, convolution=0)) == RUN
        assert lever.words == "with " + ", ".join(levers.ADDITIONS[part] for part in parts)


def test_both_parts_together_are_the_recipe_strong() -> None:
    run = levers.ADDED["neighbours-values"].change(RUN)
    strong = read_params(PARAMS / "laptop.yaml", {"recipe": "strong"}).run()
    assert replace(run, recipe=replace(run.recipe, name="strong")) == strong


def test_every_curve_that_is_kept_is_of_a_lever_or_plan() -> None:
    kept = Path(__file__).parents[1] / "results" / "benchmarks"
    for names, curves in ((levers.EVERY, "levers"), (PLANS, "time-to-accuracy")):
        found = {path.stem.rpartition("-seed")[0] for path in kept.glob(f"*/{curves}/*.csv")}
        assert found and found <= set(names)


def test_short_sources_come_first_where_an_arm_says_so(world: World) -> None:
    ordered = labelled(world.train, arm_named("competence-by-characters"))
    sources = ordered.answers - ordered.offsets[:-1]
    assert (np.diff(sources) >= 0).all()
    assert sorted(ordered.program_ids) == sorted(world.train.program_ids)
    assert labelled(world.train, arm_named("competence")) is world.train
    texts = {program: source for program, source in world.programs["source"].items()}
    counted = [static_metrics(texts[each], "").characters for each in world.train.program_ids]
    assert same_programs(ordered, relabelled(world.train, counted))


def same_programs(first: Corpus, second: Corpus) -> bool:
    """Return whether two corpora hold the same programs in the same order and buckets."""
    names = ("program_ids", "buckets", "tokens")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


def test_a_training_with_additions_leaves_its_curve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: World
) -> None:
    splits = {"train": world.train, "validation": world.validation}
    monkeypatch.setattr(levers, "load_split", lambda _, name: splits[name])
    name = "short-neighbours-values"
    run = levers.ADDED[name].change(small_run("fast", "baseline"))
    printed = levers.learn(levers.Training(name, run, tmp_path / f"{name}-seed0.csv"))
    curve = load_curves(tmp_path)
    assert set(curve["lever"]) == {name} and curve["step"].max() == run.steps
    assert f"{curve['execution_exact'].iloc[-1]:.1f} %" in printed


def test_both_figures_are_drawn_of_their_own_levers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(levers, "folder", lambda: tmp_path)
    monkeypatch.setattr(levers.speed, "figures_folder", lambda: tmp_path)
    leave(tmp_path, *(curve(name, 0, [40.0, 60.0]) for name in ("fast", "adamw", "short")))
    labels: dict[str, list[str]] = {}

    def seen(figure: Figure, _: Path, name: str) -> None:
        labels[name] = [text.get_text() for text in figure.axes[0].get_yticklabels()]

    monkeypatch.setattr(levers.style, "save", seen)
    levers.draw()
    assert labels == {"levers": ["fast", "adamw"], "additions": ["fast", "short"]}


def test_only_what_is_missing_is_planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(levers, "folder", lambda: tmp_path)
    assert len(levers.planned(3)) == 3 * len(levers.EVERY)
    leave(tmp_path, curve("fast", 0, [1.0]), curve("adamw", 2, [1.0]))
    missing = {(task.lever, task.run.seed) for task in levers.planned(3)}
    assert len(missing) == 3 * len(levers.EVERY) - 2
    assert not missing & {("fast", 0), ("adamw", 2)}


def test_trainings_become_rows_and_the_figure_says_who_did_not_get_there(tmp_path: Path) -> None:
    leave(tmp_path, curve("fast", 0, [40.0, 60.0]), curve("fast", 1, [20.0, 40.0]))
    leave(tmp_path, curve("weight", 0, [5.0, 9.0]), curve("weight", 1, [5.0, 8.0]))
    rows = summary(load_curves(tmp_path)).set_index(["lever", "seed"])
    assert rows.loc[("fast", 0), "characters"] == 150.0
    assert isinf(rows.loc[("fast", 1), "characters"])
    assert rows["final"].tolist() == [60.0, 40.0, 9.0, 8.0]
    texts = [
        text.get_text()
        for axes in worth_of_levers(rows.reset_index(), "a remark").axes
        for text in axes.texts
    ]
    assert texts.count("reached by 1 of 2") == 1 and texts.count("not reached") == 1


def test_a_curve_changed_by_hand_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no curves"):
        load_curves(tmp_path)
    leave(tmp_path, curve("fast", 0, [40.0]))
    (tmp_path / "fast-seed0.csv").write_text("execution_exact\n99\n")
    with pytest.raises(StudyError, match="was changed by hand"):
        load_curves(tmp_path)


def test_tokens_to_quality_is_the_papers_characters_over_those_of_fast(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(levers, "folder", lambda: tmp_path)
    with pytest.raises(Skipped, match="run `python -m benchmarks.levers` first"):
        quality.tokens(Settings())
    leave(tmp_path, curve("paper", 0, [0.0, 10.0, 30.0]), curve("fast", 0, [30.0, 50.0, 70.0]))
    leave(tmp_path, curve("paper", 1, [0.0, 10.0, 40.0]), curve("fast", 1, [20.0, 60.0, 70.0]))
    leave(tmp_path, curve("paper", 2, [0.0, 10.0, 40.0]))  # no partner
    (row,) = quality.tokens(Settings())
    assert (row.n, row.value, row.ratio_high, row.ratio_low) == (2, 300.0, 3.0, 2.0)
    assert row.met == "missed"
