"""Intervals and tests against hand-worked truths, and properties that any study must keep."""

from __future__ import annotations

import gc
import math
import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy
from factories import synthetic_results
from hypothesis import given, settings
from hypothesis import strategies as draw
from statsmodels.stats.multitest import multipletests

from cl_utils import stats
from cl_utils.errors import StudyError
from cl_utils.labels.contrast_text import contrast_text, standing_alone
from cl_utils.stats.contrasts import holm, least_holm
from cl_utils.stats.intervals import share_interval
from cl_utils.stats.paired_tests import equivalence_p, least_sign_flip_p, sign_flip_p
from cl_utils.stats.programs import decile_of
from cl_utils.stats.rows import Cell

PERCENT = draw.floats(0, 100, allow_nan=False).map(lambda value: round(value, 3))


def measures(values: dict[str, list[float]]) -> pd.DataFrame:
    """Return primary-measure rows: the k-th value of an arm belongs to seed k."""
    rows = [(name, seed, value) for name, row in values.items() for seed, value in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "value"])
    fixed = {"test_set": "balanced", "subset": "macro", "measure": "execution_exact"}
    return frame.assign(recipe="gpt", **fixed)


def test_t_interval_by_hand() -> None:
    """Mean 3, standard error sqrt(2.5 / 5), t(0.975, 4) = 2.776445."""
    interval = stats.mean_interval([1, 2, 3, 4, 5])
    assert interval.mean == 3
    assert interval.half_width == pytest.approx(2.776445 * math.sqrt(0.5), abs=1e-5)


def test_one_value_has_no_interval_and_none_no_mean() -> None:
    """One run is shown, but without bounds."""
    single = stats.mean_interval([42.0])
    assert (single.mean, single.n) == (42.0, 1)
    assert math.isnan(single.low) and math.isnan(single.high)
    assert stats.mean_interval([]).n == 0


@given(draw.lists(PERCENT, min_size=3, max_size=8), draw.floats(0.5, 0.98))
def test_interval_holds_the_mean_and_grows_with_confidence(
    values: list[float], confidence: float
) -> None:
    """Bounds enclose the mean; more confidence never narrows them."""
    narrow, wide = stats.mean_interval(values, confidence), stats.mean_interval(values, 0.99)
    assert narrow.low <= narrow.mean <= narrow.high
    assert wide.half_width >= narrow.half_width


@pytest.mark.parametrize(("n", "p"), [(2, 0.5), (3, 0.25), (5, 0.0625), (12, 2 / 4096)])
def test_sign_flip_p_of_one_sided_differences(n: int, p: float) -> None:
    """All differences of one sign: only two of 2^n flips are as extreme."""
    assert sign_flip_p(np.arange(1.0, n + 1)) == pytest.approx(p)


def test_sign_flip_p_by_enumeration() -> None:
    """Differences 1, 2, -3 sum to 0, which every flip reaches; 1, 2, -1: six of eight reach 2."""
    assert sign_flip_p(np.array([1.0, 2.0, -3.0])) == 1.0
    assert sign_flip_p(np.array([1.0, 2.0, -1.0])) == pytest.approx(6 / 8)


@given(draw.lists(draw.integers(-30, 30), min_size=2, max_size=9))
def test_sign_flip_p_does_not_hang_on_rounding(programs: list[int]) -> None:
    """Thirds of a program in 1,000, once exact, once as rows keep them: the same ties."""
    exact = np.array(programs) / 30.0
    sums = [abs(np.dot(flip, programs)) for flip in product((1, -1), repeat=len(programs))]
    p = np.mean([each >= abs(sum(programs)) for each in sums])
    assert sign_flip_p(exact) == sign_flip_p(exact.round(4)) == pytest.approx(p)


def test_drawn_flips_come_near_all_of_them() -> None:
    """Above 16 pairs: four more that differ by nothing leave the p of the sixteen."""
    values = np.linspace(-1.0, 1.6, 16)
    assert sign_flip_p(np.append(values, [0.0] * 4)) == pytest.approx(sign_flip_p(values), abs=0.01)


