"""A sitting trains what has no rows yet, and goes on where time ran out."""

from __future__ import annotations

import itertools
import math
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from refusals import refusal
from safetensors.torch import load_file
from studies import draw, make_buckets, measure_difficulty, tiny_params

from cl_utils.errors import Interrupted, StudyError
from cl_utils.files import file_digest, write_json
from cl_utils.manifests import MANIFEST
from cl_utils.paths import HOME_VARIABLE
from cl_utils.study.params import Params
from cl_utils.study.results import finished_runs, load_results
from cl_utils.study.run_files import run_folder
from cl_utils.training import joint_runs, loop
from cl_utils.workflow import runs_at_once, sitting
from cl_utils.workflow.sitting import Sitting, corpora_of
from cl_utils.workflow.waiting import DIVERGED, result_folder, waiting

ARMS = {"baseline": 1, "hybrid": 1, "random-buckets": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with the data of a tiny study."""
    home = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        draw(params_of())
        measure_difficulty(params_of())
        make_buckets(params_of())
    return home


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which one sitting trained all runs; leave its files alone."""
    home = shutil.copytree(data, tmp_path_factory.mktemp("whole") / "home")
    with pytest.MonkeyPatch.context() as patch:
        assert sit(home, 1e9, patch)[0] == 3
    return home


@pytest.fixture
def home(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home of its own with these data, which is the study's meanwhile."""
    copied = tmp_path / "home"
    shutil.copytree(data, copied)
    monkeypatch.setenv(HOME_VARIABLE, str(copied))
    return copied


def params_of() -> Params:
    """Return the params of the sitting: the strong recipe, whose batches are the fullest."""
    names = {"recipe": "strong", "recipes": ["strong"], "arms": ARMS, "contrasts": []}
    return tiny_params(steps=11, characters_per_step=512, **names)


def sit(
    home: Path, until: float, monkeypatch: pytest.MonkeyPatch, at_once: int = 8
) -> tuple[int, list[str]]:
    """Sit in a home until a step; return how many runs were finished, and what was said."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setattr(joint_runs, "AHEAD", 5)
    steps = itertools.count()
    monkeypatch.setattr(sitting.time, "monotonic", lambda: float(next(steps)))
    said: list[str] = []
    params = params_of()
    done = Sitting(params, corpora_of(params), at_once, until=until, report=said.append).run()
    return done, said


def weights(home: Path) -> list[str]:
    """Return the digests of all weights in a home."""
    return [file_digest(path) for path in sorted(home.rglob("model.safetensors"))]


def test_a_sitting_that_was_cut_ends_with_the_same_weights(
    whole: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, said = sit(home, 5, monkeypatch)
    assert done == 0 and "time is up at step 5 of 11" in said[-1]
    assert len(list(home.rglob("checkpoint.pt"))) == 3
    assert sit(home, 1e9, monkeypatch)[0] == 3
    assert not list(home.rglob("checkpoint.pt"))
    assert weights(whole) == weights(home) and len(weights(whole)) == 3
    assert sit(home, 1e9, monkeypatch) == (0, [])


def test_runs_of_other_budgets_or_from_other_steps_train_in_models_of_their_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sitting is cut in its first part, and the second one holds more runs at once."""
    monkeypatch.setitem(ARMS, "baseline-budget30", 2)
    assert sit(home, 5, monkeypatch, at_once=2)[0] == 0
    done, said = sit(home, 1e9, monkeypatch, at_once=8)
    assert done == 5
    assert [line for line in said if "of 5 are trained" in str(line)] == [
        f"{runs} runs of 5 are trained as one batched model" for runs in (2, 1, 2)
    ]


class Killed(BaseException):
    """What stands for a killed process: nothing in the code under test catches it."""


def test_an_interrupt_or_a_kill_loses_no_more_than_the_steps_since_a_checkpoint(
    whole: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [shutil.copytree(data, tmp_path / name) for name in ("interrupted", "killed")]
    advance, steps = joint_runs.JointRuns.advance, itertools.count()

    def interrupted(runs: joint_runs.JointRuns) -> None:
        if next(steps) == 2:
            signal.raise_signal(signal.SIGINT)
        advance(runs)

    def killed(runs: joint_runs.JointRuns) -> None:
        if runs.trainers[0].step == 7:
            raise Killed
        advance(runs)

    monkeypatch.setattr(joint_runs.JointRuns, "advance", interrupted)
    with pytest.raises(Interrupted, match="stopped at step 5 of 11: run the same again"):
        sit(homes[0], 1e9, monkeypatch)
    monkeypatch.setattr(runs_at_once, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(joint_runs.JointRuns, "advance", killed)
    with pytest.raises(Killed):
        sit(homes[1], 1e9, monkeypatch)
    monkeypatch.setattr(joint_runs.JointRuns, "advance", advance)
    for home in homes:
        assert len(list(home.rglob("checkpoint.pt"))) == 3
        assert sit(home, 1e9, monkeypatch)[0] == 3
        assert weights(home) == weights(whole)


def test_an_interrupt_in_the_last_steps_of_a_part_is_heard_when_its_runs_have_their_rows(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that comes while they are evaluated; the next part does not begin."""
    advance, evaluate = joint_runs.JointRuns.advance, sitting.evaluate_prepared

    def in_the_last_step(runs: joint_runs.JointRuns) -> None:
        if runs.trainers[0].step == 10:
            signal.raise_signal(signal.SIGINT)
        advance(runs)

    calls = itertools.count()

    def while_evaluating(*given: Any) -> Any:
        if not next(calls):
            signal.raise_signal(signal.SIGINT)
        return evaluate(*given)

    for place, change in (
        ("step", (joint_runs.JointRuns, "advance", in_the_last_step)),
        ("rows", (sitting, "evaluate_prepared", while_evaluating)),
    ):
        home = shutil.copytree(data, tmp_path / place)
        with monkeypatch.context() as patch:
            patch.setattr(*change)
            with pytest.raises(Interrupted, match="stopped: 2 runs have their rows, run the same"):
                sit(home, 1e9, patch, at_once=2)
        assert len(list(home.glob("results/**/measures.csv"))) == 2
        assert sit(home, 1e9, monkeypatch, at_once=2)[0] == 1


@pytest.mark.parametrize("arm", ["hybrid", "progress"])
def test_a_run_that_diverges_is_named_and_the_others_go_on_without_it(
    arm: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would diverge at every sitting; what an adaptive one would draw from is no number.

    The history, of which a row tells of it, has its only row at the end.
    """
    monkeypatch.setattr(loop, "history_step", lambda step, steps: step == steps)
    monkeypatch.setattr(sys.modules[__name__], "ARMS", {"baseline": 1, arm: 2})
    monkeypatch.setattr(joint_runs.JointRuns, "advance", poisoning(arm, seed=1, step=3))
    done, said = sit(home, 1e9, monkeypatch)
    assert done == 2
    (told,) = (line for line in said if "not a number" in str(line))
    assert f"of {arm}, seed 1: lower" in told and "the others go on without it" in told
    left = {path.parent.name for path in home.glob(f"results/smoke/strong/{arm}/*/measures.csv")}
    assert left == {"seed0"} and not list(home.rglob("checkpoint.pt"))
    done, said = sit(home, 1e9, monkeypatch)
    assert done == 0 and "1 runs diverged and are left out" in said[0]
    note = home / f"runs/smoke/training/strong/{arm}/seed1/diverged.json"
    note.write_text(note.read_text().replace('"code": "', '"code": "older '))
    monkeypatch.setattr(joint_runs.JointRuns, "advance", ADVANCE)
    assert sit(home, 1e9, monkeypatch)[0] == 1  # other code may not diverge


def test_runs_from_which_one_was_left_out_end_with_the_weights_that_they_would_have_had(
    whole: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joint_runs.JointRuns, "advance", poisoning("hybrid", seed=0, step=7))
    assert sit(home, 1e9, monkeypatch)[0] == 2
    for path in home.rglob("model.safetensors"):
        theirs = load_file(whole / path.relative_to(home))
        for name, value in load_file(path).items():
            torch.testing.assert_close(value, theirs[name], rtol=0, atol=1e-5)


ADVANCE = joint_runs.JointRuns.advance


def poisoning(arm: str, seed: int, step: int) -> Callable[[joint_runs.JointRuns], None]:
    """Return what trains a step, and makes the weights of a run no numbers at one of them."""

    def advance(runs: joint_runs.JointRuns) -> None:
        for trainer in runs.trainers:
            if (trainer.run.name, trainer.run.seed, trainer.step) == (arm, seed, step):
                for parameter in trainer.model.parameters():
                    parameter.data.fill_(math.nan)
        ADVANCE(runs)

    return advance


@pytest.mark.parametrize(("ahead", "step"), [(5, 10), (50, 3)])
def test_an_interrupt_that_runs_end_before_keeps_their_rows_and_begins_no_others(
    ahead: int, step: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last step, or so near it that their states are not whole before."""
    advance = joint_runs.JointRuns.advance

    def interrupted(runs: joint_runs.JointRuns) -> None:
        if runs.trainers[0].step == step:
            signal.raise_signal(signal.SIGINT)
        advance(runs)

    monkeypatch.setattr(joint_runs, "AHEAD", ahead)
    monkeypatch.setattr(joint_runs.JointRuns, "advance", interrupted)
    params = params_of()
    work = Sitting(params, corpora_of(params), at_once=2, until=float("inf"), report=lambda _: None)
    with pytest.raises(Interrupted, match="stopped: 2 runs have their rows, run the same again"):
        work.run()
    assert len(list(home.rglob("model.safetensors"))) == 2 and len(work.waiting()) == 1


@pytest.mark.parametrize(
    "options", [("--minutes", "nan"), ("--minutes", "-5"), ("--at-once", "0"), ("--runs", "-1")]
)
def test_numbers_that_make_no_sitting_are_refused(
    options: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        sitting.main(["smoke", *options])
    assert f"argument {options[0]}: {options[1]} is not above 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (Interrupted("stopped at step 5"), "stopped at step 5"),
        (KeyboardInterrupt(), "stopped: finished runs keep their rows, run the same again"),
    ],
)
def test_an_interrupt_ends_the_command_in_a_sentence(
    stop: BaseException,
    said: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(work: Sitting) -> int:
        raise stop

    monkeypatch.setenv(HOME_VARIABLE, str(data))
    monkeypatch.setattr(sitting, "read_params", lambda path, changes=None: params_of())
    monkeypatch.setattr(Sitting, "run", stopped)
    assert sitting.main(["smoke"]) == 130
    assert said in capsys.readouterr().err


def test_the_rows_are_those_of_any_run_without_what_must_be_generated(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(whole))
    results = load_results(params_of().paths.results)
    found = results.measures.groupby("arm")["seed"].nunique().to_dict()
    assert found == ARMS
    taken = set(results.measures["test_set"])
    assert {name for name in taken if not name.startswith("exam ")} == {
        *("balanced", "natural", "leaky")
    }
    assert {"exam longer", "exam twins"} <= taken
    measured = set(results.measures["measure"])
    assert {"execution_exact", "execution_expected", "token_accuracy"} <= measured
    assert not {"execution_paper", "line_exact"} & measured
    assert results.programs["prediction"].isna().all()
    exact = results.measures.query("measure == 'execution_exact' and subset == 'all'")
    counted = results.programs.groupby(["test_set", "arm", "seed"])["exact"].mean()
    expected = exact.set_index(["test_set", "arm", "seed"])["value"] / 100
    pd.testing.assert_series_equal(
        counted, expected.loc[counted.index], check_names=False, atol=1e-6
    )


@pytest.mark.usefixtures("home")
def test_a_sitting_trains_every_recipe_of_a_profile_the_papers_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The paper's reads windows, which no `JointRuns` can make."""
    recipes = ["fast", "paper"]
    params = params_of().model_copy(update={"recipes": recipes, "arms": {"baseline": 2}})
    asked: list[str] = []

    def read(path: Path, changes: dict[str, str]) -> Params:
        asked.append(changes["recipe"])
        return params.model_copy(update=changes)

    monkeypatch.setattr(sitting, "read_params", read)
    sitting.sit(params, at_once=8, until=float("inf"), most=3)
    assert asked == recipes
    runs = sorted(
        path.relative_to(params.paths.results) for path in finished_runs(params.paths.results)
    )
    assert [run.as_posix() for run in runs] == [
        *("fast/baseline/seed0", "fast/baseline/seed1", "paper/baseline/seed0")
    ]


@pytest.mark.usefixtures("home")
def test_a_yoked_run_waits_for_the_one_that_it_replays() -> None:
    """It begins in the next sitting: the batch that it would belong to has not been trained."""
    arms = {"mastery": 2, "yoked-mastery": 1}
    params = params_of().model_copy(update={"arms": arms})
    said: list[str] = []
    work = Sitting(params, corpora_of(params), at_once=8, until=float("inf"), report=said.append)
    assert [(each.arm, each.seed) for each in work.waiting()] == [("mastery", 0), ("mastery", 1)]
    assert said == ["1 yoked runs wait for those that they replay"]
    assert work.run() == 2
    assert [(each.arm, each.seed) for each in work.waiting()] == [("yoked-mastery", 0)]
    assert work.run() == 1


def test_a_run_that_cannot_be_saved_costs_no_other_its_rows(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "runs/smoke/training/strong/hybrid"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()  # where its folder should be
    with pytest.raises(StudyError, match=r"strong/hybrid.* could not be written"):
        sit(home, 1e9, monkeypatch)
    found = {path.parts[-3] for path in home.glob("results/smoke/strong/*/*/measures.csv")}
    assert found == {"baseline", "random-buckets"}
    folder.unlink()
    assert sit(home, 1e9, monkeypatch)[0] == 1


@pytest.mark.usefixtures("home")
def test_a_note_of_a_divergence_that_is_damaged_is_named() -> None:
    note = run_folder(params_of()) / DIVERGED
    note.parent.mkdir(parents=True)
    note.write_text("[]")
    assert f"{note} is damaged" in refusal(lambda: waiting(params_of(), print))


@pytest.mark.usefixtures("home")
def test_arms_with_some_of_the_seeds_wait_for_these() -> None:
    arms = {"baseline": "1-2", "hybrid": 2}
    params = params_of().model_copy(update={"arms": arms})
    named = [(each.seed, each.arm) for each in waiting(params, print)]
    assert named == [(0, "hybrid"), (1, "baseline"), (1, "hybrid"), (2, "baseline")]


@pytest.mark.usefixtures("home")
def test_a_replayed_run_that_is_gone_is_named_where_its_rows_are_there() -> None:
    """No sitting trains it again, so its yoked twin would wait for ever."""
    arms = {"baseline": 1, "mastery": 2, "yoked-mastery": 1}
    params = params_of().model_copy(update={"arms": arms})
    for seed in (0, 1):
        theirs = params.model_copy(update={"arm": "mastery", "seed": seed})
        write_json(result_folder(theirs) / MANIFEST, {})
    said: list[object] = []
    assert [each.arm for each in waiting(params, said.append)] == ["baseline"]
    assert said[0] == "1 yoked runs wait for those that they replay"
    assert "yoked-mastery, seed 0, replays" in str(said[1]) and "delete" in str(said[1])
