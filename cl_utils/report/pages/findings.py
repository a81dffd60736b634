"""docs/findings.md: what the study found, question by question, generated from its rows.

In: `Results` and the contrasts declared before the run. Out: Markdown; no number in it is typed,
and no sentence says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from cl_utils.curriculum.arm_facts import arm_facts
from cl_utils.data.split import HELD_OUT
from cl_utils.labels.arm_groups import OWN_METRIC
from cl_utils.labels.names import arm_label
from cl_utils.paths import home
from cl_utils.report.captions import captions, picture
from cl_utils.report.declarations import declaration
from cl_utils.report.metric_findings import metric_body, metric_worth, validity_of, worth_body
from cl_utils.report.open_questions import open_lines, power_lines, protocol_lines
from cl_utils.report.questions import EXPLORATORY, Question, asked, contrasts_asked, pairs
from cl_utils.report.sentences import (
    SEEN_BEFORE,
    VERDICTS,
    contrast_sentence,
    contrasts_markdown,
)
from cl_utils.report.settings import GROUPS
from cl_utils.report.summary import WHERE, answers_markdown, differences
from cl_utils.stats import (
    budget_gains,
    crossed_simple_effects,
    factorial_effects,
    leak_table,
)
from cl_utils.stats.budget import FULL_BUDGET
from cl_utils.stats.contrasts import NO_SEEDS, DeclaredSeeds, as_exploratory
from cl_utils.stats.factorial import FACTORS, interim_effects
from cl_utils.stats.power import seeds_for_a_claim
from cl_utils.study.params import Params
from cl_utils.study.results import Results

LEAK_ARMS = ["baseline", "hybrid"]
HEAD = (
    "Generated from `{rows}/`; do not edit. This is one setting: programs of at most {longest} "
    "characters{others}. Differences are {where}, paired by seed, unless a sentence says otherwise."
    "{declaration}\n\n{verdicts}\n\nContrasts that were not run yet count in "
    "their family. Whatever else is compared, interactions included, is exploratory: it has "
    "families of its own and is never a claim. A claim of a difference by the exact sign-flip "
    "test needs at least {declared} seeds in the family of {family} declared contrasts, {main} in "
    "that of the main effects, {both} if the two families were one."
)
OTHERS = "; for other recipes, sizes and learning rates see [all settings](settings.md)"
MOST_SENTENCES = 4
"""More contrasts than these under one question are told in a table."""
INTERACTIONS = (
    "Does one factor change what another is worth? An interaction is half the difference between "
    "two effects."
)
BUDGET = (
    "Against the baseline that trained for the same share of the steps; the whole budget is in "
    "the sections above."
)
METRIC = (
    "Spearman's rho of each metric with what the trained baseline finds hard, -log p of the true "
    "output. If a metric does not order that, no schedule built on it goes from easy to hard for "
    "this model; below zero, what the metric calls easy is what this baseline finds hard. Another "
    "setting's baseline may find other programs hard: see [all settings](settings.md). Exploratory."
)
LEAK = (
    "What a split by text alone would have said of the same runs: its test set may hold programs "
    f"with a renamed twin in training. {100 * sum(HELD_OUT.values()):.0f} % of its programs belong "
    "to classes that were held out here as a whole, so they have no twin: a real split by text "
    "would leak more. The two test sets contain different programs, which the intervals, over "
    "seeds, do not account for."
)
WORTH = (
    "Each metric's rho from the table above, beside what its buckets gain over random ones. The "
    "schedule draws the easy bucket most, so a metric decides not only when programs are read but "
    "which of them more often: short ones, say, or ones with little output."
)
PROTOCOL = "The paper's protocol, on the grammar's natural mix, beside what a perfect model gets."


def findings_text(results: Results, params: Params, validity: pd.DataFrame | None = None) -> str:
    """Return the whole file: how to read it, then the findings with the figures that there are.

    `validity`: what `validity_of` returns, which takes seconds, where it is known.
    """
    folder = f"../{params.figures.relative_to(home()).as_posix()}"
    shown = captions(params.figures)
    pictures = {name: picture(shown[name].alt, f"{folder}/{name}.png") for name in shown}
    if validity is None:
        validity = validity_of(results, params.resamples)
    body = findings_markdown(
        results,
        params.contrasts,
        params.resamples,
        pictures=pictures,
        planned=params.seeds,
        metric=params.metric,
        validity=validity,
    )
    family, committed = max(1, len(params.contrasts)), params.profile in GROUPS
    head = HEAD.format(
        rows=params.paths.results.relative_to(home()).as_posix(),
        longest=params.maximum_characters,
        others=OTHERS if committed else "",
        declaration=f" {said}" if (said := declaration(params.profile)) else "",
        where=WHERE,
        verdicts=VERDICTS if committed else VERDICTS.replace(SEEN_BEFORE, ""),
        family=family,
        declared=seeds_for_a_claim(family),
        main=seeds_for_a_claim(len(FACTORS)),
        both=seeds_for_a_claim(family + len(FACTORS)),
    )
    return f"# {title(results, params)}\n\n{head}\n\n{body}\n"


def title(results: Results, params: Params) -> str:
    """Return what the findings are of: the profile's setting, where it is one that is compared."""
    group, recipes = GROUPS.get(params.profile, ""), results.recipes
    return f"Findings: {group} ({', '.join(recipes)})" if group else "Findings"


