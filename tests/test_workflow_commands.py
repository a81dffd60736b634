"""make's commands: asked to end, they end what they started; Snakemake takes part in them."""

from __future__ import annotations

import ast
import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from refusals import refusal

from cl_utils.code_fingerprint import showing_notebooks
from cl_utils.paths import HOME_VARIABLE, REPOSITORY
from cl_utils.processes import MARK_VARIABLE, marked
from cl_utils.study.notebook_names import FINDINGS
from cl_utils.workflow import commands
from cl_utils.workflow.commands import Work, experiment_notebooks, figures
from cl_utils.workflow.profile_lock import only_command, owner_of
from cl_utils.workflow.taking_part import take_part

TAKE_PART = """
from contextlib import ExitStack
from cl_utils.workflow.taking_part import take_part
take_part("smoke", ExitStack())
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv(MARK_VARIABLE, raising=False)
    return tmp_path


def test_a_command_says_on_which_profile_it_begins() -> None:
    """It may be the Makefile's own choice: a misspelt `PROFIL=smoke` is no word to make."""
    words = [sys.executable, "-m", "cl_utils.workflow", "report", "laptop"]
    said = subprocess.run(words, capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stdout.startswith("report: profile laptop, parameters in params/laptop.yaml.")
    assert "holds no finished run" in said.stderr and "reproduce PROFILE=laptop" in said.stderr


@pytest.mark.parametrize("named", [True, False])
def test_what_the_system_refuses_is_told_in_a_sentence(
    named: bool, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: Work) -> int:
        path = [str(home / "page.html")] if named else []
        raise OSError(errno.ENOSPC, "No space left on device", *path)

    monkeypatch.setattr(commands, "_heed_signals", lambda: None)
    monkeypatch.setitem(commands.COMMANDS, "report", full)
    assert commands.main(["report", "smoke"]) == 1
    path = home / ("page.html" if named else "runs/smoke")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path} could not be read or written (No space left on device): free")


