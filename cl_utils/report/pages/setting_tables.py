"""Sections of docs/settings.md that no contrast of arms answers: simple effects, levels, exams.

In: the settings with rows. Out: Markdown, a table a setting; everything here is exploratory, but
for what a profile declared of levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.labels.names import RECIPES, exam_label, level_label, sentence_case
from cl_utils.labels.numbers import MISSING, counts_text, fixed, points_text
from cl_utils.report.in_short import joined, sizes
from cl_utils.report.sentences import contrasts_markdown, rows_markdown
from cl_utils.report.settings import REFERENCE, Setting
from cl_utils.report.summary import minus
from cl_utils.stats import FACTORIAL, contrast_table, level_accuracy, seed_values, select
from cl_utils.stats.exams import (
    SHOWN,
    exam_accuracy,
    exam_cells,
    exam_effects,
    programs_in,
)

BASELINE_HEAD: Final = "baseline, exact outputs (%)"
SIMPLE_TITLE: Final = "## Order and composition apart"

SIMPLE: Final = """\
A main effect is an average over both values of the other factors. Where order harms one choice of
programs more than the other, the main effect of composition includes some of that. So each effect
is shown here at each value of the other, averaged over one and three learning-rate cycles.
Exploratory, without p."""

LEVELS: Final = """\
The same programs of the balanced test, by the level of the grammar that they were drawn from.
Exploratory, like the exams below: the declared measure is the mean of the three buckets, and p are
left out. The columns after the baseline's are hybrid minus baseline, the main effects over the
eight arms, and what order does on either choice of programs: its main effect is their mean."""

EXAMS: Final = """\
Each exam goes beyond every training program in the quantity that it names; chains and passes take
more characters, so these programs are also longer than any that was trained on. *Renamed* are
programs of the training set with other variables. Settings that are missing were run before there
were exams. Everything here is exploratory, and its p are left out: the declared measure is the
balanced test. Intervals are over seeds alone and leave out which programs an exam has. One over few
seeds may leave the scale of 0 to 100."""

SETTINGS: Final = """\
Buckets by *tertiles* hold a third of the programs each, by *thresholds* those whose metric lies
below, between and above two values. All parameters are in `params/<profile>.yaml`, and what a run
used in its manifest."""
HEADS: Final = (
    *("profile", "recipe", "parameters", "characters trained", "steps", "programs to train on"),
    *("longest program", "buckets", "seeds", "machine"),
)


def settings_section(settings: Sequence[Setting]) -> str:
    """Return what every setting is, a row each, and its recipe in words."""
    known = [each for each in settings if each.manifest]
    if not known:
        return ""
    lines = [list(HEADS), ["---", "---", *["--:"] * 5, "---", "--:", "---"]]
    lines += [_facts(each) for each in known]
    used = dict.fromkeys(each.recipe for each in known)
    words = [f"- recipe `{name}`: {RECIPES[name]}." for name in used]
    table = rows_markdown(lines)
    parts = ["## What they are", SETTINGS, table, sizes(known).strip(), "\n".join(words)]
    return "\n\n".join(filter(None, parts))


def _facts(setting: Setting) -> list[str]:
    manifest, params = setting.manifest, setting.manifest["params"]
    rule = params["bucket_rule"]
    values = "" if isinstance(rule, str) else " and ".join(f"{each:g}" for each in rule)
    buckets = f"thresholds {values}" if values else rule
    counts = setting.machines if len(setting.machines) > 1 else {}
    machine = "; ".join(f"{name}: {n} runs" for name, n in counts.items())
    return [
        *(f"`{setting.profile}`", f"`{setting.recipe}`", f"{setting.parameters:,}"),
        *(f"{manifest['characters']:,}", f"{params['steps']:,}"),
        *(f"{len(BUCKETS) * params['training_programs']:,}", str(setting.longest), buckets),
        *(
            _seeds_done(setting),
            machine or next(iter(setting.machines), MISSING),
        ),
    ]


def _seeds_done(setting: Setting) -> str:
    """Return how many seeds the arms have, of how many that the params file names for most."""
    done = setting.results.measures.groupby("arm")["seed"].nunique()
    return f"{counts_text(done)} of {setting.planned}"


def simple_section(settings: Sequence[Setting]) -> str:
    """Return the section of what order and composition do at each level of the other."""
    found = [each for each in settings if len(each.simple)]
    if not found:
        return ""
    heads = [f"{each.title}, n = {each.simple['n'].max()}" for each in found]
    lines = [["", *heads], ["---", *["--:"] * len(heads)]]
    for place, first in found[0].simple.iterrows():
        cells = [points_text(each.simple.loc[place]) for each in found]
        lines.append([f"{first['effect']} {first['where']}", *cells])
    return "\n\n".join([SIMPLE_TITLE, SIMPLE, rows_markdown(lines)])


def levels_section(settings: Sequence[Setting], figure: str) -> str:
    """Return the section of the grammar's levels, a table a setting that has the factorial."""
    tables = []
    for setting in settings:
        right = level_accuracy(setting.by_level)
        effects = pd.concat([setting.levels, order_apart(setting.order_by_level)])
        tables.append(effects_table(setting, right, effects, ("subset", level_label)))
    asked = [_level_question(setting) for setting in settings]
    parts = ["## Level by level of the grammar", LEVELS, figure, *tables, *asked]
    return "\n\n".join(filter(None, parts))


