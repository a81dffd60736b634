"""The findings: every number from rows, no word beyond them, and what is missing is named."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from factories import every_arm, synthetic_results, whole_study
from matplotlib.figure import Figure

from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import StudyError
from cl_utils.figures import style
from cl_utils.labels.arm_groups import OWN_METRIC, metric_arms
from cl_utils.labels.names import arm_label, metric_label
from cl_utils.paths import HOME_VARIABLE, PARAMS
from cl_utils.report import questions as questions_module
from cl_utils.report.captions import CAPTIONS
from cl_utils.report.metric_findings import validity_of
from cl_utils.report.open_questions import (
    open_lines,
    power_lines,
    protocol_lines,
    without_verdict,
)
from cl_utils.report.page_files import linked_from_notebooks
from cl_utils.report.pages.findings import (
    MOST_SENTENCES,
    findings_markdown,
    findings_text,
)
from cl_utils.report.questions import (
    Question,
    adaptive_contrasts,
    asked,
    contrasts_asked,
    pairs,
    questions,
    undeclared,
)
from cl_utils.report.sentences import contrasts_markdown
from cl_utils.report.summary import differences
from cl_utils.seeds import stream
from cl_utils.stats import (
    contrast_table,
    factorial_effects,
    hierarchical_bootstrap,
    seed_values,
)
from cl_utils.stats.factorial import FACTORS
from cl_utils.stats.rows import PRIMARY, Pair
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results

DECLARED = [pair for question in questions() for pair in question.pairs]


@cache
def whole_page() -> str:
    """Return the findings of the study in which every arm has run."""
    return findings_markdown(every_arm(), DECLARED, resamples=20)


def part_of(text: str, title: str) -> str:
    """Return one section of the findings."""
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def some(arms: list[str], n: int) -> Results:
    """Return the results of a few arms with `n` seeds."""
    return whole_study({arm: range(n) for arm in arms}, programs=20)


def pairs_of(rows: pd.DataFrame) -> list[Pair]:
    """Return arm and reference of each row."""
    return list(zip(rows["arm"], rows["reference"], strict=True))


def test_every_question_has_its_section_in_order() -> None:
    titles = re.findall(r"^## (.+)$", whole_page(), re.MULTILINE)
    assert titles[: len(questions()) + 1] == ["In short", *(each.title for each in questions())]
    assert titles[-1] == "What stays open" and "nan" not in whole_page()


@pytest.mark.parametrize("question", questions(), ids=lambda question: str(question.title))
def test_sentences_are_the_rows(question: Question) -> None:
    """Each contrast of a question stands in its section, adjusted among all that were declared."""
    body = part_of(whole_page(), question.title)
    rows = contrast_table(every_arm().measures, contrasts=DECLARED)
    own = rows[[pair in question.pairs for pair in pairs_of(rows)]]
    if len(own) > MOST_SENTENCES:
        assert contrasts_markdown(own, differences(own)) in body
        return
    for _, row in own.iterrows():
        line = next(
            line
            for line in body.splitlines()
            if f"{row['difference']:+.1f} points" in line
            and arm_label(row["arm"]) in line
            and f"Control: {arm_label(row['reference'])}, " in line
        )
        assert f"after Holm {row['p_holm']:.3f}" in line
        assert f"n = {row['n']} paired seeds" in line
        assert f"{row['low']:+.1f} to {row['high']:+.1f}" in line


def test_main_effects_answer_their_questions_and_interactions_have_a_section() -> None:
    effects = factorial_effects(every_arm().measures).set_index("effect")
    for name in FACTORS:
        title = name.capitalize()
        assert f"({effects.loc[name, 'difference']:+.1f} points" in part_of(whole_page(), title)
        assert f"Factorial effect: {name}, over all eight arms." in part_of(whole_page(), title)
    assert part_of(whole_page(), "Interactions").count("\n- ") == 4


def test_three_seeds_never_claim() -> None:
    """Whatever the differences are, a study of three seeds has no claim of a difference."""
    text = findings_markdown(some(["baseline", "hybrid", "mastery"], 3), DECLARED, resamples=20)
    assert "**Claim**" not in text and "n = 3 paired seeds" in text


def test_one_seed_has_no_interval_and_says_nothing_of_the_arms() -> None:
    text = findings_markdown(some(["baseline", "hybrid"], 1), DECLARED, resamples=20)
    assert "cannot be told apart or alike" in part_of(text, "The paper's question")
    assert "nan" not in text and "What so few seeds can show" not in text


def test_a_study_of_the_baseline_alone_says_what_is_open() -> None:
    text = findings_markdown(some(["baseline"], 2), [("hybrid", "baseline")], resamples=20)
    assert "The paper's question" not in text
    assert "Not run yet: hybrid." in part_of(text, "What stays open")


def test_contrasts_that_were_not_declared_are_marked_and_never_a_claim() -> None:
    """Declared ones of no question have a section of their own."""
    declared: list[Pair] = [("hybrid", "baseline"), ("competence", "baseline")]
    text = findings_markdown(every_arm(), declared, resamples=20)
    assert "competence is" in part_of(text, "Other declared contrasts")
    marked = [line for line in text.splitlines() if line.startswith("- Exploratory: ")]
    metrics = questions()[-1]
    table = part_of(text, metrics.title)
    assert table.count("| exploratory ") == len(metrics.pairs) and "| claim" not in table
    alone = [line for line in marked if "Control: " in line and "budget" not in line]
    assert len(alone) == len(DECLARED) - 1 - len(metrics.pairs)
    assert "**Claim**" not in "".join(marked)
    listed = next(line for line in text.splitlines() if "because not declared" in line)
    assert "hybrid-norestart against random-buckets" in listed
    assert "hybrid against baseline" not in listed


def test_budget_leak_and_the_papers_scoring_were_not_declared() -> None:
    """Eight seeds and a difference of six points, and still no claim."""
    for title in ("Budget", "The leak", "The paper's protocol"):
        body = part_of(whole_page(), title)
        assert "exploratory" in body.lower()
        assert "**Claim**" not in body and "| claim" not in body


def test_declared_contrasts_are_one_family_and_the_others_another() -> None:
    """What a question's own family would call 0.008 is 0.016 among two, and no claim among 17."""
    declared: list[Pair] = [("hybrid", "baseline"), ("hybrid", "mastery")]
    rows = contrasts_asked(every_arm().measures, declared)
    assert rows.groupby("exploratory")["family"].unique().map(list).to_dict() == {
        False: [2],
        True: [len(DECLARED) - 1],
    }
    assert "claim" not in set(rows.loc[rows["exploratory"], "at_most"])
    assert set(rows.loc[~rows["exploratory"], "at_most"]) == {"claim"}


