"""The figures of the study's questions on synthetic rows: labelled, true, and n stated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from factories import every_arm
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from refusals import refusal
from test_figures import texts

from cl_utils import figures, stats
from cl_utils.curriculum.arm_facts import GROUPS, arm_facts
from cl_utils.curriculum.arms import arms
from cl_utils.curriculum.orders import ORDERS
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.errors import StudyError
from cl_utils.figures.contrasts import claimed, draw_effect
from cl_utils.figures.described import description_of
from cl_utils.figures.trajectories import forgetting_result, stage_ends
from cl_utils.labels.arm_groups import METRIC_ARM, OWN_METRIC, compared, group_of
from cl_utils.labels.names import arm_label
from cl_utils.report.metric_findings import metric_worth, stability_lines, validity_of
from cl_utils.report.questions import contrasts_with_baseline
from cl_utils.report.rates import EFFECTS
from cl_utils.stats.contrasts import against
from cl_utils.stats.levels import by_level
from cl_utils.study.results import Results

DECLARED = [("hybrid", "baseline"), ("hybrid-norestart", "hybrid-shuffled")]
ARMS = compared(arms())


def validity_figure(results: Results) -> Figure:
    """Return the figure of two metrics."""
    rng = np.random.default_rng(0)
    metrics = ["overall_metric", "random"]
    rows = stats.metric_validity(results.programs, metrics, rng=rng, resamples=20)
    return figures.metric_validity(rows, stats.hardness_stability(results.programs))


def two_settings(results: Results) -> pd.DataFrame:
    """Return the rows of one study as if they were of two settings."""
    rows = stats.factorial_effects(results.measures)
    return pd.concat([rows.assign(setting=name) for name in ("small", "large")])


def two_settings_by_level(results: Results) -> pd.DataFrame:
    """Return the main effects on each level, of one study as if it were of two settings."""
    rows = stats.level_effects(by_level(results.programs)).rename(columns={"subset": "level"})
    rows = rows[rows["effect"] != "hybrid − baseline"]
    return pd.concat([rows.assign(setting=name) for name in ("small", "large")])


def two_settings_how_soon(results: Results) -> pd.DataFrame:
    """Return the characters to 50 % of one study as if it were two."""
    rows = stats.characters_to(results.of_arms(ARMS[:5]).curves, 50.0)
    return pd.concat([rows.assign(setting=name) for name in ("small", "large")])


def orders(results: Results) -> pd.DataFrame:
    """Return the differences of all orders to the baseline."""
    names = [arm for arm in arms() if arms()[arm].order in ORDERS]
    rows = stats.contrast_table(results.measures, contrasts=against("baseline", names))
    found = [arms()[arm] for arm in rows["arm"]]
    metrics = [METRICS[each.order_metric or "overall_metric"] for each in found]
    rows = rows.assign(exploratory=[each.order_metric is not None for each in found])
    rows = rows.assign(setting="small models (fast)", metric=metrics)
    return rows.assign(order=[each.order.replace("-", " ") for each in found])


def two_rates(results: Results) -> pd.DataFrame:
    """Return the declared differences of one study as if it had two recipes and two rates."""
    rows = stats.contrast_table(results.measures, contrasts=list(EFFECTS))
    rows = rows.assign(
        effect=[EFFECTS[pair] for pair in zip(rows["arm"], rows["reference"], strict=True)]
    )
    both = [
        rows.assign(group="small models", recipe=recipe, rate=rate)
        for recipe in ("fast", "strong")
        for rate in ("falling", "constant")
    ]
    return pd.concat(both)


FIGURES: dict[str, Callable[[Results], Figure]] = {
    "effects_forest": lambda results: figures.effects_forest(
        contrasts_with_baseline(results.measures, DECLARED, ARMS)
    ),
    "factorial_effects": lambda results: figures.factorial_effects(
        stats.factorial_effects(results.measures),
        stats.factorial_cells(results.measures),
        stats.factorial_gain(results.measures),
    ),
    "effects_by_setting": lambda results: figures.effects_by_setting(two_settings(results)),
    "effects_by_level": lambda results: figures.effects_by_level(two_settings_by_level(results)),
    "characters_to_accuracy": lambda results: figures.characters_to_accuracy(
        two_settings_how_soon(results), 50.0
    ),
    "effects_by_order": lambda results: figures.effects_by_order(orders(results)),
    "effects_by_rate": lambda results: figures.effects_by_rate(two_rates(results)),
    "gain_against_budget": lambda results: figures.gain_against_budget(
        stats.budget_gains(results.measures)
    ),
    "adaptive_trajectories": lambda results: figures.adaptive_trajectories(results.history),
    "forgetting": lambda results: figures.forgetting(
        results.curves[results.curves["arm"].isin(ARMS[:5])], results.history
    ),
    "metric_validity": validity_figure,
    "metric_ablation": lambda results: figures.metric_ablation(results.measures, OWN_METRIC),
    "metric_worth": lambda results: figures.metric_worth(
        metric_worth(results.measures, validity_of(results, resamples=20), OWN_METRIC)
    ),
    "leak": lambda results: figures.leak(stats.leak_table(results.measures)),
}
TEST_SETS = {
    "effects_by_setting": "balanced test set, mean of the three buckets",
    "effects_by_order": "balanced test set, mean of the three buckets",
    "effects_by_rate": "balanced test set, mean of the three buckets",
    "effects_by_level": "balanced test set, the programs of each level",
    "characters_to_accuracy": "on the validation programs",
    "adaptive_trajectories": "Programs drawn from each bucket",
    "forgetting": "Fixed validation set",
    "metric_validity": "balanced test set",
    "leak": "leaky test set",
}


@cache
def drawn(name: str) -> Figure:
    """Return a figure of a study in which every arm has run, drawn once; leave it as it is."""
    return FIGURES[name](every_arm())


@pytest.mark.parametrize("name", FIGURES)
def test_figure_names_n_and_test_set_and_fits(name: str) -> None:
    figure = drawn(name)
    words = " ".join(" ".join([*texts(figure), description_of(figure).caption]).split())
    assert "n = " in words or "n seeds: " in words
    assert TEST_SETS.get(name, "Balanced test set, mean of the three buckets") in words
    assert "nan" not in words
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01 and box.y0 >= -0.01
    assert box.x1 <= width + 0.01 and box.y1 <= height + 0.01


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "metric_validity"])
def test_no_rows_is_told(name: str) -> None:
    nothing = Results(*(table.head(0) for table in vars(every_arm()).values()))
    with pytest.raises(StudyError, match="no rows of"):
        FIGURES[name](nothing)


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("factorial_effects", "train all eight"),
        ("effects_by_level", "train all eight"),
        ("effects_forest", "train two arms with a common seed"),
        ("leak", "run notebooks/05_evaluation.ipynb"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_what_would_help(name: str, fix: str) -> None:
    nothing = Results(*(table.head(0) for table in vars(every_arm()).values()))
    assert fix in refusal(lambda: FIGURES[name](nothing))


def test_a_figure_of_single_runs_has_no_intervals_and_says_n() -> None:
    """One seed: the forest prints dashes and claims nothing."""
    one = every_arm().measures[every_arm().measures["seed"] == 0]
    pairs = against("baseline", ["hybrid", "mastery"])
    contrasts = stats.contrast_table(one, contrasts=pairs)
    assert {claimed(row) for _, row in contrasts.iterrows()} == {"none"}
    words = list(texts(figures.effects_forest(contrasts)))
    assert words.count("1") >= 2 and "–" in words


def row_names(axes: Axes) -> list[str]:
    """Return the names of a panel's rows from top to bottom."""
    return [text.get_text() for text in axes.get_yticklabels()]