def test_figures_are_drawn_of_every_recipe_that_has_rows(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Notebooks of experiments belong to no recipe; the findings come after all others.

    Also after one of a higher number.
    """
    books = (*showing_notebooks(), "17_more_figures")
    monkeypatch.setattr(commands, "showing_notebooks", lambda: books)
    drawn: list[tuple[str, str]] = []

    def draw(_: Work, notebook: str, recipe: str = "") -> int:
        drawn.append((notebook, recipe))
        return 0

    monkeypatch.setattr(Work, "draw", draw)
    monkeypatch.setattr(Work, "run", lambda *_: 0)
    for recipe in ("strong-third", "fast-constant"):
        (home / "results/study-rates" / recipe).mkdir(parents=True)
    assert figures(Work("figures", "study-rates", "mark")) == 0
    recipes = ["fast-constant", "strong-third"]  # as the profile has them
    wanted = [(book, recipe) for book in books for recipe in recipes]
    assert set(drawn) == {*wanted, *((book, "") for book in experiment_notebooks())}
    assert [book for book, _ in drawn].index(FINDINGS) >= len(recipes) * (len(books) - 1)
    assert f"{books[0]} (strong-third) is drawn" in capsys.readouterr().out
    assert Work("figures", "study", "mark").recipes == ["fast"]  # nothing there: all of them


def test_in_the_workflow_the_findings_wait_for_every_other_notebook_of_figures() -> None:
    """Whatever its number; the rule's own function is asked."""
    source = (REPOSITORY / "Snakefile").read_text(encoding="utf-8")
    parsed = ast.parse(rules_left_out(source)).body
    (before,) = (node for node in parsed if is_named(node, "before"))
    books = (*showing_notebooks(), "17_more_figures")
    names: dict[str, Any] = {"SHOWING": books, "FINDINGS": FINDINGS, "GALLERY": "{book}"}
    names["expand"] = lambda pattern, book, recipe: list(book)
    exec(ast.unparse(before), names)
    for book in books:
        waits = set(names["before"](SimpleNamespace(book=book, recipe="fast")))
        assert waits == (set(books) - {FINDINGS} if book == FINDINGS else set()), book


@pytest.mark.parametrize("by_losses", [False, True])
@pytest.mark.parametrize("yoked", [False, True])
def test_a_run_waits_for_the_losses_and_for_the_mixes_that_it_needs(
    by_losses: bool, yoked: bool
) -> None:
    """An arm may need both; the rule's own function is asked."""
    source = (REPOSITORY / "Snakefile").read_text(encoding="utf-8")
    parsed = ast.parse(rules_left_out(source)).body
    (learnt_from,) = (node for node in parsed if is_named(node, "learnt_from"))
    arm = SimpleNamespace(
        metrics=["model_loss"] if by_losses else [], yoked_to="mastery" if yoked else None
    )
    names: dict[str, Any] = {"arm_named": lambda _: arm, "here": Path, "FOLDER": Path("runs")}
    names["PATHS"] = SimpleNamespace(model_difficulty=lambda recipe: f"losses-{recipe}")
    twin = SimpleNamespace(yoked_seed=1)
    names["STUDY"] = SimpleNamespace(model_copy=lambda update: twin)
    names["expand"] = lambda pattern, recipe, arm, seed: [f"{recipe}/{arm}/{seed}/{pattern}"]
    exec(ast.unparse(learnt_from), names)
    wildcards = SimpleNamespace(recipe="fast", arm="own", seed="0")
    losses, mixes = [Path("losses-fast")], ["fast/mastery/[1]/runs/mixes.json"]
    assert names["learnt_from"](wildcards) == [*losses * by_losses, *mixes * yoked]


def rules_left_out(source: str) -> str:
    """Return the Python that a Snakefile begins with."""
    return source.partition("\nonstart:")[0]


def is_named(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name


@pytest.mark.parametrize(
    ("profile", "gpu", "expected"),
    [("smoke", False, None), ("paper", False, "gpu=3"), ("paper", True, None)],
)
def test_without_a_gpu_a_run_a_core_trains(
    profile: str, gpu: bool, expected: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile that leaves the device open would otherwise train one run at a time."""
    called: list[list[str]] = []

    def follow(command: list[str], *_: object) -> int:
        called.append(command)
        return 0

    monkeypatch.setattr("cl_utils.workflow.commands.follow", follow)
    monkeypatch.setattr("cl_utils.workflow.commands.available_cores", lambda: 3)
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    assert Work("resume", profile, "mark").snakemake() == 0
    (words,) = called
    assert ("--resources" in words) == (expected is not None)
    if expected:
        assert words[words.index("--resources") + 1] == expected


def test_a_snakemake_that_a_user_calls_has_the_profile_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as work:
        take_part("smoke", work)
        owner = owner_of("smoke")
        assert owner is not None and os.environ[MARK_VARIABLE] == owner.mark
        assert "`snakemake`" in refusal(lambda: only_command("smoke", "make").__enter__())
    assert owner_of("smoke") is None
    monkeypatch.delenv(MARK_VARIABLE)


def test_a_snakemake_that_a_command_calls_takes_part_in_it_and_no_other_does() -> None:
    with only_command("smoke", "make reproduce") as mark:
        for carried, said in ((mark, ""), ("another", "was killed"), (None, "is at work already")):
            environment = os.environ | ({MARK_VARIABLE: carried} if carried else {})
            done = subprocess.run(
                [sys.executable, "-c", TAKE_PART], env=environment, capture_output=True, text=True
            )
            assert said in done.stderr and bool(done.stderr) == bool(said)


def test_a_snakemake_whose_command_was_killed_before_it_began_does_not_begin(home: Path) -> None:
    """Its note still stands, but nobody would end the jobs with the command any more."""
    killed = f"""
import os, subprocess, sys, time
from cl_utils.processes import MARK_VARIABLE
from cl_utils.workflow.profile_lock import only_command
with only_command("smoke", "make reproduce") as mark:
    slow = "import time; time.sleep(0.7);" + {TAKE_PART!r}
    with open({str(home / "said")!r}, "w") as said:
        environment = os.environ | {{MARK_VARIABLE: mark}}
        subprocess.Popen([sys.executable, "-c", slow], env=environment, stderr=said)
    os._exit(0)
"""
    subprocess.run([sys.executable, "-c", killed], check=True)
    owner = owner_of("smoke")
    assert owner is not None
    while marked(owner.mark):
        time.sleep(0.1)
    assert "was killed: start it again" in (home / "said").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_asked_to_end_ends_what_it_started(number: signal.Signals) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "cl_utils.workflow", "reproduce", "smoke"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Under nohup tests ignore interrupts, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while (owner := owner_of("smoke")) is None or not marked(owner.mark):
        assert command.poll() is None
        time.sleep(0.05)
    command.send_signal(number)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 128 + number and said.startswith("Stopping; the same command")
    assert owner_of("smoke") is None and not marked(owner.mark)
