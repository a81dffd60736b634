"""The answers at a glance: the declared contrasts' rows, main effects, the gain in parts."""

from __future__ import annotations

from factories import every_arm

from cl_utils.report.summary import answers_markdown, gain_sentence
from cl_utils.stats import contrast_table, factorial_effects, factorial_gain
from cl_utils.stats.rows import Pair

DECLARED: list[Pair] = [("hybrid-norestart", "random-buckets"), ("hybrid", "baseline")]


def test_the_table_has_the_declared_rows_question_by_question_and_main_effects() -> None:
    lines = answers_markdown(every_arm().measures, DECLARED).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines[:5]] == [
        "| The paper's question: hybrid − baseline",
        "| Order: main effect in the factorial",
        "| Restarts: main effect in the factorial",
        "| Composition: main effect in the factorial",
        "| Difficulty or staging: hybrid-norestart − random-buckets",
    ]
    rows = contrast_table(every_arm().measures, contrasts=DECLARED)
    paper = rows[rows["arm"] == "hybrid"].iloc[0]
    assert f"{paper['difference']:+.1f} (" in lines[0] and f"{paper['p_holm']:.3f}" in lines[0]
    assert not any("exploratory" in line for line in lines)


def test_the_gain_is_told_with_its_parts() -> None:
    text = gain_sentence(every_arm().measures)
    effects = factorial_effects(every_arm().measures).set_index("effect")["difference"]
    assert f"{factorial_gain(every_arm().measures)['difference'].item():+.1f} (" in text
    for name in ("order", "restarts", "composition"):
        assert f"{name} {effects[name]:+.1f} (" in text
    assert "n = 8 seeds" in text


def test_a_study_without_the_factorial_has_no_parts() -> None:
    few = every_arm().of_arms(["baseline", "hybrid"]).measures
    assert gain_sentence(few) == "" and "hybrid − baseline" in answers_markdown(few, DECLARED)
    assert answers_markdown(every_arm().of_arms(["baseline"]).measures, DECLARED) == ""
