"""The benchmark of both precisions compares like with like. No time is asserted.

In: invented rates, a quick run's sizes. Out: a failure when a row has the wrong reference, or a
task another precision than its arm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from benchmarks import precision
from benchmarks.precision import BlockProducts
from benchmarks.settings import Settings
from benchmarks.training import StudyTraining
from benchmarks.workers import Task, Turns
from cl_utils.training.precision import PRECISIONS

Arms = Mapping[tuple[str, str], tuple[Sequence[Task], int]]


def test_rows_hold_bfloat16_beside_float32_of_the_same_run_on_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[Arms] = []

    def invented(arms: Arms, seconds: float, repetitions: int) -> Turns:
        measured.append(arms)
        return Turns({key: [3.0 if key[1] == "bfloat16" else 2.0] for key in arms}, {})

    monkeypatch.setattr(precision, "in_turns", invented)
    rows = precision.precision(Settings(quick=True))
    assert [row.unit for row in rows] == ["characters/s", "blocks/s"]
    for row in rows:
        assert "bfloat16" in row.what and row.reference == "in float32"
        assert (row.value, row.reference_value, row.ratio) == (3.0, 2.0, 1.5)
    (arms,) = measured
    assert {key[1] for key in arms} == set(PRECISIONS)
    assert all(threads == 1 for _, threads in arms.values())
    for (_, named), (tasks, _) in arms.items():
        for task in tasks:
            if isinstance(task, StudyTraining):
                assert task.run.computed_precision == named and task.run.compiled
            else:
                assert isinstance(task, BlockProducts) and task.precision == named
                assert task.prepare().work() == 1.0
