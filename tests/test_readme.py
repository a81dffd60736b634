"""The README says what is there: its numbers, links, files, modules and worked example.

In: README.md, results/study/ and results/benchmarks/. Out: a failure that names what disagrees.
Its commands are compared with the Makefile in test_environment.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pandas as pd
import pytest
import test_schedules
from worlds import World

from benchmarks.speed import speed_text
from cl_utils.curriculum import schedules
from cl_utils.curriculum.arms import SCHEDULES
from cl_utils.difficulty.overall_metric import difficulty
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.report.captions import folder_markdown
from cl_utils.report.findings import findings_text
from cl_utils.report.readme import readme_text
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results, finished_runs, load_results
from cl_utils.tinypy.record import parse
from cl_utils.tinypy.sandbox import run

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROFILE = "study"  # whose numbers the README shows


def blocks(language: str) -> list[str]:
    """Return the README's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def committed() -> tuple[Results, Params]:
    """The rows that the README shows, read once, and the params of their study."""
    params = read_params(PARAMS / f"{PROFILE}.yaml")
    folder = REPOSITORY / "results" / PROFILE
    assert finished_runs(folder), (
        f"results/{PROFILE} holds no finished run: run `make reproduce` and commit "
        f"results/{PROFILE}, figures/{PROFILE} and README.md"
    )
    return load_results(folder).of_recipe(params.recipe), params


def test_generated_sections_are_what_the_results_give(
    committed: tuple[Results, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    expected = readme_text(README, *committed)
    assert expected.splitlines() == README.splitlines(), f"run `make figures PROFILE={PROFILE}`"


def test_the_findings_are_what_the_results_give(
    committed: tuple[Results, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    results, params = committed
    written = (REPOSITORY / "docs" / "findings.md").read_text(encoding="utf-8")
    expected = findings_text(results, params.contrasts, params)
    assert expected.splitlines() == written.splitlines(), f"run `make figures PROFILE={PROFILE}`"


def test_the_page_of_figures_is_what_the_results_give(
    committed: tuple[Results, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    written = (committed[1].figures / "README.md").read_text(encoding="utf-8")
    assert folder_markdown(*committed) == written, f"run `make figures PROFILE={PROFILE}`"


def test_the_section_on_speed_is_what_the_benchmarks_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    expected = speed_text(README)
    assert expected.splitlines() == README.splitlines(), "run `python -m benchmarks --redraw`"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)\s]+)\)", README))))
def test_every_relative_link_and_image_exists(link: str) -> None:
    if not link.startswith("https://"):
        path = link.partition("#")[0]
        assert (REPOSITORY / path).exists(), f"README.md links {path}, which is not there"


def test_every_file_named_on_a_command_line_exists() -> None:
    files = re.findall(r"\b(?:notebooks|params|profiles)/[\w./]*\w", "".join(blocks("bash")))
    assert {"notebooks", "params", "profiles"} <= {file.partition("/")[0] for file in files}
    for file in files:
        assert (REPOSITORY / file).exists(), f"README.md names {file}, which is not there"


def test_the_house_names_every_folder() -> None:
    tree = README.partition("## The house")[2].partition("\n## ")[0]
    folders = set(re.findall(r"^(\w+)/ ", tree, re.MULTILINE))
    assert {"cl_utils", "notebooks", "params", "results", "figures", "runs"} <= folders
    assert {"benchmarks", "docs", "tools", "tests"} <= folders
    told = sorted(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE))
    package = REPOSITORY / "cl_utils"
    assert told == sorted(path.parent.name for path in package.glob("*/__init__.py"))
    files = re.findall(r"^  ((?:\w+\.py )+)", tree, re.MULTILINE)
    assert set(" ".join(files).split()) == {p.name for p in package.glob("*.py")} - {"__init__.py"}


def test_the_two_programs_are_what_the_readme_says() -> None:
    """Outputs by execution, difficulty by measuring, buckets as the study's test programs have."""
    tested = pd.read_parquet(REPOSITORY / "results" / PROFILE / "data" / "tested.parquet")
    buckets = tested.groupby("overall_metric")["bucket"].unique().map(list)
    for text, bucket, told in zip(blocks("text"), ("easy", "hard"), (0.75, 1.75), strict=True):
        source, output = parse(f"{text}\n")
        assert run(source) == output
        assert difficulty(source).overall_metric == told
        assert buckets[told] == [bucket]
        assert f"*{bucket}* ({told})" in " ".join(README.split())


def worked_example() -> Callable[..., schedules.Staged]:
    """Return the schedule that the README adds, made in the place where it says to write it."""
    (source,) = blocks("python")
    names: dict[str, Callable[..., schedules.Staged]] = dict(vars(schedules))
    exec(compile(source, "README.md", "exec"), names)
    (name,) = re.findall(r"^def (\w+)", source, re.MULTILINE)
    assert f'`"{name}": schedules.{name},`' in README
    return names[name]


def test_the_schedule_that_the_readme_adds_keeps_what_all_schedules_promise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = worked_example()
    monkeypatch.setitem(SCHEDULES, made.__name__, made)
    values = {"name": made.__name__, "seed": 0, "world": world}
    promises = [
        test
        for test in vars(test_schedules).values()
        if test_schedules.every_schedule.mark in getattr(test, "pytestmark", [])
    ]
    assert len(promises) >= 5
    for promise in promises:
        promise(**{name: values[name] for name in inspect.signature(promise).parameters})


def test_the_schedule_that_the_readme_adds_does_what_its_docstring_says() -> None:
    """Everything, and hard programs alone in the last 15 % of the steps."""
    made = worked_example()(1000)
    assert made.boundaries() == [0, 850]
    assert [made.mix(step) for step in (0, 849)] == [schedules.ALL] * 2
    assert [made.mix(step) for step in (850, 999)] == [{"hard": 1.0}] * 2