def _so_far(done: int, seeds: int) -> str:
    """Return how many of the seeds that were declared have been run."""
    if seeds == 0:
        return "No later seed is declared."
    if done == 0:
        return f"None of these {seeds} seeds has been run in all eight arms."
    return f"{done} of these {seeds} seeds have been run in all eight arms."


def _level_question(setting: Setting) -> str:
    """Return what was declared of some levels for later seeds, and what these say so far."""
    if setting.question is None:
        return ""
    asked, rows = setting.question, setting.asked_levels
    seeds = setting.planned_of(FACTORIAL.values(), asked.first_seed)
    done = 0 if rows.empty else int(rows["n"].min())
    levels = f"{'levels' if len(asked.levels) > 1 else 'level'} {joined(asked.levels)}"
    said = (
        f"*{sentence_case(setting.title)}*: the first {asked.first_seed} seeds suggested an effect "
        f"of {asked.effect} on {levels}, so a test was declared for later "
        f"seeds; only these count here, as one family. {_so_far(done, seeds)}"
    )
    if rows.empty:
        return said
    return f"{said}\n\n{contrasts_markdown(rows, [level_label(each) for each in rows['subset']])}"


def exams_section(settings: Sequence[Setting], figure: str = "") -> str:
    """Return the section of the exams: a figure (Markdown), a table a setting that took them.

    The factorial's effects where all its arms did, else the declared contrasts.
    """
    tables = []
    for setting in settings:
        measures = setting.results.measures
        if len(exam_cells(measures)) > 1:
            right, effects = exam_accuracy(measures), exam_effects(measures)
            whole = effects_table(setting, right, effects, ("test_set", exam_label))
            tables.append(whole or _declared_exams(setting))
    return "\n\n".join(["## Off the distribution", EXAMS, *filter(None, [figure, *tables])])


def _declared_exams(setting: Setting) -> str:
    """Return what the baseline gets right in each exam and each declared contrast there."""
    measures = setting.results.measures
    names = [minus(*pair) for pair in setting.declared]
    lines = [
        ["", "programs", BASELINE_HEAD, *names],
        ["---", *["--:"] * (2 + len(names))],
    ]
    usual = 0
    for cell in exam_cells(measures):
        rows = contrast_table(measures, contrasts=setting.declared, cell=cell)
        if rows.empty:
            continue
        usual = max(usual, int(rows["n"].max()))
        there = {(row["arm"], row["reference"]): points_text(row) for _, row in rows.iterrows()}
        right = seed_values(select(measures, *cell), REFERENCE)
        said = [exam_label(cell[1]), _count(programs_in(measures, cell)), fixed(right.mean())]
        lines.append([*said, *(there.get(pair, MISSING) for pair in setting.declared)])
    return (
        f"{sentence_case(setting.title)}, n = {usual}.\n\n{rows_markdown(lines)}" if usual else ""
    )


def order_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `simple_effects`, their effect named with where it was measured."""
    return rows.assign(effect=rows["effect"] + " " + rows["where"]) if len(rows) else rows


def effects_table(
    setting: Setting,
    accuracy: pd.DataFrame,
    effects: pd.DataFrame,
    by: tuple[str, Callable[[str], str]],
    *,
    digits: int = 1,
    heads: tuple[str, str] = ("programs", BASELINE_HEAD),
) -> str:
    """Return what the baseline gets right and each effect, a row a value of a column.

    `by`: the column, and what its values are called; `heads`: of what an accuracy is a share of,
    and of the accuracy. A row of fewer seeds says of how many.
    """
    column, label = by
    if effects.empty:
        return ""
    usual = int(effects["n"].max())
    shown = [*SHOWN, *(each for each in effects["effect"].unique() if each not in SHOWN)]
    lines = [
        ["", *heads, *shown],
        ["---", *["--:"] * (2 + len(shown))],
    ]
    for _, right in accuracy.iterrows():
        own = effects[effects[column] == right[column]].set_index("effect")
        name = label(right[column])
        if (n := int(own["n"].max())) != usual:
            name = f"{name}, n = {n}"
        cells = [
            points_text(own.loc[each], digits) if each in own.index else MISSING for each in shown
        ]
        lines.append([name, _count(right["programs"]), fixed(right["mean"], digits), *cells])
    return f"{sentence_case(setting.title)}, n = {usual}.\n\n{rows_markdown(lines)}"


def _count(programs: float) -> str:
    return MISSING if pd.isna(programs) else f"{programs:,.0f}"