def test_the_forest_has_all_arms_under_their_groups() -> None:
    figure = drawn("effects_forest")
    bold = [t.get_text() for t in figure.axes[0].get_yticklabels() if t.get_fontweight() == "bold"]
    assert bold == list(dict.fromkeys(map(group_of, ARMS)))
    wanted = {arm_label(arm) for arm in ARMS} - {"baseline"} | set(bold)
    assert set(row_names(figure.axes[0])) == wanted


def test_the_metric_ablation_says_which_measure_it_shows() -> None:
    usual = description_of(drawn("metric_ablation")).result
    assert usual.startswith("Exact outputs with buckets by each metric: ")


def test_only_claims_are_filled() -> None:
    """Eight seeds of one sign in a family of one: a claim; in a family of 24 none."""
    alone, among = (
        stats.contrast_table(every_arm().measures, contrasts=against("baseline", names))
        for names in (["mastery"], ARMS)
    )
    none = among.set_index("arm", drop=False).loc["mastery"]
    assert claimed(alone.iloc[0]) == "difference" and claimed(none) == "none"
    assert face_of(alone.iloc[0]) == "black" and face_of(none) == "white"


def face_of(row: pd.Series) -> object:
    """Return what the marker of a difference is filled with, drawn in black."""
    axes = Figure().subplots()
    draw_effect(axes, 0.0, row, "black")
    return axes.lines[-1].get_markerfacecolor()


def test_the_forest_names_both_families_and_keeps_the_declared_ones_p() -> None:
    """hybrid in the declared family of two, 24 other arms in a family of their own."""
    rows = contrasts_with_baseline(every_arm().measures, DECLARED, ARMS)
    declared = stats.contrast_table(every_arm().measures, contrasts=DECLARED)
    p = rows.loc[rows["arm"] == "hybrid", "p_holm"].item()
    assert p == declared.loc[declared["arm"] == "hybrid", "p_holm"].item()
    words = description_of(figures.effects_forest(rows)).notes
    assert "(hybrid) in a family of 2, the others" in words and "in one of 40" in words
    assert {claimed(row) for _, row in rows[rows["exploratory"]].iterrows()} == {"none"}


