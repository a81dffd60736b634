"""The workflow's progress: jobs are counted, the time left is told, the exit status stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cl_utils.study.progress import LATEST, Pace, main, progress_line, show

SNAKEFILE = """
rule all:
    input: "one", "two"
rule make:
    output: "{name}"
    shell: "COMMAND"
"""


def test_the_time_left_goes_by_the_pace_of_the_latest_jobs() -> None:
    pace = Pace(start=100.0)
    assert pace.seconds_left(1, 61, now=110.0) == 600.0
    for done in range(2, 40):
        left = pace.seconds_left(done, 61, now=110.0 + 60.0 * (done - 1))
    assert left == 60.0 * (61 - 39) and LATEST < 38


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ((12, 63, 1210.0), "12 of 63 jobs, about 20 minutes left"),
        ((62, 63, 20.0), "62 of 63 jobs, about 1 minute left"),
        ((63, 63, 0.0), "all 63 jobs done"),
    ],
)
def test_a_reader_is_told_jobs_and_minutes(facts: tuple[int, int, float], line: str) -> None:
    assert progress_line(*facts) == line


def test_other_lines_stay_and_noise_goes(capsys: pytest.CaptureFixture[str]) -> None:
    pace = Pace(start=0.0)
    for line in ("Select jobs to execute...\n", "Execute 2 jobs...\n", "Error in rule training:\n"):
        show(line, pace)
    assert capsys.readouterr().out == "Error in rule training:\n"


@pytest.mark.parametrize(("command", "status"), [("touch {output}", 0), ("false", 1)])
def test_snakemake_s_jobs_are_counted_and_its_exit_status_is_kept(
    command: str, status: int, tmp_path: Path
) -> None:
    """Of the pinned Snakemake: its wording of finished jobs is what is read."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.replace("COMMAND", command))
    workflow = [sys.executable, "-m", "snakemake", "--cores", "1", "--directory", str(tmp_path)]
    workflow += ["--snakefile", str(tmp_path / "Snakefile")]
    done = subprocess.run(
        [sys.executable, "-m", "cl_utils.study.progress", *workflow],
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout
    assert ("1 of 3 jobs, about 1 minute left" in done.stdout) == (status == 0)
    assert ("all 3 jobs done" in done.stdout) == (status == 0)


def test_a_command_s_status_is_returned() -> None:
    assert main([sys.executable, "-c", "raise SystemExit(3)"]) == 3
