"""The workflow's plan: every profile trains and evaluates its runs, each once, and no others.

In: a dry run of Snakemake for each profile, in a home where nothing exists yet. Out: a failure that
shows what was planned. No job runs.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cl_utils.code_fingerprint import showing_notebooks
from cl_utils.curriculum.arms import arm_named
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.study.params import read_params


def dry_run(profile: str, folder: Path) -> str:
    """Return what Snakemake would do for a profile with `folder` as home."""
    folder.mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--dry-run"),
            *("--snakefile", str(REPOSITORY / "Snakefile")),
            *("--directory", str(folder)),
            *("--config", f"profile={profile}"),
            "--printshellcmds",
        ],
        env=os.environ | {HOME_VARIABLE: str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def planned_jobs(plan: str) -> dict[str, int]:
    """Return the number of jobs of each rule, from the table that a dry run opens with."""
    table = plan.partition("Job stats:")[2].partition("\n\n")[0]
    jobs: dict[str, int] = {}
    for rule, count in re.findall(r"^([\w-]+) +(\d+)$", table, re.MULTILINE):
        name = rule.partition("_")[0] if rule.startswith("training_") else rule
        jobs[name] = jobs.get(name, 0) + int(count)
    return jobs


def named_job(rule: str, wildcards: str) -> tuple[str, ...]:
    """Return what a job trains or evaluates: seeds that train together are one job of their arm."""
    name, _, arm = rule.partition("_")
    return (name, *re.findall(r"=([\w-]+)", wildcards), *filter(None, [arm]))


@pytest.mark.parametrize("profile", sorted(path.stem for path in PARAMS.glob("*.yaml")))
def test_a_profile_plans_its_runs_and_no_others(profile: str, tmp_path: Path) -> None:
    study = read_params(PARAMS / f"{profile}.yaml")
    runs = {
        (recipe, arm, str(seed))
        for recipe in study.recipes
        for arm in study.arms
        for seed in range(study.arms[arm])
    }
    plan = dry_run(profile, tmp_path / "a home")
    commands = [line for line in plan.splitlines() if "papermill" in line]
    assert commands and all(f"{shlex.quote(sys.executable)} -m papermill" in c for c in commands)
    assert "a home" in plan and "'" in commands[0], "paths are quoted"
    once = dict.fromkeys(["all", "programs", "difficulty", "buckets"], 1)
    if any(arm_named(arm).labels == "model_loss" for arm in study.arms):
        once["model_difficulty"] = len(study.recipes)
    trainings = {run[:2] if study.together > 1 else run for run in runs}
    for_each = {
        "training": len(trainings),
        "evaluation": len(runs),
        "figures": len(study.recipes) * len(showing_notebooks()),
    }
    assert planned_jobs(plan) == {
        **once,
        **for_each,
        "total": sum(once.values()) + sum(for_each.values()),
    }
    named = r"rule (training[\w-]*|evaluation):.*?wildcards: ([^\n]+)"
    jobs = [named_job(*each) for each in re.findall(named, plan, re.DOTALL)]
    assert sorted(jobs) == sorted(
        [("training", *run) for run in trainings] + [("evaluation", *run) for run in runs]
    )
