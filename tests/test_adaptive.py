"""Adaptive schedules: mastery moves on when a bucket is learnt, progress goes where loss falls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cl_utils.curriculum.adaptive import Mastery, Progress
from cl_utils.curriculum.interface import ProbeResult
from cl_utils.curriculum.schedules import ALL
from cl_utils.difficulty.buckets import BUCKETS

STEPS = 1000  # one check every ten


def entries(accuracy: Callable[[int], float]) -> dict[str, int]:
    """Return the first step of every stage when `accuracy(step)` is what each check finds."""
    schedule = Mastery(STEPS)
    first: dict[str, int] = {}
    for step in range(STEPS):
        first.setdefault(schedule.stage(step), step)
        wanted = schedule.buckets_to_probe(step + 1)
        if wanted:
            schedule.observe(step + 1, dict.fromkeys(wanted, ProbeResult(accuracy(step + 1), 0.0)))
    return first


def test_two_scores_above_90_percent_in_a_row_are_mastery() -> None:
    assert entries(lambda step: 0.95) == {"easy": 0, "medium": 20, "hard": 40, "all": 700}


def test_90_percent_itself_and_a_single_good_score_are_not_mastery() -> None:
    assert entries(lambda step: 0.9)["medium"] == 100  # flat, at the earliest
    alternating = entries(lambda step: 0.95 if step % 20 else 0.5)
    assert alternating["medium"] == 100


def test_a_flat_bucket_is_left_but_never_before_10_percent_of_the_steps() -> None:
    assert entries(lambda step: 0.0) == {"easy": 0, "medium": 100, "hard": 200, "all": 700}


def test_flat_means_less_than_half_a_point_in_three_checks() -> None:
    def until_200(rise: float) -> Callable[[int], float]:
        return lambda step: min(step, 200) * rise / 10

    # 0.4 points a check up to step 200: at 220 the last three are 0.4 points above the rest.
    assert entries(until_200(0.004))["medium"] == 220
    assert entries(until_200(0.001))["medium"] == 100  # 0.3 points in three checks


def test_a_bucket_that_keeps_improving_is_left_after_35_percent_of_the_steps() -> None:
    assert entries(lambda step: step / 2000) == {"easy": 0, "medium": 350, "all": 700}


@pytest.mark.parametrize("accuracy", [0.0, 0.5, 1.0])
def test_the_last_30_percent_draw_everything(accuracy: float) -> None:
    assert entries(lambda step: accuracy)["all"] == 700
    schedule = Mastery(STEPS)
    assert schedule.mix(699) is not ALL
    assert all(schedule.mix(step) is ALL for step in range(700, STEPS))
    assert not any(schedule.buckets_to_probe(step) for step in range(700, STEPS + 1))


@pytest.mark.parametrize(
    ("current", "shares"),
    [(0, [0.9, 0.05, 0.05]), (1, [0.25, 0.7, 0.05]), (2, [1 / 6, 1 / 6, 2 / 3])],
)
def test_each_stage_draws_the_declared_shares_and_no_bucket_less_than_the_floor(
    current: int, shares: list[float]
) -> None:
    schedule = Mastery(STEPS)
    schedule.current = current
    mix = schedule.mix(0)
    assert [mix[bucket] for bucket in BUCKETS] == pytest.approx(shares)
    assert min(mix.values()) >= 0.05


def test_only_the_current_bucket_is_scored_and_only_every_percent() -> None:
    schedule = Mastery(STEPS)
    assert [step for step in range(1, 40) if schedule.buckets_to_probe(step)] == [10, 20, 30]
    for bucket in ("easy", "medium"):
        assert schedule.buckets_to_probe(10) == (bucket,)
        schedule.observe(10, {bucket: ProbeResult(1.0, 0.0)})
        schedule.observe(20, {bucket: ProbeResult(1.0, 0.0)})
    assert schedule.buckets_to_probe(30) == ()  # nothing follows the hard bucket but the end


def test_a_run_shorter_than_a_hundred_steps_still_advances() -> None:
    schedule = Mastery(20)
    for step in (1, 2):
        assert schedule.buckets_to_probe(step) == ("easy",)
        schedule.observe(step, {"easy": ProbeResult(1.0, 0.0)})
    assert schedule.stage(2) == "medium"


def test_progress_credits_the_relative_change_of_the_loss_as_worked_by_hand() -> None:
    """Easy: |1 - 0.5| / (0.5 + 0.05) = 0.909, a tenth of it; the others stay at zero."""
    schedule = Progress(STEPS)
    schedule.observe(5, dict.fromkeys(BUCKETS, ProbeResult(0.0, 1.0)))
    assert list(schedule.mix(5).values()) == pytest.approx([1 / 3] * 3)
    seen = dict.fromkeys(BUCKETS, ProbeResult(0.0, 1.0)) | {"easy": ProbeResult(0.0, 0.5)}
    schedule.observe(10, seen)
    assert schedule.progress == pytest.approx([0.0909090909, 0.0, 0.0])
    e = 2.718281828 ** (0.0909090909 / 0.01)
    easy = 0.8 * e / (e + 2) + 0.2 / 3
    assert schedule.mix(10)["easy"] == pytest.approx(easy)
    schedule.observe(15, seen)  # nothing moves: the credit decays by a tenth
    assert schedule.progress[0] == pytest.approx(0.0818181818)


def test_progress_looks_every_half_percent_at_all_buckets_until_80_percent() -> None:
    schedule = Progress(STEPS)
    wanted = [step for step in range(1, STEPS + 1) if schedule.buckets_to_probe(step)]
    assert wanted == list(range(5, 800, 5)) and schedule.buckets_to_probe(5) == BUCKETS
    assert (schedule.stage(799), schedule.stage(800)) == ("choosing", "frozen")
