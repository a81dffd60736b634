"""Speed of the data: programs with their outputs, and their difficulty.

In: settings. Out: rows. Programs are drawn on one core and on several at once; difficulty is
compared with radon's, program by program, to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

import pandas as pd

from benchmarks.data import program_stream
from benchmarks.reference.grammar import plain_programs, radon_difficulty
from benchmarks.rows import SpeedRow, Target, speed_row
from benchmarks.settings import Settings
from benchmarks.workers import Task, Workload, in_turns
from cl_utils.difficulty.overall_metric import measure
from cl_utils.experiments.programs import METRIC
from cl_utils.machine import processes_side_by_side
from cl_utils.parallel import available_cores

A_CORE = Target(25_000.0, "value", "at least")
DIFFICULTY_A_CORE = 5_000.0  # programs per second
IDENTICAL = Target(0.0, "value", "at most")
PIECE, PLAIN_PIECE = 2_000, 100  # programs
RADON_COLUMNS = ["cyclomatic_complexity", "halstead_difficulty", METRIC]


@dataclass(frozen=True)
class StudyPrograms:
    """A task: draw programs from the study's grammar; amounts in programs."""

    member: int

    def prepare(self) -> Workload:
        """Open this member's own stream."""
        programs = program_stream("generation", self.member)
        return Workload(lambda: len(list(islice(programs, PIECE))))


@dataclass(frozen=True)
class PlainPrograms:
    """A task: the reference's programs, each run by `exec`; amounts in programs."""

    def prepare(self) -> Workload:
        """Open a stream."""
        programs = plain_programs(Random(0))
        return Workload(lambda: len(list(islice(programs, PLAIN_PIECE))))


def generation(settings: Settings) -> list[SpeedRow]:
    """Measure the drawing of programs with their outputs on 1, 2, 4 ... all cores."""
    counts = numbers_of_processes(processes_side_by_side())
    arms: dict[str, tuple[list[Task], int]] = {
        str(count): ([StudyPrograms(member) for member in range(count)], 1) for count in counts
    }
    arms["plain"] = [PlainPrograms()], 1
    rates = in_turns(arms, settings.seconds / 2, settings.repetitions).rates
    row = speed_row(
        "programs with their outputs, one core",
        "programs/s",
        rates["1"],
        reference="rule table and exec",
        references=rates["plain"],
        target=A_CORE,
    )
    return [row, *(side_by_side(count, rates) for count in counts[1:])]


def side_by_side(count: int, rates: dict[str, list[float]]) -> SpeedRow:
    """Return the row of `count` processes, beside `count` times what one does alone."""
    return speed_row(
        f"programs with their outputs, {count} processes",
        "programs/s",
        rates[str(count)],
        reference=f"{count} times one core",
        references=[count * rate for rate in rates["1"]],
    )


def numbers_of_processes(most: int) -> list[int]:
    """Return 1, 2, 4 ... and `most`."""
    powers = [2**place for place in range(most.bit_length()) if 2**place < most]
    return [*powers, most]


def difficulty(settings: Settings) -> list[SpeedRow]:
    """Measure all scores of programs on all cores, and how many differ from radon's own."""
    programs = program_stream("difficulty")
    ours, theirs, differing, count = [], [], 0, settings.size(50_000, 1_000)
    for _ in range(settings.size(3, 2)):
        sources = [program.source for program in islice(programs, count)]
        rate, scores = study_scores(sources)
        plain_rate, plain = plain_scores(sources)
        ours.append(rate)
        theirs.append(plain_rate)
        differing += mismatches(scores, plain)
    speed = speed_row(
        f"difficulty of programs, cores: {available_cores()}",
        "programs/s",
        ours,
        reference="radon one by one",
        references=theirs,
        target=Target(DIFFICULTY_A_CORE * available_cores(), "value", "at least"),
    )
    same = speed_row(
        f"programs of {count * len(ours):,} whose difficulty differs from radon's in any bit",
        "programs",
        [float(differing)],
        target=IDENTICAL,
    )
    return [speed, same]


def study_scores(sources: Sequence[str]) -> tuple[float, pd.DataFrame]:
    """Return programs per second and the scores, by the study's own function."""
    began = time.perf_counter()
    scores = measure(sources)
    return len(sources) / (time.perf_counter() - began), scores


def plain_scores(sources: Sequence[str]) -> tuple[float, pd.DataFrame]:
    """Return programs per second and the scores that radon has, one program at a time."""
    began = time.perf_counter()
    rows = [radon_difficulty(source) for source in sources]
    seconds = time.perf_counter() - began
    return len(sources) / seconds, pd.DataFrame(rows, columns=RADON_COLUMNS)


def mismatches(scores: pd.DataFrame, plain: pd.DataFrame) -> int:
    """Return how many programs have any score of radon's that is not the same to the last bit."""
    return int((scores[RADON_COLUMNS].to_numpy() != plain.to_numpy()).any(axis=1).sum())
