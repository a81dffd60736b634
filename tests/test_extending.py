"""The guide to extensions works: every code block of docs/extending.md is run as it stands.

In: the page, and a tiny study for the data that its cells load. Out: a failure that names the part
whose example no longer trains, no longer keeps a promise, or no longer says what is true.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_schedules
import torch
import yaml
from guide import (
    ARM,
    KEPT,
    METRIC,
    MODEL,
    OPTION,
    PAGE,
    PARTS,
    POLICY,
    SCHEDULE,
    SECTIONS,
    Notebook,
    Scripted,
    assert_reads_alike_with_a_cache,
    reached,
)
from studies import TINY, FinishedStudy
from test_loop import assert_same_run, killed_at
from worlds import World, quiet, same_weights, small_run

from cl_utils import paths
from cl_utils.curriculum import arm_facts, arms
from cl_utils.errors import StudyError
from cl_utils.figures.style import arm_colour, line_style
from cl_utils.labels.names import in_order
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY
from cl_utils.training import loop
from cl_utils.training.assembly import make_trainer
from cl_utils.training.batched_runs import BatchedModel
from cl_utils.training.checkpoints import load_model, save_model
from cl_utils.training.loop import Trained, train

STEPS = 20


@pytest.fixture
def notebook(
    finished_study: FinishedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Notebook:
    """The page's first cell, run on a tiny study; a run has 20 steps."""
    plan = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
    (tmp_path / "smoke.yaml").write_text(yaml.safe_dump(plan | TINY), encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(finished_study.home))
    monkeypatch.setattr(paths, "PARAMS", tmp_path)
    monkeypatch.setattr(arms, "SCHEDULES", arms.SCHEDULES)  # put back after the page's change
    ours = Notebook()
    ours.execute("Extending it")
    ours.names |= {"train": ours.keep, "run": replace(ours.names["run"], steps=STEPS)}
    return ours


