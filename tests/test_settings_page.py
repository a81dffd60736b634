"""The settings side by side: every question, every setting, only claims among the claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from factories import every_arm

from cl_utils import stats
from cl_utils.figures import effects_by_exam
from cl_utils.figures.described import description_of
from cl_utils.figures.lanes import difference_lines
from cl_utils.labels.names import RECIPES as RECIPE_WORDS
from cl_utils.labels.names import level_label, trained_on
from cl_utils.labels.numbers import points_text
from cl_utils.paths import REPOSITORY, committed_results, params_file
from cl_utils.report import settings as settings_module
from cl_utils.report.composition import shares_sentence
from cl_utils.report.in_short import ROWS
from cl_utils.report.pages import settings as page_module
from cl_utils.report.pages.also_measured import ORDER, also_measured
from cl_utils.report.pages.completion import (
    DIGITS,
    TASKS,
    completion_row,
    completion_section,
)
from cl_utils.report.pages.setting_tables import exams_section, settings_section, simple_section
from cl_utils.report.pages.settings import (
    ASKED,
    CLAIMS,
    LEVEL_FIGURE,
    NONE,
    PAGE,
    further_settings,
    settings_page,
)
from cl_utils.report.settings import (
    STUDIED,
    Setting,
    examined,
    shown_settings,
    studied,
)
from cl_utils.report.side_by_side import rows_by_order, rows_by_setting
from cl_utils.stats import FACTORIAL, factorial_effects, standing
from cl_utils.stats.drawn import drawn_shares
from cl_utils.stats.exams import exam_accuracy, exam_effects
from cl_utils.stats.factorial import FACTORS
from cl_utils.study.params import read_params
from cl_utils.study.results import Results, load_results, run_manifest
from cl_utils.study.stage_params import LevelQuestion
from cl_utils.training.recipes import RECIPES

SORTED = [arm for cell, arm in FACTORIAL.items() if cell[0] == "curriculum"]


def invented(name: str, results: Results) -> Setting:
    """Return a setting of eight seeds whose hybrid is far above its baseline."""
    return Setting(
        profile=name,
        recipe="fast",
        parameters=200_000,
        longest=72,
        metric="overall_metric",
        results=results,
        declared=[("hybrid", "baseline")],
        planned=8,
    )


def raised(results: Results, arm: str, points: float) -> Results:
    """Return results in which an arm is so many points better on everything."""
    measures = results.measures
    more = points * (measures["arm"] == arm)
    return replace(results, measures=measures.assign(value=measures["value"] + more))


def page_of(
    settings: Sequence[Setting],
    further: Mapping[str, Sequence[Setting]],
    figure_of: Callable[[str], str] = lambda name: "",
) -> str:
    """Return the page without the metric's section, which nobody reads here."""
    return settings_page(settings, further, figure_of=figure_of)