def test_the_factorials_key_names_equality_only_where_an_effect_is_equal() -> None:
    effects = stats.factorial_effects(every_arm().measures)
    rest = stats.factorial_cells(every_arm().measures), stats.factorial_gain(every_arm().measures)
    assert {claimed(row) for _, row in effects.iterrows()} <= {"difference", "none"}
    key = "claim: equal within ±1 point"
    assert key not in set(texts(figures.factorial_effects(effects, *rest)))
    effects.loc[0, ["p_holm", "p_equivalence_holm"]] = 1.0, 0.01
    assert key in set(texts(figures.factorial_effects(effects, *rest)))


def test_arms_far_away_do_not_flatten_the_others() -> None:
    """easy-only lies 30 points below and stands at the edge."""
    figure = drawn("effects_forest")
    axes = figure.axes[0]
    assert axes.get_xlim()[0] > -20
    (mark,) = (line for line in axes.lines if line.get_marker() == "<")
    names = dict(zip(row_names(axes), axes.get_yticks(), strict=True))
    assert list(mark.get_ydata()) == [names["easy-only"]]
    rows = contrasts_with_baseline(every_arm().measures, DECLARED, ["easy-only"])
    assert f"{rows['difference'].iloc[0]:.1f}".replace("-", "−") in " ".join(texts(figure))


def test_the_ablation_shows_every_metric_and_the_baselines_mean() -> None:
    figure = drawn("metric_ablation")
    axes = figure.axes[0]
    assert axes.get_xlim() == (0, 100)
    assert len(axes.patches) == 13 and "overall metric by radon" in row_names(axes)
    rows = stats.select(every_arm().measures, "execution_exact", "balanced", "macro")
    mean = rows.loc[rows["arm"] == "baseline", "value"].mean()
    assert f"baseline {mean:.1f}" in set(texts(figure))
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == sorted(widths, reverse=True)


def test_the_ablation_names_the_metric_that_makes_the_studys_buckets() -> None:
    """In a study whose buckets are of the source's length, and which has no other arm of that."""
    measures = every_arm().measures
    own = measures[measures["arm"] != "incremental-by-characters"]
    axes = figures.metric_ablation(own, "characters").axes[0]
    assert METRIC_ARM in set(own["arm"]) and len(axes.patches) == 12
    assert "characters of the source" in row_names(axes)
    assert "overall metric by radon" not in row_names(axes)


def test_a_correlation_near_zero_keeps_its_sign_in_figures_as_in_tables() -> None:
    """Two digits would print -0.004 as "-0.00"."""
    results = every_arm()
    validity = validity_of(results, resamples=20).assign(rho=-0.004)
    worth = metric_worth(results.measures, validity, OWN_METRIC)
    for figure in (figures.metric_validity(validity), figures.metric_worth(worth)):
        shown = list(texts(figure))
        assert "−0.004" in shown and "−0.00" not in shown
    stability = pd.DataFrame({"rho": [-0.004, -0.004]})
    assert "rho -0.004 on average (-0.004 to -0.004; n = 2 pairs" in stability_lines(stability)[0]


def test_trajectories_draw_every_seed() -> None:
    """Per panel per line a seed and their mean: 8 + 1 for mastery, 3 + 1 for its twin."""
    axes = drawn("adaptive_trajectories").axes
    assert [len(each.lines) for each in axes[:4]] == [9, 4, 4, 4]


def test_what_is_forgotten_is_counted_and_not_averaged_over_arms_that_lost_nothing() -> None:
    """The invented curves only rise: nothing is lost, but for what is taken from one arm here."""
    curves = every_arm().curves
    curves = curves[curves["arm"].isin(["baseline", "hybrid"])]
    told = forgetting_result(curves)
    assert told == "Nothing is forgotten: all 6 pairs of an arm and a bucket end at their best."
    end = (curves["arm"] == "hybrid") & (curves["bucket"] == "easy") & (curves["step"] == 4000)
    fallen = curves["execution_exact"].where(~end, 10.0)
    told = forgetting_result(curves.assign(execution_exact=fallen))
    assert told.startswith("Most is forgotten by hybrid: easy programs end ")
    assert told.endswith("; of the 6 pairs of an arm and a bucket, 1 ends below their best at all.")


def test_stages_end_where_history_says() -> None:
    """Thirds of training for hybrid; an adaptive arm at the mean over its seeds."""
    history = every_arm().history
    assert stage_ends(history[history["arm"] == "hybrid"]) == pytest.approx(
        [33.3, 66.7, 100], abs=2
    )
    first, *_ = stage_ends(history[history["arm"] == "progress"])
    assert first < 30


def test_gains_are_drawn_at_their_budgets() -> None:
    axes = drawn("gain_against_budget").axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10 %", "30 %", "100 %"]


def test_every_arm_of_the_study_has_a_group() -> None:
    groups = {facts.group for facts in arm_facts().values()}
    assert groups == {*GROUPS} - {"other"}
