"""What a metric's order is worth: its rho beside what its buckets gain, on invented rows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from factories import synthetic_difficulty

from cl_utils.labels.arm_groups import METRIC_ARM, OWN_METRIC, metric_arms
from cl_utils.report.metric_findings import metric_worth, programs_measured, worth_body
from cl_utils.stats.validity import OVERALL, VALIDITY_COLUMNS, WITHIN

RHOS = {"overall_metric": -0.2, "executed_lines": 0.5, "characters": 0.1, "random": 0.0}
GAINS = {"overall_metric": 4.0, "executed_lines": -3.0, "characters": 2.0, "random": 0.0}
SEEDS = (0, 1, 2)


def validity(rhos: Mapping[str, float] = RHOS) -> pd.DataFrame:
    """Return rows as `stats.metric_validity` gives them; within levels all rho are 0.9."""
    rows = [
        (metric, scope, rho, rho - 0.1, rho + 0.1, rho, rho, 3_000, 8)
        for metric, overall in rhos.items()
        for scope, rho in ((OVERALL, overall), (WITHIN, 0.9))
    ]
    return pd.DataFrame(rows, columns=VALIDITY_COLUMNS)


def measures(gains: Mapping[str, float] = GAINS) -> pd.DataFrame:
    """Return exact execution of the arms of the ablation, a point more with every seed."""
    rows = [
        (metric_arms(OWN_METRIC)[metric], seed, 60.0 + seed + gain)
        for metric, gain in gains.items()
        for seed in SEEDS
    ]
    table = pd.DataFrame(rows, columns=["arm", "seed", "value"])
    return table.assign(
        recipe="fast", measure="execution_exact", test_set="balanced", subset="macro"
    )


def test_every_metric_stands_beside_what_its_buckets_gain_on_random_ones() -> None:
    table = metric_worth(measures(), validity(), OWN_METRIC).set_index("metric")
    assert list(table.index) == ["executed_lines", "characters", "overall_metric"]
    assert table["rho"].to_dict() == {name: RHOS[name] for name in table.index}
    assert table["difference"].to_dict() == pytest.approx({n: GAINS[n] for n in table.index})
    assert set(table["n"]) == {3} and set(table["seeds"]) == {8}
    assert metric_arms(OWN_METRIC)["overall_metric"] == METRIC_ARM


def test_buckets_that_were_filled_up_count_all_their_programs() -> None:
    """240 of 600 natural programs are easy; others are drawn until each bucket has 300."""
    counts = synthetic_difficulty(600)
    natural = counts[counts["metric"] == "overall_metric"].groupby("bucket")["programs"].sum()
    assert programs_measured(counts, "overall_metric", 0) == 600
    filled = sum(max(each, 300) for each in natural)
    assert programs_measured(counts, "overall_metric", 300) == filled > 900


def test_the_studys_own_arm_stands_for_the_metric_that_makes_its_buckets() -> None:
    """Its gain of four points is that of executed lines here, and nothing is known of radon's."""
    table = metric_worth(measures(), validity(), "executed_lines").set_index("metric")
    wanted = {"executed_lines": 4.0, "characters": 2.0}
    assert table["difference"].to_dict() == pytest.approx(wanted)


def test_a_metric_whose_arm_did_not_run_is_left_out_and_no_rows_give_none() -> None:
    some = {name: gain for name, gain in GAINS.items() if name != "characters"}
    assert set(metric_worth(measures(some), validity(), OWN_METRIC)["metric"]) == {
        "overall_metric",
        "executed_lines",
    }
    assert metric_worth(measures({"characters": 1.0}), validity(), OWN_METRIC).empty
    assert metric_worth(measures(), validity({}), OWN_METRIC).empty


def test_the_sentences_name_the_rank_correlation_and_both_ends() -> None:
    text = worth_body(metric_worth(measures(), validity(), OWN_METRIC))
    assert "Over 3 metrics" in text and "is -1.00: +1 would mean" in text
    assert (
        "Largest estimate of that gain: *overall metric by radon* (+4.0 (+4.0 to +4.0) points"
        in text
    )
    assert "smallest: *executed lines* (-3.0" in text and "what is hard +0.50" in text
    assert all(line.startswith("- Exploratory: ") for line in text.splitlines())


def test_two_metrics_have_no_rank_correlation() -> None:
    assert worth_body(metric_worth(measures(), validity(), OWN_METRIC).head(2)) == ""
