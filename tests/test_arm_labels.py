"""What arms are called, and which belong together: read from their fields, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from factories import whole_study

from cl_utils import figures
from cl_utils.curriculum import arm_facts as facts_module
from cl_utils.curriculum import arms as module
from cl_utils.curriculum.arms import arms
from cl_utils.labels.arm_groups import METRIC_ARM, adaptive_arms, metric_arms
from cl_utils.labels.names import arm_label
from cl_utils.paths import ARMS
from cl_utils.report.questions import adaptive_contrasts, questions

INVENTED: dict[str, dict[str, Any]] = {
    "short-incremental-by-ast_nodes": {"schedule": "incremental", "labels": "ast_nodes"}
    | {"budget": 0.1},
    "incremental-by-ast_nodes-restarts": {"schedule": "incremental", "labels": "ast_nodes"}
    | {"restarts": "incremental"},
    "incremental-by-ast_nodes-shuffled": {"schedule": "incremental", "labels": "ast_nodes"}
    | {"order": "shuffled"},
    "incremental-by-ast_nodes-again": {"schedule": "incremental", "labels": "ast_nodes"},
    "stair-by-model_loss-without-outputs": {"order": "stair", "order_metric": "model_loss"}
    | {"outputs": False},
    "incremental_by_AST_nodes": {"schedule": "hybrid", "labels": "ast_nodes", "order": "shuffled"},
    "mastery-by-characters": {"schedule": "mastery", "labels": "characters"},
    "replayed-mastery-by-characters": {"yoked": "mastery-by-characters"},
}


@pytest.fixture
def more_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The arms of the file, and some that nobody has written yet."""
    said = {"description": "what it is", "group": "other", "colour": "#123456"}
    path, whole = tmp_path / "arms.yaml", yaml.safe_load(ARMS.read_text(encoding="utf-8"))
    added = {name: {**fields, **said} for name, fields in INVENTED.items()}
    path.write_text(yaml.safe_dump({**whole, **added}, sort_keys=False), encoding="utf-8")
    monkeypatch.setattr(module, "ARMS", path)
    monkeypatch.setattr(facts_module, "ARMS", path)
    for read in (module.arms, facts_module.arm_facts):
        read.cache_clear()
    yield
    for read in (module.arms, facts_module.arm_facts):
        read.cache_clear()


def test_no_two_arms_have_one_label(more_arms: None) -> None:
    labels = pd.Series({name: arm_label(name) for name in arms()})
    assert {*INVENTED} < {*labels.index}
    assert labels[labels.duplicated(keep=False)].empty


def test_a_short_label_stands_where_another_metric_is_all_that_an_arm_is() -> None:
    assert arm_label("incremental-by-ast_nodes") == "incremental by AST nodes"
    assert arm_label("stair-by-model_loss") == "stair by loss of a small model"
    assert arm_label("hybrid-norestart") == "hybrid-norestart"
    assert arm_label("easy_only of no file") == "easy only of no file"


def test_the_arm_of_the_ablation_stands_for_the_metric_of_its_study() -> None:
    usual, other = metric_arms("overall_metric"), metric_arms("characters")
    assert usual["overall_metric"] == other["characters"] == METRIC_ARM
    assert usual["characters"] == "incremental-by-characters" not in other.values()
    assert "overall_metric" not in other and other["random"] == usual["random"]


def test_adaptive_arms_stand_with_the_arms_that_replay_them(more_arms: None) -> None:
    assert adaptive_arms() == {
        "mastery": ["yoked-mastery"],
        "progress": ["yoked-progress"],
        "mastery-by-characters": ["replayed-mastery-by-characters"],
    }


def test_a_new_adaptive_arm_and_its_twin_are_drawn_and_asked_about(more_arms: None) -> None:
    pair = ("mastery-by-characters", "replayed-mastery-by-characters")
    study = whole_study(dict.fromkeys(("baseline", "mastery", *pair), range(3)), programs=20)
    panels = figures.adaptive_trajectories(study.history).axes[:3]
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles == ["mastery", arm_label(pair[0]), pair[1]]
    (asked,) = [each for each in questions() if each.title == "Adaptation"]
    assert list(asked.pairs)[-1] == pair
    rows = adaptive_contrasts(study.measures, [])
    assert pair in set(zip(rows["arm"], rows["reference"], strict=True))
