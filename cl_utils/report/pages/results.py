"""docs/results.md: the main table, the answers, the metrics and the figures of every setting.

In: the settings that have been studied, and the params of the committed study. Out: Markdown; every
number in it comes from the rows, but for the paper's two, which stand in `paper_numbers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pandas as pd

from cl_utils.curriculum.arm_facts import facts_of
from cl_utils.evaluation.paper_numbers import PAPER_OUTPUT_ACCURACY, PAPER_SOURCE
from cl_utils.labels.arm_groups import main_arms
from cl_utils.labels.names import arm_label, in_order, sentence_case
from cl_utils.labels.numbers import MISSING, fixed, interval_text, mean_text
from cl_utils.report.captions import captions, figures_markdown
from cl_utils.report.declarations import declaration
from cl_utils.report.in_short import joined
from cl_utils.report.main_table import main_table
from cl_utils.report.metric_findings import metric_worth, worth_body
from cl_utils.report.pages.completion import DIGITS
from cl_utils.report.questions import EXPLORATORY
from cl_utils.report.sentences import VERDICTS, metric_sentence, rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.report.summary import WHERE, answers_markdown
from cl_utils.stats import FACTORIAL
from cl_utils.stats.contrasts import NO_SEEDS, DeclaredSeeds
from cl_utils.stats.intervals import SEEDS_OF_A_TREND
from cl_utils.stats.rows import Pair
from cl_utils.stats.validity import OVERALL
from cl_utils.study.params import Params
from cl_utils.study.results import Results

EXACT_HEADS: Final = {
    "macro": "exact outputs, all buckets",
    "difference": "points above baseline",
    "easy": "easy",
    "medium": "medium",
    "hard": "hard",
}
OTHER_HEADS: Final = {
    "execution_paper": "paper's protocol",
    "paper": PAPER_SOURCE,
    "token_accuracy": "next character",
    "line_exact": "next line",
}
FIGURES = ("factorial_effects", "effects_forest", "metric_worth", "execution_accuracy")
PAPERS_METRICS = ("overall_metric", "overall_metric_token")
HEAD = (
    "Generated from the rows in {folders}; do not edit. Every question with small models (fast), "
    "one by one, with what stays open: [findings](findings.md). All figures: "
    "[figures](../{figures}/README.md). Experiments on the way, failures included: [lab notes](log/"
    "README.md)."
)


def results_page(settings: Sequence[Setting], params: Params, validity: pd.DataFrame) -> str:
    """Return the whole page; `params`: of the profile whose metrics and figures are shown.

    `validity`: what `validity_of` returns of that profile.
    """
    folders = joined([f"`results/{setting.profile}/`" for setting in settings])
    figures = f"figures/{params.profile}"
    parts = ["# Results", HEAD.format(folders=folders, figures=figures), VERDICTS]
    for setting in settings:
        parts.append(setting_markdown(setting))
        if setting.profile == params.profile:
            results = setting.results
            own = metrics_markdown(results, validity, setting.metric)
            parts.append(f"### Metrics\n\n{own}")
            parts.append("### Figures\n\n" + shown_figures(params, f"../{figures}/"))
    return "\n\n".join(parts) + "\n"


def setting_markdown(setting: Setting) -> str:
    """Return the table and the answers of one setting, under its name.

    The table is of the paper's arms, the factorial's and those of the declared contrasts.
    """
    arms = {*main_arms([list(pair) for pair in setting.declared]), *FACTORIAL.values()}
    own = setting.results.of_arms(arms)
    parts = [
        f"## {sentence_case(setting.name)}",
        declaration(setting.profile),
        results_markdown(own, setting.declared, setting.profile, setting.seeds),
    ]
    return "\n\n".join(filter(None, parts))


def results_markdown(
    results: Results,
    declared: Sequence[Pair],
    profile: str,
    seeds: DeclaredSeeds = NO_SEEDS,
) -> str:
    """Return the main table with its legend and what its arms are, then the answers, as Markdown.

    `results`: of the arms in the table; `seeds`: how many were declared of each. Raises StudyError
    when the results mix recipes.
    """
    table = main_table(results)
    table = table.loc[in_order(table.index)]
    answers = answers_markdown(results.measures, declared, seeds)
    parts = [markdown_tables(table), legend(table, profile), arms_markdown(map(str, table.index))]
    if answers:
        parts += [f"**The answers**, in {WHERE}, paired by seed:", answers]
    return "\n\n".join(part for part in parts if part)


def arms_markdown(arms: Iterable[str]) -> str:
    """Return what each arm is, in one line."""
    return "\n".join(f"- *{arm_label(arm)}*: {facts_of(arm).description}." for arm in arms)


def markdown_tables(table: pd.DataFrame) -> str:
    """Return the rows of `main_table` as two Markdown tables: exact outputs, then all else.

    Two, since the columns of one would be too narrow for a mean with its interval.
    """
    tables = (markdown_table(table, heads) for heads in (EXACT_HEADS, OTHER_HEADS))
    return "\n\n".join(filter(None, tables))


def markdown_table(table: pd.DataFrame, heads_of: Mapping[str, str]) -> str:
    """Return some columns of `main_table`, those that any arm has, under their heads.

    "" where no measure of them was taken: the paper's numbers do not stand alone.
    """
    columns = [name for name in heads_of if name == "paper" or table[name].notna().any()]
    if set(columns) <= {"paper"}:
        return ""
    heads = ["arm", "n", *(heads_of[column] for column in columns)]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1)]
    for arm, row in table.iterrows():
        name = str(arm)
        cells = [table_cell(name, row, column) for column in columns]
        lines.append([arm_label(name), f"{row['n']:.0f}", *cells])
    return rows_markdown(lines)


def table_cell(arm: str, row: pd.Series, column: str) -> str:
    """Return one cell of the main table; a dash for what is not there."""
    if column == "paper":
        published = PAPER_OUTPUT_ACCURACY.get(arm)
        return MISSING if published is None else fixed(published, 2)
    if pd.isna(row[column]):
        return MISSING
    if column == "difference":
        enough = row["pairs"] >= SEEDS_OF_A_TREND
        interval = interval_text(row["difference_low"], row["difference_high"]) if enough else ""
        pairs = "" if row["pairs"] == row["n"] else f"n = {row['pairs']:.0f}"
        inside = ", ".join(filter(None, (interval, pairs)))
        return fixed(row[column], sign="+") + (f" ({inside})" if inside else "")
    n = row[f"{column}_n"]
    half = math.nan if n < SEEDS_OF_A_TREND else row[f"{column}_half_width"]
    text = mean_text(row[column], half, DIGITS if column == "token_accuracy" else 1)
    return text if n == row["n"] else f"{text}, n = {n:.0f}"


def legend(table: pd.DataFrame, profile: str) -> str:
    """Return how to read the main table."""
    protocol = ""
    ceilings = dict.fromkeys(f"{fixed(each)} %" for each in table["ceiling"].dropna())
    if ceilings:  # one, as it belongs to the test set; several where arms had different ones
        protocol = (
            ", and the grammar's natural mix for the paper's protocol, under which a perfect model "
            f"gets {' or '.join(ceilings)}"
        )
    return (
        f"Profile `{profile}`; percent, mean ± half of the 95 % t interval over n seeds (no "
        f"interval where n < {SEEDS_OF_A_TREND}). Points above baseline are over the seeds that "
        "both have, their n named where it is another, and not adjusted for the number of rows. "
        "Balanced test set"
        f"{protocol}. {PAPER_SOURCE}: output accuracy as printed in the paper, on other data and "
        "one run; its other numbers are not quoted, because we could not check them."
    )


def metrics_markdown(results: Results, validity: pd.DataFrame, metric: str) -> str:
    """Return what the paper's metrics order, and whether better ones make better curricula.

    `metric`: what makes the study's own buckets.
    """
    own = validity[validity["metric"].isin(PAPERS_METRICS) & (validity["scope"] == OVERALL)]
    lines = [f"- {EXPLORATORY}{metric_sentence(row)}" for _, row in own.iterrows()]
    worth = metric_worth(results.measures, validity, metric)
    return "\n".join([*lines, worth_body(worth)]).strip()


def shown_figures(params: Params, folder: str) -> str:
    """Return the figures of the page with their captions, as far as they are drawn."""
    return figures_markdown(FIGURES, captions(params.figures), folder)
