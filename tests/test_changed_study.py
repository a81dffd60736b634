"""A study with changed parameters is trained, evaluated and loaded beside the profile's own.

In: a finished tiny study, and a notebook's parameters that differ from its profile in one value.
Out: a failure that names a file of the profile that was touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from studies import evaluate_run, tiny_params, train_run

from cl_utils.files import file_digest
from cl_utils.report import beside_study as beside_module
from cl_utils.report.beside_study import beside_study
from cl_utils.study.params import Params
from cl_utils.study.results import load_results
from cl_utils.study.run_files import load_run

OWN = tiny_params().model_dump()


def changed(**changes: Any) -> Params:
    """Return the tiny profile's parameters as a notebook with these changes has them."""
    return Params(**{**OWN, **changes}).compared_with(OWN)


def files(home: Path) -> dict[str, str]:
    """Return the digests of all files in a home."""
    paths = (path for path in home.rglob("*") if path.is_file())
    return {path.relative_to(home).as_posix(): file_digest(path) for path in paths}


@pytest.mark.parametrize(
    ("change", "trained_again", "other_rows"),
    [
        ({"steps": 5}, True, True),
        ({"hardest_share": 0.25}, True, False),  # of which the baseline takes no notice
        ({"line_programs": 4}, False, False),
    ],
    ids=str,
)
def test_a_changed_study_stands_beside_its_profile(
    change: dict[str, Any], trained_again: bool, other_rows: bool, study_home: Path
) -> None:
    before, params = files(study_home), changed(**change)
    if trained_again:
        train_run(params)
    load_run(params)
    evaluate_run(params)
    after = files(study_home)
    assert {name: after[name] for name in before} == before
    ((name, value),) = change.items()
    place = f"runs/smoke+{name}={value}/"
    assert all(each.startswith(place) for each in after.keys() - before.keys())
    assert any(each.endswith("evaluated.json") for each in after.keys() - before.keys())
    results = load_results(params.paths.results, params)
    assert len(results.programs) == 3 * 20 + 30 and results.programs["bucket"].notna().all()
    own = load_results(tiny_params().paths.results).programs
    assert own.equals(results.programs) != other_rows


def test_only_the_committed_rows_are_said_to_be_the_committed_studys(
    study_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Params(**{**OWN, "profile": "study"})
    monkeypatch.setattr(beside_module, "committed_results", lambda name: own.paths.results)
    other = Params(**{**OWN, "profile": "study", "steps": 5}).compared_with(own.model_dump())
    results = load_results(tiny_params().paths.results)
    assert "committed study itself" in beside_study(results, own)
    assert "committed study itself" not in beside_study(results, other)