def test_accuracy_over_drawn_programs_is_the_mean_of_the_buckets() -> None:
    """Nine programs in ten are of a bucket that is always right, the others are always wrong."""
    programs = synthetic_results(["baseline"], [0, 1], programs=200).programs
    hard = programs["program_id"] % 10 == 0
    bucket = np.where(hard, "hard", "easy")
    programs = programs.assign(exact=~hard, bucket=bucket, skeleton=programs["program_id"])
    found = stats.hierarchical_bootstrap(programs, rng=np.random.default_rng(0), resamples=50)
    assert found.mean == found.low == found.high == pytest.approx(50.0)


def test_holm_by_hand() -> None:
    """0.01 x 3, 0.03 x 2, then the running maximum; a missing p counts in the family."""
    assert holm(pd.Series([0.03, 0.01, 0.04]), 3) == pytest.approx([0.06, 0.03, 0.06])
    adjusted = holm(pd.Series([0.01, np.nan]), 4)
    assert adjusted[0] == pytest.approx(0.04) and np.isnan(adjusted[1])


def test_equivalence_needs_closeness_and_pairs() -> None:
    """A tenth of a point is equivalent, three points are not, one pair says nothing."""
    base = np.array([70.0, 71.0, 72.0, 73.0, 74.0])
    noise = np.array([0.1, -0.1, 0.1, -0.1, 0.1])
    assert equivalence_p(base + noise, base) < 0.001
    assert equivalence_p(base + 3 + noise, base) > 0.99
    assert math.isnan(equivalence_p(base[:1], base[:1]))


def test_what_lies_within_the_margin_whatever_it_is_has_no_equivalence() -> None:
    """Shares for percent, and models that get nothing right."""
    shares = np.array([0.61, 0.83, 0.55, 0.90])
    assert math.isnan(equivalence_p(shares, shares[::-1]))
    assert math.isnan(equivalence_p(np.zeros(4), np.full(4, 0.5)))
    assert equivalence_p(shares, shares + 1.5) > 0.5


def test_paired_difference_uses_common_seeds_only() -> None:
    """Seed 2 of hybrid has no partner."""
    rows = measures({"baseline": [70, 72], "hybrid": [73, 76, 99]})
    contrast = stats.paired_difference(rows, "hybrid")
    assert (contrast.n, contrast.difference, contrast.at_most) == (2, 3.5, "single runs")
    assert (contrast.reference_mean, contrast.arm_mean) == (71.0, 74.5)
    assert contrast.p_smallest == 0.5


def test_what_so_many_seeds_may_be_called() -> None:
    """Five seeds for a claim, three for a trend."""
    words = [stats.at_most(n) for n in (1, 2, 3, 4, 5)]
    assert words == ["single runs", "single runs", "trend", "trend", "claim"]


@settings(max_examples=25)
@given(draw.lists(draw.tuples(PERCENT, PERCENT), min_size=3, max_size=6))
def test_swapping_the_arms_mirrors_the_difference(pairs: list[tuple[float, float]]) -> None:
    """Difference and interval change sign, p stays."""
    rows = measures({"baseline": [one for one, _ in pairs], "hybrid": [two for _, two in pairs]})
    there = stats.paired_difference(rows, "hybrid")
    back = stats.paired_difference(rows, "baseline", "hybrid")
    assert there.difference == pytest.approx(-back.difference)
    assert there.low == pytest.approx(-back.high)
    assert there.p == pytest.approx(back.p)
    assert there.p >= there.p_smallest or math.isclose(there.p, there.p_smallest)


@pytest.mark.parametrize(
    ("changes", "found", "word"),
    [
        ({"p_holm": 0.01}, "difference", "claim"),
        ({"p_holm": 0.01, "at_most": "trend", "n": 4}, "difference", "trend"),
        ({"p_equivalence_holm": 0.01}, "equivalence", "claim"),
        ({"low": 0.5}, "interval", "trend"),
        ({}, "nothing", "undecided"),
        ({"n": 2, "p_holm": 0.01}, "single runs", "single runs"),
        ({"p_holm": math.nan, "low": math.nan, "high": math.nan}, "nothing", "undecided"),
    ],
)
def test_what_a_row_allows_anyone_to_say(changes: dict[str, object], found: str, word: str) -> None:
    row: dict[str, object] = {"n": 5, "p_holm": 0.2, "p_equivalence_holm": 0.9, "low": -1.0}
    contrast = pd.Series(row | {"high": 3.0, "at_most": "claim"} | changes)
    assert (stats.finding(contrast), stats.standing(contrast)) == (found, word)


