"""The README and docs/ say what is there: numbers, links, files, folders and worked example.

In: README.md, docs/, and the committed rows. Out: a failure that names what disagrees. Commands are
compared with the Makefile in test_environment.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib.util import find_spec

import pandas as pd
import pytest
import test_schedules
from worlds import World

from benchmarks.speed import PAGE, speed_page
from cl_utils.curriculum import schedules
from cl_utils.curriculum.arms import SCHEDULES
from cl_utils.difficulty.overall_metric import difficulty
from cl_utils.experiments.strongest import strongest_text
from cl_utils.labels.numbers import fixed
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.report.page_files import read_page
from cl_utils.report.pages.of_study import study_pages
from cl_utils.report.pages.settings import further_settings
from cl_utils.report.settings import studied
from cl_utils.stats.rows import PRIMARY, select
from cl_utils.study.data_files import load_counts
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results, finished_runs, load_results
from cl_utils.tinypy.record import parse
from cl_utils.tinypy.sandbox import run

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
TRACKED = {"cl_utils", "notebooks", "params", "models", "results", "figures", "docs"} | {
    *("benchmarks", "profiles", "tools", "tests")
}
VOCABULARY = "docs/vocabulary.md"
LONGEST = 150  # lines of the README
ABLATION = "docs/experiments/recipe_ablation.md"
PROFILE = "study"  # whose numbers the pages show
PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((REPOSITORY / "docs").glob("*.md"))))
LINKS = [
    (page, link)
    for page in PAGES
    for link in sorted(set(re.findall(r"\]\(([^)\s]+)\)", read_page(page))))
    if not link.startswith(("https://", "#"))
]

SOURCES = (
    ("6.4 points higher", "docs/findings.md", "the natural one (+6.4 points;"),
    ("(5.5 to 7.2, n = 8", "docs/findings.md", "interval +5.5 to +7.2; sign-flip p after Holm"),
    ("52.4 ± 2.3 %", "docs/findings.md", "baseline: 52.4 ± 2.3 %"),
    ("ceiling is 98.1 %", "docs/findings.md", "the ceiling of the paper's protocol 98.1; n = 8"),
    ("61.1 ± 2.0 % exact", "docs/findings.md", "exact outputs, greedy 61.1 ± 2.0;"),
    ("1 and 1.25", "results/study/data/difficulty_by_level.csv", "\noverall_metric,1.0,1.25,"),
    ("at 21.8 % after 5.7M", ABLATION, "characters, 21.8 %"),
    ("34.6 times fewer (mean; 20.3 to 48.8,", ABLATION, "34.6 (20.3 to 48.8) in the mean"),
    ("cost 1.5 points (-2.2 to -0.8, n = 8", "docs/settings.md", "| -1.5 (-2.2 to -0.8) |"),
    ("(+3.2, -2.6 to +9.0, n = 8)", "docs/settings.md", "| +3.2 (-2.6 to +9.0) |"),
    ("24.4 points higher (+17.5 to +31.4,", ABLATION, "| +24.4 (+17.5 to +31.4) |"),
)
"""What docs/deviations.md says with a number, and where that number is generated."""


def blocks(language: str, page: str = "README.md") -> list[str]:
    """Return a page's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read_page(page), re.MULTILINE | re.DOTALL)


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


