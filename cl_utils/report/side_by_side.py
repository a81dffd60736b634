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
from cl_utils.labels.numbers import MISSING, points_text
from cl_utils.paths import committed_results, params_file
from cl_utils.report.answer import ROWS, answer, asked, listed
from cl_utils.report.rate_words import Named, all_changes, rates_markdown
from cl_utils.report.rates import RATED, rated
from cl_utils.report.sentences import (
    VERDICTS,
    contrast_sentence,
    contrasts_markdown,
    rows_markdown,
)
from cl_utils.report.settings import ORDERED, Setting, settings_in
from cl_utils.report.summary import WHERE, minus
from cl_utils.stats import level_accuracy, standing
from cl_utils.stats.exams import EXAM, SHOWN, exam_accuracy, exam_effects
from cl_utils.stats.factorial import FACTORS
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.params import read_params

PAGE: Final = "docs/settings.md"
LEVEL_FIGURE: Final = "effects_by_level"
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
paired by seed, with 95 % intervals; p is of an exact sign-flip test, after Holm within the
setting's own family.

{VERDICTS}"""
NOT_DECLARED: Final = """\
no contrast of theirs was declared, so none is more than a trend; p after Holm within this table."""
NONE: Final = "Nothing can be claimed yet."
LEVELS: Final = """\
The same programs of the balanced test, by the level of the grammar that they were drawn from: 1.1
and 1.2 are assignments with expressions, 2.1 and 2.2 branches, 3.1 and 3.2 loops. Exploratory, like
the exams below: the declared measure is the mean of the three buckets, and p are left out. The last
columns are hybrid minus baseline and the main effects over the eight arms."""
EXAMS: Final = """\
Each exam goes beyond all that was trained on in one respect; *twins* are programs of the training
set under other names. Everything here is exploratory, and its p are left out: the declared measure
is the usual test."""


def further_settings() -> dict[str, list[Setting]]:
    """Return the settings of the profiles that ask of one thing each, none without rows."""
    return {profile: settings_in([committed_results(profile)]) for profile in ASKED}


def settings_page(
    settings: Sequence[Setting],
    further: Mapping[str, Sequence[Setting]],
    figure_of: Callable[[str], str] = lambda name: "",
) -> str:
    """Return the page; `figure_of`: a figure by its name, as Markdown, "" until it is drawn."""
    rates = rated(settings, further.get(RATED, ()))
    others = [each for found in further.values() for each in found]
    sections = [_claims([*settings, *others], all_changes(rates))]
    sections += [_question(title, words, settings) for title, words in ROWS.items()]
    for profile, found in further.items():
        sections.append(_declared(profile, found, figure_of(FIGURES.get(profile, ""))))
        if profile == RATED and rates:
            sections.append(rates_markdown(rates))
    sections += [_levels(settings, figure_of(LEVEL_FIGURE)), _exams(settings)]
    return "\n\n".join([HEAD, *sections]) + "\n"


def _claims(settings: Sequence[Setting], further: Sequence[Named]) -> str:
    """Return a sentence a claim: of each setting's declared contrasts and main effects, and more.

    `further`: other declared rows, under their names.
    """
    found: list[Named] = []
    for each in settings:
        effects = each.effects
        rows = pd.concat([each.contrasts, effects[effects["effect"].isin(FACTORS)]])
        found += [(each.name, row) for _, row in rows.iterrows()]
        for _, row in each.asked_levels.iterrows():
            where = f"on the programs of level {level_label(row['subset'])}"
            found.append((f"{each.name}, {where}", row))
    shown = [(name, row) for name, row in (*found, *further) if standing(row) == "claim"]
    lines = [f"- {name}: {contrast_sentence(row)}" for name, row in shown]
    return "\n\n".join(["## What is claimed", "\n".join(lines) or NONE])


def _answers(title: str, settings: Sequence[Setting]) -> list[tuple[Setting, pd.Series]]:
    (question,) = asked({title: ""})
    answers = [(setting, answer(setting, question)) for setting in settings]
    return [(setting, row) for setting, row in answers if row is not None]


def _question(title: str, words: str, settings: Sequence[Setting]) -> str:
    """Return a question's section: a row a setting that has an answer."""
    found = _answers(title, settings)
    rows = pd.DataFrame([row for _, row in found])
    return f"## {words}\n\n{contrasts_markdown(rows, [each.name for each, _ in found])}"


