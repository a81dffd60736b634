"""docs/findings.md: what the study found, question by question, generated from its rows.

In: `Results` and the contrasts declared before the run. Out: Markdown; no number in it is typed,
and no sentence says more than `stats.verdicts` allows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from cl_utils import style
from cl_utils.artifacts import atomic
from cl_utils.metrics import METRICS
from cl_utils.params import Params
from cl_utils.paths import REPOSITORY, home
from cl_utils.questions import (
    CONTROLS,
    EXPLORATORY,
    Question,
    as_exploratory,
    asked,
    contrasts_asked,
)
from cl_utils.report import contrast_sentence, metric_sentence
from cl_utils.results import Results
from cl_utils.seeds import stream
from cl_utils.stats import (
    budget_gains,
    factorial_effects,
    hardness_stability,
    leak_table,
    metric_validity,
)
from cl_utils.stats.validity import WITHIN
from cl_utils.unsettled import open_lines, power_lines, protocol_lines

LEAK_ARMS = ["baseline", "hybrid"]
HEAD = (
    "Generated from `results/{profile}/`; do not edit. Differences are points of exact execution "
    "on the balanced test set, mean of the three buckets, paired by seed, unless a sentence says "
    "otherwise. **Claim** or **Trend** with a bare statement: p < 0.05 after Holm, with at least "
    "five, or three, seeds. **Trend** by its own interval, **Undecided**, **Single runs**: no more "
    "than they say. The contrasts declared before the runs are one Holm family, and those that "
    "were not run yet count in it. The factorial's three main effects are a family, its four "
    "interactions another. Whatever else is compared was not declared: it is marked exploratory, "
    "has its own families, and is never a claim."
)
INTERACTIONS = (
    "Does one factor change what another is worth? An interaction is half the difference between "
    "two effects."
)
BUDGET = "Against the baseline that trained for the same share of the steps."
METRIC = (
    "Spearman's rho of each metric with what the trained baseline finds hard. If a metric does not "
    "order that, no schedule built on it goes from easy to hard."
)
LEAK = (
    "What a split by text alone would have said of the same runs: its test set may hold programs "
    "with a renamed twin in training."
)
PROTOCOL = "The paper's scoring, on the grammar's natural mix, beside what a perfect model gets."


def write_findings(results: Results, declared: Sequence[Sequence[str]], params: Params) -> None:
    """Write docs/findings.md from the rows of one profile, after its figures were saved."""
    text = findings_text(results, declared, params)
    with atomic(REPOSITORY / "docs" / "findings.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def findings_text(results: Results, declared: Sequence[Sequence[str]], params: Params) -> str:
    """Return the whole file: how to read it, then the findings with the figures that there are."""
    folder = f"../{params.figures.relative_to(home()).as_posix()}"
    pictures = {path.stem: f"{folder}/{path.name}" for path in params.figures.glob("*.png")}
    body = findings_markdown(results, declared, params.resamples, pictures, params.arms)
    return f"# Findings\n\n{HEAD.format(profile=params.profile)}\n\n{body}\n"


def findings_markdown(
    results: Results,
    declared: Sequence[Sequence[str]],
    resamples: int = 1000,
    pictures: Mapping[str, str] = MappingProxyType({}),
    planned: Collection[str] = (),
) -> str:
    """Return a section a question, then budget, metrics, leak, protocol, power, what stays open.

    Questions without a finished contrast have no section; the last one names what is missing.
    `pictures`: links by a figure's name; `planned`: all arms of the study. Raises StudyError when
    `results` mix recipes.
    """
    measures, pairs = results.measures, [(arm, reference) for arm, reference in declared]
    rows, effects = contrasts_asked(measures, pairs), factorial_effects(measures)
    parts = [(each, question_lines(each, rows, effects)) for each in asked(pairs)]
    parts += [
        (part("Interactions", INTERACTIONS, "factorial_effects"), effect_lines(crossed(effects))),
        (part("Budget", BUDGET, "gain_against_budget"), exploratory(budget_gains(measures))),
        (
            part("Is the metric any good?", METRIC, "metric_validity"),
            metric_lines(results.programs, resamples),
        ),
        (part("The leak", LEAK, "leak"), exploratory(leak_rows(measures))),
        (part("The paper's protocol", PROTOCOL, "protocol_audit"), protocol_lines(measures)),
        (part("What so few seeds can show"), power_lines(measures)),
        (part("What stays open"), open_lines(measures, pairs, planned)),
    ]
    return "\n\n".join(section(each, lines, pictures) for each, lines in parts if lines)


def part(title: str, asks: str = "", figure: str = "") -> Question:
    """Return a section that no declared contrast answers, as a question without any."""
    return Question(title=title, asks=asks, pairs=(), figure=figure)


def section(question: Question, lines: Sequence[str], pictures: Mapping[str, str]) -> str:
    """Return a section: what it asks, a bullet a finding, its figure where there is one."""
    bullets = "\n".join(f"- {line}" for line in lines)
    link = pictures.get(question.figure)
    picture = f"![{question.title}]({link})" if link else ""
    whole = [f"## {question.title}", question.asks, bullets, picture]
    return "\n\n".join(text for text in whole if text)


def question_lines(question: Question, rows: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    """Return what answers one question: its contrasts, then its main effect."""
    lines = {(row["arm"], row["reference"]): contrast_line(row) for _, row in rows.iterrows()}
    own = [lines[pair] for pair in question.pairs if pair in lines]
    return own + effect_lines(effects[effects["effect"] == question.effect])


def contrast_line(row: pd.Series) -> str:
    """Return what one contrast says, with what its reference holds constant where that is known."""
    known = CONTROLS.get(row["reference"])
    control = f" Control: {style.arm_label(row['reference'])}, {known}." if known else ""
    mark = EXPLORATORY if row["exploratory"] else ""
    return f"{mark}{contrast_sentence(row)}{control}"


def effect_lines(effects: pd.DataFrame) -> list[str]:
    """Return a sentence an effect of the factorial, which has its controls within."""
    names = effects["effect"]
    return [
        f"{line} Factorial effect: {name}, over all eight arms."
        for line, name in zip(sentences(effects), names, strict=True)
    ]


def sentences(contrasts: pd.DataFrame) -> list[str]:
    """Return what each row of contrasts says."""
    return [contrast_sentence(row) for _, row in contrasts.iterrows()]


def crossed(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the effects of two or three factors together."""
    return effects[effects["effect"].str.contains("×")]


