"""The generated parts of the README: the main table, the answers, figures with their captions.

In: `Results` and params. Out: Markdown; every number in it comes from the rows, but for the paper's
two, which stand in `paper_numbers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from cl_utils.artifacts import atomic
from cl_utils.curriculum.arm_facts import facts_of
from cl_utils.errors import StudyError
from cl_utils.evaluation.paper_numbers import PAPER_OUTPUT_ACCURACY, PAPER_SOURCE
from cl_utils.figures import style
from cl_utils.figures.arm_groups import main_arms
from cl_utils.figures.labels import MISSING, interval_text
from cl_utils.paths import REPOSITORY, home
from cl_utils.report.captions import captions, figures_markdown, folder_markdown
from cl_utils.report.main_table import main_table
from cl_utils.report.metric_findings import metric_worth, validity_of, worth_body
from cl_utils.report.questions import pairs
from cl_utils.report.sentences import VERDICTS, metric_sentence, rows_markdown
from cl_utils.report.summary import WHERE, answers_markdown
from cl_utils.report.training_cost import cost_markdown
from cl_utils.stats import FACTORIAL
from cl_utils.stats.contrasts import Pair
from cl_utils.stats.validity import OVERALL
from cl_utils.study.params import Params
from cl_utils.study.results import Results

TABLE_HEADS = {
    "macro": "exact, all buckets",
    "easy": "easy",
    "medium": "medium",
    "hard": "hard",
    "difference": "points above baseline",
    "execution_paper": "paper's protocol",
    "ceiling": "its ceiling",
    "paper": PAPER_SOURCE,
    "token_accuracy": "next character",
    "line_exact": "next line",
}
README_FIGURES = ("factorial_effects", "effects_forest", "metric_worth", "execution_accuracy")
PAPERS_METRICS = ("overall_metric", "overall_metric_token")


def results_markdown(results: Results, declared: Sequence[Pair], profile: str) -> str:
    """Return the main table with its legend and what its arms are, then the answers, as Markdown.

    `results`: of the arms in the table. Raises StudyError when they mix recipes.
    """
    table = main_table(results)
    table = table.loc[style.in_order(table.index)]
    answers = answers_markdown(results.measures, declared)
    parts = [markdown_table(table), legend(profile), arms_markdown(map(str, table.index))]
    if answers:
        parts += [f"**The answers**, in {WHERE}, paired by seed:", answers, VERDICTS]
    return "\n\n".join(part for part in parts if part)


def arms_markdown(arms: Iterable[str]) -> str:
    """Return what each arm is, in one line."""
    return "\n".join(f"- *{style.arm_label(arm)}*: {facts_of(arm).description}." for arm in arms)


def markdown_table(table: pd.DataFrame) -> str:
    """Return the rows of `main_table` as a Markdown table, the paper's numbers beside."""
    heads = ["arm", "n", *TABLE_HEADS.values()]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1)]
    for arm, row in table.iterrows():
        name = str(arm)
        cells = [table_cell(name, row, column) for column in TABLE_HEADS]
        lines.append([style.arm_label(name), f"{row['n']:.0f}", *cells])
    return rows_markdown(lines)


def table_cell(arm: str, row: pd.Series, column: str) -> str:
    """Return one cell of the main table; a dash for what is not there."""
    if column == "paper":
        published = PAPER_OUTPUT_ACCURACY.get(arm)
        return MISSING if published is None else f"{published:.2f}"
    if pd.isna(row[column]):
        return MISSING
    if column == "difference":
        interval = interval_text(row["difference_low"], row["difference_high"])
        pairs = "" if row["pairs"] == row["n"] else f", n = {row['pairs']:.0f}"
        return f"{row[column]:+.1f}" + (f" ({interval}{pairs})" if interval else "")
    half_width = row[f"{column}_half_width"]
    constant = pd.isna(half_width) or column == "ceiling"  # the ceiling belongs to the test set
    return f"{row[column]:.1f}" if constant else f"{row[column]:.1f} ± {half_width:.1f}"


def legend(profile: str) -> str:
    """Return how to read the main table."""
    return (
        f"Profile `{profile}`; percent, mean ± half of the 95 % t interval over n seeds (no "
        "interval where n = 1). Points above baseline are over the seeds that both have, their n "
        "named where it is another, and not adjusted for the number of rows. Balanced test set, "
        "and the grammar's natural mix for the paper's protocol. The ceiling is what a perfect "
        f"model gets under that protocol. {PAPER_SOURCE}: output accuracy as printed in the paper, "
        "on other data and one run; its other numbers are not quoted, because we could not check "
        "them."
    )


def replace_section(text: str, name: str, body: str) -> str:
    """Return `text` with `body` between the markers of the generated section `name`.

    Raises StudyError unless both markers stand in `text` once and in order.
    """
    start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    if text.count(start) != 1 or text.count(end) != 1 or end not in rest:
        raise StudyError(f"the text needs one line {start!r} and, below it, one line {end!r}")
    return f"{head}{start}\n{body.strip()}\n{end}{tail}"


def write_readme(results: Results, params: Params) -> None:
    """Write the generated sections of README.md, and the page of figures, from one profile's rows.

    After its figures were saved.
    """
    path = REPOSITORY / "README.md"
    written = {
        path: readme_text(path.read_text(encoding="utf-8"), results, params),
        REPOSITORY / "figures" / params.profile / "README.md": folder_markdown(results, params),
    }
    for path, text in written.items():
        with atomic(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def readme_text(text: str, results: Results, params: Params) -> str:
    """Return the README with its generated sections written again.

    The table is of the paper's arms, the factorial's and those of the declared contrasts; all the
    rest stands in docs/findings.md.
    """
    arms, declared = {*main_arms(params.contrasts), *FACTORIAL.values()}, pairs(params.contrasts)
    found = results_markdown(results.of_arms(arms), declared, params.profile)
    found += f"\n\n{metrics_markdown(results, params.resamples)}"
    text = replace_section(text, "results", found)
    text = replace_section(text, "cost", cost_markdown(params.paths.results))
    return replace_section(text, "figures", readme_figures(results, params))


def metrics_markdown(results: Results, resamples: int) -> str:
    """Return what the paper's metrics order, and whether better ones make better curricula."""
    validity = validity_of(results, resamples)
    own = validity[validity["metric"].isin(PAPERS_METRICS) & (validity["scope"] == OVERALL)]
    lines = [f"- {metric_sentence(row)}" for _, row in own.iterrows()]
    return "\n".join([*lines, worth_body(metric_worth(results.measures, validity))]).strip()


def readme_figures(results: Results, params: Params) -> str:
    """Return the README's figures with their captions, as far as they are drawn."""
    folder = f"{params.figures.relative_to(home()).as_posix()}/"
    there = [name for name in README_FIGURES if (params.figures / f"{name}.png").exists()]
    return figures_markdown(there, captions(results, params), folder)
