"""Running a foreign text: it prints what Python prints, within limits, on any system."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from refusals import refusal

from cl_utils.tinypy import sandbox
from cl_utils.tinypy.child import set_limits
from cl_utils.tinypy.grammar import GRAMMAR, generate
from cl_utils.tinypy.operators import MOST_DIGITS
from cl_utils.tinypy.sandbox import CHILD, OUTPUT_BYTES, run

ENDLESS = "a = 1\nwhile a > 0 :\n\ta = a + 1"
LIMITS = {"RLIMIT_AS": 2**29, "RLIMIT_FSIZE": 2**20, "RLIMIT_CPU": 3}
WITHOUT_RESOURCE = """
import runpy, sys
sys.modules["resource"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
WITH_A_GRANDCHILD = """
import fcntl, subprocess, sys, time
path = __file__ + ".lock"
if len(sys.argv) == 2:
    lock = open(path, "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    open(path + ".held", "w").close()
    print("locked", flush=True)
else:
    other = subprocess.Popen([sys.executable, __file__, "again"], stdout=subprocess.PIPE)
    other.stdout.readline()
time.sleep(60)
"""


@pytest.mark.parametrize("level", GRAMMAR)
def test_the_child_prints_what_the_grammar_says(level: str) -> None:
    rng = np.random.default_rng(1)
    for program in generate(6, [level], rng=rng, variant="fixed").programs:
        assert run(program.source) == program.output


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("print(1 / 0)", "divides by zero"),
        ("print(a)", "never assigned"),
        ("while 1 < 2 :\n\tprint(1)", "prints more than"),
        ("for i in range(1 / 2) :\n\tprint(i)", "wrong type"),
        ("for i in range(1, 5, 0) :\n\tprint(i)", "must not be zero"),
        (f"a = {10**600}\nprint(a * a)", "a number grows too large"),
        (f"a = {10**600}\nprint(a / 3)", "a number grows too large"),
    ],
)
def test_a_failing_program_names_its_reason(source: str, reason: str) -> None:
    assert reason in refusal(lambda: run(source))


@pytest.mark.parametrize("source", [ENDLESS, "a = 9\n" + "a = a * a\n" * 40 + "print(a)"])
def test_an_endless_program_is_stopped(source: str) -> None:
    began = time.monotonic()
    assert "longer than 0.3 s: end its loops" in refusal(lambda: run(source, seconds=0.3))
    assert time.monotonic() - began < 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="here the clock's time is limited")