def findings_markdown(
    results: Results,
    declared: Sequence[Sequence[str]],
    resamples: int = 1000,
    pictures: Mapping[str, str] = MappingProxyType({}),
    planned: DeclaredSeeds = NO_SEEDS,
    metric: str = OWN_METRIC,
    validity: pd.DataFrame | None = None,
) -> str:
    """Return the answers, a section a question, then budget, metrics, leak, what stays open.

    Questions without a finished contrast have no section; the last one names what is missing.
    `pictures`: images in Markdown by a figure's name; `planned`: seeds of all arms of the study;
    `metric`: what makes its buckets; `validity`: as in `findings_text`.
    Raises StudyError when `results` mix recipes.
    """
    measures, own = results.measures, pairs(declared)
    rows = contrasts_asked(measures, own, planned)
    effects = interim_effects(factorial_effects(measures), planned)
    simple = crossed_simple_effects(measures)
    if validity is None:
        validity = validity_of(results, resamples)
    parts = [(part("In short", "", "factorial_effects"), answers_markdown(measures, own, planned))]
    parts += [(each, question_body(each, rows, effects, simple)) for each in asked(own)]
    parts += [
        (part("Interactions", INTERACTIONS), bullets(effect_lines(crossed(effects)))),
        (part("Budget", BUDGET, "gain_against_budget"), contrasts_body(smaller_budgets(measures))),
        (
            part("Is the metric any good?", METRIC, "metric_validity"),
            metric_body(results, validity),
        ),
        (
            part("Does a better order make a better curriculum?", WORTH, "metric_worth"),
            worth_body(metric_worth(measures, validity, metric)),
        ),
        (part("The leak", LEAK, "leak"), contrasts_body(leak_rows(measures))),
        (
            part("The paper's protocol", PROTOCOL, "protocol_audit"),
            bullets(protocol_lines(measures)),
        ),
        (part("What so few seeds can show"), bullets(power_lines(results, len(own), resamples))),
        (part("What stays open"), bullets(open_lines(measures, own, planned))),
    ]
    return "\n\n".join(section(each, body, pictures) for each, body in parts if body)


def part(title: str, asks: str = "", figure: str = "") -> Question:
    """Return a section that no declared contrast answers, as a question without any."""
    return Question(title=title, asks=asks, pairs=(), figure=figure)


def section(question: Question, body: str, pictures: Mapping[str, str]) -> str:
    """Return a section: what it asks, its findings, its figure where there is one."""
    whole = [f"## {question.title}", question.asks, body, pictures.get(question.figure, "")]
    return "\n\n".join(text for text in whole if text)


def bullets(lines: Sequence[str]) -> str:
    """Return a bullet a line."""
    return "\n".join(f"- {line}" for line in lines)


def question_body(
    question: Question, rows: pd.DataFrame, effects: pd.DataFrame, simple: pd.DataFrame
) -> str:
    """Return what answers one question: its contrasts, its main effect, what that averages."""
    there = list(zip(rows["arm"], rows["reference"], strict=True))
    own = rows.iloc[[there.index(pair) for pair in question.pairs if pair in there]]
    body = contrasts_body(own)
    main = effects[effects["effect"] == question.effect]
    parts = simple[simple["effect"] == question.effect]
    lines = bullets([*effect_lines(main), *(contrast_line(row) for _, row in parts.iterrows())])
    return "\n".join(text for text in (body, lines) if text)


def contrasts_body(rows: pd.DataFrame) -> str:
    """Return a sentence per contrast, or a table of more than `MOST_SENTENCES`."""
    if len(rows) > MOST_SENTENCES:
        return contrasts_markdown(rows, differences(rows))
    return bullets([contrast_line(row) for _, row in rows.iterrows()])


def contrast_line(row: pd.Series) -> str:
    """Return what one contrast says, with what its reference holds constant if that is an arm."""
    known = arm_facts().get(row["reference"])
    control = f" Control: {arm_label(row['reference'])}, {known.description}." if known else ""
    mark = EXPLORATORY if row["exploratory"] else ""
    return f"{mark}{contrast_sentence(row)}{control}"


def effect_lines(effects: pd.DataFrame) -> list[str]:
    """Return a sentence an effect of the factorial, which has its controls within."""
    return [
        f"{EXPLORATORY if row['exploratory'] else ''}{contrast_sentence(row)} Factorial effect: "
        f"{row['effect']}, over all eight arms."
        for _, row in effects.iterrows()
    ]


def crossed(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the effects of two or three factors together."""
    return effects[effects["effect"].str.contains("×")]


def smaller_budgets(measures: pd.DataFrame) -> pd.DataFrame:
    """Return what arms gain on smaller budgets; the whole budget is told question by question."""
    gains = budget_gains(measures)
    return as_exploratory(gains[gains["budget"] < FULL_BUDGET])


def leak_rows(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the leak of the two arms that the paper compares, one Holm family."""
    return as_exploratory(leak_table(measures[measures["arm"].isin(LEAK_ARMS)]))