def resumed(notebook: Notebook, path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Train with a kill on the way, and return what the run that continued ends with."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with killed_at(STEPS // 2):
        notebook.train(checkpoint=path)
    lines: list[str] = []
    again = notebook.train(checkpoint=path, report=lines.append)
    assert lines[0] == f"continues after step {STEPS // 2} of {STEPS}"
    return again


def keep_promises(name: str, world: World) -> None:
    """Ask of a schedule whatever `test_schedules` asks of all of them."""
    values = {"name": name, "seed": 0, "world": world}
    mark = test_schedules.every_schedule.mark
    tests = [t for t in vars(test_schedules).values() if mark in getattr(t, "pytestmark", [])]
    assert len(tests) >= 5
    for test in tests:
        test(**{each: values[each] for each in inspect.signature(test).parameters})


def test_each_part_has_a_section_and_every_block_has_under_30_lines() -> None:
    assert len(PARTS) == 6
    for title, blocks in SECTIONS.items():
        assert all(len(source.splitlines()) < 30 for _, source in blocks), title
    assert all("train(" in SECTIONS[title][-1][1] for title in (SCHEDULE, POLICY, OPTION, MODEL))


def test_what_the_page_names_is_there() -> None:
    found = re.findall(r"`((?:cl_utils|tests|params)/[\w/.]+)`", PAGE)
    assert found
    for path in {*found} - {"params/mine.yaml"}:  # the reader's own
        assert (REPOSITORY / path).exists(), path


def test_runs_are_kept_by_their_times_only_beside_an_arm_that_was_added() -> None:
    """By times alone, Snakemake takes the runs of an edited arm for those of the new one."""
    option = "--rerun-triggers mtime"
    for name in ("extending.md", "running.md"):
        text = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
        told = [each for each in text.split("\n\n") if option in each and "```" not in each]
        assert told and all("added" in each and "edited" in each for each in told), name


def test_the_schedule_keeps_what_all_promise_and_trains(notebook: Notebook, world: World) -> None:
    schedule = notebook.execute(SCHEDULE)["spiral"](1000)
    assert schedule.boundaries() == [0, 100, 200, 300, 400, 500, 600]
    assert [schedule.mix(step) for step in (299, 300)] == [{"hard": 1.0}, {"hardest-of-easy": 1.0}]
    assert schedule.mix(999) == {"all": 1.0}
    keep_promises("spiral", world)
    assert [mix for _, mix in notebook.train().mixes] == [stage.mix for stage in schedule.stages]


def test_the_policy_keeps_what_all_promise_and_draws_by_what_it_saw(
    notebook: Notebook, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.execute(POLICY)
    keep_promises("weakest", world)
    probe: Any = Scripted()
    mixes = notebook.train(make=partial(make_trainer, probe=probe)).mixes
    assert [step for step, _ in mixes] == [0, 5, 9, 13, 17]
    most = [max(mix, key=mix.__getitem__) for _, mix in mixes]
    assert most == ["easy", "medium", "hard", "easy", "medium"]
    assert_same_run(notebook.train(), resumed(notebook, tmp_path / "run.pt", monkeypatch))


def test_the_arm_is_read_with_its_facts_and_trains(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = yaml.safe_load(SECTIONS[ARM][0][1])
    (name,) = written
    path = tmp_path / "arms.yaml"
    path.write_text(paths.ARMS.read_text(encoding="utf-8") + SECTIONS[ARM][0][1], encoding="utf-8")
    for module, read in ((arms, arms.arms), (arm_facts, arm_facts.arm_facts)):
        monkeypatch.setattr(module, "ARMS", path)
        read.cache_clear()
    try:
        notebook.execute(ARM)
        facts = asdict(arm_facts.facts_of(name))
        assert facts.items() <= written[name].items() and None not in facts.values()
        assert arms.arm_named(name) == arms.Arm(schedule="warmup", order="shuffled")
        assert arm_colour(name) == facts["colour"] and line_style(name) != "-"
        assert in_order([name, "warmup"]) == ["warmup", name]
        result = notebook.train()
        assert result.characters == STEPS * TINY["characters_per_step"]
        assert set(result.history["stage"]) == {"shuffled"}
    finally:
        arms.arms.cache_clear()
        arm_facts.arm_facts.cache_clear()


def test_the_metric_makes_buckets_that_train(notebook: Notebook) -> None:
    names = notebook.execute(METRIC)
    assert names["operations"]("a = 1 + 2 * 3\nif a < 4 :\n\tprint(a)") == 3
    before, after = names["corpus"], names["by_operations"]
    assert np.array_equal(np.bincount(before.buckets), np.bincount(after.buckets))
    values = names["programs"]["operations"].reindex(after.program_ids).to_numpy()
    assert (np.diff(values) >= 0).all() and values[0] < values[-1]
    assert sorted(after.program_ids) == sorted(before.program_ids)
    assert not np.array_equal(after.program_ids, before.program_ids)
    first, other = notebook.train(), train(notebook.calls[-1][0][0], before, names["validation"])
    assert not same_weights(first.model, other.model)


def test_the_metric_is_kept_by_the_lines_that_the_page_adds(tmp_path: Path) -> None:
    """In a copy of the package, where it is measured, has a label and makes a study's buckets."""
    for folder in ("cl_utils", "params"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=ignored)
    (define, *_), (change,) = (
        [b for lang, b in SECTIONS[METRIC] if lang == each] for each in ("python", "diff")
    )
    (function,) = [each for each in ast.parse(define).body if isinstance(each, ast.FunctionDef)]
    for file, line, added in re.findall(r"^--- (.+)\n (.+)\n\+(.+)$", change, re.MULTILINE):
        source = (tmp_path / file).read_text(encoding="utf-8")
        assert source.count(f"{line}\n") == 1, line
        source = source.replace(f"{line}\n", f"{line}\n{added}\n")
        (tmp_path / file).write_text(source, encoding="utf-8")
    with (tmp_path / "cl_utils/difficulty/static_metrics.py").open("a") as module:
        module.write(f"\n\n{ast.unparse(function)}\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-B", "-c", KEPT]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout == "[2] arithmetic and comparisons\noperations\n", done.stderr


def test_the_option_changes_the_weights_when_on_and_no_bit_when_off(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = notebook.execute(OPTION)
    on = notebook.train()
    off = notebook.train(lambda run: replace(run, recipe=replace(run.recipe, largest_gradient=0.0)))
    plain = train(names["run"], names["corpus"], names["validation"], report=quiet)
    assert_same_run(plain, off)
    assert not same_weights(plain.model, on.model)
    assert_same_run(on, resumed(notebook, tmp_path / "run.pt", monkeypatch))


def test_a_checkpoint_knows_the_option_and_the_network_that_it_was_trained_with(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    for part, named in ((OPTION, "recipe"), (MODEL, "network='GatedGPT'")):
        names, path = notebook.execute(part), tmp_path / f"{named[:7]}.pt"
        with killed_at(2):
            notebook.train(checkpoint=path)
        with pytest.raises(StudyError, match=f"belongs to a run with {named}"):
            train(names["run"], names["corpus"], names["validation"], checkpoint=path)


def test_the_part_of_the_model_trains_resumes_and_comes_back_from_its_files(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = notebook.execute(MODEL)
    whole = notebook.train()
    gate = whole.model.get_parameter("blocks.0.feed_forward.gate.weight")
    fresh = names["GatedGPT"](whole.model.config)
    assert gate.shape == fresh.get_parameter("blocks.0.feed_forward.gate.weight").shape
    assert whole.model.get_parameter("blocks.0.feed_forward.shrink.weight").any()
    assert_same_run(whole, resumed(notebook, tmp_path / "run.pt", monkeypatch))
    save_model(tmp_path / "saved", whole.model)
    loaded = load_model(tmp_path / "saved", whole.model.config, network=names["GatedGPT"])
    assert isinstance(loaded, names["GatedGPT"]) and same_weights(loaded, whole.model)
    with pytest.raises(StudyError, match="are not those of its model.json"):
        load_model(tmp_path / "saved")
    assert_reads_alike_with_a_cache(loaded)


def test_the_table_says_what_is_trained_again() -> None:
    rows = re.findall(r"^\| an? [^|]+\| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    counted = {notebook: reached(notebook) for notebook in ("01", "02", "03", "04", "05", "08")}
    for files, said in rows:
        changed = set(re.findall(r"`([^`]+)`", files))
        touched = [notebook for notebook, found in counted.items() if changed & found]
        assert re.findall(r"\b0\d\b", said) == touched, files


def test_the_part_of_the_model_trains_in_a_batched_model_as_it_does_alone(
    notebook: Notebook, world: World
) -> None:
    network = notebook.execute(MODEL)["GatedGPT"]
    runs = [small_run("fast", seed=seed) for seed in (0, 1)]
    alone, together = (
        [make_trainer(run, world.train, world.validation, network=network) for run in runs]
        for _ in range(2)
    )
    batched = BatchedModel(together)
    for _ in range(3):
        batched.advance()
        for trainer in alone:
            trainer.advance()
    batched.release()
    for ours, theirs in zip(alone, together, strict=True):
        for name, value in theirs.model.state_dict().items():
            torch.testing.assert_close(ours.model.state_dict()[name], value, rtol=0, atol=1e-5)