def test_time_is_the_processors_so_a_busy_machine_stops_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that is kept from the processor for longer than its limit."""
    child = tmp_path / "child.py"
    child.write_text(f"import time\ntime.sleep(1)\n{CHILD.read_text(encoding='utf-8')}")
    child.write_text(child.read_text().replace("from __future__ import annotations\n", ""))
    monkeypatch.setattr(sandbox, "CHILD", child)
    assert run("print(7)", seconds=0.5) == "7"
    monkeypatch.setattr(sandbox, "PATIENCE", 1)
    assert "longer than 0.5 s" in refusal(lambda: run("print(7)", seconds=0.5))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_limit_on_time_that_is_none_is_refused(seconds: float) -> None:
    assert f"seconds is {seconds}" in refusal(lambda: run("print(1)", seconds=seconds))


def test_what_cpython_prints_of_the_largest_numbers_is_printed() -> None:
    longest = 10**MOST_DIGITS - 1
    assert run(f"print({longest})\nprint(-{longest})") == f"{longest}\n-{longest}"
    grown = "a = 9\nfor b in range(400) :\n\ta = a * 9 / 1\n"
    assert run(f"{grown}print(a)\nprint(a - a)") == "inf\nnan"
    assert run("a = 1\nif a > 1 :\n\tprint(a)") == ""


def test_output_up_to_the_limit_is_printed_in_full() -> None:
    line, digits = f"{10**510}\n", 512
    source = f"a = {10**510}\nfor b in range({OUTPUT_BYTES // digits}) :\n\tprint(a)"
    assert run(source) + "\n" == line * (OUTPUT_BYTES // digits)
    assert "prints more than" in refusal(lambda: run(f"{source}\nprint(1)"))


def test_each_limit_that_a_system_has_is_set_whatever_the_others_do() -> None:
    """macOS refuses the limit on memory; others lack one or forbid to raise it."""
    held: dict[int, tuple[int, int]] = {}

    def setrlimit(name: int, limits: tuple[int, int]) -> None:
        if name == 5:
            raise ValueError("current limit exceeds maximum limit")
        if name == 6:
            raise OSError(errno.EPERM, "not permitted")
        held[name] = limits

    names = SimpleNamespace(setrlimit=setrlimit, RLIMIT_AS=5, RLIMIT_FSIZE=1, RLIMIT_CPU=0)
    assert set_limits(names, **LIMITS) == ["RLIMIT_FSIZE", "RLIMIT_CPU"]
    assert held == {1: (2**20, 2**20), 0: (3, 3)}
    held.clear()
    names = SimpleNamespace(setrlimit=setrlimit, RLIMIT_FSIZE=6, RLIMIT_CPU=0)
    assert set_limits(names, **LIMITS) == ["RLIMIT_CPU"] and held == {0: (3, 3)}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems lack some of the limits")
def test_on_linux_all_limits_hold() -> None:
    code = (
        f"import resource, runpy; child = runpy.run_path({str(CHILD)!r});"
        f"print(child['set_limits'](resource, **{LIMITS}), resource.getrlimit(resource.RLIMIT_AS))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{list(LIMITS)} {(2**29, 2**29)}\n"


@pytest.mark.parametrize(
    ("source", "printed", "error"),
    [
        ("print(7 / 2)", "3.5\n", ""),
        ("print(1 / 0)", "", "ZeroDivisionError: division by zero"),
        ("while 1 < 2 :\n\tprint(1)", "1\n" * 50, "OutputLimit: "),
        (f"print({10**600} * {10**600})", "", "ValueError: Exceeds the limit (640 digits)"),
    ],
)
def test_without_the_module_resource_the_child_keeps_the_other_limits(
    source: str, printed: str, error: str
) -> None:
    command = [sys.executable, "-I", "-S", "-c", WITHOUT_RESOURCE, str(CHILD)]
    limits = [str(2**29), "100", str(MOST_DIGITS), "1.5"]
    done = subprocess.run([*command, *limits], input=source, capture_output=True, text=True)
    assert done.stdout == printed and done.stderr.startswith(error)
    assert done.returncode == (1 if error else 0)


def test_time_ends_for_what_a_child_has_started_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of it where the machine is too busy for the grandchild to begin within a second."""
    fcntl = pytest.importorskip("fcntl")
    child, lock, held = (tmp_path / f"child.py{end}" for end in ("", ".lock", ".lock.held"))
    child.write_text(WITH_A_GRANDCHILD)
    lock.touch()
    monkeypatch.setattr(sandbox, "CHILD", child)
    monkeypatch.setattr(sandbox, "PATIENCE", 1)
    for seconds in (1, 5, 25):
        said = refusal(lambda seconds=seconds: run("print(1)", seconds=seconds))
        assert f"longer than {seconds} s" in said
        if held.exists():
            break
    assert held.exists()
    with lock.open() as file:  # locked by the grandchild, as long as it lives
        for _ in range(100):
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
    pytest.fail("the grandchild lives on")


def test_of_a_long_error_one_short_sentence_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import sys\nsys.stderr.write('x' * 3_000_000)\nsys.exit(3)")
    monkeypatch.setattr(sandbox, "CHILD", child)
    assert len(refusal(lambda: run("print(1)"))) < 200
    child.write_text("import os\nos.kill(os.getpid(), 9)")
    assert "stopped by a limit" in refusal(lambda: run("print(1)"))


def test_where_no_process_can_start_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert "no process could be started" in refusal(lambda: run("print(1)"))
