"""What a profile declares of its comparisons must name arms, levels and seeds that it has.

In: contrasts and questions of a params file, and its arms. Out: nothing, or a sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from cl_utils.curriculum.arms import arms
from cl_utils.errors import StudyError
from cl_utils.names import check_once, meant, shown, unknown
from cl_utils.study.stage_params import LevelQuestion, SecondMeasure
from cl_utils.tinypy.grammar import GRAMMAR


def check_contrasts(
    contrasts: Sequence[Sequence[str]], seeds: Collection[str], where: str = ""
) -> None:
    """Raise StudyError for contrasts that do not compare two arms of the study, each once.

    `where`: what holds them, for the sentence.
    """
    for pair in contrasts:
        said = f"{where}contrasts={shown(list(pair))}"
        if len(pair) != 2 or pair[0] == pair[1]:
            raise StudyError(f"{said} is no pair of two arms: write two")
        for name in pair:
            if name not in seeds:
                guess = meant(name, arms() if name not in arms() else ())
                raise StudyError(
                    f"{said} is no pair of two of the study's arms: "
                    f"{shown(name)}{guess} is not in arms"
                )
    for one, other in combinations(contrasts, 2):
        if set(one) == set(other):
            raise StudyError(f"{where}contrasts={shown(list(other))} appears twice: remove one")


def check_level_question(
    question: LevelQuestion | None, seeds: Mapping[str, range], levels: Collection[str]
) -> None:
    """Raise StudyError for a question that the study will never answer.

    `levels`: those that the study draws programs of.
    """
    if question is None:
        return
    for level in question.levels:
        if level not in GRAMMAR:
            raise unknown("level_question: levels", level, GRAMMAR)
        if level not in levels:
            raise StudyError(
                f"level_question: levels={shown(list(question.levels))} names {level}, of which "
                f"this study draws no programs: choose among {', '.join(levels)}"
            )
    check_once("level_question: levels", question.levels)
    from cl_utils.stats.factorial import FACTORIAL  # here: its libraries take a second to import

    for arm in FACTORIAL.values():
        if arm not in seeds:
            raise StudyError(
                f"level_question: effect={question.effect!r} needs the factorial's eight arms, but "
                f"{arm} is not in arms: add it, or set level_question to null"
            )
    _check_first_seed("level_question", question.first_seed, seeds, FACTORIAL.values())


def check_second_measure(declared: SecondMeasure | None, seeds: Mapping[str, range]) -> None:
    """Raise StudyError for contrasts of other arms, and for seeds that will never be there."""
    if declared is None:
        return
    check_contrasts(declared.contrasts, seeds, "second_measure: ")
    for pair in declared.contrasts:
        _check_first_seed("second_measure", declared.first_seed, seeds, pair)


def _check_first_seed(
    where: str, first: int, seeds: Mapping[str, range], needed: Iterable[str]
) -> None:
    """Raise StudyError where an arm that is needed has no seed from the first one that counts."""
    for arm in needed:
        if first > seeds[arm][-1]:
            raise StudyError(
                f"{where}: the last seed of {arm} is {seeds[arm][-1]}, so it has none from "
                f"first_seed={first} on: give it more seeds in arms, or lower first_seed"
            )
