"""The factorial's effects: recovered from cells that were built from known effects."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as draw

from cl_utils.stats import (
    FACTORIAL,
    contrast_table,
    crossed_simple_effects,
    factorial_cells,
    factorial_effects,
    factorial_gain,
)
from cl_utils.stats.factorial import ADDENDS, EFFECTS, FACTORS, effect_name, families, signs

POINTS = draw.floats(-5, 5, allow_nan=False).map(lambda value: round(value, 3))
NAMES = [effect_name(effect) for effect in EFFECTS]


def measures(effects: dict[str, float], seeds: int = 3) -> pd.DataFrame:
    """Return primary-measure rows of eight arms: 60 + the seed + half of each effect, signed."""
    known = {effect_name(effect): signs(effect) for effect in EFFECTS}
    shift = sum(known[name] * size / 2 for name, size in effects.items()) + np.zeros(8)
    rows = [
        (arm, seed, 60.0 + seed + shift[place])
        for place, arm in enumerate(FACTORIAL.values())
        for seed in range(seeds)
    ]
    fixed = {"test_set": "balanced", "subset": "macro", "measure": "execution_exact"}
    return pd.DataFrame(rows, columns=["arm", "seed", "value"]).assign(recipe="gpt", **fixed)


def test_the_eight_cells_are_all_combinations_and_eight_arms() -> None:
    assert set(FACTORIAL) == set(product(*FACTORS.values()))
    assert len(set(FACTORIAL.values())) == 8
    corners = [("shuffled", "one cycle", "baseline's"), ("curriculum", "three cycles", "hybrid's")]
    assert [FACTORIAL[corner] for corner in corners] == ["baseline", "hybrid"]


@settings(max_examples=10)
@given(draw.fixed_dictionaries({name: POINTS for name in NAMES}))
def test_known_effects_are_recovered_exactly(effects: dict[str, float]) -> None:
    """Each of the seven, whatever the others are; equal differences leave no interval."""
    table = factorial_effects(measures(effects)).set_index("effect")
    for name, size in effects.items():
        row = table.loc[name]
        assert [row["difference"], row["low"], row["high"]] == pytest.approx([size] * 3, abs=1e-9)


@settings(max_examples=10)
@given(draw.fixed_dictionaries({name: POINTS for name in NAMES}))
def test_hybrids_gain_is_the_sum_of_its_parts(effects: dict[str, float]) -> None:
    """Whatever the interactions of two factors are."""
    rows = measures(effects)
    parts = factorial_effects(rows).set_index("effect")["difference"]
    gain = factorial_gain(rows).iloc[0]
    assert gain["difference"] == pytest.approx(
        sum(parts[effect_name(e)] for e in ADDENDS), abs=1e-9
    )
    by_hand = rows.groupby("arm")["value"].mean()
    assert gain["difference"] == pytest.approx(by_hand["hybrid"] - by_hand["baseline"])


def test_simple_effects_are_the_main_effect_less_and_more_the_interaction() -> None:
    """Main effect 2, interaction 3: -1 on the baseline's programs, 5 on hybrid's."""
    rows = measures({"order": 2.0, "order × composition": 3.0, "restarts": 1.0})
    table = crossed_simple_effects(rows)
    named = dict(zip(table["effect"] + " " + table["where"], table["difference"], strict=True))
    assert named == {
        "order on the baseline's programs": pytest.approx(-1.0),
        "order on hybrid's programs": pytest.approx(5.0),
        "composition in random order": pytest.approx(-3.0),
        "composition in the curriculum's order": pytest.approx(3.0),
    }
    assert all(arm.endswith(where) for arm, where in zip(table["arm"], table["where"], strict=True))
    assert table["exploratory"].all() and set(table["family"]) == {2}


def test_interactions_are_never_claimed() -> None:
    """Twelve seeds that agree: main effects are claims, interactions trends without a margin."""
    table = factorial_effects(measures(dict.fromkeys(NAMES, 0.1), seeds=12))
    main, crossed = table[table["family"] == 3], table[table["family"] == 4]
    assert set(main["at_most"]) == {"claim"} and not main["exploratory"].any()
    assert set(crossed["at_most"]) == {"trend"} and crossed["exploratory"].all()
    assert (
        crossed["p_equivalence_holm"].isna().all() and not main["p_equivalence_holm"].isna().any()
    )


def test_effects_by_hand() -> None:
    """Only hybrid is 8 points up: every effect is 8 / 4 = 2, its sign that of hybrid's cell."""
    rows = measures({})
    rows.loc[rows["arm"] == "hybrid", "value"] += 8
    table = factorial_effects(rows)
    assert list(table["difference"]) == pytest.approx([2.0] * 7)
    assert list(table["arm_mean"] - table["reference_mean"]) == pytest.approx([2.0] * 7)


def test_an_interaction_is_half_the_difference_of_two_simple_effects() -> None:
    """Order is worth 3 points with three cycles and 1 with one: interaction 1, main effect 2."""
    rows = measures({})
    gain = {"one cycle": 1.0, "three cycles": 3.0}
    for (order, restarts, _), arm in FACTORIAL.items():
        if order == "curriculum":
            rows.loc[rows["arm"] == arm, "value"] += gain[restarts]
    table = factorial_effects(rows).set_index("effect")["difference"]
    assert table["order"] == pytest.approx(2)
    assert table["order × restarts"] == pytest.approx(1)
    assert table["composition"] == pytest.approx(0)


def test_main_effects_and_interactions_are_two_families() -> None:
    """p = 0.25 for three seeds: times 3 among main effects, times 4 among interactions."""
    assert [len(family) for family in families().values()] == [3, 4]
    table = factorial_effects(measures(dict.fromkeys(NAMES, 2.0)))
    assert list(table["family"]) == [3, 3, 3, 4, 4, 4, 4]
    assert list(table["p_holm"]) == pytest.approx([0.75] * 3 + [1.0] * 4)
    assert list(table["n"]) == [3] * 7


def test_only_seeds_that_all_eight_have_count() -> None:
    rows = measures({"order": 1.0}, seeds=4)
    part = rows[~((rows["arm"] == "baseline-in-hybrid-order") & (rows["seed"] > 1))]
    assert set(factorial_effects(part)["n"]) == {2}
    assert set(factorial_cells(part)["n"]) == {2}


def test_an_unfinished_factorial_is_empty_with_the_same_columns() -> None:
    whole, rows = measures({}), measures({})
    part = rows[rows["arm"] != "hybrid-shuffled-restarts"]
    empty = factorial_effects(part)
    assert empty.empty and set(empty.columns) == set(factorial_effects(whole).columns)
    assert factorial_cells(part).empty and factorial_gain(part).empty
    assert crossed_simple_effects(part).empty


def test_effects_have_the_columns_of_contrasts() -> None:
    """So that the same sentences and figures take both."""
    rows = measures({"order": 1.0})
    assert set(contrast_table(rows, contrasts=[]).columns) < set(factorial_effects(rows).columns)


def test_cells_are_the_arms_means() -> None:
    cells = factorial_cells(measures({"order": 4.0}))
    means = cells.set_index("arm")["mean"]
    assert means["baseline-in-hybrid-order"] - means["baseline"] == pytest.approx(4.0)
    assert list(cells["arm"]) == list(FACTORIAL.values())
