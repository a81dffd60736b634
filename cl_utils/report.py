"""The generated parts of the README: the main table, a sentence a contrast, figure captions.

In: `Results` and the rows of `stats.contrast_table`. Out: Markdown; every number in it comes from
those rows, but for the paper's two, which stand in `paper_numbers`.
"""

from __future__ import annotations

import pandas as pd

from cl_utils import style
from cl_utils.artifacts import atomic
from cl_utils.cost import cost_markdown
from cl_utils.errors import StudyError
from cl_utils.families import main_arms
from cl_utils.figures.panels import seeds_text
from cl_utils.paper_numbers import PAPER_OUTPUT_ACCURACY, PAPER_SOURCE
from cl_utils.params import Params
from cl_utils.paths import REPOSITORY, home
from cl_utils.results import Results, main_table
from cl_utils.seeds import stream
from cl_utils.stats import contrast_table, finding, rank_correlation, standing
from cl_utils.stats.intervals import EQUIVALENCE_MARGIN, SIGNIFICANCE

MISSING = "–"
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
README_FIGURES = ("effects_forest", "factorial_effects", "execution_accuracy")
METRIC_NAMES = {
    "overall_metric": "the overall metric with radon's Halstead",
    "overall_metric_token": "the overall metric with textbook Halstead",
}
CAPTIONS = {
    "schedule_composition": "What each arm drew over training, by bucket",
    "accuracy_by_difficulty": "Exact accuracy by decile of the difficulty metric",
    "execution_accuracy": "Execution accuracy by arm: whole outputs, and the paper's protocol",
    "completion_tasks": "Token and line completion by arm",
    "learning_curves": "Exact accuracy on the validation set against characters seen",
    "learning_curves_seconds": "Exact accuracy on the validation set against wall-clock time",
    "protocol_audit": "The same models under two scorings, ours and the paper's with its ceiling",
    "effects_forest": "All arms against the baseline, paired by seed, with 95 % intervals",
    "factorial_effects": "Order, restarts and composition apart, with 95 % intervals",
}
SOURCES = {  # what a caption counts its seeds in; the measures unless named here
    "schedule_composition": "history",
    "accuracy_by_difficulty": "programs",
    "learning_curves": "curves",
    "learning_curves_seconds": "curves",
}


def results_markdown(results: Results, contrasts: pd.DataFrame, profile: str) -> str:
    """Return the main table, its legend and one sentence a contrast, as Markdown.

    Raises StudyError when `results` mix recipes.
    """
    table = main_table(results)
    table = table.loc[style.in_order(table.index)]
    parts = [markdown_table(table), legend(profile)]
    if not contrasts.empty:
        ordered = style.contrasts_in_order(contrasts)
        parts.append("\n".join(f"- {contrast_sentence(row)}" for _, row in ordered.iterrows()))
    return "\n\n".join(parts)


