"""The workflow's plan: every profile trains and evaluates its runs, each once, and no others.

In: dry runs of Snakemake for all profiles, where nothing exists yet, in a clone whose path has all
that a shell, a rule and papermill could take for something else. Out: a failure that shows what was
planned. No job runs.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from factories import change_manifest

from cl_utils.artifacts import write_artifact
from cl_utils.code_fingerprint import showing_notebooks
from cl_utils.curriculum.arms import arm_named
from cl_utils.data.corpus import SPLITS
from cl_utils.manifests import MANIFEST, write_manifest
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.study.data_files import data_fingerprint
from cl_utils.study.model_losses import of_ensemble
from cl_utils.study.notebook_names import (
    BUCKETING,
    DATA,
    EVALUATION,
    METRIC_ANALYSIS,
    MODEL_DIFFICULTY,
    TRAINING,
    code_of,
)
from cl_utils.study.params import Params, read_params
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams
from cl_utils.workflow.commands import main

ODD = "my {seed} clöne's $(touch pwned) `touch pwned` [é]; touch pwned"
NUMBER = "2024"  # a profile of this name is one all the same
FINISHED = "finished"  # a profile of which everything is there but one file
OUTDATED = "outdated"  # one where a notebook made a run, and another evaluated one, by older code
ROWS = "results/{profile}/fast/{arm}/seed0"
LOST = f"runs/{FINISHED}/training/fast/hybrid/seed0/evaluated.json"
WITHOUT_ROWS = "baseline"  # an arm whose rows are gone, though its run was evaluated
PYTHON = '"$STUDY_PYTHON"'  # the same text wherever the repository lies
PROFILES = sorted(path.stem for path in PARAMS.glob("*.yaml"))
NEEDED = (
    *("Snakefile", "Makefile", "pyproject.toml", "constraints.txt"),
    *("cl_utils", "notebooks", "params", "profiles"),
)

# One process, and each notebook's fingerprint once: a start takes longer than a plan.
ALL_DRY_RUNS = """
import functools, os, sys
from cl_utils import code_fingerprint
code_fingerprint.code_fingerprint = functools.cache(code_fingerprint.code_fingerprint)
from snakemake.cli import main
from cl_utils.workflow.commands import Work
for profile in sys.argv[1:]:
    print(f"\\nPLAN OF {profile}", flush=True)
    forced = Work("reproduce", profile, "").forced()
    try:
        main(["--dry-run", "--printshellcmds", "--config", f'profile="{profile}"', *forced])
    except SystemExit as end:
        print(f"STATUS {end.code}", flush=True)
    print(f"STUDY_PYTHON={os.environ['STUDY_PYTHON']}", flush=True)
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the workflow consists of, in a folder with an odd name."""
    folder = tmp_path_factory.mktemp("clone") / ODD
    folder.mkdir()
    for name in NEEDED:
        path = REPOSITORY / name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / name)
    smoke = (folder / "params" / "smoke.yaml").read_text(encoding="utf-8")
    for name in (NUMBER, FINISHED, OUTDATED):
        named = smoke.replace("profile: smoke", f'profile: "{name}"')
        (folder / "params" / f"{name}.yaml").write_text(named, encoding="utf-8")
    finish(folder, FINISHED)
    (folder / LOST).unlink()
    shutil.rmtree(folder / ROWS.format(profile=FINISHED, arm=WITHOUT_ROWS))
    finish(folder, OUTDATED)
    spoil(folder, OUTDATED, "runs/{profile}/training/fast/hybrid/seed0", code="other")
    rows = ROWS.format(profile=OUTDATED, arm=WITHOUT_ROWS)
    spoil(folder, OUTDATED, rows, evaluation={"code": "other"})
    return folder


def finish(clone: Path, profile: str) -> None:
    """Leave empty files with the manifests that a whole profile has, older ones first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(clone))
        params = read_params(PARAMS / "smoke.yaml").model_copy(update={"profile": profile})
        made = [*empty_data(params)]
        for arm in params.arms:
            made += empty_run(params.model_copy(update={"arm": arm}))
        for book in showing_notebooks():
            gallery = params.paths.gallery(book, params.recipe)
            made += [gallery, gallery.with_suffix(".html")]
    for age, path in enumerate(reversed(made)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - 60 * age,) * 2)