def test_arms_that_a_study_does_not_have_are_in_none_of_its_families() -> None:
    """As one that somebody adds to params/study/arms.yaml for a study of his own."""
    declared: list[Pair] = [("hybrid", "baseline")]
    three = ["baseline", "hybrid-norestart", "hybrid-shuffled"]
    seeds = dict.fromkeys(["hybrid", *three], range(8))
    own = [("hybrid-norestart", "hybrid-shuffled"), ("hybrid", "hybrid-norestart")]
    own += [("hybrid-shuffled", "baseline")]
    assert undeclared(declared, seeds) == own and len(undeclared(declared)) > len(own)
    rows = contrasts_asked(every_arm().measures, declared, seeds)
    assert set(rows.loc[rows["exploratory"], "family"]) == {len(own)}
    (line,) = (
        each for each in open_lines(some(three, 8).measures, declared, seeds) if "Expl" in each
    )
    assert line.count(" against ") == len(own)


def test_every_contrast_of_the_study_s_questions_has_arms_of_the_study() -> None:
    study = read_params(PARAMS / "study.yaml")
    declared = pairs(study.contrasts)
    assert undeclared(declared, study.seeds) == undeclared(declared)


def test_declared_contrasts_stand_under_one_question_each() -> None:
    declared: list[Pair] = [*DECLARED, ("warmup", "baseline")]
    told = [pair for question in asked(declared) for pair in question.pairs]
    assert sorted(told) == sorted(declared) and undeclared(declared) == []