def test_contrast_table_counts_declared_contrasts_without_rows() -> None:
    """An arm that is declared but not finished makes Holm stricter and has no row."""
    rows = measures({"baseline": [70, 71, 72], "hybrid": [73, 75, 77], "mastery": [74, 74, 78]})
    both, third = [("hybrid", "baseline"), ("mastery", "baseline")], ("progress", "baseline")
    whole = stats.contrast_table(rows, contrasts=both)
    declared = stats.contrast_table(rows, contrasts=[*both, third])
    assert list(whole["arm"]) == ["hybrid", "mastery"]
    assert list(declared["arm"]) == ["hybrid", "mastery"]
    assert list(whole["p_holm"]) == [0.5, 0.5]
    assert list(declared["p_holm"]) == [0.75, 0.75]


def test_declared_pairs_are_one_family_with_a_reference_each() -> None:
    """Three pairs with two references; the one without runs has no row but counts."""
    rows = measures({"baseline": [70, 71, 72], "hybrid": [73, 75, 77], "mastery": [74, 74, 78]})
    pairs = [("hybrid", "baseline"), ("mastery", "hybrid"), ("progress", "yoked-progress")]
    table = stats.contrast_table(rows, contrasts=pairs)
    assert list(zip(table["arm"], table["reference"], strict=True)) == pairs[:2]
    assert list(table["difference"]) == pytest.approx([4.0, 1 / 3])
    assert set(table["family"]) == {3}
    assert list(table["p_holm"]) == pytest.approx([0.75, 1.0])


def test_contrasts_of_a_study_with_one_arm_are_empty() -> None:
    """Nothing to compare is no error."""
    rows = measures({"baseline": [70, 71]})
    assert stats.contrast_table(rows, contrasts=[("hybrid", "baseline")]).empty
    assert stats.contrast_table(rows, contrasts=[]).empty


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            ("execution_exact", "exam variables", "macro"),
            "subset='macro' does not exist: choose one of all",
        ),
        (("execution_exat", "balanced", "macro"), "did you mean 'execution_exact'?"),
        (("line_exact", "balanced", "macro"), "line_exact: test_set='balanced' does not exist"),
    ],
)
def test_what_was_not_measured_is_named_with_what_there_is(cell: Cell, said: str) -> None:
    """An exam has no buckets to average: no run can mend that."""
    usual = measures({"baseline": [70, 71], "hybrid": [72, 73]})
    exam = usual.assign(test_set="exam variables", subset="all")
    lines = exam.assign(measure="line_exact")
    with pytest.raises(StudyError, match=re.escape(said)):
        stats.paired_difference(pd.concat([usual, exam, lines]), "hybrid", cell=cell)


def test_faulty_rows_are_refused() -> None:
    """Mixed recipes, a run that appears twice, no common seed: each says so."""
    rows = measures({"baseline": [70], "hybrid": [73]})
    other = rows.assign(recipe="large")
    with pytest.raises(StudyError, match="recipes gpt, large"):
        stats.paired_difference(pd.concat([rows, other]), "hybrid")
    with pytest.raises(StudyError, match="twice"):
        stats.paired_difference(pd.concat([rows, rows]), "hybrid")
    with pytest.raises(StudyError, match="no seed in common"):
        stats.paired_difference(rows, "mastery")


def test_metric_validity_knows_order_and_its_absence() -> None:
    """A metric equal to the hardness has rho 1, its negative -1, a constant none."""
    programs = synthetic_results(["baseline"], [0, 1], programs=60).programs
    programs["hard"] = -programs["log_probability"]
    programs = programs.assign(soft=-programs["hard"], constant=1.0)
    one, rng = programs[programs["seed"] == 0], np.random.default_rng(0)
    for metric, rho in (("hard", 1.0), ("soft", -1.0)):
        table = stats.metric_validity(one, [metric], rng=rng, resamples=20)
        assert table[["rho", "low", "high"]].to_numpy() == pytest.approx(rho)
    table = stats.metric_validity(programs, ["constant"], rng=rng, resamples=20)
    assert table[["rho", "low", "high"]].isna().all(axis=None)


