"""The factorial by level of the grammar: shares of programs counted by hand, effects from them."""

from __future__ import annotations

import pandas as pd
import pytest
from factories import every_arm

from cl_utils.stats import FACTORIAL, level_accuracy, level_effects
from cl_utils.stats.exams import SHOWN
from cl_utils.stats.levels import by_level, declared_level_effects


def programs(right: dict[str, list[bool]]) -> pd.DataFrame:
    """Return programs of two levels of every arm of the factorial, right as said of each level."""
    rows = [
        ("fast", arm, seed, "balanced", level, exact and not (arm == "hybrid" and level == "3.1"))
        for arm in FACTORIAL.values()
        for seed in (0, 1)
        for level, answers in right.items()
        for exact in answers
    ]
    columns = ["recipe", "arm", "seed", "test_set", "level", "exact"]
    other = pd.DataFrame([("fast", "hybrid", 0, "natural", "3.1", True)], columns=columns)
    both = pd.concat([pd.DataFrame(rows, columns=columns), other], ignore_index=True)
    return both.assign(program_id=range(len(both)))


RIGHT = {"1.1": [True, True, False, False], "3.1": [True, True, True, False]}


def test_a_level_s_value_is_the_share_of_its_balanced_programs() -> None:
    rows = by_level(programs(RIGHT)).set_index(["arm", "seed", "subset"])["value"]
    assert rows["baseline", 0, "1.1"] == 50 and rows["baseline", 1, "3.1"] == 75
    assert rows["hybrid", 0, "3.1"] == 0  # the natural program does not count


def test_an_effect_of_a_level_is_that_of_its_own_programs() -> None:
    effects = level_effects(by_level(programs(RIGHT))).set_index(["subset", "effect"])["difference"]
    assert (effects["1.1"] == 0).all()
    assert effects["3.1", "hybrid − baseline"] == -75
    assert effects["3.1", "order"] == pytest.approx(-75 / 4)  # one of the four sorted arms


def test_all_levels_and_effects_are_there_and_none_is_a_claim() -> None:
    effects = level_effects(by_level(every_arm().programs))
    levels = every_arm().programs["level"].unique()
    assert len(effects) == len(levels) * len(SHOWN) and effects["exploratory"].all()
    accuracy = level_accuracy(by_level(every_arm().programs))
    assert sorted(accuracy["subset"]) == sorted(levels) and accuracy["mean"].between(0, 100).all()


def test_an_effect_declared_for_later_seeds_counts_them_alone() -> None:
    """The same numbers as of a study that has no other seeds; two levels are one family."""
    seen = by_level(every_arm().programs)
    later = seen[seen["seed"] >= 3]
    rows = declared_level_effects(seen, "order", ["1.1", "3.1"], first_seed=3)
    alone = level_effects(later).query("effect == 'order' and subset in ['1.1', '3.1']")
    assert rows["subset"].tolist() == ["1.1", "3.1"] and set(rows["n"]) == {5}
    assert rows["difference"].tolist() == alone["difference"].tolist()
    assert not rows["exploratory"].any() and set(rows["family"]) == {2}
    assert rows["p_holm"].min() == pytest.approx(min(1, 2 * rows["p"].min()))


def test_without_later_seeds_nothing_is_said() -> None:
    assert declared_level_effects(
        by_level(every_arm().programs), "order", ["3.1"], first_seed=8
    ).empty