def test_a_params_files_lists_are_pairs_too() -> None:
    study = some(["baseline", "hybrid"], 3)
    lists = [["hybrid", "baseline"]]
    assert findings_markdown(study, lists, 20) == findings_markdown(
        study, [("hybrid", "baseline")], 20
    )


def test_adaptive_arms_stand_beside_their_twins_and_the_baseline() -> None:
    declared = [["mastery", "baseline"], ["hybrid", "baseline"]]
    rows = adaptive_contrasts(every_arm().measures, declared)
    assert set(pairs_of(rows)) == {
        ("mastery", "yoked-mastery"),
        ("mastery", "baseline"),
        ("progress", "yoked-progress"),
        ("progress", "baseline"),
    }
    assert list(rows.loc[~rows["exploratory"], "arm"]) == ["mastery"]
    none = adaptive_contrasts(every_arm().of_arms(["baseline"]).measures, declared)
    assert none.empty and set(none.columns) == set(rows.columns)


def test_an_arm_that_several_replay_is_compared_with_the_baseline_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replayed = {"mastery": ("yoked-mastery", "yoked-progress")}
    monkeypatch.setattr(questions_module, "adaptive_arms", lambda: replayed)
    rows = adaptive_contrasts(every_arm().measures, [])
    assert sorted(pairs_of(rows)) == [
        ("mastery", "baseline"),
        ("mastery", "yoked-mastery"),
        ("mastery", "yoked-progress"),
    ]


def test_every_metric_but_random_stands_beside_random() -> None:
    found = metric_arms(OWN_METRIC)
    assert sum(found[metric] in dict(DECLARED) for metric in METRICS) == len(METRICS) - 1


def test_arms_with_too_few_seeds_are_named_by_their_number() -> None:
    study = whole_study({"baseline": range(8), "hybrid": range(4), "mastery": range(2)}, 20)
    lines = open_lines(study.measures, [("hybrid", "baseline")])
    assert any("nothing is said: mastery (2)." in line for line in lines)
    assert any("no claim: hybrid (4)." in line for line in lines)
    assert any("cannot give p < 0.05 after Holm, " in x and "hybrid against" in x for x in lines)


def test_the_protocol_stands_beside_its_ceiling_and_the_papers_numbers() -> None:
    body = "\n".join(protocol_lines(every_arm().measures))
    assert body.count("ceiling of the paper's protocol 91.4") == 2
    assert body.count("74.58") == body.count("79.23") == 1
    assert body.count("other setting, one run") == 2 and "n = 8 seeds" in body


def test_power_speaks_of_the_papers_gain() -> None:
    body = " ".join(power_lines(every_arm(), family=6, resamples=20))
    assert "4.65 points" in body and "n = 8 seeds" in body
    assert "among 6 declared contrasts it needs 8 seeds" in body


def test_test_programs_are_part_of_what_is_not_known() -> None:
    """The bootstrap of seeds and programs is reported beside the mean that it surrounds."""
    line = power_lines(every_arm(), family=1, resamples=20)[-1]
    gain = hierarchical_bootstrap(
        every_arm().programs,
        rng=stream(0, "bootstrap"),
        arm="hybrid",
        reference="baseline",
        resamples=20,
    )
    assert f"{gain.mean:+.1f} points between {gain.low:+.1f} and {gain.high:+.1f}" in line


def test_metrics_have_a_row_each_and_the_seeds_agreement() -> None:
    """The factory has three metrics: the paper's, one that is hardness itself, and noise."""
    body = part_of(whole_page(), "Is the metric any good?")
    rows = [line.strip("| ").split(" | ") for line in body.splitlines() if line.startswith("| ")]
    assert [cells[0] for cells in rows[2:]] == [
        metric_label(name) for name in ("overall_metric", "characters", "random")
    ]
    assert rows[3][3] == "same direction" and {len(cells) for cells in rows} == {5}
    assert "n = 28 pairs of seeds" in body and "averaged over 8 seeds" in body


