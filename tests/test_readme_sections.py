"""The generated pages: numbers from rows, honest words, markers, and where they are written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from factories import SCHEDULES, every_arm, synthetic_results

from cl_utils.errors import StudyError
from cl_utils.evaluation.paper_numbers import PAPER_SOURCE
from cl_utils.paths import HOME_VARIABLE
from cl_utils.report import in_short, page_files
from cl_utils.report.main_table import main_table
from cl_utils.report.page_files import replace_section, write_pages
from cl_utils.report.pages import readme
from cl_utils.report.pages.results import legend, markdown_tables, results_markdown
from cl_utils.report.settings import Setting
from cl_utils.stats.rows import Pair

STUDY = synthetic_results(SCHEDULES, [0, 1, 2], programs=10)
PAIRS: list[Pair] = [(arm, "baseline") for arm in SCHEDULES[1:]]


def test_numbers_come_from_the_rows() -> None:
    """Mean, half-width and difference of every arm stand in its line."""
    text = results_markdown(STUDY, PAIRS, "laptop")
    for arm, row in main_table(STUDY).iterrows():
        line = next(line for line in text.splitlines() if line.startswith(f"| {arm} |"))
        assert f"{row['macro']:.1f} ± {row['macro_half_width']:.1f}" in line
        assert arm == "baseline" or f"{row['difference']:+.1f}" in line
    assert "`laptop`" in text


def test_only_the_papers_own_numbers_are_quoted() -> None:
    """74.58 and 79.23 beside their arms; numbers quoted by others nowhere."""
    text = results_markdown(STUDY, PAIRS, "laptop")
    lines = {line.split(" | ")[0]: line for line in text.splitlines()}
    assert "74.58" in lines["| baseline"] and "79.23" in lines["| hybrid"]
    assert text.count("74.58") == text.count("79.23") == 1
    assert not any(number in text for number in ("81.23", "81.27", "61.78", "74.04"))
    assert "not quoted" in text


def test_one_seed_reports_without_intervals() -> None:
    """No half-width, and the words "single runs"."""
    study = synthetic_results(["baseline", "hybrid"], [0], programs=10)
    text = results_markdown(study, [("hybrid", "baseline")], "smoke")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    assert "±" not in table and "nan" not in text
    assert "| 1 | single runs |" in text


def test_report_without_contrasts_is_a_table() -> None:
    """A study with one arm has no answers."""
    study = synthetic_results(["baseline"], [0, 1], programs=10)
    assert "answers" not in results_markdown(study, [("hybrid", "baseline")], "smoke")


def test_arms_are_told_what_they_are() -> None:
    text = results_markdown(STUDY, PAIRS, "laptop")
    assert "- *hybrid*: the paper's best" in text and "- *mastery*: stays with a bucket" in text


def test_differences_over_fewer_seeds_name_their_n() -> None:
    """Baseline with three seeds, hybrid with two: the difference is of two pairs."""
    measures = STUDY.measures
    part = measures[~((measures["arm"] == "baseline") & (measures["seed"] == 2))]
    text = results_markdown(type(STUDY)(**{**vars(STUDY), "measures": part}), PAIRS, "laptop")
    line = next(line for line in text.splitlines() if line.startswith("| hybrid |"))
    assert line.startswith("| hybrid | 3 |") and "(n = 2)" in line


def test_measures_of_fewer_seeds_name_their_n() -> None:
    """Only one seed's answers were scored by the paper's protocol."""
    measures = STUDY.measures
    paper = (measures["measure"] == "execution_paper") & (measures["seed"] > 0)
    study = type(STUDY)(**{**vars(STUDY), "measures": measures[~paper]})
    _, other = markdown_tables(main_table(study)).split("\n\n")
    lines = other.splitlines()
    place = lines[0].split(" | ").index("paper's protocol")
    assert all(line.split(" | ")[place].endswith(", n = 1") for line in lines[2:])
    assert ", n = " not in markdown_tables(main_table(STUDY))


def test_replace_section_touches_only_its_body() -> None:
    """Around the markers nothing changes, and doing it twice changes nothing."""
    text = "a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n"
    once = replace_section(text, "x", "new\n")
    assert once == "a\n<!-- generated: x -->\nnew\n<!-- end: x -->\nb\n"
    assert replace_section(once, "x", "new") == once


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- generated: x -->",
        "<!-- end: x --> <!-- generated: x -->",
        "<!-- generated: x --> <!-- generated: x --> <!-- end: x -->",
    ],
)
def test_missing_markers_are_told(text: str) -> None:
    """The message shows both markers."""
    with pytest.raises(StudyError, match="generated: x.*end: x"):
        replace_section(text, "x", "new")


def row(difference: float, low: float, high: float, n: int, p: float = 1.0) -> pd.Series:
    """Return a row of contrasts, of arms whose difference is not equivalent to none."""
    at_most = "claim" if n >= 5 else "trend"
    values = {"difference": difference, "low": low, "high": high, "n": n, "p_holm": p}
    least = 6 * 2.0 ** (1 - n)  # of a family of six
    return pd.Series({**values, "p_equivalence_holm": 1.0, "at_most": at_most, "p_least": least})


def unfinished(found: pd.Series) -> pd.Series:
    """Return a row of more declared seeds than it has."""
    return pd.concat([found, pd.Series({"declared": 13})])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (row(-2.0, -3.0, -1.0, 8, 0.01), "accuracy is lower"),
        (row(2.0, 1.0, 3.0, 8, 0.2), "accuracy tends to be higher"),
        (row(2.0, 1.0, 3.0, 4, 0.01), "accuracy tends to be higher"),
        (row(-5.0, -11.0, 0.1, 8), "no difference is shown"),
        (row(-5.0, -11.0, 0.1, 5), "too few seeds to decide"),
        (unfinished(row(-5.0, -11.0, 0.1, 8)), "undecided so far"),
        (row(9.0, float("nan"), float("nan"), 1), "there are too few seeds to tell"),
    ],
)
def test_the_answer_says_no_more_than_the_verdict(found: pd.Series, expected: str) -> None:
    assert in_short.words(found) == expected
    assert f"n = {found['n']}" in in_short.facts(found) and "nan" not in in_short.facts(found)


def test_the_answer_has_a_row_a_question_and_a_column_a_setting() -> None:
    """With the difference and n of each; a setting without the factorial has dashes.

    A question that no setting answers has no row.
    """
    shared = {
        **{"recipe": "fast", "longest": 72, "metric": "overall_metric"},
        "declared": [("hybrid", "baseline")],
    }
    full = Setting(profile="a", parameters=200_000, planned=8, results=every_arm(), **shared)
    small = STUDY.of_arms(["baseline", "hybrid"])
    part = Setting(profile="b", parameters=1_060_000, planned=5, results=small, **shared)
    text = readme.table([full, part])
    lines = [line for line in text.splitlines() if line.startswith("|")]
    asked = ["The paper's question", "Order", "Restarts"]
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {in_short.ROWS[q]}" for q in asked]
    assert readme.OWN_ROW not in readme.table([full, part])  # order on hybrid's: not declared
    assert "0.20M" in lines[0] and "1.06M" in lines[0] and "n = 3 of 5 declared" in lines[0]
    assert [line.count(" | ") for line in lines] == [2] * 5
    assert [line.endswith("| – |") for line in lines[2:]] == [False, True, True]
    assert readme.lead([full, part]).count("1.06M") == 1


def test_declared_contrasts_of_one_s_own_have_rows_in_the_answer() -> None:
    """Those of a profile of one's own may belong to no question: they are its answer."""
    declared = [("warmup", "baseline"), ("mastery", "hybrid")]
    own = Setting(
        **{"profile": "mine", "recipe": "fast", "longest": 72, "metric": "overall_metric"},
        **{"parameters": 200_000, "planned": 8, "declared": declared},
        results=every_arm().of_arms(["baseline", "hybrid", "warmup", "mastery"]),
    )
    lines = [line for line in readme.table([own]).splitlines() if line.startswith("|")][2:]
    assert [line.split(" | ")[0] for line in lines] == [
        "| warmup − baseline",
        "| mastery − hybrid",
    ]
    for line, (_, found) in zip(lines, own.contrasts.iterrows(), strict=True):
        assert in_short.points_text(found) in line
    assert readme.lead([own]) == ""
    assert readme.table([own]).splitlines()[0].endswith("n = 8 |")  # not 0 of 8
    assert in_short.seeds(replace(own, results=own.results.of_arms(["baseline", "warmup"]))) == 8


