"""Histories: means of sums since the last row, shares that add up, points that end at the end."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cl_utils.training.history import History, curve_steps, history_step


def add(history: History, sums: list[float], counts: list[float], programs: list[int]) -> None:
    """Add one step's sums."""
    history.add(torch.tensor([sums, counts]), np.asarray(programs))


def test_a_row_holds_means_over_its_characters_and_shares_of_its_programs() -> None:
    history = History()
    add(history, [8, 0, 0, 6, 0, 0], [4, 0, 0, 2, 0, 0], [3, 0, 0])
    add(history, [0, 4, 0, 2, 9, 0], [0, 4, 0, 2, 3, 0], [0, 1, 0])
    row = history.end_row(7, "easy", 123.0)
    assert row["loss"] == pytest.approx(29 / 15)
    assert (row["loss_easy"], row["loss_medium"]) == (2.0, 3.0)
    assert math.isnan(row["loss_hard"])  # type: ignore[arg-type]
    assert [row[f"share_{b}"] for b in ("easy", "medium", "hard")] == [0.75, 0.25, 0.0]
    assert (row["step"], row["stage"], row["characters_per_second"]) == (7, "easy", 123.0)


def test_a_row_begins_where_the_last_one_ended() -> None:
    history = History()
    for value in (1.0, 5.0):
        add(history, [value] * 6, [1] * 6, [1, 1, 2])
        history.end_row(int(value), "all", 0.0)
    table, _ = history.tables()
    assert table["loss"].tolist() == [1.0, 5.0] and table["share_hard"].tolist() == [0.5, 0.5]
    with pytest.raises(RuntimeError, match="needs at least one step"):
        history.end_row(9, "all", 0.0)


def test_a_point_of_the_curve_is_in_percent_with_the_mean_of_the_buckets() -> None:
    history = History()
    history.add_curve(5, 500, 1.5, {"easy": 1.0, "medium": 0.5, "hard": 0.0})
    _, curve = history.tables()
    values = dict(zip(curve["bucket"], curve["execution_exact"], strict=True))
    assert values == {"easy": 100.0, "medium": 50.0, "hard": 0.0, "macro": 50.0}
    columns = ["step", "characters", "seconds", "bucket", "execution_exact"]
    assert curve.columns.tolist() == columns


@pytest.mark.parametrize("steps", [1, 7, 100, 12_345, 120_000])
def test_points_and_rows_end_with_the_last_step(steps: int) -> None:
    points = sorted(curve_steps(steps))
    assert points[-1] == steps and points[0] >= 1 and len(points) <= 20
    assert steps < 1000 or (len(points) == 20 and points[0] == round(steps / 50))
    gaps = np.diff(points)
    assert len(gaps) < 2 or gaps[0] <= gaps[-1]  # closer together early on
    rows = [step for step in range(1, steps + 1) if history_step(step, steps)]
    assert rows[-1] == steps and min(steps, 100) <= len(rows) <= 200


def test_a_restored_history_continues_a_row_that_was_not_ended() -> None:
    running, resumed = History(), History()
    add(running, [1] * 6, [1] * 6, [1, 0, 0])
    running.end_row(1, "easy", 1.0)
    add(running, [2] * 6, [1] * 6, [0, 1, 0])
    resumed.restore(running.state())
    for history in (running, resumed):
        add(history, [6] * 6, [1] * 6, [0, 0, 3])
        history.end_row(3, "all", 2.0)
    assert resumed.tables()[0].equals(running.tables()[0])
    assert resumed.rows[-1]["loss"] == 4.0 and resumed.rows[-1]["share_hard"] == 0.75