def _declared(profile: str, settings: Sequence[Setting], figure: str) -> str:
    """Return the section of one profile: its declared contrasts and other arms, by recipe."""
    params = read_params(params_file(profile))
    planned = len(params.recipes) * sum(params.arms.values())
    done = sum(len(each.results.measures[["arm", "seed"]].drop_duplicates()) for each in settings)
    state = f"Profile `{profile}`: {done} of {planned} declared runs have rows."
    parts = [f"## {ASKED[profile]}", state, figure if settings else ""]
    for each in settings:
        parts += [f"Recipe {each.recipe}, declared.", _contrasts(each.contrasts)]
        if len(each.others):
            parts += [
                f"Recipe {each.recipe}, the other arms: {NOT_DECLARED}",
                _contrasts(each.others),
            ]
    return "\n\n".join(filter(None, parts))


def _contrasts(rows: pd.DataFrame) -> str:
    return contrasts_markdown(rows, [minus(row) for _, row in rows.iterrows()])


def _levels(settings: Sequence[Setting], figure: str) -> str:
    """Return the section of the grammar's levels, a table a setting that has the factorial."""
    tables = []
    for setting in settings:
        right = level_accuracy(setting.results.programs)
        tables.append(_table(setting, right, setting.levels, "subset"))
    asked = [_level_question(setting) for setting in settings]
    parts = ["## Level by level of the grammar", LEVELS, figure, *tables, *asked]
    return "\n\n".join(filter(None, parts))


def _level_question(setting: Setting) -> str:
    """Return what was declared of some levels for later seeds, and what these say so far."""
    if setting.question is None:
        return ""
    asked, rows = setting.question, setting.asked_levels
    seeds, done = setting.planned - asked.first_seed, 0 if rows.empty else int(rows["n"].min())
    levels = f"{'levels' if len(asked.levels) > 1 else 'level'} {listed(asked.levels)}"
    said = (
        f"*{setting.name}*: the first {asked.first_seed} seeds showed an effect of {asked.effect} "
        f"on {levels}, so it was declared for those that come after, which alone count here, as "
        f"one family. Of {seeds} such seeds {done} have rows."
    )
    if rows.empty:
        return said
    return f"{said}\n\n{contrasts_markdown(rows, [level_label(each) for each in rows['subset']])}"


def _exams(settings: Sequence[Setting]) -> str:
    """Return the section of the exams, a table a setting that took them."""
    tables = []
    for setting in settings:
        measures = setting.results.measures
        if measures["test_set"].astype(str).str.startswith(EXAM).any():
            right, effects = exam_accuracy(measures), exam_effects(measures)
            tables.append(_table(setting, right, effects, "test_set"))
    return "\n\n".join(["## Off the distribution", EXAMS, *filter(None, tables)])


def _table(setting: Setting, accuracy: pd.DataFrame, effects: pd.DataFrame, by: str) -> str:
    """Return what the baseline gets right and each effect, a row a value of the column `by`.

    A row of fewer seeds says of how many.
    """
    if effects.empty:
        return ""
    usual = int(effects["n"].max())
    lines = [["", "baseline right (%)", *SHOWN], ["---", *["--:"] * (1 + len(SHOWN))]]
    for _, right in accuracy.iterrows():
        own = effects[effects[by] == right[by]].set_index("effect")
        name = right[by].removeprefix(EXAM)
        name = "the usual test" if name == PRIMARY[1] else name
        if (n := int(own["n"].max())) != usual:
            name = f"{name}, n = {n}"
        cells = [points_text(own.loc[each]) if each in own.index else MISSING for each in SHOWN]
        lines.append([name, f"{right['mean']:.1f}", *cells])
    return f"{setting.name}, n = {usual}.\n\n{rows_markdown(lines)}"