def empty_data(params: Params) -> Iterator[Path]:
    """Leave what notebooks 01, 02, 03 and 08 make, and yield it."""
    paths, drawn, split = params.paths, params.of(DataParams), params.of(BucketParams)
    corpora = [*map(paths.corpus, SPLITS)]
    stages = [
        (DATA, drawn, [], [paths.programs]),
        (METRIC_ANALYSIS, drawn, [paths.programs], [paths.difficulty]),
        (BUCKETING, split, [paths.difficulty], [paths.buckets]),
        (BUCKETING, split, [paths.buckets], [*corpora, paths.exams]),
        (MODEL_DIFFICULTY, of_ensemble(params), corpora, [paths.model_difficulty(params.recipe)]),
    ]
    for notebook, values, inputs, files in stages:
        for path in files:
            made = {"params": values, "inputs": inputs, "code": code_of(notebook)}
            write_artifact(path, lambda _: None, **made)
            yield path


def empty_run(params: Params) -> list[Path]:
    """Leave what notebooks 04 and 05 make of a run, and return it."""
    named, paths = (params.recipe, params.arm, params.seed), params.paths
    run = {
        **{"params": params.of(TrainingParams), "arm": asdict(arm_named(params.arm))},
        **{"files": {}, "weights": "", "code": code_of(TRAINING)},
        "data_fingerprint": data_fingerprint(params),
    }
    evaluated = {"files": {}, "code": code_of(EVALUATION)}
    folder, seal = paths.run(*named), paths.evaluated(*named)
    write_manifest(folder / MANIFEST, run)
    write_manifest(paths.result(*named) / MANIFEST, {**run, "evaluation": evaluated})
    rows, mixes = paths.result(*named) / MANIFEST, folder / "mixes.json"
    return [rows, folder / "model.safetensors", folder / MANIFEST, mixes, seal]


def spoil(clone: Path, profile: str, file: str, **facts: object) -> None:
    """Let a manifest of a profile's run say something else, as of an older notebook's run."""
    folder = clone / file.format(profile=profile)
    before = (folder / MANIFEST).stat()
    change_manifest(folder, **facts)
    os.utime(folder / MANIFEST, (before.st_atime, before.st_mtime))


