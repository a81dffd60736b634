"""The split: twins stay together, counts are exact, and only seed and texts decide."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import WANTED, World

from cl_utils.data.split import HELD_OUT, PARTS, leak_by_split, part_of_class, split
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.tinypy.record import canonical_hash, stable_hash


def table(classes: list[int], bucket_of_class: list[str]) -> pd.DataFrame:
    """Return programs with these canonical classes; every third one is of the natural mix."""
    return pd.DataFrame(
        {
            "canonical_hash": [stable_hash(f"class {each}") for each in classes],
            "text_hash": [stable_hash(f"text {place}") for place in range(len(classes))],
            "bucket": [bucket_of_class[each] for each in classes],
            "natural": [place % 3 == 0 for place in range(len(classes))],
        }
    )


def available(programs: pd.DataFrame, seed: int) -> dict[str, int]:
    """Return the largest counts that can be asked of each part: programs, or classes held out."""
    parts = part_of_class(programs["canonical_hash"].to_numpy(), seed)
    most = {}
    for part in ("train", "validation", "test"):
        buckets = programs[parts == part].groupby("bucket")["canonical_hash"]
        counts = buckets.size() if part == "train" else buckets.nunique()
        most[part] = int(min(counts.get(bucket, 0) for bucket in BUCKETS))
    return {**most, "natural": int(((parts == "natural") & programs["natural"]).sum())}


def classes_shared(programs: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of parts in which one canonical class has programs."""
    groups = programs.groupby("split")["canonical_hash"].agg(set)
    used = [part for part in groups.index if part != "unused"]
    return [(a, b) for a, b in combinations(used, 2) if groups[a] & groups[b]]


PROGRAMS = st.lists(st.integers(0, 59), min_size=60, max_size=200)


@settings(max_examples=40)
@given(PROGRAMS, st.integers(0, 5), st.data())
def test_no_class_stands_in_two_parts_and_counts_are_as_wanted(
    classes: list[int], seed: int, data: st.DataObject
) -> None:
    programs = table(classes, [BUCKETS[each % 3] for each in range(60)])
    most = available(programs, seed)
    wanted = {part: data.draw(st.integers(0, count), part) for part, count in most.items()}
    programs["split"] = split(programs, wanted, seed=seed)
    assert set(programs["split"]) <= set(PARTS)
    assert classes_shared(programs) == []
    for part in ("train", "validation", "test"):
        counts = programs.loc[programs["split"] == part, "bucket"].value_counts()
        assert [counts.get(bucket, 0) for bucket in BUCKETS] == [wanted[part]] * 3
    for part in ("validation", "test"):
        held_out = programs[programs["split"] == part]
        assert held_out["canonical_hash"].is_unique
    natural = programs[programs["split"] == "natural"]
    assert len(natural) == wanted["natural"] and natural["natural"].all()


def test_no_generated_program_has_a_renamed_twin_in_another_part(world: World) -> None:
    programs = world.programs
    assert classes_shared(programs) == []
    assert programs["canonical_hash"].duplicated().any()  # there are twins to keep together
    counts = programs["split"].value_counts()
    assert counts["train"] == 3 * WANTED["train"] and counts["test"] == 3 * WANTED["test"]
    assert counts["natural"] == WANTED["natural"]


def test_the_order_of_the_rows_does_not_matter(world: World) -> None:
    shuffled = world.programs.sample(frac=1.0, random_state=1)
    assert split(shuffled, WANTED, seed=0).tolist() == shuffled["split"].tolist()


def test_one_seed_gives_one_split_and_another_seed_another(world: World) -> None:
    assert split(world.programs, WANTED, seed=0).tolist() == world.programs["split"].tolist()
    few = dict.fromkeys(WANTED, 4)
    splits = [split(world.programs, few, seed=seed).tolist() for seed in (1, 1, 2)]
    assert splits[0] == splits[1] != splits[2]


def test_adding_programs_moves_none_from_training_to_a_held_out_part(world: World) -> None:
    fewer = world.programs[:1200]
    wanted = {**dict.fromkeys(WANTED, 5), "train": 100}
    before, after = split(fewer, wanted, seed=0), split(world.programs, wanted, seed=0)[:1200]
    kept = ["unused", "train"]
    assert set(after[before == "train"]) <= set(kept)
    assert set(before[after == "train"]) <= set(kept)


def test_classes_fall_into_parts_in_the_shares_declared() -> None:
    """20,000 classes: five standard deviations of a binomial share are at most 1.1 points."""
    parts = part_of_class(np.arange(20_000), seed=0)
    for part, share in HELD_OUT.items():
        assert abs((parts == part).mean() - share) < 5 * np.sqrt(share * (1 - share) / 20_000)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_too_few_programs_of_a_bucket_are_an_error_that_counts_them(
    world: World, part: str
) -> None:
    most = available(world.programs, seed=0)
    wanted = {**most, part: most[part] + 1}
    message = f"{part} needs {wanted[part]} programs of bucket .* only {most[part]} are there"
    with pytest.raises(StudyError, match=message):
        split(world.programs, wanted, seed=0)


def test_too_few_natural_programs_are_an_error(world: World) -> None:
    with pytest.raises(StudyError, match="natural needs 9999 programs of the natural mix"):
        split(world.programs, {**WANTED, "natural": 9999}, seed=0)


def test_the_twin_free_split_leaks_nothing(world: World) -> None:
    leak = leak_by_split(world.programs, seed=0).set_index("split")
    column = "with a renamed twin in training (%)"
    assert leak.loc["twin-free (used here)", column] == 0
    assert leak.loc["by text alone", column] > 0
    assert (leak["test programs"] == 3 * WANTED["test"]).all()


def test_a_split_by_text_parts_twins_and_the_table_says_how_many() -> None:
    """Three shapes in 26 spellings each: any text-wise test program has twins in training."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    sources = [f"{v} = {d}\nprint({v})" for d in (1, 2, 3) for v in letters]
    programs = pd.DataFrame({"canonical_hash": [canonical_hash(source) for source in sources]})
    programs["text_hash"] = [stable_hash(source) for source in sources]
    programs["split"] = ["test"] * 26 + ["train"] * 52
    leak = leak_by_split(programs, seed=0)
    assert leak["with a renamed twin in training (%)"].tolist() == [0.0, 100.0]
