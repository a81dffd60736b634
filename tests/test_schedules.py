"""Schedules: one set of promises for all of them, and the paper's numbers for the paper's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
from worlds import World

from cl_utils.curriculum.arms import SCHEDULES, schedule_named
from cl_utils.curriculum.interface import ProbeResult, Schedule
from cl_utils.curriculum.schedules import ALL, Competence, Stage, Staged, hybrid, union
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError

STEPS = 200
every_schedule = pytest.mark.parametrize("name", SCHEDULES)
Moment = tuple[str, Mapping[str, float]]


def random_accuracies(seed: int) -> np.ndarray:
    """Return for each step an accuracy of each bucket that wanders upwards, (STEPS + 1, 3)."""
    wander = np.random.default_rng(seed).normal(0.01, 0.05, (STEPS + 1, len(BUCKETS)))
    return wander.cumsum(axis=0).clip(0, 1)


def follow(schedule: Schedule, accuracies: np.ndarray, first: int, last: int) -> list[Moment]:
    """Return stage and mix of the steps in [first, last), as the training loop asks for them."""
    moments: list[Moment] = []
    for step in range(first, last):
        moments.append((schedule.stage(step), schedule.mix(step)))
        wanted = schedule.buckets_to_probe(step + 1)
        if wanted:
            now = accuracies[step + 1]
            seen = {
                name: ProbeResult(now[i], 2 - now[i])
                for i, name in enumerate(BUCKETS)
                if name in wanted
            }
            schedule.observe(step + 1, seen)
    return moments


@every_schedule
@pytest.mark.parametrize("seed", range(3))
def test_every_mix_sums_to_1_and_names_pools_and_every_stage_has_a_name(
    name: str, seed: int, world: World
) -> None:
    schedule = schedule_named(name, STEPS)
    for stage, mix in follow(schedule, random_accuracies(seed), 0, STEPS):
        assert stage and isinstance(stage, str)
        assert math.isclose(sum(mix.values()), 1.0)
        assert min(mix.values()) > 0
        for pool in mix:
            start, stop = world.pools.bounds(pool)
            assert 0 <= start < stop <= len(world.train)


@every_schedule
def test_boundaries_begin_with_0_and_rise_within_the_run(name: str) -> None:
    for steps in (40, STEPS, 120_000):
        boundaries = schedule_named(name, steps).boundaries()
        assert boundaries[0] == 0
        assert boundaries == sorted(set(boundaries)) and boundaries[-1] < steps


@every_schedule
def test_a_boundary_is_where_a_new_stage_begins(name: str) -> None:
    schedule = schedule_named(name, STEPS)
    for boundary in schedule.boundaries()[1:]:
        assert schedule.stage(boundary) != schedule.stage(boundary - 1)
        assert schedule.mix(boundary) != schedule.mix(boundary - 1)


@every_schedule
@pytest.mark.parametrize("seed", range(2))
def test_a_schedule_restored_at_any_step_goes_on_as_if_never_stopped(name: str, seed: int) -> None:
    accuracies = random_accuracies(seed)
    whole = follow(schedule_named(name, STEPS), accuracies, 0, STEPS)
    running = schedule_named(name, STEPS)
    for step in range(STEPS):
        resumed = schedule_named(name, STEPS)
        resumed.restore(json.loads(json.dumps(running.state())))
        assert follow(resumed, accuracies, step, STEPS) == whole[step:]
        assert follow(running, accuracies, step, step + 1) == whole[step : step + 1]


@every_schedule
def test_restoring_shares_nothing_with_the_state_it_came_from(name: str) -> None:
    accuracies = random_accuracies(0)
    running = schedule_named(name, STEPS)
    follow(running, accuracies, 0, STEPS // 4)
    state = running.state()
    before = json.dumps(state)
    follow(running, accuracies, STEPS // 4, STEPS)
    assert json.dumps(state) == before


@every_schedule
def test_a_schedule_asks_only_for_buckets(name: str) -> None:
    schedule = schedule_named(name, STEPS)
    assert {
        bucket for step in range(STEPS + 1) for bucket in schedule.buckets_to_probe(step)
    } <= set(BUCKETS)


@pytest.mark.parametrize(
    ("name", "boundaries"),
    [
        ("baseline", [0]),
        ("sequential", [0, 40_000, 80_000]),
        ("incremental", [0, 25_000, 55_000]),
        ("hybrid", [0, 20_000, 50_000]),
    ],
)
def test_stages_are_as_long_as_the_papers(name: str, boundaries: list[int]) -> None:
    schedule = schedule_named(name, 120_000)
    assert schedule.boundaries() == boundaries
    for boundary in boundaries[1:]:
        assert schedule.stage(boundary - 1) != schedule.stage(boundary)


def test_the_papers_stages_draw_what_the_paper_says() -> None:
    def mixes(name: str) -> list[Mapping[str, float]]:
        schedule = schedule_named(name, 120_000)
        return [schedule.mix(step) for step in (0, 52_000, 119_999)]

    half_easy, half_medium = "hardest-of-easy", "hardest-of-medium"
    assert mixes("baseline") == [ALL, ALL, ALL]
    assert mixes("sequential") == [{"easy": 1.0}, {"medium": 1.0}, {"hard": 1.0}]
    assert mixes("incremental") == [{"easy": 1.0}, {"easy": 0.5, "medium": 0.5}, ALL]
    assert mixes("hybrid")[0] == {"easy": 1.0}
    assert mixes("hybrid")[2] == {half_easy: 0.25, half_medium: 0.25, "hard": 0.5}
    assert hybrid(12).mix(4) == pytest.approx({half_easy: 1 / 3, "medium": 2 / 3})


@pytest.mark.parametrize("hardest_share", [0.2, 0.5, 1.0])
def test_a_union_draws_every_program_equally_often(hardest_share: float) -> None:
    mix = union("hardest-of-easy", "hardest-of-medium", "hard", hardest_share=hardest_share)
    whole = 2 * hardest_share + 1
    expected = [hardest_share / whole, hardest_share / whole, 1 / whole]
    assert list(mix.values()) == pytest.approx(expected)


def test_the_share_of_hardest_programs_reaches_the_hybrid_schedule() -> None:
    mix = schedule_named("hybrid", 12, hardest_share=0.25).mix(4)
    assert mix == pytest.approx({"hardest-of-easy": 0.2, "medium": 0.8})


def test_competence_grows_as_worked_by_hand() -> None:
    """T = 0.4 * 1000 = 400: c(100) = sqrt(0.25 * 0.99 + 0.01), c(200) = sqrt(0.505)."""
    schedule = Competence(1000)
    assert schedule.competence(0) == pytest.approx(0.1)
    assert schedule.competence(100) == pytest.approx(0.50744458)
    assert schedule.competence(200) == pytest.approx(0.71063352)
    assert schedule.competence(400) == 1.0 and schedule.competence(999) == 1.0
    assert schedule.mix(0) == {"easiest:0.1000": 1.0}
    assert schedule.mix(209) == schedule.mix(200) == {"easiest:0.7106": 1.0}
    assert schedule.mix(400) == ALL
    assert [schedule.stage(step) for step in (0, 399, 400)] == ["growing", "growing", "all"]


def test_competence_never_shrinks_the_pool(world: World) -> None:
    schedule = schedule_named("competence", STEPS)
    stops = []
    for step in range(STEPS):
        (pool,) = schedule.mix(step)
        start, stop = world.pools.bounds(pool)
        assert start == 0
        stops.append(stop)
    assert stops == sorted(stops)
    assert stops[0] == round(0.1 * len(world.train)) and stops[-1] == len(world.train)


def test_what_does_not_exist_or_add_up_is_refused() -> None:
    with pytest.raises(
        StudyError, match="schedule='hybird' does not exist .*'hybrid'.*choose one of"
    ):
        schedule_named("hybird", 100)
    with pytest.raises(StudyError, match=r"\['half'\] do not sum to 1"):
        Staged(100, (Stage(name="half", share=0.5, mix=ALL),))
