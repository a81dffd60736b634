"""Exams: beyond all that was trained on, true, balanced by level, the same for the same seed."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO

import pandas as pd
import pytest
from refusals import refusal
from studies import FinishedStudy, tiny_params

from cl_utils.data import exams as exams_module
from cl_utils.data.exams import (
    EXAMS,
    TWINS,
    Exam,
    Row,
    balanced,
    characters,
    draw_exams,
    initialisations,
    links,
    literal,
    passes,
)
from cl_utils.data.generation import draw_programs
from cl_utils.paths import HOME_VARIABLE
from cl_utils.study.data_files import load_exams
from cl_utils.tinypy.grammar import LEVELS, ProgramStream, level_rows
from cl_utils.tinypy.record import canonical_hash

LONGEST = 72
PROGRAMS = 120
DRAFTS = 5000  # enough for so many programs of every exam


@pytest.fixture(scope="module")
def training() -> pd.DataFrame:
    """Return programs of at most 72 characters, as the study trains on."""

    def stream(**options: object) -> ProgramStream:
        return ProgramStream("ALL", maximum_characters=LONGEST, **options)  # type: ignore[arg-type]

    return draw_programs(stream, 20_000, seed=1, processes=1)[0]


def exams_of(training: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    rows = level_rows("ALL", "paper2024")
    asked = {"limits": (2.0, 4.0), "programs": PROGRAMS, "operands": 10, "seed": seed}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exams_module, "DRAFTS", DRAFTS)
        return draw_exams(training, rows, **asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def exams(training: pd.DataFrame) -> pd.DataFrame:
    return exams_of(training)


def test_all_exams_are_there(exams: pd.DataFrame) -> None:
    drawn = set(exams["exam"])
    lacking, strange = {*EXAMS, TWINS} - drawn, drawn - {*EXAMS, TWINS}
    assert not lacking, (
        f"no program was found for {sorted(lacking)}: an exam of EXAMS in cl_utils/data/exams.py "
        f"needs programs that {DRAFTS:,} drafts of each level can give, so draw them otherwise"
    )
    assert not strange, f"enter {sorted(strange)} in EXAMS of cl_utils/data/exams.py"


@pytest.mark.parametrize("name", EXAMS)
def test_an_exam_goes_beyond_all_that_was_trained_on(
    name: str, exams: pd.DataFrame, training: pd.DataFrame
) -> None:
    exam, rows = EXAMS[name], exams[exams["exam"] == name]
    most = max(map(exam.quantity, training["source"], training["output"]))
    beyond = [exam.quantity(*pair) for pair in zip(rows["source"], rows["output"], strict=True)]
    assert min(beyond) > most and beyond == rows["beyond"].tolist()
    if not exam.longer:  # what is new is not that they are longer
        assert max(map(characters, rows["source"], rows["output"])) <= LONGEST


def test_outputs_are_what_python_prints(exams: pd.DataFrame) -> None:
    for source, output in zip(exams["source"], exams["output"], strict=True):
        printed = StringIO()
        with redirect_stdout(printed):
            exec(source, {})  # of our own grammar
        assert printed.getvalue().removesuffix("\n") == output


def test_twins_were_trained_on_with_other_variables_alone(
    exams: pd.DataFrame, training: pd.DataFrame
) -> None:
    twins = exams[exams["exam"] == TWINS]
    assert not set(twins["source"]) & set(training["source"])
    assert set(map(canonical_hash, twins["source"])) <= set(map(canonical_hash, training["source"]))


def test_no_other_program_was_trained_on_under_any_names(
    exams: pd.DataFrame, training: pd.DataFrame
) -> None:
    others = exams[exams["exam"] != TWINS]
    assert not set(map(canonical_hash, others["source"])) & set(
        map(canonical_hash, training["source"])
    )


def test_exams_are_balanced_by_level(exams: pd.DataFrame) -> None:
    for name, rows in exams.groupby("exam"):
        counts = rows["level"].value_counts()
        assert counts.nunique() == 1 and len(rows) <= PROGRAMS, name
    assert set(exams.loc[exams["exam"] == "passes", "level"]) <= {"3.1", "3.2"}
    assert set(exams.loc[exams["exam"] == TWINS, "level"]) == set(LEVELS)


def test_the_seed_alone_decides(exams: pd.DataFrame, training: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(exams, exams_of(training))
    assert not exams["source"].equals(exams_of(training, seed=1)["source"])


@pytest.mark.parametrize("value", ["12", None, float("nan"), [3]], ids=str)
def test_an_exam_whose_quantity_is_no_number_is_refused(
    value: object, training: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text compares with text: "9" would go beyond "12"."""
    odd = Exam(words="odd", quantity=lambda source, output: value)  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(exams_module, "EXAMS", {"odd": odd})
    said = refusal(lambda: exams_of(training))
    assert "the quantity of exam 'odd' is" in said and "return a number" in said


def test_an_exam_may_not_have_the_twins_name(
    training: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exams_module, "EXAMS", {TWINS: EXAMS["longer"]})
    assert "take another name" in refusal(lambda: exams_of(training))


def test_a_level_without_its_share_is_left_out() -> None:
    def rows(level: str, count: int) -> list[Row]:
        return [(level, str(number), "", 1) for number in range(count)]

    chosen = balanced([rows("1.1", 30), rows("1.2", 9), rows("2.1", 14)], 30)
    assert pd.Series([row[0] for row in chosen]).value_counts().to_dict() == {"1.1": 14, "2.1": 14}
    assert balanced([[], []], 30) == []


@pytest.mark.parametrize(
    ("source", "output", "counts"),
    [
        ("a = 5\nb = 12\nprint(a)", "5", (2, 0, 0, 12)),
        ("a = 5\nc = (a + 1)*(3 - a)+(a / 2)\nprint(c)", "?", (1, 0, 3, 5)),
        ("a = 5\nfor a in range(0, 17) :\n\tprint(a)", "0\n1\n2", (1, 3, 0, 5)),
        ("a = 5\nc = a + 1\nif not (a > 3) :\n\tprint(a)", "", (1, 0, 0, 5)),
    ],
)
def test_what_is_counted(source: str, output: str, counts: tuple[int, ...]) -> None:
    quantities = (initialisations, passes, links, literal)
    assert tuple(count(source, output) for count in quantities) == counts


def test_programs_longer_than_the_context_are_left_out(
    finished_study: FinishedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(finished_study.home))
    params = tiny_params()
    whole = load_exams(params)
    assert max(corpus.lengths.max() for corpus in whole.values()) > params.maximum_characters
    short = load_exams(params.model_copy(update={"context": params.maximum_characters - 1}))
    assert max(corpus.lengths.max() for corpus in short.values()) <= params.maximum_characters
    assert "longer" in whole and "longer" not in short


def test_the_rows_of_a_run_have_every_exam(finished_study: FinishedStudy) -> None:
    measures = finished_study.evaluation.measures
    found = {name for name in measures["test_set"] if name.startswith("exam ")}
    assert found >= {"exam longer", "exam twins"}
    rows = measures[measures["test_set"].isin(found)]
    assert set(rows["measure"]) == {"execution_exact", "execution_expected"}
