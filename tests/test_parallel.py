"""Work shared among processes: the same results in the same order, however many there are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import parallel_tasks
import psutil
import pytest

from cl_utils import parallel
from cl_utils.errors import StudyError
from cl_utils.parallel import AHEAD, available_cores, ordered_map
from cl_utils.paths import REPOSITORY


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes after the first task, however little work there is."""
    monkeypatch.setattr(parallel, "ALONE", 0.0)


@pytest.mark.usefixtures("at_once")
def test_results_come_in_the_order_of_the_tasks_from_several_processes() -> None:
    """Long and short tasks alternate, so that later ones are done before earlier ones."""
    delays = [0.0, 0.3, 0.1, 0.0, 0.3, 0.0, 0.1]
    results = list(ordered_map(parallel_tasks.wait, delays, processes=2))
    assert [delay for delay, _ in results] == delays
    assert [process == os.getpid() for _, process in results] == [True] + 6 * [False]


@pytest.mark.parametrize("processes", [1, 3])
def test_small_work_stays_in_this_process(processes: int) -> None:
    results = ordered_map(parallel_tasks.wait, [0.0] * 50, processes=processes)
    assert {process for _, process in results} == {os.getpid()}


@pytest.mark.usefixtures("at_once")
def test_tasks_without_end_are_taken_only_shortly_before_they_are_needed() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[float]:
        for place in count():
            taken.append(place)
            yield 0.0

    with closing(ordered_map(parallel_tasks.wait, tasks(), processes=2)) as results:
        assert len(list(islice(results, 10))) == 10
    assert len(taken) <= 10 + AHEAD * 2


@pytest.mark.usefixtures("at_once")
def test_an_error_of_a_task_is_raised_as_it_is() -> None:
    results = ordered_map(parallel_tasks.refuse, [1, 2, 13, 4], processes=2)
    assert list(islice(results, 2)) == [1, 2]
    with pytest.raises(StudyError, match="^13 is refused$"):
        next(results)


@pytest.mark.usefixtures("at_once")
def test_a_process_that_dies_is_reported_with_the_fix() -> None:
    results = ordered_map(parallel_tasks.die_unless, [os.getpid()] * 4, processes=2)
    assert next(results) == os.getpid()
    with pytest.raises(StudyError, match="died, perhaps for want of memory.*PYTHON_CPU_COUNT=1"):
        list(results)


def test_processes_start_without_torch_and_pandas() -> None:
    """They are what takes long to import, and much memory in every process."""
    names = ("data.drafts", "difficulty.overall_metric", "difficulty.static_metrics")
    modules = ", ".join(f"cl_utils.{name}" for name in names)
    code = f"import sys, {modules}; assert not {{'torch', 'pandas'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)


def test_cores_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(parallel.CORES_VARIABLE, raising=False)
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
    every = available_cores()
    monkeypatch.setenv(parallel.CORES_VARIABLE, "default")  # Python's own word
    assert available_cores() == every
    monkeypatch.setenv(parallel.CORES_VARIABLE, "3")
    assert available_cores() == 3


@pytest.mark.parametrize("value", ["0", "two", "-1", "1.5"])
def test_a_wrong_number_of_cores_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(parallel.CORES_VARIABLE, value)
    with pytest.raises(StudyError, match=f"PYTHON_CPU_COUNT='{value}'"):
        available_cores()


def test_a_number_of_cores_without_end_is_refused_in_a_short_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(parallel.CORES_VARIABLE, "9" * 5000)
    with pytest.raises(StudyError, match="set it to a number of cores") as refused:
        available_cores()
    assert len(str(refused.value)) < 200


def test_a_wrong_number_of_processes_is_refused() -> None:
    with pytest.raises(StudyError, match="processes is 0: use 1 or more"):
        list(ordered_map(parallel_tasks.wait, [0.0], processes=0))


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    """They would wait for its next task for ever: each holds the other end of their pipes.

    One that has begun a task has looked who its parent is.
    """
    tasks = [(str(tmp_path), seconds) for seconds in (0.0, 60.0, 60.0)]
    code = "import parallel_tasks; from cl_utils import parallel; parallel.ALONE = 0.0;"
    code += f"print([*parallel.ordered_map(parallel_tasks.tell_and_wait, {tasks}, processes=2)])"
    tests = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    killed = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": tests})
    while len(list(tmp_path.iterdir())) < 3:  # the process itself and two workers
        assert killed.poll() is None
        time.sleep(0.1)
    workers = psutil.Process(killed.pid).children()
    assert len(workers) >= 3  # with multiprocessing's tracker of resources
    killed.kill()
    killed.wait()
    _, left = psutil.wait_procs(workers, timeout=10)
    assert not left


def test_a_worker_whose_parent_was_killed_before_it_looked_ends() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    script = f"import time; from cl_utils.processes import *; end_with_parent({gone.pid}); "
    child = subprocess.Popen([sys.executable, "-c", f"{script}time.sleep(60)"])
    assert child.wait(30) == 1