def test_an_interval_repeats_with_its_stream_whatever_else_is_asked_for() -> None:
    """Same generator state, same interval: a metric has one, alone or beside others."""
    programs = synthetic_results(["baseline"], [0], programs=120).programs
    first, second, beside = (
        stats.metric_validity(programs, metrics, rng=np.random.default_rng(1), resamples=60)
        for metrics in (["overall_metric"], ["overall_metric"], ["random", "overall_metric"])
    )
    pd.testing.assert_frame_equal(first, second)
    alone = beside[beside["metric"] == "overall_metric"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, alone)
    assert ((first["low"] < first["rho"]) & (first["rho"] < first["high"])).all()


def test_unknown_metric_and_arm_name_the_fix() -> None:
    """The message says which notebook to run."""
    programs = synthetic_results(["baseline"], [0], programs=20).programs
    rng = np.random.default_rng(0)
    with pytest.raises(StudyError, match="02_metric_analysis"):
        stats.metric_validity(programs, ["zlib_ratio"], rng=rng)
    with pytest.raises(StudyError, match="05_evaluation"):
        stats.metric_validity(programs, ["overall_metric"], arm="hybrid", rng=rng)


@given(draw.lists(draw.integers(0, 6), min_size=1, max_size=80))
def test_deciles_keep_ties_whole_and_order(values: list[int]) -> None:
    """Equal values share a group and a larger value is never in a lower one."""
    series = pd.Series(values)
    groups = decile_of(series)
    assert groups.between(1, 10).all()
    by_value = groups.groupby(series).agg(["nunique", "first"])
    assert (by_value["nunique"] == 1).all()
    assert by_value["first"].is_monotonic_increasing


def test_deciles_of_distinct_values_are_tenths() -> None:
    """A hundred values make ten groups of ten."""
    assert (decile_of(pd.Series(range(100))).value_counts() == 10).all()


def test_accuracy_by_decile_weighs_back_to_the_accuracy() -> None:
    """The mean over groups, weighted by size, is the accuracy of the run."""
    programs = synthetic_results(["baseline", "hybrid"], [0], programs=100).programs
    table = stats.accuracy_by_decile(programs)
    for arm, rows in table.groupby("arm"):
        exact = programs.loc[programs["arm"] == arm, "exact"].mean() * 100
        assert np.average(rows["accuracy"], weights=rows["programs"]) == pytest.approx(exact)
    assert (table["low"] <= table["high"]).all()


def test_hierarchical_bootstrap_widens_with_clusters() -> None:
    """Programs that are right or wrong together carry less information than as many alone."""
    programs = synthetic_results(["baseline"], [0, 1, 2], programs=200).programs
    cluster = programs["program_id"] // 10
    programs = programs.assign(exact=cluster % 4 != 0, skeleton=cluster, bucket="easy")
    rng = np.random.default_rng(0)
    together = stats.hierarchical_bootstrap(programs, rng=rng, resamples=200)
    alone = stats.hierarchical_bootstrap(programs.drop(columns="skeleton"), rng=rng, resamples=200)
    assert together.mean == alone.mean == pytest.approx(75.0)
    assert together.low <= together.mean <= together.high
    assert together.half_width > 2 * alone.half_width
    assert together.n == 3


def test_seeds_without_all_programs_or_without_a_common_one_are_told() -> None:
    programs = synthetic_results(["baseline", "hybrid"], [0, 1], programs=20).programs
    first = programs["program_id"] < 10
    apart = programs[first == (programs["seed"] == 0)]
    rng = np.random.default_rng(0)
    with pytest.raises(StudyError, match="baseline, seed 0, lacks 10 of 20 programs on balanced"):
        stats.hierarchical_bootstrap(apart, rng=rng)
    with pytest.raises(StudyError, match="baseline, seed 0, lacks 10 of 20 programs on balanced"):
        stats.metric_validity(apart, ["overall_metric"], rng=rng)
    with pytest.raises(StudyError, match="baseline, seed 0, lacks 10 of 20 programs on balanced"):
        stats.hardness_stability(apart)
    with pytest.raises(StudyError, match="resamples=0"):
        stats.hierarchical_bootstrap(programs, rng=rng, resamples=0)
    one = programs[(programs["arm"] == "hybrid") == (programs["seed"] == 0)]
    with pytest.raises(StudyError, match="hybrid and baseline have no seed and program in common"):
        stats.hierarchical_bootstrap(one, rng=rng, arm="hybrid", reference="baseline")


