"""A reader's rows beside the committed study's: the same numbers, or a plain reason for none."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import change_manifest, synthetic_results, write_results

from cl_utils.paths import HOME_VARIABLE, PARAMS
from cl_utils.report import beside_study as module
from cl_utils.report.beside_study import beside_study, cell
from cl_utils.report.main_table import main_table
from cl_utils.stats import mean_interval
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results

OURS = synthetic_results(["hybrid", "baseline", "mastery"], [0, 1], programs=10)
THEIRS = synthetic_results(["baseline", "hybrid"], [0, 1, 2], programs=10)


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The laptop profile at home in a temporary folder, with finished runs and no study."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(module, "committed_results", lambda name: tmp_path / "results" / name)
    write(tmp_path / "results" / "laptop", OURS, steps=1400)
    (recipe,) = OURS.recipes
    laptop = Params(**read_params(PARAMS / "laptop.yaml").model_dump())  # as if without a file
    return laptop.model_copy(update={"recipe": recipe})


def write(folder: Path, results: Results, **params: object) -> None:
    """Write results whose manifests name `params`."""
    write_results(folder, results)
    for path in folder.rglob("seed*/manifest.json"):
        change_manifest(path.parent, params=params)


def test_means_stand_beside_each_other_in_display_order(laptop: Params) -> None:
    write(laptop.paths.results.parent / "study", THEIRS)
    lines = beside_study(OURS, laptop).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| baseline", "| hybrid", "| mastery"]
    for line, arm in zip(lines[2:4], ("baseline", "hybrid"), strict=True):
        ours, theirs = main_table(OURS).loc[arm], main_table(THEIRS).loc[arm]
        assert line.split(" | ")[1:] == [
            f"{ours['macro']:.1f} (2)",  # two seeds have no interval
            f"{theirs['macro']:.1f} ± {theirs['macro_half_width']:.1f} (3) |",
        ]
    assert lines[4].endswith(" | – |")


def test_a_single_seed_has_no_interval() -> None:
    assert cell(mean_interval([59.34])) == "59.3 (1)"


def test_it_is_said_plainly_when_nothing_is_there(laptop: Params) -> None:
    assert "holds no rows of recipe" in beside_study(OURS, laptop)


def test_the_study_is_not_compared_with_itself(laptop: Params) -> None:
    study = laptop.model_copy(update={"profile": "study"})
    assert "the committed study itself" in beside_study(OURS, study)


def test_a_home_that_links_to_the_committed_study_is_not_compared_with_it(
    laptop: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "elsewhere" / "study"
    kept.mkdir(parents=True)
    (tmp_path / "results/study").symlink_to(kept, target_is_directory=True)
    monkeypatch.setattr(module, "committed_results", lambda name: kept)
    study = laptop.model_copy(update={"profile": "study"})
    assert "the committed study itself" in beside_study(OURS, study)


def test_runs_of_other_parameters_or_programs_are_not_compared(laptop: Params) -> None:
    study = laptop.paths.results.parent / "study"
    write(study, THEIRS, steps=700)
    assert "differ in steps (1400, there 700)." in beside_study(OURS, laptop)
    for path in study.rglob("seed*/manifest.json"):
        change_manifest(path.parent, params={"steps": 1400}, data_fingerprint="other")
    assert "differ in their programs" in beside_study(OURS, laptop)


def test_the_committed_study_is_found_wherever_the_home_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    write(tmp_path / "results" / "laptop", OURS, steps=1400)
    params = read_params(PARAMS / "laptop.yaml").model_copy(update={"recipe": OURS.recipes[0]})
    (tmp_path / "results/laptop").joinpath(OURS.recipes[0]).rename(tmp_path / "results/laptop/fast")
    told = beside_study(OURS, params.model_copy(update={"recipe": "fast"}))
    assert told.startswith("No comparison with the committed study: its runs and yours differ in ")
