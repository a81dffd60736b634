"""The small tables that the notebooks show, worked by hand on a few rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cl_utils.curriculum import schedules
from cl_utils.curriculum.adaptive import Mastery, Progress
from cl_utils.labels.names import MEASURES
from cl_utils.labels.numbers import MISSING
from cl_utils.paths import committed_results
from cl_utils.report.notebook_tables import (
    MOST_CHANGES,
    accuracy_by_metric,
    curve_table,
    digest,
    level_summary,
    pivot_measures,
    plan_table,
    predictions,
    rejected_table,
    scoring_disagreements,
    tie_examples,
    training_seconds,
)

PROGRAMS = pd.DataFrame(
    {
        "program_id": [0, 1, 2, 3],
        "level": ["1.1", "1.1", "3.1", "3.1"],
        "source": [
            "a = 1\nprint(a)",
            "b = 22\nprint(b)",
            "for i in range(5, 2):\n\tprint(i)",
            "for i in range(3):\n\tprint(i / 2)",
        ],
        "output": ["1", "22", "", "0.0\n0.5\n1.0"],
    }
)


def test_levels_are_summed_up_with_a_row_for_all() -> None:
    table = level_summary(PROGRAMS)
    assert table.index.tolist() == ["1.1", "3.1", "all"]
    assert table["programs"].tolist() == [2, 2, 4]
    assert table["with a for loop (%)"].tolist() == [0, 100, 50]
    assert table["printing a float (%)"].tolist() == [0, 50, 25]
    assert table["printing nothing (%)"].tolist() == [0, 50, 25]
    # source, "\n# output", and "\n# " before each printed line, "\n\n" after the last
    assert table.loc["1.1", "characters, mean"] == np.mean([14 + 9 + 6, 15 + 9 + 7])


def test_rejected_drafts_stand_beside_the_kept_and_shares_sum_to_100() -> None:
    table = rejected_table({"duplicate": 30, "too long": 20}, 50)
    assert table["drafts"].to_dict() == {"kept": 50, "duplicate": 30, "too long": 20}
    assert table["share (%)"].tolist() == [50, 30, 20]


def test_ties_are_shown_by_value_with_their_shortest_program() -> None:
    table = tie_examples(PROGRAMS.assign(overall_metric=[0.5, 0.5, 1.0, 0.5]), "overall_metric")
    assert table["overall_metric"].tolist() == [0.5, 1.0]
    assert table["share (%)"].tolist() == [75, 25]
    assert table["shortest program"].tolist() == [
        "a = 1\nprint(a)",
        "for i in range(5, 2):\n\tprint(i)",
    ]


def test_only_the_most_frequent_ties_are_shown() -> None:
    metric = pd.DataFrame({"source": ["a"] * 6, "metric": [3.0, 3.0, 3.0, 1.0, 1.0, 2.0]})
    assert tie_examples(metric, "metric", values=2)["metric"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("exact", [True, False])
def test_predictions_are_shown_as_printed_lines_beside_their_programs(exact: bool) -> None:
    evaluated = pd.DataFrame(
        {
            "program_id": [0, 1, 3, 3],
            "test_set": ["balanced", "balanced", "balanced", "natural"],
            "bucket": ["easy", "easy", "hard", "hard"],
            "level": ["1.1", "1.1", "3.1", "3.1"],
            "exact": [True, False, False, False],
            "prediction": ["\n# 1\n\n", "\n# 2", "\n# 0.0\n# 0.5\n\n", "\n# 7\n\n"],
        }
    )
    table = predictions(evaluated, PROGRAMS, exact=exact)
    assert list(table.columns) == ["bucket", "level", "source", "output", "predicted"]
    expected = [("1", "1")] if exact else [("22", "2"), ("0.0\n0.5\n1.0", "0.0\n0.5")]
    assert list(zip(table["output"], table["predicted"], strict=True)) == expected


def test_no_more_predictions_of_a_bucket_are_shown_than_asked_for() -> None:
    evaluated = PROGRAMS[["program_id", "level"]].assign(
        test_set="balanced", bucket=["easy", "easy", "easy", "hard"], exact=True, prediction=""
    )
    table = predictions(evaluated, PROGRAMS, exact=True, count=2)
    assert table["bucket"].tolist() == ["easy", "easy", "hard"]


def test_measures_are_laid_out_by_subset_in_their_own_order() -> None:
    rows = [
        ("balanced", "hard", "line_exact", 1.04),
        ("balanced", "all", "line_exact", 2.0),
        ("balanced", "all", "another", 3.0),
        ("balanced", "1.1", "line_exact", 4.0),
        ("natural", "all", "line_exact", 5.0),
    ]
    measures = pd.DataFrame(rows, columns=["test_set", "subset", "measure", "value"])
    table = pivot_measures(measures, "balanced").cells
    assert table.columns.tolist() == ["measure (%)", "in measures.csv", "all programs", "hard"]
    assert table.to_numpy().tolist() == [
        ["next line", "line_exact", "2.0", "1.0"],
        ["another", "another", "3.0", "–"],
    ]


def test_every_measure_of_the_committed_runs_has_words() -> None:
    """And no word stands for a measure that no run has."""
    measures = pd.read_csv(committed_results("study") / "fast/baseline/seed0/measures.csv")
    assert set(measures["measure"]) == set(MEASURES)
    assert len(set(MEASURES.values())) == len(MEASURES)


def test_a_digest_is_twelve_digits_of_the_values_however_they_lie_in_memory() -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert digest(array) == digest(np.asfortranarray(array)) == digest(array.copy())
    assert digest(array) != digest(array + 1) and len(digest(array)) == 12
    assert digest(np.arange(3, dtype=np.uint8)) == "ae4b3280e56e"  # SHA-256 of bytes 0, 1, 2


def test_two_scorings_of_the_same_programs_are_counted_apart() -> None:
    programs = pd.DataFrame(
        {
            "arm": "baseline",
            "test_set": ["natural"] * 4 + ["balanced"],
            "exact": [True, True, False, False, True],
            "paper_correct_greedy": [True, False, True, False, False],
        }
    )
    (row,) = scoring_disagreements(programs).to_dict("records")
    assert list(row.values()) == [50.0, 50.0, 25.0, 25.0]
    greedy = programs["paper_correct_greedy"].astype("boolean")
    partly = programs.assign(paper_correct_greedy=greedy.mask(programs.index == 1))
    (row,) = scoring_disagreements(partly).to_dict("records")
    assert row["right, but cut"] == 0.0 and row["wrong, but counted as right"] == pytest.approx(
        100 / 3
    )
    sitting = programs.assign(paper_correct_greedy=greedy.mask(greedy.notna()))
    assert scoring_disagreements(sitting).empty


def test_training_seconds_are_the_last_checkpoints() -> None:
    rows = [("baseline", 0, 5.0), ("baseline", 0, 9.0), ("baseline", 1, 11.0), ("hybrid", 0, 7.0)]
    curves = pd.DataFrame(rows, columns=["arm", "seed", "seconds"]).assign(bucket="macro")
    table = training_seconds(curves, ["baseline", "mastery"])
    assert table.loc["baseline"].to_dict() == {"mean": 10.0, "min": 9.0, "max": 11.0}
    assert list(table.index) == ["baseline"]


def test_accuracy_by_metric_has_a_row_a_metric_and_leaves_no_tie_apart() -> None:
    """Ten programs, the harder half wrong; a constant metric has one group."""
    place = np.arange(10)
    frame = pd.DataFrame({"program_id": place, "hard": place, "constant": 1, "exact": place < 5})
    frame = frame.assign(arm="baseline", seed=0, recipe="fast", test_set="balanced")
    table = accuracy_by_metric(frame, ["hard", "constant"])
    assert list(table.loc["hard"]) == [100.0] * 5 + [0.0] * 5
    assert table.loc["constant"].dropna().tolist() == [50.0]


def test_a_plan_has_a_row_each_time_that_what_is_drawn_changes() -> None:
    table = plan_table(schedules.hybrid(1200)).cells
    pools = ["easy", "hardest of easy", "medium", "hardest of medium", "hard"]
    assert sorted(table.columns[2:]) == sorted(f"{each} (%)" for each in pools)
    assert table["from step"].tolist() == ["0", "200", "500"]
    assert [
        row.tolist() for _, row in table[["easy (%)", "medium (%)", "hard (%)"]].iterrows()
    ] == [
        ["100.0", MISSING, MISSING],
        [MISSING, "66.7", MISSING],
        [MISSING, MISSING, "50.0"],
    ]
    assert plan_table(schedules.baseline(10)).cells["all programs (%)"].tolist() == ["100.0"]


def test_a_plan_that_changes_often_shows_its_beginning_and_its_end() -> None:
    """Competence draws from a larger part at each of 40 hundredths: one column has its size."""
    table = plan_table(schedules.Competence(1000))
    assert table.cells["from step"].tolist()[:2] == ["0", "10"] and len(table.cells) == MOST_CHANGES
    sizes = table.cells["that part (% of all programs)"].tolist()
    assert sizes[0] == "10.0" and sizes[-1] == MISSING
    assert table.cells.iloc[-1][["from step", "stage"]].tolist() == ["400", "all"]
    assert table.note == "Left out before the last row: 29 more changes."
    assert table.note in table.to_html()


def test_a_replayed_plan_has_the_rows_that_were_recorded() -> None:
    """Two records that draw the same are one row; a replayed run restarts nowhere."""
    recorded = [(0, {"easy": 1.0}), (3, {"easy": 1.0}), (5, {"easy": 0.5, "hard": 0.5})]
    table = plan_table(schedules.Replayed(10, recorded))
    assert table.cells["from step"].tolist() == ["0", "5"] and table.note == ""
    assert table.cells["hard (%)"].tolist() == [MISSING, "50.0"]


@pytest.mark.parametrize("policy", [Mastery, Progress])
def test_an_adaptive_plan_says_that_the_model_decides(policy: type[Mastery | Progress]) -> None:
    table = plan_table(policy(100))
    assert table.cells["from step"].tolist() == ["0"] and "adaptive" in table.note


def test_a_curve_ends_with_its_last_measurements_the_mean_of_the_seeds() -> None:
    curves = pd.DataFrame(
        [
            {"characters": 1000 * step, "bucket": bucket, "execution_exact": value + seed}
            for step in range(1, 11)
            for bucket, value in (("easy", 10.0), ("medium", 20.0), ("hard", 30.0), ("macro", 20.0))
            for seed in (0, 1)
        ]
    )
    table = curve_table(curves, count=3).cells
    assert table["characters read"].tolist() == ["8,000", "9,000", "10,000"]
    assert table.iloc[-1].tolist()[1:] == ["10.5", "20.5", "30.5", "20.5"]
    assert list(table.columns)[-1] == "mean of the buckets (%)"