@pytest.mark.parametrize(
    ("declared", "rows"),
    [
        ([("hybrid-norestart", "anti-hybrid")], ["hybrid-norestart − anti-hybrid"]),
        (
            [("hybrid", "hybrid-norestart"), ("warmup", "baseline")],
            ["hybrid − hybrid-norestart", "warmup − baseline"],
        ),
        ([("mastery", "yoked-mastery")], ["mastery − yoked-mastery"]),
    ],
    ids=str,
)
def test_every_declared_contrast_has_a_row_though_a_question_asks_it(
    declared: list[tuple[str, str]], rows: list[str]
) -> None:
    arms = dict.fromkeys(arm for pair in declared for arm in pair)
    own = Setting(
        **{"profile": "mine", "recipe": "fast", "longest": 72, "metric": "overall_metric"},
        **{"parameters": 200_000, "planned": 8, "declared": declared},
        results=every_arm().of_arms([*arms]),
    )
    lines = [line for line in readme.table([own]).splitlines() if line.startswith("|")][2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == rows


def test_a_profile_that_declares_nothing_has_no_table() -> None:
    own = Setting(
        **{"profile": "mine", "recipe": "fast", "longest": 72, "metric": "overall_metric"},
        **{"parameters": 200_000, "planned": 8, "declared": []},
        results=every_arm().of_arms(["baseline", "warmup"]),
    )
    assert readme.table([own]) == ""


def test_order_on_hybrid_s_own_programs_has_a_row_beside_the_main_effect() -> None:
    shared = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    declared = [("hybrid-norestart", "hybrid-shuffled")]
    full = Setting(profile="a", parameters=1, results=every_arm(), declared=declared, **shared)
    (line,) = (each for each in readme.table([full]).splitlines() if readme.OWN_ROW in each)
    assert in_short.points_text(full.contrasts.iloc[0]) in line
    arms = ["baseline", *declared[0]]
    part = Setting(
        profile="b", parameters=1, results=every_arm().of_arms(arms), declared=declared, **shared
    )
    assert readme.OWN_ROW not in readme.table([part])  # there it is the answer on order itself


def test_the_legend_calls_main_effects_what_is_one() -> None:
    """Without the factorial every row is a single contrast."""
    shared = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    declared = [("hybrid", "baseline"), in_short.OWN_ORDER]
    full = Setting(profile="a", parameters=1, results=every_arm(), declared=declared, **shared)
    arms = every_arm().of_arms(["baseline", "hybrid", *in_short.OWN_ORDER])
    part = Setting(profile="b", parameters=1, results=arms, declared=declared, **shared)
    order, restarts = in_short.ROWS["Order"], in_short.ROWS["Restarts"]
    assert f"composition: *{order}* and *{restarts}*." in readme.legend([full])
    assert f"composition: *{restarts}*." in readme.legend([part, full])
    assert "main effect" not in readme.legend([part]).lower()


LOSS, GAIN = row(-2.0, -3.0, -1.0, 8, 0.01), row(2.0, 1.0, 3.0, 8, 0.01)
NOTHING, TREND = row(-1.0, -3.0, 1.0, 8), row(2.0, 1.0, 3.0, 8, 0.2)
FEW, SINGLE = row(-5.0, -11.0, 0.1, 5), row(9.0, float("nan"), float("nan"), 1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([[NOTHING, NOTHING]], "So far, no"),
        ([[NOTHING, TREND]], "So far, no"),
        ([[GAIN, LOSS]], "In part"),
        ([[FEW], [SINGLE, FEW]], "Not known yet"),
        ([[LOSS], [FEW, GAIN]], "In part"),
        ([[NOTHING, LOSS], [LOSS, LOSS], [FEW, FEW]], "So far, no"),
    ],
)
def test_the_first_words_count_claims_of_a_gain_only(
    settings: list[list[pd.Series]], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trend is no answer, and a setting that could not claim anything yet does not count."""
    given = dict(zip("abc", settings, strict=False))
    monkeypatch.setattr(readme, "leading_rows", lambda each: given[each.profile])
    fields = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    made = [
        Setting(profile=name, parameters=1, results=STUDY, declared=[], **fields) for name in given
    ]
    assert readme.lead(made).startswith(f"**{expected}.**")


def test_the_first_sentences_say_what_is_shown_of_hybrid_and_of_order() -> None:
    shared = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    declared = [("hybrid", "baseline")]
    full = Setting(profile="a", parameters=1, results=every_arm(), declared=declared, **shared)
    said = readme.lead([full])
    for title, words in readme.LEADING.items():
        (question,) = in_short.questions_titled({title: ""})
        found = in_short.told([(full.title, in_short.answer(full, question))], "settings")
        assert f"{words}: {found}." in said
    assert readme.lead([]) == ""


def test_the_first_line_reads_hybrid_and_both_rows_on_order() -> None:
    shared = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    declared = [("hybrid", "baseline"), ("hybrid-norestart", "hybrid-shuffled")]
    full = Setting(profile="a", parameters=1, results=every_arm(), declared=declared, **shared)
    asked, order, own = readme.leading_rows(full)
    assert (asked["arm"], asked["reference"]) == declared[0]
    assert order["effect"] == "order" and (own["arm"], own["reference"]) == declared[1]
    assert readme.answer_markdown([full], "").startswith("**")


def test_settings_that_say_the_same_are_listed() -> None:
    assert [in_short.joined(list("abc"[:n])) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_names_that_differ_in_their_brackets_are_told_as_one() -> None:
    names = ["small models (fast)", "small models (strong)", "others", "large (strong-late)"]
    assert in_short.grouped(names) == [
        *("small models (fast, strong)", "others", "large (strong-late)")
    ]
    assert in_short.grouped(["a", "a (b)"]) == ["a", "a (b)"]


def test_measures_that_no_arm_has_get_no_column() -> None:
    measures = STUDY.measures[STUDY.measures["measure"] == "execution_exact"]
    study = type(STUDY)(**{**vars(STUDY), "measures": measures})
    (only,) = markdown_tables(main_table(study)).split("\n\n")
    head = only.splitlines()[0]
    assert "easy" in head and "next line" not in head and PAPER_SOURCE not in head
    assert "perfect model" not in legend(main_table(study), "laptop")
    assert "a perfect model gets 91.4 %." in legend(main_table(STUDY), "laptop")


def test_pages_are_written_in_the_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_files, "REPOSITORY", tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "elsewhere"))
    write_pages(lambda: {"a.md": "text\n"})
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    write_pages(lambda: {"a.md": "text\n"})
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "text\n"


@pytest.mark.parametrize(
    ("highs", "where"), [([1.0, 4.64], "every setting"), ([1.0, 4.66], "1 of 2 settings")]
)
def test_the_gain_that_the_paper_prints_is_held_against_every_interval(
    highs: list[float], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = dict(zip("ab", highs, strict=True))
    monkeypatch.setattr(
        readme, "answer", lambda each, question: row(0.0, -1.0, given[each.profile], 8)
    )
    fields = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
    made = [
        Setting(profile=name, parameters=1, results=STUDY, declared=[], **fields) for name in given
    ]
    (sentence,) = readme.paper_gain(made)
    assert sentence.startswith("The gain that the paper prints, 4.65 points")
    assert sentence.endswith(f"lies above the interval in {where}.")
    assert readme.paper_gain([]) == []