def test_generated_pages_are_what_the_results_give(
    committed: tuple[Results, Params], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    pages = study_pages(*committed, studied(), further_settings())
    assert {"README.md", "docs/results.md", "docs/findings.md", "docs/running.md"} <= set(pages)
    for page, expected in pages.items():
        written = read_page(page)
        assert expected.splitlines() == written.splitlines(), (
            f"run `make figures PROFILE={PROFILE}`"
        )


def test_the_strongest_model_is_what_the_rows_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert strongest_text(README) == README, f"run `make figures PROFILE={PROFILE}`"


def test_the_page_on_speed_is_what_the_benchmarks_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert speed_page().splitlines() == read_page(PAGE).splitlines(), (
        "run `python -m benchmarks --redraw`"
    )


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST


def test_only_the_papers_own_numbers_are_typed() -> None:
    """Outside generated sections, code and deviations, a number with decimals is the paper's."""
    typed = re.sub(r"<!-- generated.*?<!-- end: \w+ -->", "", README, flags=re.DOTALL)
    typed = re.sub(r"arXiv 2407\.10194|arxiv\.org/abs/2407\.10194|Python 3\.11", "", typed)
    typed = re.sub(r"^```.*?^```", "", typed, flags=re.MULTILINE | re.DOTALL)
    typed = re.sub(r"^\| \d+ \|.*$", "", typed, flags=re.MULTILINE)
    assert set(re.findall(r"\d+\.\d+", typed)) == {"74.58", "79.23"}


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_every_relative_link_and_image_exists(page: str, link: str) -> None:
    path = (REPOSITORY / page).parent / link.partition("#")[0]
    assert path.exists(), f"{page} links {link}, which is not there"


def test_the_deviations_of_the_readme_stand_in_the_full_table() -> None:
    section = README.partition("## Five deviations")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \d+ \|.*$", section, re.MULTILINE)
    assert len(rows) == 5 and set(rows) <= set(read_page("docs/deviations.md").splitlines())


def test_every_number_of_the_deviations_stands_where_it_comes_from(
    committed: tuple[Results, Params],
) -> None:
    """They are typed there, so none may outlive its rows."""
    why = " ".join(read_page("docs/deviations.md").partition("## Why")[2].split())
    majority = select(committed[0].measures, "execution_majority", *PRIMARY[1:])["value"].mean()
    twins = load_counts(committed[1], "leak").iloc[:, -1].max()
    computed = (f"leave {fixed(twins)} % of the", f"the {fixed(majority)} % of always")
    for words, page, there in (*((words, "", "") for words in computed), *SOURCES):
        assert words in why and (not page or there in read_page(page)), words
        why = why.replace(words, "")
    why = re.sub(r"\*\*\d+\. |\(\S+\)", "", why)  # numbers of deviations, links
    assert not re.search(r"\d\.\d", why), why


def test_the_readme_lists_every_notebook() -> None:
    there = [path.name for path in sorted((REPOSITORY / "notebooks").glob("*.ipynb"))]
    assert re.findall(r"^\| \[\w+\]\(notebooks/(\w+\.ipynb)\)", README, re.MULTILINE) == there


def test_every_file_named_on_a_command_line_exists() -> None:
    commands = [*blocks("bash"), *blocks("bash", "docs/running.md")]
    files = re.findall(r"\b(?:notebooks|params|profiles)/[\w./]*\w", "".join(commands))
    assert {"notebooks", "params", "profiles"} <= {file.partition("/")[0] for file in files}
    for file in files:
        assert (REPOSITORY / file).exists(), f"{file} is named, but not there"


@pytest.mark.parametrize("page", [*PAGES, "profiles/slurm/config.yaml"])
def test_no_documented_command_needs_an_activated_environment(page: str) -> None:
    """`python -m` works where a script of pip does not: it holds the path it was installed at."""
    text = " ".join(read_page(page).split())
    assert set(re.findall(r"\.venv/bin/([\w-]+)", text)) <= {"python"}
    for module in re.findall(r"\.venv/bin/python -m ([\w.]+)", text):
        assert find_spec(module), f"{page} runs {module}, which is not there"
    for script in re.findall(r"\.venv/bin/python ([\w/]+\.py)", text):
        assert (REPOSITORY / script).exists(), f"{page} runs {script}, which is not there"
    first_words = re.findall(r"^([\w./-]+)", "".join(blocks("bash", page)), re.MULTILINE)
    assert set(first_words) <= {"make", "python3", ".venv/bin/python"}


def test_the_layout_names_every_folder() -> None:
    tree = README.partition("## Layout")[2].partition("\n## ")[0]
    folders = set(re.findall(r"^(\w+)/ ", tree, re.MULTILINE))
    shown = {path.name for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != "."}
    assert TRACKED <= shown and folders == TRACKED | {"runs"}
    told = sorted(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE))
    package = REPOSITORY / "cl_utils"
    assert told == sorted(path.parent.name for path in package.glob("*/__init__.py"))


def test_the_two_programs_are_what_the_vocabulary_says() -> None:
    """Outputs by execution, difficulty by measuring, buckets as the study's test programs have."""
    tested = pd.read_parquet(REPOSITORY / "results" / PROFILE / "data" / "tested.parquet")
    buckets = tested.groupby("overall_metric")["bucket"].unique().map(list)
    for text, bucket, told in zip(
        blocks("text", VOCABULARY), ("easy", "hard"), (0.75, 1.75), strict=True
    ):
        source, output = parse(f"{text}\n")
        assert run(source) == output
        assert difficulty(source).overall_metric == told
        assert buckets[told] == [bucket]
        assert f"*{bucket}* ({told})" in " ".join(read_page(VOCABULARY).split())


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


def test_the_vocabulary_says_what_every_column_of_measures_is(
    committed: tuple[Results, Params],
) -> None:
    told = set(re.findall(r"`([\w.]+)`", read_page(VOCABULARY).partition("### In the files")[2]))
    endings = [name.removeprefix("...") for name in told if name.startswith("...")]
    measures = set(committed[0].measures["measure"])
    shortest = {re.sub("|".join(f"{ending}$" for ending in endings), "", name) for name in measures}
    assert len(endings) == 3 and shortest <= told
    assert {name for name in told if re.match("(execution|token|line)_", name)} <= measures
