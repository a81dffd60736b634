"""What every benchmark stands on: rows, turns, workers, data, the command. No time is asserted.

In: the package `benchmarks`. Out: a failure when a row does not say what was measured, or when the
command writes where it must not.
"""

from __future__ import annotations

import ast
import json
import math
import mmap
import os
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmark_tasks import Broken, Counting
from refusals import refusal

from benchmarks import __main__ as command
from benchmarks import speed
from benchmarks.ceiling import flop_per_token
from benchmarks.data import STAGES, corpus, wanted, whole_data
from benchmarks.memory import PEAK, data_cost, memory_of_tree
from benchmarks.programs import RADON_COLUMNS, mismatches, numbers_of_processes, plain_scores
from benchmarks.registry import BENCHMARKS
from benchmarks.rows import SpeedRow, Target, save_rows, speed_row
from benchmarks.settings import Settings, Skipped
from benchmarks.workers import WorkerPool, Workload, alternate, in_turns, measure
from cl_utils.difficulty.overall_metric import measure as measure_difficulty
from cl_utils.model.gpt import ModelConfig
from cl_utils.paths import REPOSITORY

LONGEST_FILE, LONGEST_FUNCTION = 260, 45
FILES = sorted((REPOSITORY / "benchmarks").rglob("*.py"))


def row(what: str = "speed", **changes: object) -> SpeedRow:
    """Return a row with a reference and a target that is met."""
    row = speed_row(
        what, "things/s", [8.0, 4.0], reference="plain", references=[2.0, 2.0], target=Target(3.0)
    )
    return SpeedRow(**{**asdict(row), **changes})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_modules_are_short_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= LONGEST_FUNCTION, node.name


def test_a_row_takes_ratios_repetition_by_repetition() -> None:
    found = speed_row("s", "x/s", [10.0, 90.0, 40.0], reference="r", references=[5.0, 30.0, 40.0])
    assert (found.value, found.low, found.high, found.n) == (40.0, 10.0, 90.0, 3)
    assert found.reference_value == 30.0
    assert (found.ratio, found.ratio_low, found.ratio_high) == (2.0, 1.0, 3.0)
    assert found.met == "" and math.isnan(found.target)


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target(2.0), "met"),
        (Target(2.1), "missed"),
        (Target(20.0, "value"), "met"),
        (Target(19.0, "value", "at most"), "missed"),
        (Target(0.0, "value", "at most"), "missed"),
    ],
)
def test_a_target_bounds_the_median(target: Target, met: str) -> None:
    values = {"values": [20.0, 20.0, 99.0], "references": [10.0, 10.0, 1.0]}
    assert speed_row("s", "x", reference="r", target=target, **values).met == met  # type: ignore[arg-type]


def test_unequal_numbers_of_values_are_refused() -> None:
    assert "2 values and 1 references" in refusal(
        lambda: speed_row("s", "x", [1.0, 2.0], reference="r", references=[1.0])
    )
    assert "0 values" in refusal(lambda: speed_row("s", "x", []))


def test_rows_come_back_from_their_files(tmp_path: Path) -> None:
    assert tuple(field.name for field in fields(SpeedRow)) == speed.SPEED_COLUMNS
    rows = [row(), speed_row("alone", "s", [1.5], size=(100, "programs")), row(device="a-gpu")]
    files = save_rows(tmp_path, "mine", rows, {"quick": False}, processor="p")
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        "a-gpu/mine.csv",
        "cpu/mine.csv",
    ]
    back = speed.load_rows(tmp_path)
    expected = pd.DataFrame([asdict(rows[place]) for place in (2, 0, 1)])
    pd.testing.assert_frame_equal(back[list(speed.SPEED_COLUMNS)], expected)
    assert set(back["benchmark"]) == {"mine"}


def test_rows_that_were_changed_by_hand_are_refused(tmp_path: Path) -> None:
    (file,) = save_rows(tmp_path, "mine", [row()], {})
    file.write_text(file.read_text().replace("8.0", "9.0"))
    assert "changed by hand" in refusal(lambda: speed.load_rows(tmp_path))
    file.with_name("mine.csv.manifest.json").unlink()
    assert "ONLY=mine" in refusal(lambda: speed.load_rows(tmp_path))


