"""Seeds of a GPU beside seeds of a CPU: the groups, Welch's test, and where nothing is compared."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
import scipy
from factories import synthetic_results

from cl_utils.report.by_machine import by_machine, machine_note, machine_section
from cl_utils.report.in_short import OWN_ROW, ROWS
from cl_utils.report.settings import CPU, GPU, Setting
from cl_utils.stats import FACTORIAL
from cl_utils.stats.factorial import effect_by_seed, factorial_effects
from cl_utils.stats.groups import group_difference

PAIRS = [("hybrid", "baseline"), ("hybrid-norestart", "hybrid-shuffled")]
FIELDS = {"recipe": "fast", "longest": 72, "metric": "overall_metric", "planned": 8}
BOTH = {seed: GPU if seed < 3 else CPU for seed in range(8)}


def setting(devices: dict[int, str]) -> Setting:
    """Return a setting of eight seeds in which hybrid loses 10 points on the last five."""
    results = synthetic_results(tuple(FACTORIAL.values()), list(range(8)), programs=10)
    measures = results.measures.copy()
    late = (measures["arm"] == "hybrid") & (measures["seed"] >= 3)
    measures.loc[late & (measures["measure"] == "execution_exact"), "value"] -= 10.0
    results = replace(results, measures=measures)
    return Setting(
        profile="a", parameters=1, results=results, declared=PAIRS, devices=devices, **FIELDS
    )


def test_the_groups_differ_by_welchs_formula() -> None:
    first, second = pd.Series([1.0, 2.0, 6.0]), pd.Series([4.0, 9.0, 11.0, 12.0])
    found = group_difference(first, second)
    parts = [each.var(ddof=1) / len(each) for each in (first, second)]
    error = sqrt(sum(parts))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 3)
    half = scipy.stats.t.ppf(0.975, freedom) * error
    assert (found.first, found.second, found.difference) == (3.0, 9.0, 6.0)
    assert (found.low, found.high) == pytest.approx((6.0 - half, 6.0 + half))
    assert found.p == pytest.approx(2 * scipy.stats.t.sf(6.0 / error, freedom))
    assert (found.first_n, found.second_n) == (3, 4)


@pytest.mark.parametrize("first", [[1.0, 2.0], [4.0, 4.0, 4.0]])
def test_two_seeds_or_no_spread_have_no_interval(first: list[float]) -> None:
    found = group_difference(pd.Series(first), pd.Series([4.0, 4.0, 4.0]))
    assert isnan(found.low) and isnan(found.high) and isnan(found.p)


def test_main_effects_by_seed_average_to_the_effect() -> None:
    measures = setting(BOTH).results.measures
    rows = factorial_effects(measures).set_index("effect")
    for factor in ("order", "restarts", "composition"):
        values = effect_by_seed(measures, factor)
        assert values.index.tolist() == list(range(8))
        assert values.mean() == pytest.approx(rows.loc[factor, "difference"])


def test_what_happens_on_one_machine_alone_is_seen() -> None:
    found = dict(by_machine(setting(BOTH)))
    assert OWN_ROW in found
    asked = found[ROWS["The paper's question"]]
    same = by_machine(setting(dict(enumerate([GPU] * 4 + [CPU] * 4))))[0][1]
    assert asked.first_n == 3 and asked.second_n == 5 and same.first_n == same.second_n == 4
    values = setting(BOTH).results.measures
    exact = values[
        (values["measure"] == "execution_exact")
        & (values["test_set"] == "balanced")
        & (values["subset"] == "macro")
    ].pivot(index="seed", columns="arm", values="value")
    by_hand = exact["hybrid"] - exact["baseline"]
    assert asked.first == pytest.approx(np.mean(by_hand[:3]))
    assert asked.second == pytest.approx(np.mean(by_hand[3:]))
    order = effect_by_seed(values, "order")
    assert found[ROWS["Order"]].difference == pytest.approx(order[3:].mean() - order[:3].mean())


def test_the_section_and_the_note_name_both_and_their_seeds() -> None:
    text = machine_section([setting(BOTH)])
    assert text.startswith("## By machine") and "(n = 3)" in text and "(n = 5)" in text
    note = machine_note([setting(BOTH)])
    assert (
        "(n = 3) in seeds trained on a GPU" in note and "(n = 5) in those trained on a CPU" in note
    )


@pytest.mark.parametrize(
    "devices", [{}, dict.fromkeys(range(8), CPU), dict.fromkeys(range(8), GPU)]
)
def test_of_one_machine_nothing_is_said(devices: dict[int, str]) -> None:
    assert machine_section([setting(devices)]) == machine_note([setting(devices)]) == ""
