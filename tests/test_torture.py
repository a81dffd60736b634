"""The attacks of tests/torture in their short form, and whether they notice what is broken.

In: a study that the attacks make for themselves. Out: a failure that lists what was lost, with what
repeats it. The long form is `make torture`.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from studies import tiny_params
from torture import corruption, loads
from torture.attacks import ATTACKS, outcomes, short_form
from torture.corruption import Corruption
from torture.ground import Ground
from torture.jobs import Job
from torture.kills import Kills
from torture.outcome import COUNTED, RAW, REFUSED, SILENT, SURVIVED, Outcome, Tally
from torture.parameters import Parameters

from cl_utils.errors import StudyError
from cl_utils.paths import home
from cl_utils.study.data_files import load_counts

SEED = 1
TABLE = "results/smoke/data/leak.csv"


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """What is attacked; its folder may be read by everybody, as those of pytest may not."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        yield Ground(Path(folder))


@pytest.mark.parametrize("name", [name for name, plan in ATTACKS.items() if plan.short])
def test_nothing_is_lost(name: str, ground: Ground) -> None:
    """Half of the attempts came to something: the others are impossible here, or mean nothing."""
    tally, begun, judged = Tally(), list[int](), set[int]()
    for outcome in outcomes(name, ground, SEED, noted(short_form(name), begun)):
        tally.add(outcome)
        if outcome.verdict in COUNTED:
            judged.add(begun[-1])
    assert len(judged) >= len(short_form(name)) / 2
    again = f"python tests/torture --only {name!r} --seed {SEED} --case NUMBER"
    assert not tally.lost, f"\n{tally.losses(again)}"


def noted(numbers: Sequence[int], begun: list[int]) -> Iterator[int]:
    """Yield numbers, and note each in `begun` when it is asked for."""
    for number in numbers:
        begun.append(number)
        yield number


@pytest.mark.parametrize("name", ["kills", "parameters", "programs", "places"])
def test_the_short_form_reaches_every_kind(name: str, ground: Ground) -> None:
    """Nor would a kind that is added be left out of it without a word."""
    attack = ATTACKS[name].made(ground, SEED)
    assert {attack.kind(number) for number in short_form(name)} == set(attack.kinds)  # type: ignore[attr-defined]


def test_the_short_form_reaches_every_parameter_file_and_work_of_several_processes(
    ground: Ground,
) -> None:
    parameters, kills = Parameters(ground, SEED), Kills(ground, SEED)
    spoilt = {parameters.file(number).path for number in short_form("parameters")}
    assert spoilt == {file.path for file in parameters.files}
    assert {kills.jobs[number].shared for number in short_form("kills")} == {False, True}


def unchecked(path: Path) -> object:
    """Read a table without a look at its manifest."""
    return pd.read_csv(path)


def raw(path: Path) -> object:
    """Raise what a careless lookup raises."""
    try:
        return load_counts(tiny_params(), "leak")
    except StudyError:
        raise KeyError("content") from None


def endless(path: Path) -> object:
    """Wait for what does not come."""
    try:
        return load_counts(tiny_params(), "leak")
    except StudyError:
        time.sleep(60)
        return None


def dead(path: Path) -> object:
    """Die as a library does that reads beyond its memory."""
    try:
        return load_counts(tiny_params(), "leak")
    except StudyError:
        return os.kill(os.getpid(), signal.SIGSEGV)


def talkative(path: Path) -> object:
    """Say more than a sentence."""
    try:
        return load_counts(tiny_params(), "leak")
    except StudyError:
        raise StudyError(f"{path} is damaged: {'very ' * 150}") from None


def nameless(path: Path) -> object:
    """Refuse without a word on which file."""
    try:
        return load_counts(tiny_params(), "leak")
    except StudyError:
        raise StudyError("a table is damaged") from None


@pytest.mark.parametrize(
    ("broken", "verdict", "words"),
    [
        (unchecked, SILENT, "returned"),
        (raw, RAW, "KeyError"),
        (endless, "hung", "longer than 0.5 s"),
        (dead, RAW, "SIGSEGV ended the process"),
        (talkative, RAW, "-characters in the sentence"),
        (nameless, RAW, "no-'/' in the sentence"),
    ],
)
def test_a_loader_that_is_broken_is_noticed(
    broken: Callable[[Path], object],
    verdict: str,
    words: str,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = loads.Load((TABLE,), lambda folder: broken(folder / TABLE))
    monkeypatch.setattr(loads, "LOADS", {"broken": load})
    monkeypatch.setattr(corruption, "SECONDS", 0.5)
    attack = Corruption(ground, SEED, [(TABLE, "one digit")])
    (outcome,) = attack.attempt(0, Random(0))
    assert outcome.verdict == verdict and words in outcome.detail
    assert TABLE in outcome.case and "another digit at byte" in outcome.case


def test_work_that_does_not_go_on_after_a_kill_is_noticed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> None:
        """Count how often this was begun."""
        home().joinpath("begun").mkdir(exist_ok=True)
        numbers = list(home().joinpath("begun").iterdir())
        home().joinpath("begun", f"{len(numbers)}.csv").write_text("number\n1\n")
        time.sleep(0.1)

    attack = Kills(ground, SEED)
    attack.jobs = [Job("counting", work, ("begun",))]
    found = [outcome for number in range(4) for outcome in attack.attempt(number, Random(number))]
    assert SILENT in {outcome.verdict for outcome in found}


def test_the_table_counts_every_outcome_once_and_shows_few_losses_of_a_fault() -> None:
    tally = Tally()
    lost = [Outcome("a: cut", RAW, f"--case {number}", "KeyError@x.py") for number in range(9)]
    for outcome in (Outcome("a: cut", SURVIVED), Outcome("b: kill", REFUSED), *lost):
        tally.add(outcome)
    assert tally.table().splitlines()[2:] == [
        "| a: cut | 10 | 1 | 0 | 0 | 9 | 0 |",
        "| b: kill | 1 | 0 | 1 | 0 | 0 | 0 |",
        "| **all** | 11 | 1 | 1 | 0 | 9 | 0 |",
    ]
    shown = tally.losses("again")
    assert shown.count("KeyError") == 3 and "and 6 more" in shown and "--case 0" in shown


def test_pytest_takes_no_attack_for_a_test() -> None:
    folder = Path(corruption.__file__).parent
    assert not [*folder.glob("test_*"), *folder.glob("*_test.py"), *folder.glob("*.ipynb")]


def test_an_attempt_depends_on_its_number_alone(ground: Ground) -> None:
    once = list(outcomes("parameters", ground, SEED, [3, 4, 5]))
    assert once[1:] == list(outcomes("parameters", ground, SEED, [4, 5]))