def test_arms_are_measured_in_turns() -> None:
    order: list[str] = []

    def arm(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = alternate({"a": lambda: arm("a"), "b": lambda: arm("b")}, 3)
    assert order == ["a", "b"] * 3
    assert found == {"a": [1.0, 3.0, 5.0], "b": [2.0, 4.0, 6.0]}


def test_a_rate_waits_for_what_the_device_has_not_finished() -> None:
    calls: list[str] = []
    workload = Workload(lambda: calls.append("work") or 1.0, lambda: calls.append("synchronize"))
    assert measure(workload, 0.0) == 0.0 and calls == ["synchronize"]
    assert measure(workload, 1e-3) > 0 and calls[-1] == "synchronize"


def test_a_crew_adds_up_its_members_and_starts_once() -> None:
    turns = in_turns({"two": ([Counting(), Counting()], 1)}, 0.01, 2)
    assert len(turns.rates["two"]) == 2 and min(turns.rates["two"]) > 0
    assert turns.start_up["two"] > 0


def test_a_member_that_fails_is_told() -> None:
    assert "ended with code 3" in refusal(lambda: WorkerPool([Broken()], 1))


def test_the_papers_model_takes_seven_megaflop_a_character() -> None:
    assert flop_per_token(ModelConfig()) == pytest.approx(7e6, rel=0.01)


def test_the_corpus_is_balanced_sorted_and_fits_the_context() -> None:
    made = corpus(20, seed=0)
    assert np.bincount(made.buckets).tolist() == [20, 20, 20]
    assert (np.diff(made.buckets.astype(int)) >= 0).all()
    assert made.lengths.max() <= ModelConfig().context + 1
    assert not np.array_equal(made.tokens, corpus(20, seed=1).tokens)


def test_the_data_of_a_study_have_a_time_for_every_stage() -> None:
    assert tuple(whole_data(2000)) == STAGES


def test_the_splits_asked_for_are_there() -> None:
    buckets = pd.Series(["easy"] * 600 + ["medium"] * 300 + ["hard"] * 100)
    assert wanted(buckets)["train"] == 70
    assert all(count >= 1 for count in wanted(buckets).values())


@pytest.fixture
def memory_now() -> int:
    """Return the bytes that this process holds."""
    now = memory_of_tree(os.getpid())
    if now == 0:
        pytest.skip("this system does not say how much memory a process holds")
    return now


def test_memory_of_a_process_grows_with_what_it_holds(memory_now: int) -> None:
    pages = mmap.mmap(-1, 2**26)  # of its own: an array may get memory that a training kept
    held = np.frombuffer(pages, dtype=np.uint8)
    held[:] = 1
    assert memory_of_tree(os.getpid()) - memory_now > 0.9 * held.nbytes


def test_the_peak_of_the_data_is_without_what_their_parent_holds(memory_now: int) -> None:
    held = np.ones(2**29, dtype=np.uint8)
    assert 0 < data_cost(500)[PEAK] < memory_now + held.nbytes


@pytest.mark.parametrize(
    ("most", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])]
)
def test_processes_double_up_to_all(most: int, counts: list[int]) -> None:
    assert numbers_of_processes(most) == counts


def test_a_difference_in_the_last_bit_counts() -> None:
    sources = ["a = 1\nprint(a)", "a = 1\nb = a * 3\nprint(b / a)"]
    scores, (_, plain) = measure_difficulty(sources), plain_scores(sources)
    assert mismatches(scores, plain) == 0
    plain.loc[1, RADON_COLUMNS[1]] = np.nextafter(plain.loc[1, RADON_COLUMNS[1]], np.inf)
    assert mismatches(scores, plain) == 1


@pytest.fixture
def benchmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home, with two benchmarks that take no time."""

    def skipped(settings: Settings) -> list[SpeedRow]:
        raise Skipped("there is nothing to measure here")

    monkeypatch.setenv("CURRICULUM_HOME", str(tmp_path))
    named = {"one": lambda settings: [row()], "none": skipped}
    monkeypatch.setattr(command, "BENCHMARKS", named)
    return tmp_path


def test_the_command_saves_rows_with_what_they_were_measured_on(
    benchmarks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (REPOSITORY / "docs/speed.md").read_bytes()
    assert command.main([]) == 0
    manifest = json.loads((benchmarks / "results/benchmarks/cpu/one.csv.manifest.json").read_text())
    expected = {"machine", "versions", "threads", "code", "time", "processor", "content"}
    assert expected <= set(manifest)
    printed = capsys.readouterr().out
    assert "speed: 6 things/s (4 to 8, n = 2); plain: 2; 3 x; at least 3 x: met" in printed
    assert "skipped: there is nothing to measure here" in printed
    assert (REPOSITORY / "docs/speed.md").read_bytes() == page


def test_quick_rows_stay_out_of_the_record(benchmarks: Path) -> None:
    assert command.main(["one", "--quick"]) == 0
    assert not (benchmarks / "results").exists() and not (benchmarks / "figures").exists()
    assert (benchmarks / "runs/quick/results/benchmarks/cpu/one.csv").exists()


def test_redrawing_measures_nothing(benchmarks: Path) -> None:
    assert command.main(["--redraw"]) == 0
    assert not list(benchmarks.rglob("*.csv"))


def test_a_benchmark_that_does_not_exist_is_told(
    benchmarks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["two"]) == 1
    assert "'two' does not exist: choose among ['one', 'none']" in capsys.readouterr().err


def test_benchmarks_have_names_that_files_can_have() -> None:
    assert all(name == name.lower() and name.replace("-", "").isalnum() for name in BENCHMARKS)


def test_quick_is_smaller() -> None:
    full, quick = Settings(), Settings(quick=True)
    assert quick.size(100, 2) == 2 and full.size(100, 2) == 100
    assert quick.seconds < full.seconds and quick.repetitions < full.repetitions