@settings(max_examples=50)
@given(
    draw.lists(draw.integers(1, 64), min_size=1, max_size=8),
    draw.integers(0, 7),
    draw.integers(0, 4),
)
def test_holm_and_the_least_p_are_statsmodels_with_one_p_at_its_smallest(
    counts: list[int], place: int, missing: int
) -> None:
    """Whatever the others are, in a family that may hold contrasts without a run."""
    place %= len(counts)
    table = pd.DataFrame({"p": [count / 64 for count in counts], "p_smallest": 1 / 32})
    changed = table["p"].copy()
    changed[place] = 1 / 32
    family = len(counts) + missing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda: None)  # statsmodels' at every call takes half a second
        expected = multipletests(np.append(changed, np.ones(missing)), method="holm")[1]
    assert list(holm(changed, family)) == list(expected[: len(counts)])
    assert least_holm(table, place, family) == pytest.approx(expected[place])


def test_nothing_is_the_least_p_of_a_single_seed() -> None:
    table = pd.DataFrame({"p": [np.nan, 0.5], "p_smallest": [np.nan, 0.25]})
    assert np.isnan(least_holm(table, 0, 2)) and least_holm(table, 1, 2) == 0.5


@pytest.mark.parametrize(("right", "of"), [(0, 40), (3, 40), (40, 40), (750, 1500)])
def test_a_share_has_wilsons_interval(right: int, of: int) -> None:
    low, high = share_interval(np.array([100 * right / of]), np.array([of]))
    theirs = scipy.stats.binomtest(right, of).proportion_ci(method="wilson")
    assert low[0] / 100 == pytest.approx(theirs.low, abs=1e-12)
    assert high[0] / 100 == pytest.approx(theirs.high, abs=1e-12)
    assert high[0] - low[0] > 0


def test_a_contrast_says_what_it_shows_and_claims_nothing_by_itself() -> None:
    pair, cell = ("hybrid", "baseline"), ("execution_exact", "balanced", "macro")
    clear = np.array([np.arange(8.0) + 5.0, np.arange(8.0)])
    contrast = stats.contrasts.paired_contrast(clear, pair, cell)
    assert contrast.at_most == "claim" and standing_alone(contrast) == "trend"
    assert contrast_text(contrast) == (
        "hybrid − baseline: +5.0 points (+5.0 to +5.0), n = 8, p = 0.008: trend, higher"
    )
    equal = stats.contrasts.paired_contrast(np.array([clear[1] + 0.1, clear[1]]), pair, cell)
    same = stats.contrasts.paired_contrast(np.array([clear[1], clear[1]]), pair, cell)
    assert contrast_text(equal).endswith("p = 0.008: trend, higher")
    assert contrast_text(same) == (
        "hybrid − baseline: +0.0 points (+0.0 to +0.0), n = 8, equivalence p < 0.001: trend, "
        "equal within ±1"
    )
    hardly = stats.contrasts.paired_contrast(np.array([clear[1] - 0.01, clear[1]]), pair, cell)
    assert contrast_text(hardly).startswith(
        "hybrid − baseline: +0.0 points (-0.01 to -0.01), n = 8"
    )
    noisy = np.array([[3.0, -3.0, 2.0, -2.0, 1.0, -1.0], [0.0] * 6])
    assert contrast_text(stats.contrasts.paired_contrast(noisy, pair, cell)).endswith(": undecided")
    alone = stats.contrasts.paired_contrast(clear[:, :1], pair, cell)
    assert contrast_text(alone) == "hybrid − baseline: +5.0 points, n = 1: single runs"


def test_equal_values_have_an_interval_of_width_zero_whatever_their_digits() -> None:
    for value in (97.936, 0.1, 61.4, 1 / 3):
        interval = stats.mean_interval([value] * 3)
        assert (interval.mean, interval.low, interval.high) == (value, value, value)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 16, 17, 20])
def test_no_p_is_less_than_the_least_that_so_many_pairs_can_give(n: int) -> None:
    least = least_sign_flip_p(n)
    p = sign_flip_p(np.linspace(1.0, 2.0, n))
    assert (np.isnan(least) and np.isnan(p)) if n == 1 else least <= p
    if 2 <= n <= 16:
        assert p == pytest.approx(least)