def markdown_table(table: pd.DataFrame) -> str:
    """Return the rows of `results.main_table` as a Markdown table, the paper's numbers beside."""
    heads = ["arm", "n", *TABLE_HEADS.values()]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1)]
    for arm, row in table.iterrows():
        name = str(arm)
        cells = [table_cell(name, row, column) for column in TABLE_HEADS]
        lines.append([style.arm_label(name), f"{row['n']:.0f}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table_cell(arm: str, row: pd.Series, column: str) -> str:
    """Return one cell of the main table; a dash for what is not there."""
    if column == "paper":
        published = PAPER_OUTPUT_ACCURACY.get(arm)
        return MISSING if published is None else f"{published:.2f}"
    if pd.isna(row[column]):
        return MISSING
    if column == "difference":
        interval = interval_text(row["difference_low"], row["difference_high"])
        return f"{row[column]:+.1f}" + (f" ({interval})" if interval else "")
    half_width = row[f"{column}_half_width"]
    constant = pd.isna(half_width) or column == "ceiling"  # the ceiling belongs to the test set
    return f"{row[column]:.1f}" if constant else f"{row[column]:.1f} ± {half_width:.1f}"


def interval_text(low: float, high: float) -> str:
    """Return "+1.0 to +2.0"; nothing where there is no interval."""
    return "" if pd.isna(low) else f"{low:+.1f} to {high:+.1f}"


def legend(profile: str) -> str:
    """Return how to read the main table."""
    return (
        f"Profile `{profile}`; percent, mean ± half of the 95 % t interval over n seeds (no "
        "interval where n = 1); differences are paired by seed. Balanced test set, and the "
        "grammar's natural mix for the paper's protocol. The ceiling is what a perfect model gets "
        f"under that protocol. {PAPER_SOURCE}: output accuracy as printed in the paper, on other "
        "data and one run; its other numbers are not quoted, because we could not check them."
    )


def contrast_sentence(contrast: pd.Series) -> str:
    """Return what one row of `stats.contrast_table` says, with all that is needed to judge it."""
    facts = [f"{contrast['difference']:+.1f} points"]
    if interval := interval_text(contrast["low"], contrast["high"]):
        facts.append(f"95 % interval {interval}")
    if pd.notna(contrast["p_holm"]):
        facts.append(f"sign-flip p after Holm {contrast['p_holm']:.3f}{least_p_text(contrast)}")
    seeds = "seed" if contrast["n"] == 1 else "seeds"
    facts.append(f"n = {contrast['n']} paired {seeds}")
    word, finding = verdict(contrast)
    return f"**{word}**: {finding} ({'; '.join(facts)})."


def metric_sentence(correlation: pd.DataFrame, name: str) -> str:
    """Return whether a metric orders what the baseline finds hard, from `rank_correlation`'s rows.

    The metric is called a measure of difficulty only if the interval of rho lies above zero.
    """
    row = correlation.set_index("seed").loc["pooled"]
    if pd.isna(row["rho"]):
        return f"**Metric**: {name} orders nothing: it is the same for all programs."
    found = "is not shown to order programs by what the baseline finds hard"
    if row["low"] > 0:
        found = "orders programs as the baseline finds them hard"
    elif row["high"] < 0:
        found = "orders programs against what the baseline finds hard"
    seeds = "seed" if row["seeds"] == 1 else "seeds"
    return (
        f"**Metric**: {name} {found} (Spearman's rho with -log p of the true output "
        f"{row['rho']:+.2f}; 95 % bootstrap interval over programs {row['low']:+.2f} to "
        f"{row['high']:+.2f}; n = {int(row['programs']):,} test programs, "
        f"{int(row['seeds'])} {seeds})."
    )


def verdict(contrast: pd.Series) -> tuple[str, str]:
    """Return how strong a finding is and the finding, in words.

    What may be said is decided in `stats.verdicts`; here it gets its words.
    """
    arm, reference = (style.arm_label(contrast[name]) for name in ("arm", "reference"))
    side = "above" if contrast["difference"] > 0 else "below"
    margin = f"±{EQUIVALENCE_MARGIN:g} point"
    words = {
        "difference": f"{arm} is {side} {reference}",
        "equivalence": f"{arm} is equivalent to {reference} within {margin}",
        "interval": f"{arm} is {side} {reference} by its own interval, not after Holm",
        "nothing": f"no difference between {arm} and {reference} is shown",
        "single runs": f"{arm} and {reference} cannot be told apart or alike",
    }
    return standing(contrast).capitalize(), words[finding(contrast)]


def least_p_text(contrast: pd.Series) -> str:
    """Return the least p that so few seeds can give, where it is too large for any claim."""
    least = min(1.0, contrast["p_smallest"] * contrast["family"])
    return "" if least < SIGNIFICANCE else f" (least possible: {least:.3f})"


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


def figure_captions(results: Results) -> dict[str, str]:
    """Return a caption by figure name, with its n; figures without rows have none."""
    captions = {}
    for name, sentence in CAPTIONS.items():
        rows: pd.DataFrame = getattr(results, SOURCES.get(name, "measures"))
        if not rows.empty:
            captions[name] = f"{sentence}; {seeds_text(rows)}."
    return captions


def write_readme(results: Results, params: Params) -> None:
    """Write the generated sections of README.md from the rows of one profile."""
    path = REPOSITORY / "README.md"
    text = readme_text(path.read_text(encoding="utf-8"), results, params)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def readme_text(text: str, results: Results, params: Params) -> str:
    """Return the README with its generated sections made anew.

    The table and the sentences are of the paper's arms and the declared contrasts; all the rest
    stands in docs/findings.md.
    """
    arms, declared = main_arms(params.contrasts), [(a, b) for a, b in params.contrasts]
    contrasts = contrast_table(results.measures, contrasts=declared)
    found = results_markdown(results.of_arms(arms), contrasts, params.profile)
    for metric, name in METRIC_NAMES.items():
        rng = stream(0, "bootstrap")
        rho = rank_correlation(results.programs, metric, rng=rng, resamples=params.resamples)
        found += f"\n- {metric_sentence(rho, name)}"
    text = replace_section(text, "results", found)
    text = replace_section(text, "cost", cost_markdown(params.paths.results))
    return replace_section(text, "figures", figures_markdown(results, params))


def figures_markdown(results: Results, params: Params) -> str:
    """Return the README's figures with their captions, as far as they are drawn."""
    captions = figure_captions(results)
    folder = params.figures.relative_to(home()).as_posix()
    there = [name for name in README_FIGURES if (params.figures / f"{name}.png").exists()]
    return "\n\n".join(
        f"![{captions[name]}]({folder}/{name}.png)\n*{captions[name]}*" for name in there
    )
