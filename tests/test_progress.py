"""The workflow's progress: jobs are counted, the time left is told, failures stay in sight."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from refusals import refusal

from cl_utils.workflow import progress
from cl_utils.workflow.progress import LATEST, Pace, Reader, follow, progress_line

SNAKEFILE = """
rule all:
    input: "one", "two"
rule make:
    output: "{name}"
    retries: 1
    shell: "COMMAND"
"""
SENTENCE = "04_training, recipe fast, arm hybrid failed: runs/x.parquet is missing: run 01 first"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "runs" / "reproduce.log")


def test_the_time_left_goes_by_the_pace_of_the_latest_jobs() -> None:
    pace = Pace(start=100.0)
    assert [pace.seconds_left(done, 61, now=100.0 + 10 * done) for done in (1, 2)] == [None] * 2
    assert pace.seconds_left(3, 63, now=130.0) == 600.0
    for done in range(4, 40):
        left = pace.seconds_left(done, 61, now=110.0 + 60.0 * (done - 1))
    assert left == 60.0 * (61 - 39) and LATEST < 38


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ((12, 63, 1210.0), "12 of 63 jobs, about 20 minutes left"),
        ((62, 63, 20.0), "62 of 63 jobs, about 1 minute left"),
        ((12, 63, 1210.0, "training"), "12 of 63 jobs (training), about 20 minutes left"),
        ((1, 63, None), "1 of 63 jobs"),
        ((63, 63, 0.0), "all 63 jobs done"),
    ],
)
def test_a_reader_is_told_jobs_and_minutes(facts: tuple[int, int, float | None], line: str) -> None:
    assert progress_line(*facts) == line


def test_other_lines_stay_and_noise_goes(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in (
        *("Select jobs to execute...\n", "Execute 2 jobs...\n", "Trying to restart job 14.\n"),
        *("[Sat Nov 28 00:26:40 2026]\n", "Error in rule training:\n"),
    ):
        reader.show(line)
    assert capsys.readouterr().out == "Error in rule training:\n"


def test_the_latest_job_is_named_also_where_a_rule_is_called_after_an_arm(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    """As those that train several seeds together are."""
    for rule in ("training_hybrid-shuffled", "training_own.arm"):
        reader.show(f"Finished jobid: 12 (Rule: {rule})\n")
        reader.show("2 of 9 steps (22%) done\n")
        assert capsys.readouterr().out == f"2 of 9 jobs ({rule.replace('_', ' ')})\n"


def test_a_log_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    log = tmp_path / "runs" / "reproduce.log"
    log.mkdir(parents=True)
    assert f"{log} could not be written" in refusal(lambda: Reader(log))


def snakemake(folder: Path, command: str) -> list[str]:
    """Return how Snakemake is called for two jobs of this shell command."""
    (folder / "Snakefile").write_text(SNAKEFILE.replace("COMMAND", command))
    return [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going", "--quiet", "rules"]


def test_snakemake_s_jobs_are_counted(
    tmp_path: Path, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the pinned Snakemake: its wording of finished jobs is what is read."""
    assert follow(snakemake(tmp_path, "touch {output}"), os.environ, tmp_path, reader) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()[-3:]
    assert lines == ["1 of 3 jobs (make)", "2 of 3 jobs (make)", "all 3 jobs done"]
    assert "Building DAG" not in shown, "what Snakemake says of itself tells a reader nothing"
    assert not reader.failures


def test_a_failed_job_is_told_once_in_its_own_sentence_and_the_rest_stands_in_a_file(
    tmp_path: Path, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    status = follow(snakemake(tmp_path, f"echo '{SENTENCE}'; false"), os.environ, tmp_path, reader)
    shown, log = capsys.readouterr().out, (tmp_path / "runs" / "reproduce.log").read_text()
    assert status == 1 and "CalledProcessError" in log and log.splitlines().count(SENTENCE) == 4
    assert "Error" not in shown and "Exception" not in shown
    assert list(reader.failures) == [SENTENCE], "two jobs, tried twice each, say the same"
    head, failed, end = reader.summary(status, "make reproduce PROFILE=smoke").splitlines()
    assert failed == f"- {SENTENCE}" and "`make reproduce PROFILE=smoke`" in end
    assert "reproduce.log" in end


def test_the_end_of_a_command_is_noticed_though_its_children_go_on(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, Snakemake leaves jobs that keep the pipe open."""
    child = "import subprocess; child = subprocess.Popen(['sleep', '60']).pid"
    killed = f"{child}; import os; print(child, flush=True); os.kill(os.getpid(), 9)"
    monkeypatch.setattr(progress, "DRAIN", 0.5)
    begun = time.monotonic()
    status = follow([sys.executable, "-c", killed], os.environ, tmp_path, reader)
    os.kill(int((tmp_path / "runs" / "reproduce.log").read_text()), signal.SIGKILL)
    assert status == -signal.SIGKILL and time.monotonic() - begun < 30
    assert reader.summary(status, "make").startswith("Snakemake was ended by signal 9.")
