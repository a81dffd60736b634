"""Every setting side by side: sizes, recipes, learning rates, orders, on and off the distribution.

In: the settings with rows, and the profiles that ask of one thing each. Out: docs/settings.md, a
table a question; no verdict says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.names import level_label
from cl_utils.labels.numbers import count_text
from cl_utils.paths import committed_results, params_file
from cl_utils.report.by_machine import machine_section
from cl_utils.report.declarations import declaration
from cl_utils.report.in_short import ROWS, answer, questions_titled
from cl_utils.report.metric_by_setting import Judged, metric_section
from cl_utils.report.pages.completion import completion_section
from cl_utils.report.pages.how_soon import how_soon_section
from cl_utils.report.pages.setting_tables import (
    exams_section,
    levels_section,
    settings_section,
    simple_section,
)
from cl_utils.report.rate_words import Named, all_changes, rates_markdown
from cl_utils.report.rates import RATED, rated
from cl_utils.report.sentences import (
    VERDICTS,
    contrast_sentence,
    contrasts_markdown,
)
from cl_utils.report.settings import ORDERED, Setting, settings_in
from cl_utils.report.summary import WHERE, differences
from cl_utils.stats import standing
from cl_utils.stats.factorial import FACTORS
from cl_utils.study.params import read_params

PAGE: Final = "docs/settings.md"
SOON_FIGURE: Final = "characters_to_accuracy"
LEVEL_FIGURE: Final = "effects_by_level"
EXAM_FIGURE: Final = "effects_by_exam"
FIGURES: Final[Mapping[str, str]] = MappingProxyType(
    {RATED: "effects_by_rate", ORDERED: "effects_by_order"}
)
"""The figure of a profile that asks of one thing."""
ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        RATED: "Where the learning rate does not decay to zero",
        ORDERED: "Other orders of the same programs",
    }
)
"""The profiles that ask of one thing each, with their titles."""
HEAD: Final = f"""\
# The settings side by side

Generated from the rows of every setting; do not edit. Differences are {WHERE},
paired by seed, with 95 % intervals; p is of an exact sign-flip test, after Holm.

{VERDICTS}"""
NOT_DECLARED: Final = """\
no contrast of theirs was declared, so none is more than a trend; p after Holm within this table."""
CLAIMS: Final = """\
The error rate of 5 % is each family's own; what had been seen before each declaration is in the
[results](results.md), and below for rates and orders. Main effects are averages over both values of
the other two factors: see *Order and composition apart* before you use composition's."""
NONE: Final = "Nothing can be claimed yet."


def further_settings() -> dict[str, list[Setting]]:
    """Return the settings of the profiles that ask of one thing each, none without rows."""
    return {profile: settings_in([committed_results(profile)]) for profile in ASKED}


def settings_page(
    settings: Sequence[Setting],
    further: Mapping[str, Sequence[Setting]],
    metric: Sequence[Judged] = (),
    figure_of: Callable[[str], str] = lambda name: "",
) -> str:
    """Return the page; `figure_of`: a figure by its name, as Markdown, "" until it is drawn.

    `metric`: what `judged` returns of these settings, which takes seconds.
    """
    rates = rated(settings, further.get(RATED, ()))
    others = [each for found in further.values() for each in found]
    every = [*settings, *others]
    sections = [settings_section(every), _claims(every, all_changes(rates))]
    sections += [_question(title, words, settings) for title, words in ROWS.items()]
    sections += [
        simple_section(settings),
        machine_section(settings),
        metric_section(metric),
        how_soon_section(settings, figure_of(SOON_FIGURE)),
    ]
    for profile, found in further.items():
        sections.append(_declared(profile, found, figure_of(FIGURES.get(profile, ""))))
        if profile == RATED and rates:
            sections.append(rates_markdown(rates))
    sections += [
        completion_section(settings),
        levels_section(settings, figure_of(LEVEL_FIGURE)),
        exams_section(every, figure_of(EXAM_FIGURE)),
    ]
    return "\n\n".join([HEAD, *filter(None, sections)]) + "\n"


def _claims(settings: Sequence[Setting], further: Sequence[Named]) -> str:
    """Return a sentence a claim: of each setting's declared contrasts and main effects, and more.

    `further`: other declared rows, under their names.
    """
    found: list[Named] = []
    families = len({name for name, _ in further})
    for each in settings:
        main = each.effects[each.effects["effect"].isin(FACTORS)]
        rows = pd.concat([each.contrasts, main])
        families += sum(map(bool, map(len, (each.contrasts, main, each.asked_levels))))
        found += [(each.title, row) for _, row in rows.iterrows()]
        for _, row in each.asked_levels.iterrows():
            where = f"on the programs of level {level_label(row['subset'])}"
            found.append((f"{each.title}, {where}", row))
    shown = [(name, row) for name, row in (*found, *further) if standing(row) == "claim"]
    lines = [f"- {name}: {contrast_sentence(row)}" for name, row in shown]
    title = "## What is claimed"
    if not lines:
        return f"{title}\n\n{NONE}"
    among = f"{families} Holm {'family' if families == 1 else 'families'}"
    told = f"{count_text(len(lines), 'claim')} from {among}. {CLAIMS}"
    return "\n\n".join([title, told, "\n".join(lines)])


def _answers(title: str, settings: Sequence[Setting]) -> list[tuple[Setting, pd.Series]]:
    (question,) = questions_titled({title: ""})
    answers = [(setting, answer(setting, question)) for setting in settings]
    return [(setting, row) for setting, row in answers if row is not None]


def _question(title: str, words: str, settings: Sequence[Setting]) -> str:
    """Return a question's section: a row a setting that has an answer."""
    found = _answers(title, settings)
    rows = pd.DataFrame([row for _, row in found])
    return f"## {words}\n\n{contrasts_markdown(rows, [each.title for each, _ in found])}"


def _declared(profile: str, settings: Sequence[Setting], figure: str) -> str:
    """Return the section of one profile: its declared contrasts and other arms, by recipe."""
    params = read_params(params_file(profile))
    planned = len(params.recipes) * sum(map(len, params.seeds.values()))
    done = sum(len(each.results.measures[["arm", "seed"]].drop_duplicates()) for each in settings)
    state = f"Profile `{profile}`: {done} of {planned} declared runs have rows."
    parts = [f"## {ASKED[profile]}", state, declaration(profile), figure if settings else ""]
    for each in settings:
        parts += [f"Recipe {each.recipe}, declared.", _contrasts(each.contrasts)]
        if len(each.others):
            parts += [
                f"Recipe {each.recipe}, the other arms: {NOT_DECLARED}",
                _contrasts(each.others),
            ]
    return "\n\n".join(filter(None, parts))


def _contrasts(rows: pd.DataFrame) -> str:
    return contrasts_markdown(rows, differences(rows))