@pytest.fixture(scope="module", autouse=True)
def loaded_once() -> Iterator[None]:
    """The committed results of a profile are read once for all tests; leave them as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_module, "load_results", cache(load_results))
        yield


def section(page: str, title: str) -> str:
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_page_has_every_question_setting_and_profile() -> None:
    """In the committed page, which is what the results give (test_readme.py)."""
    settings, page = studied(), (REPOSITORY / PAGE).read_text(encoding="utf-8")
    for words in ROWS.values():
        assert section(page, words).count("\n| ") == 2 + len(settings)
    assert all(f"Profile `{profile}`: " in page for profile in ASKED)
    further = [each for found in further_settings().values() for each in found]
    assert page.count("| balanced test |") == sum(
        each.results.measures["test_set"].str.startswith("exam ").any()
        for each in (*settings, *further)
    )


def test_exams_of_fewer_seeds_say_of_how_many() -> None:
    """Exams came later than the first runs, so a study may have them of some seeds only."""
    results = every_arm()
    natural = results.measures.query("test_set == 'natural' and subset == 'all'")
    exam = natural[natural["seed"] < 2].assign(test_set="exam longer")
    taken = replace(results, measures=pd.concat([results.measures, exam]))
    page = section(page_of([invented("x", taken)], {}), "Off the distribution")
    usual = int(results.measures["seed"].nunique())
    assert f"n = {usual}.\n" in page and "\n| longer programs, n = 2 | " in page
    assert "\n| balanced test | " in page
    rows = exam_accuracy(taken.measures), exam_effects(taken.measures)
    figure = effects_by_exam(*rows, "models of one size (fast)")
    names = [each.get_text() for each in figure.axes[0].get_yticklabels()]
    assert names[0].startswith("balanced test") and names[0].endswith(f", n = {usual}")
    assert names[1].endswith(", n = 2")
    caption = description_of(figure).caption
    assert f"n = 2 to {usual} seeds" in caption and ": models of one size (fast). " in caption


def test_the_figure_of_levels_stands_in_their_section() -> None:
    picture = {LEVEL_FIGURE: "![what it shows](picture.png)"}
    page = page_of([invented("x", every_arm())], {}, lambda name: picture.get(name, ""))
    body = section(page, "Level by level of the grammar")
    assert "(picture.png)" in body and body.index("picture.png") < body.index("| 1.1 assignments |")


def test_what_is_claimed_has_its_sentence_and_nothing_else_has() -> None:
    few = every_arm().measures
    few = few[(few["seed"] < 2)]
    two = invented("two", replace(every_arm(), measures=few))
    assert section(page_of([two], {}), "What is claimed").strip() == NONE
    eight = invented("eight", raised(every_arm(), "hybrid", 40.0))
    said = section(page_of([eight, two], {}), "What is claimed").strip()
    caveat, claims = said.split("\n\n")[0], said.split("\n\n")[1].splitlines()
    assert caveat == f"{len(claims)} claims from 4 Holm families. {CLAIMS}"
    assert "**Claim**: hybrid is above baseline" in claims[0] and "n = 8 paired seeds" in claims[0]
    assert all(eight.name in line and "**Claim**" in line for line in claims)


def test_exams_have_the_factorial_s_effects_on_their_own_rows() -> None:
    natural = every_arm().measures.query("test_set == 'natural'")
    exam = natural.assign(test_set="exam longer")
    taken = replace(every_arm(), measures=pd.concat([every_arm().measures, exam]))
    page = section(page_of([invented("x", taken)], {}), "Off the distribution")
    (line,) = (line for line in page.splitlines() if line.startswith("| longer programs |"))
    effects = factorial_effects(taken.measures, ("execution_exact", "exam longer", "all"))
    order = effects.set_index("effect").loc["order", "difference"]
    assert f"| {order:+.1f} (" in line


@pytest.mark.parametrize(("first", "claimed"), [(1, True), (3, False), (8, False)])
def test_what_is_declared_of_levels_says_how_many_later_seeds_it_has(
    first: int, claimed: bool
) -> None:
    """And is a claim where they are enough: with seven seeds p is 2 / 128, times two levels."""
    programs = every_arm().programs
    lost = programs["arm"].isin(SORTED) & (programs["level"] == "3.1")
    study = replace(every_arm(), programs=programs.assign(exact=programs["exact"] & ~lost))
    asked = LevelQuestion(effect="order", levels=["3.1", "2.1"], first_seed=first)
    page = page_of([replace(invented("x", study), question=asked)], {})
    body = section(page, "Level by level of the grammar")
    assert f"the first {first} seeds suggested an effect of order on levels 3.1 and 2.1" in body
    later = 8 - first
    said = f"{later} of these {later} seeds have been run" if later else "No later seed is declared"
    assert said in body
    said = section(page, "What is claimed")
    of_levels = re.findall(r"on the programs of level (\S+) .*n = (\d+) paired", said)
    assert (("3.1", "7") in of_levels) == claimed == bool(of_levels)


def test_an_arm_of_no_declared_contrast_is_exploratory_and_no_claim() -> None:
    """Its table says so, whatever its seeds show; the figure of orders has it, and no other arm."""
    sorted_arms = ["easy-to-hard", "stair", "easy-to-hard-by-characters"]
    results = every_arm().of_arms(["baseline", "hybrid", *sorted_arms])
    one = invented("x", raised(results, "stair", 30.0))
    setting = replace(one, declared=[("easy-to-hard", "baseline"), ("hybrid", "baseline")])
    assert set(setting.others["arm"]) == {"stair", "easy-to-hard-by-characters"}
    assert setting.others["exploratory"].all() and "claim" not in set(setting.others["at_most"])
    rows = rows_by_order([setting])
    assert rows[["order", "metric"]].to_numpy().tolist() == [
        ["easy to hard", "overall metric by radon"],
        ["easy to hard", "characters of the source"],
        ["stair", "overall metric by radon"],
    ]
    there = setting.contrasts.set_index("arm").loc["easy-to-hard"]
    assert rows.iloc[0]["difference"] == there["difference"] and rows.iloc[0]["n"] == there["n"]
    text = page_module._declared("study-orders", [setting], "")
    assert text.count("exploratory") >= 2 and "none is more than a trend" in text
    assert "stair − baseline" in text and "easy-to-hard − baseline" in text
    assert text in page_of([one], {"study-orders": [setting]})


def test_the_gain_has_the_seeds_of_its_two_arms_and_effects_those_of_all_eight() -> None:
    """So that the figure and the table of contrasts say one thing."""
    measures = every_arm().measures
    last = measures["seed"].max()
    unfinished = (measures["seed"] == last) & ~measures["arm"].isin(["hybrid", "baseline"])
    setting = invented("x", replace(every_arm(), measures=measures[~unfinished]))
    gain, *effects = (row for _, row in rows_by_setting([setting]).iterrows())
    declared = setting.contrasts.iloc[0]
    assert [gain["n"], gain["difference"]] == [declared["n"], declared["difference"]]
    assert {row["n"] for row in effects} == {gain["n"] - 1} and len(effects) == 3


def test_rows_for_figures_say_which_are_claims_as_the_tables_do() -> None:
    """The declared contrast and the main effects, each in its own family; nothing undeclared is."""
    results = raised(every_arm(), "hybrid", 30.0)
    setting = invented("x", results)
    rows = rows_by_setting([setting]).set_index("effect")["claim"]
    declared = setting.contrasts.iloc[0]
    effects = setting.effects.set_index("effect")
    assert rows.iloc[0] == (standing(declared) == "claim")
    for name in FACTORS:
        assert rows[name] == (standing(effects.loc[name]) == "claim")
    other = replace(setting, declared=[("hybrid-norestart", "hybrid-shuffled")])
    assert not rows_by_setting([other])["claim"].iloc[0]


def test_a_marker_is_filled_where_a_difference_is_a_claim() -> None:
    facts = {"difference": [1.0, 2.0], "low": [0.5, 1.0], "high": [1.5, 3.0], "n": [8, 8]}
    rows = pd.DataFrame({"line": ["a", "a"], "lane": ["b", "c"], **facts})

    def faces(rows: pd.DataFrame) -> list[str]:
        axes = difference_lines(rows, line="line", lane="lane").axes[0]
        marks = [each for each in axes.lines if each.get_marker() not in ("None", "", None)]
        return [str(each.get_markerfacecolor()) for each in marks]

    first, second = faces(rows.assign(claim=[True, False]))
    assert first != "white" and second == "white"
    assert set(faces(rows)) == {"white"}  # nothing was declared


def test_a_setting_without_sorted_arms_has_no_orders() -> None:
    assert rows_by_order([invented("x", every_arm().of_arms(["baseline", "hybrid"]))]).empty
    assert rows_by_order([]).empty


def test_every_setting_is_described_by_what_its_runs_used() -> None:
    """Its recipe in words, whatever recipe it is."""
    manifest = run_manifest(committed_results("paper-size") / "strong-late/baseline/seed0")
    machines = {trained_on(manifest): 45}
    of_one = replace(invented("paper-size", every_arm()), manifest=manifest, machines=machines)
    setting = replace(of_one, recipe="strong-late")
    text = settings_section([setting, invented("without a manifest", every_arm())])
    (line,) = (each for each in text.splitlines() if each.startswith("| `paper-size`"))
    assert "| 14,336,000 | 3,500 | 300,000 |" in line and "| thresholds 2 and 4 |" in line
    counts = every_arm().measures.groupby("arm")["seed"].nunique()
    assert f"| {counts.min()} to {counts.max()} of 8 | NVIDIA H200 |" in line
    cpu = trained_on({**manifest, "device": "cpu", "processor": "AMD EPYC"})
    both = settings_section([replace(setting, machines={**machines, cpu: 9})])
    assert "| NVIDIA H200: 45 runs; AMD EPYC (Linux x86_64, 16 cores): 9 runs |" in both
    assert f"- recipe `strong-late`: {RECIPE_WORDS['strong-late']}." in text
    assert settings_section([]) == "" and set(RECIPE_WORDS) == set(RECIPES)


def test_simple_effects_stand_by_setting() -> None:
    setting = invented("x", raised(every_arm(), "hybrid", 40.0))
    text = simple_section([setting, replace(setting, recipe="strong")])
    rows = [each for each in text.splitlines() if each.startswith(("| order", "| composition"))]
    assert [row.split(" | ")[0] for row in rows] == [
        "| order on the baseline's programs",
        "| order on hybrid's programs",
        "| composition in random order",
        "| composition in the curriculum's order",
    ]
    random, curriculum = (float(row.split(" | ")[1].split()[0]) for row in rows[2:])
    assert curriculum > random + 15 and all(row.count("(") == 2 for row in rows)
    assert simple_section([invented("x", every_arm().of_arms(["baseline"]))]) == ""


def test_exams_without_the_factorial_have_the_declared_contrasts_and_their_programs() -> None:
    results = every_arm().of_arms(["baseline", "stair"])
    exam = results.measures.query("test_set == 'natural' and subset == 'all'")
    exam = exam.assign(test_set="exam longer", n=85)
    both = replace(results, measures=pd.concat([results.measures, exam]))
    declared = [("saw", "baseline"), ("stair", "baseline")]  # saw has no rows yet
    setting = replace(invented("x", raised(both, "stair", 5.0)), declared=declared)
    text = exams_section([setting])
    assert "| programs | baseline, exact outputs (%) | saw − baseline | stair − baseline |" in text
    (line,) = (each for each in text.splitlines() if each.startswith("| longer programs"))
    there = stats.contrast_table(
        setting.results.measures,
        contrasts=[("stair", "baseline")],
        cell=("execution_exact", "exam longer", "all"),
    ).iloc[0]
    assert line.startswith("| longer programs | 85 | ")
    assert line.endswith(f" | – | {points_text(there)} |")


def test_a_profile_shows_its_own_settings_and_the_readme_s_profile_all() -> None:
    params = read_params(params_file("study-strong"))
    results = settings_module.load_results(params.paths.results)
    assert [each.profile for each in shown_settings(params, results)] == ["study-strong"]
    readme = read_params(params_file("study"))
    own = settings_module.load_results(readme.paths.results)
    assert {each.profile for each in shown_settings(readme, own)} == set(STUDIED)


def test_the_exams_shown_are_those_of_the_first_setting_that_took_any() -> None:
    """The committed runs of `study` are older than the exams."""
    params = read_params(params_file("study"))
    setting, asked = examined(params, settings_module.load_results(params.paths.results))
    assert setting.profile == asked.profile == "study-strong"
    assert len(exam_effects(setting.results.measures)["test_set"].unique()) > 1
    none = read_params(params_file("study-orders"), {"seed": 1})
    own, same = examined(none, settings_module.load_results(none.paths.results))
    assert own.profile == "study-orders" and same is none


def test_before_all_declared_seeds_are_there_nothing_is_a_claim() -> None:
    """An interim look may not say what the whole study was declared for."""
    results = raised(every_arm(), "hybrid", 40.0)
    whole = invented("x", results)
    (n,) = set(whole.contrasts["n"])
    (claim,) = [standing(row) for _, row in whole.contrasts.iterrows()]
    assert claim == "claim"
    same, early = (
        replace(whole, seeds=dict.fromkeys(FACTORIAL.values(), range(most))) for most in (n, n + 1)
    )
    assert [standing(row) for _, row in same.contrasts.iterrows()] == ["claim"]
    assert [standing(row) for _, row in early.contrasts.iterrows()] == ["trend"]
    assert len(same.effects.query("at_most == 'claim'")) == 3  # the main effects
    assert early.effects.query("at_most == 'claim'").empty


def test_completing_code_has_a_row_per_task_and_order_is_told_apart() -> None:
    setting = invented("x", raised(every_arm(), "hybrid", 2.0))
    section = completion_section([setting])
    rows = [line for line in section.splitlines() if line.startswith("| next ")]
    assert [line.split(" | ")[0] for line in rows] == ["| next character", "| next line"]
    for measure, cell in TASKS.items():
        (gain,) = stats.factorial_gain(setting.results.measures, cell).to_dict("records")
        text = points_text(pd.Series(gain), DIGITS)
        assert text in section and text in also_measured([setting], []), measure
    assert "order on hybrid's programs" in section
    alone = invented("x", setting.results.of_arms(["hybrid"]))
    two = invented("x", setting.results.of_arms(["hybrid", "baseline"]))  # all seeds of these two
    assert completion_row(two, "line_exact") is not None and completion_section([two]) == ""
    assert completion_section([]) == "" == also_measured([], []) == also_measured([alone], [])
    assert completion_row(alone, "line_exact") is None


def test_the_main_effect_of_order_on_a_level_is_the_mean_of_its_two_parts() -> None:
    setting = invented("x", raised(every_arm(), "hybrid", 2.0))
    apart, whole = setting.order_by_level, setting.levels
    main = whole[whole["effect"] == "order"].set_index("subset")["difference"]
    assert len(apart) == 2 * len(main) > 0
    parts = apart.groupby("subset")["difference"].mean()
    assert parts.to_dict() == pytest.approx(main.to_dict())
    lowest = str(main.idxmin())
    lines = also_measured([setting], []).splitlines()
    told = apart[apart["subset"] == lowest]
    parts = ", ".join(f"{points_text(row)} {row['where']}" for _, row in told.iterrows())
    assert len(told) == 2 and f"| {ORDER} | {level_label(lowest)}: {parts} |" in lines


def test_the_shares_that_hybrid_draws_are_those_of_its_runs() -> None:
    history = pd.DataFrame(
        {
            "arm": "hybrid-shuffled",
            "seed": [0, 0, 1, 1],
            "step": [10, 40, 10, 40],  # the second row sums up three times as many steps
            "share_easy": [0.8, 0.4, 0.8, 0.4],
            "share_medium": [0.1, 0.3, 0.1, 0.3],
            "share_hard": [0.1, 0.3, 0.1, 0.3],
        }
    )
    assert drawn_shares(history).loc["hybrid-shuffled"].to_dict() == pytest.approx(
        {"easy": 0.5, "medium": 0.25, "hard": 0.25}
    )
    setting = invented("x", replace(every_arm(), history=history))
    assert f"50 % easy, 25 % medium and 25 % hard with {setting.title}" in shares_sentence(
        [setting]
    )
    assert shares_sentence([invented("x", replace(every_arm(), history=history.head(0)))]) == ""