def test_mixed_recipes_are_refused() -> None:
    study = some(["baseline", "hybrid"], 2)
    measures = study.measures.assign(recipe=["a", "b"] * (len(study.measures) // 2))
    tables = {**vars(study), "measures": measures}
    with pytest.raises(StudyError, match="recipes a, b"):
        findings_markdown(Results(**tables), DECLARED, resamples=20)


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The committed study's profile with few resamples, at home in a temporary folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return Params(**{**read_params(PARAMS / "study.yaml").model_dump(), "resamples": 40})


def test_figures_are_shown_where_they_were_saved(params: Params) -> None:
    """A figure that was not drawn has no link."""
    style.write(Figure(), params.figures / "leak.png")
    text = findings_text(every_arm(), params)
    alt = f"{CAPTIONS['leak']}."
    assert f"![{alt}](../figures/study/leak.png)" in part_of(text, "The leak")
    assert text.count("![") == 1 and text.startswith(
        "# Findings: small models (gpt)\n\nGenerated from `results/study/`"
    )


def test_a_profile_of_one_s_own_is_not_told_the_committed_study_s_history(params: Params) -> None:
    seen = "five seeds of two of their eight arms had been seen"
    assert seen in findings_text(every_arm(), params)
    mine = params.model_copy(update={"profile": "mine"})
    text = findings_text(every_arm(), mine)
    assert seen not in text and "in no params file. The error rate" in text


def test_planned_arms_without_a_run_stay_open() -> None:
    study = synthetic_results(["baseline", "hybrid"], seeds=range(8), programs=20)
    lines = open_lines(
        study.measures, [("hybrid", "baseline")], {"baseline": range(9), "warmup": range(3)}
    )
    assert [line for line in lines if line.startswith("Not run yet: ")] == ["Not run yet: warmup."]
    assert any("an interim look: baseline (8 of 9)." in line for line in lines)


def test_a_declared_trend_is_not_listed_as_undecided() -> None:
    """Five seeds for it and three against: an interval above zero, and p = 16 / 256."""
    measures = every_arm().measures
    cell = (measures[["measure", "test_set", "subset"]] == list(PRIMARY)).all(axis=1)
    baseline = seed_values(measures[cell], "baseline")
    more = pd.Series([5.0] * 5 + [-1.0] * 3)
    hybrid = cell & (measures["arm"] == "hybrid")
    value = measures["value"].where(~hybrid, measures["seed"].map(baseline + more))
    pairs = [("hybrid", "baseline"), ("hybrid-norestart", "hybrid-shuffled")]
    found = without_verdict(measures.assign(value=value), pairs, {})
    assert found["Declared and a trend, no claim"] == ["hybrid against baseline"]
    assert "hybrid against baseline" not in found["Declared and undecided"]


def test_a_metric_that_was_measured_for_some_programs_alone_is_left_out() -> None:
    results = every_arm()
    half = results.programs["program_id"] % 2 == 0
    programs = results.programs.assign(model_loss=results.programs["log_probability"].where(half))
    validity = validity_of(replace(results, programs=programs), 20, ["model_loss", "characters"])
    assert set(validity["metric"]) == {"characters"}


def test_a_contrast_is_that_of_its_question_whichever_arm_is_named_first() -> None:
    turned = pairs([["baseline", "hybrid"], ["hybrid-shuffled", "hybrid-norestart"]])
    assert turned == [("hybrid", "baseline"), ("hybrid-norestart", "hybrid-shuffled")]
    assert pairs([["baseline", "warmup"]]) == [("baseline", "warmup")]  # of no question


def test_a_notebook_gets_links_that_lead_to_the_pages_of_docs() -> None:
    text = "[a](log/study.md) ![b](../figures/b.png) [c](https://c) [d](#d)"
    wanted = "[a](../docs/log/study.md) ![b](../figures/b.png) [c](https://c) [d](#d)"
    assert linked_from_notebooks(text) == wanted
