"""A sitting trains what has no rows yet, and goes on where time ran out."""

from __future__ import annotations

import itertools
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest
from studies import draw, make_buckets, measure_difficulty, tiny_params

from cl_utils.errors import Interrupted
from cl_utils.files import file_digest
from cl_utils.paths import HOME_VARIABLE
from cl_utils.study import sitting
from cl_utils.study.params import Params
from cl_utils.study.results import finished_runs, load_results
from cl_utils.study.sitting import Sitting, corpora_of
from cl_utils.training import joint_runs

ARMS = {"baseline": 2, "hybrid": 2, "random-buckets": 1}


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


def sit(home: Path, until: float, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """Sit in a home until a step; return how many runs were finished, and what was said."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setattr(joint_runs, "AHEAD", 5)
    steps = itertools.count()
    monkeypatch.setattr(sitting.time, "monotonic", lambda: float(next(steps)))
    said: list[str] = []
    params = params_of()
    done = Sitting(params, corpora_of(params), at_once=8, until=until, report=said.append).run()
    return done, said


def weights(home: Path) -> list[str]:
    """Return the digests of all weights in a home."""
    return [file_digest(path) for path in sorted(home.rglob("model.safetensors"))]


def test_a_sitting_that_was_cut_ends_with_the_same_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [tmp_path / name for name in ("whole", "cut")]
    for home in homes:
        shutil.copytree(data, home)
    assert sit(homes[0], 1e9, monkeypatch)[0] == 5
    done, said = sit(homes[1], 5, monkeypatch)
    assert done == 0 and "time is up at step 5 of 11" in said[-1]
    assert len(list(homes[1].rglob("checkpoint.pt"))) == 5
    assert sit(homes[1], 1e9, monkeypatch)[0] == 5
    assert not list(homes[1].rglob("checkpoint.pt"))
    assert weights(homes[0]) == weights(homes[1]) and len(weights(homes[0])) == 5
    assert sit(homes[1], 1e9, monkeypatch) == (0, [])


class Killed(BaseException):
    """What stands for a killed process: nothing in the code under test catches it."""


def test_an_interrupt_or_a_kill_loses_no_more_than_the_steps_since_a_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [tmp_path / name for name in ("whole", "interrupted", "killed")]
    for home in homes:
        shutil.copytree(data, home)
    sit(homes[0], 1e9, monkeypatch)
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
        sit(homes[1], 1e9, monkeypatch)
    monkeypatch.setattr(sitting, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(joint_runs.JointRuns, "advance", killed)
    with pytest.raises(Killed):
        sit(homes[2], 1e9, monkeypatch)
    monkeypatch.setattr(joint_runs.JointRuns, "advance", advance)
    for home in homes[1:]:
        assert len(list(home.rglob("checkpoint.pt"))) == 5
        assert sit(home, 1e9, monkeypatch)[0] == 5
        assert weights(home) == weights(homes[0])


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
    assert len(list(home.rglob("model.safetensors"))) == 2 and len(work.waiting()) == 3


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
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sit(home, 1e9, monkeypatch)
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