def exploratory(contrasts: pd.DataFrame) -> list[str]:
    """Return what contrasts say that no one declared, marked as such."""
    return [f"{EXPLORATORY}{line}" for line in sentences(as_exploratory(contrasts))]


def leak_rows(measures: pd.DataFrame) -> pd.DataFrame:
    """Return the leak of the two arms that the paper compares, one Holm family."""
    return leak_table(measures[measures["arm"].isin(LEAK_ARMS)])


def metric_lines(programs: pd.DataFrame, resamples: int) -> list[str]:
    """Return two sentences a metric, overall and within levels, and how far seeds agree."""
    baseline = programs[(programs["arm"] == "baseline") & (programs["test_set"] == "balanced")]
    known = [metric for metric in METRICS if metric in baseline]
    if baseline.empty or not known:
        return []
    table = metric_validity(baseline, known, rng=stream(0, "bootstrap"), resamples=resamples)
    lines = []
    for _, row in table.iterrows():
        scope = ", within a level," if row["scope"] == WITHIN else ""
        name = f"“{style.metric_label(row['metric'])}”{scope}"
        lines.append(metric_sentence(row.to_frame().T.assign(seed="pooled"), name))
    return lines + stability_lines(hardness_stability(baseline))


def stability_lines(stability: pd.DataFrame) -> list[str]:
    """Return how far two seeds agree on what is hard; nothing below two seeds."""
    if stability.empty:
        return []
    rho = stability["rho"]
    return [
        "For comparison: two seeds of the baseline agree on what is hard with rho "
        f"{rho.mean():+.2f} on average ({rho.min():+.2f} to {rho.max():+.2f}; n = {len(rho)} "
        "pairs of seeds)."
    ]