def in_clone(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the clone, with its code."""
    environment = {**os.environ, "PYTHONPATH": str(clone)}
    environment.pop(HOME_VARIABLE, None)
    return subprocess.run(
        command,
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def plans(clone: Path) -> dict[str, str]:
    """What Snakemake would do for each profile."""
    said = in_clone(
        clone, sys.executable, "-c", ALL_DRY_RUNS, *PROFILES, NUMBER, FINISHED, OUTDATED
    ).stdout
    parts = [part.partition("\n") for part in said.split("\nPLAN OF ")[1:]]
    for name, _, plan in parts:
        assert "STATUS 0" in plan, f"{name}: {plan}"
    return {name: plan for name, _, plan in parts}


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


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_plans_its_runs_and_no_others(profile: str, plans: dict[str, str]) -> None:
    study, plan = read_params(PARAMS / f"{profile}.yaml"), plans[profile]
    runs = {
        (recipe, arm, str(seed))
        for recipe in study.recipes
        for arm, seeds in study.seeds.items()
        for seed in seeds
    }
    once = dict.fromkeys(["all", "programs", "difficulty", "buckets"], 1)
    if any("model_loss" in arm_named(arm).metrics for arm in study.arms):
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


def commands_of(plan: str) -> list[str]:
    """Return the shell commands of a plan; rule `all` has none."""
    return re.findall(r"^Shell command: (?!None$)(.+)$", plan, re.MULTILINE)


def words_of(command: str, folder: Path) -> list[str]:
    """Return the words that the shell makes of a command, which is not run."""
    shown = command.replace(PYTHON, r"printf '%s\0'")
    said = subprocess.run(["bash", "-c", shown], cwd=folder, capture_output=True, text=True)
    return said.stdout.split("\0")[:-1]


def test_a_job_is_a_notebook_executed_by_the_python_that_runs_the_workflow(
    plans: dict[str, str], clone: Path
) -> None:
    for plan in plans.values():
        assert f"\nSTUDY_PYTHON={sys.executable}\n" in plan
    for plan in (plan for name, plan in plans.items() if name != FINISHED):
        assert len(commands_of(plan)) == planned_jobs(plan)["total"] - planned_jobs(plan)["all"]
        for command in commands_of(plan):
            words = shlex.split(re.sub(r"^PYTHON_CPU_COUNT=\d+ | && .*", "", command))
            assert words[:3] == ["$STUDY_PYTHON", "-m", "cl_utils.workflow.notebook"]
            assert (clone / words[3]).exists() and words[4].startswith("runs/"), command


def test_trainings_side_by_side_start_no_processes_beside_their_own(plans: dict[str, str]) -> None:
    trainings = [each for each in commands_of(plans["smoke"]) if "/04_training.ipynb" in each]
    assert trainings and all(each.startswith("PYTHON_CPU_COUNT=1 ") for each in trainings)


@pytest.mark.parametrize("profile", ["paper-size", "smoke"])  # arms trained together, and alone
def test_names_and_paths_reach_a_notebook_as_they_are(
    profile: str, plans: dict[str, str], clone: Path
) -> None:
    trainings = [each for each in commands_of(plans[profile]) if "/04_training.ipynb" in each]
    words = words_of(trainings[0], clone)
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert words[2] == "notebooks/04_training.ipynb"
    assert words[3].startswith(f"runs/{profile}/notebooks/04_training-")
    assert options.keys() == {"--params", "--recipe", "--arm", "--seed"}
    assert (clone / options["--params"]).samefile(clone / "params" / f"{profile}.yaml")
    assert options["--arm"] in read_params(PARAMS / f"{profile}.yaml").arms
    assert not list(clone.rglob("pwned"))


def test_a_profile_whose_name_is_a_number_is_a_profile(plans: dict[str, str]) -> None:
    assert planned_jobs(plans[NUMBER]) == planned_jobs(plans["smoke"])
    assert f"runs/{NUMBER}/programs.parquet" in plans[NUMBER]


def test_what_is_gone_is_made_again_though_older_figures_stand(
    plans: dict[str, str],
) -> None:
    """Between two files that stand; and an evaluation whose rows were deleted."""
    books = len(showing_notebooks())
    wanted = {"evaluation": 2, "figures": books, "all": 1, "total": books + 3}
    assert planned_jobs(plans[FINISHED]) == wanted
    assert f"Missing output files: {LOST}" in plans[FINISHED]


def test_what_a_notebook_made_by_other_code_is_made_again(plans: dict[str, str]) -> None:
    """Snakemake has no record of it: the manifests tell."""
    books = len(showing_notebooks())
    wanted = {"training": 1, "evaluation": 2, "figures": books, "all": 1, "total": books + 4}
    assert planned_jobs(plans[OUTDATED]) == wanted


@pytest.mark.parametrize(
    "profile", ["$(touch pwned)", "../smoke", "no such", "1e3", "smoke; touch pwned"]
)
def test_what_is_no_profile_s_name_is_refused_in_a_sentence_and_runs_nothing(
    profile: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", profile]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"profile={profile!r}" in line or f"{profile}.yaml is missing" in line
    assert not list(tmp_path.iterdir())


def test_make_hands_a_profile_on_as_it_is(clone: Path) -> None:
    """As a value of the environment: make would expand it, and the shell would execute it."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (clone / ".venv" / ".installed").touch()
    python.write_text("#!/bin/sh\nprintf '%s|' \"$@\"\n")
    python.chmod(0o755)
    for profile in ("$(touch pwned)", "`touch pwned`", "$(shell touch pwned)", "'; touch pwned; '"):
        for goal in ("reproduce", "resume", "figures", "report"):
            said = in_clone(clone, "make", "--silent", goal, f"PROFILE={profile}")
            assert said.stdout == f"-m|cl_utils.workflow|{goal}|{profile}|"
    said = in_clone(clone, "make", "-s", "benchmark", "ONLY=memory $(shell touch pwned) `touch y`")
    assert said.stdout == "-m|benchmarks|memory|$(shell|touch|pwned)|`touch|y`|"
    assert not list(clone.rglob("pwned"))
