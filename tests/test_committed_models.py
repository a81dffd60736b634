"""The models that come with the repository load, and are those whose rows are committed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from cl_utils.errors import StudyError
from cl_utils.figures.answers import answers, first_mistake
from cl_utils.model.answers import Answer, answer
from cl_utils.paths import REPOSITORY
from cl_utils.study import committed_models as committed
from cl_utils.study.committed_models import load_committed
from cl_utils.tinypy.record import answer as record_answer
from cl_utils.tinypy.sandbox import run

SOURCE = "a = 4\nb = 7\nif a < b :\n\tprint(a + b)\nelse :\n\tprint(a)"
every_model = pytest.mark.parametrize("name", ["baseline", "hybrid"])


def test_there_is_a_baseline_and_a_hybrid() -> None:
    assert committed.committed_models() == ["baseline", "hybrid"]


@every_model
def test_a_model_is_that_of_a_committed_run(name: str) -> None:
    model, manifest = load_committed(name)
    params = manifest["params"]
    run_folder = f"{params['profile']}/{params['recipe']}/{params['arm']}/seed{params['seed']}"
    rows = json.loads((REPOSITORY / "results" / run_folder / "manifest.json").read_text())
    assert params["arm"] == name and rows["weights"] == manifest["weights"]
    assert model.parameter_count == manifest["parameters"] == 1_055_280


@every_model
def test_a_model_executes_a_program(name: str) -> None:
    model, _ = load_committed(name)
    given = answer(model, SOURCE)
    assert given.text == record_answer(run(SOURCE)) == "\n# 11\n\n"
    assert len(given.probabilities) == len(given.text)
    assert ((given.probabilities > 0) & (given.probabilities <= 1)).all()


def test_a_greedy_character_is_never_less_likely_than_one_in_the_vocabulary() -> None:
    model, _ = load_committed("baseline")
    assert (answer(model, SOURCE).probabilities >= 1 / model.config.vocabulary).all()


def test_a_program_that_fills_the_context_is_refused() -> None:
    model, _ = load_committed("baseline")
    with pytest.raises(StudyError, match="shorten it"):
        answer(model, "\n".join(["a = 1"] * 60))


def test_an_unknown_or_changed_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match="choose among"):
        load_committed("hybird")
    shutil.copytree(committed.MODELS / "hybrid", tmp_path / "hybrid")
    weights = tmp_path / "hybrid" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(committed, "MODELS", tmp_path)
    with pytest.raises(StudyError, match="is not the file that was written: restore it"):
        load_committed("hybrid")


@pytest.mark.parametrize(
    ("text", "place"), [("\n# 11\n\n", None), ("\n# 12\n\n", 4), ("\n# 11", 5), ("", 0)]
)
def test_the_first_mistake_is_found(text: str, place: int | None) -> None:
    assert first_mistake(text, "\n# 11\n\n") == place


def test_answers_are_drawn_a_row_a_model() -> None:
    given = {"a": Answer("\n# 1\n\n", np.full(6, 0.9)), "b": Answer("\n# 2\n\n", np.full(6, 0.5))}
    figure = answers("print(1)", "1", given)
    assert isinstance(figure, Figure)
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert labels == ["true output", "a", "b"]


def test_of_an_answer_that_does_not_end_only_the_beginning_is_drawn() -> None:
    endless = Answer("\n# " + "12" * 40, np.full(83, 0.5))
    axes = answers("print(1)", "1", {"a": endless}).axes[1]
    drawn = [text.get_text() for text in axes.texts if text.get_position()[1] in (0.9, 1.0)]
    assert sorted(drawn) == sorted([*"↵#␣1212121", "…"])
    assert axes.get_xlim()[1] < 13
