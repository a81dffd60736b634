"""What one row of contrasts or correlations says, in words: no more than its numbers allow.

In: rows of `stats.contrast_table` and `stats.metric_validity`. Out: sentences and cells of
Markdown; what may be said is decided in `stats.verdicts`, here it gets its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from cl_utils.labels.names import arm_label, metric_label
from cl_utils.labels.numbers import count_text, difference_facts, p_text, points_text, rho_text
from cl_utils.stats import finding, standing
from cl_utils.stats.intervals import SEEDS_OF_A_CLAIM, SEEDS_OF_A_TREND, SIGNIFICANCE
from cl_utils.stats.paired_tests import EQUIVALENCE_MARGIN
from cl_utils.stats.verdicts import found_words

SEEN_BEFORE: Final = """\
; by then five seeds of two of their eight arms had been seen in the small setting with recipe \
`fast`, and none of any other setting"""
"""What the committed study has to say of its own main effects."""
FAMILIES: Final = f"""\
In every setting and recipe the contrasts of its params file are one Holm family. The three main \
effects of the factorial are another, declared in the code (`cl_utils/stats/factorial.py`) on \
2026-11-25 and in no params file{SEEN_BEFORE}. The error rate of 5 % holds within a family, not \
over a page."""
SAME_PROGRAMS: Final = """\
All seeds of a setting share one set of training and test programs: n counts initial weights and \
draws of programs, and intervals say nothing of other sets."""
VERDICTS: Final = f"""\
- **Claim**: declared before the runs, p < {SIGNIFICANCE:g} after Holm in its family, with at \
least {SEEDS_OF_A_CLAIM} seeds and all that were declared. \
*Equivalent*: two one-sided t tests show a difference of less than {EQUIVALENCE_MARGIN:g} point.
- **Trend**: short of a claim, since it has {SEEDS_OF_A_TREND} or \
{SEEDS_OF_A_CLAIM - 1} seeds, or not yet all that were declared (an interim look), or was not \
declared before the runs (*exploratory*), or only its 95 % interval excludes zero.
- **Undecided**: neither a difference nor its absence is shown.
- **Single runs**: fewer than {SEEDS_OF_A_TREND} seeds, so nothing is said about the arms.
- *Possible p*: the smallest p after Holm that so many seeds could have given.

{FAMILIES} {SAME_PROGRAMS}"""
"""What the first word of a sentence means."""


def contrast_sentence(contrast: pd.Series) -> str:
    """Return what one row of `stats.contrast_table` says, with all that is needed to judge it."""
    found, facts = finding(contrast), difference_facts(contrast)
    if found == "equivalence":
        facts.append(f"equivalence p after Holm {p_text(contrast['p_equivalence_holm'])}")
    elif pd.notna(contrast["p_holm"]):
        facts.append(f"sign-flip p after Holm {p_text(contrast['p_holm'])}{least_p_text(contrast)}")
    facts.append(f"n = {count_text(contrast['n'], 'paired seed')}")
    word, sentence = verdict(contrast)
    return f"**{word}**: {sentence} ({'; '.join(facts)})."


def metric_sentence(row: pd.Series) -> str:
    """Return whether a metric orders what the baseline finds hard, from a `metric_validity` row.

    It is called a measure of difficulty only if the interval of rho lies above zero.
    """
    name = f"the {metric_label(row['metric'])}"
    if pd.isna(row["rho"]):
        return f"**Metric**: {name} orders nothing: it is constant."
    found = "is not shown to order programs by what the baseline finds hard"
    if row["low"] > 0:
        found = "orders programs as the baseline finds them hard"
    elif row["high"] < 0:
        found = "is inverted: programs that it calls harder, the baseline finds easier"
    rho, low, high, least, most = (
        rho_text(row[name]) for name in ("rho", "low", "high", "seed_low", "seed_high")
    )
    return (
        f"**Metric**: {name} {found} (Spearman's rho with -log p of the true output {rho}; 95 % "
        f"bootstrap interval over seeds and programs {low} to {high}; single models {least} to "
        f"{most}; n = {row['programs']:,} test programs, {count_text(row['seeds'], 'seed')})."
    )


def contrasts_markdown(rows: pd.DataFrame, names: Sequence[str]) -> str:
    """Return a table of contrasts, each under its name in `names`, with what is needed to judge."""
    lines = [["", "points (95 % interval)", "p after Holm", "possible p", "n", "verdict"]]
    lines.append(["---", "--:", "--:", "--:", "--:", "---"])
    for name, (_, row) in zip(names, rows.iterrows(), strict=True):
        tested = [p_text(row["p_holm"]), p_text(row["p_least"])]
        lines.append([name, points_text(row), *tested, str(row["n"]), verdict_cell(row)])
    return rows_markdown(lines)


def rows_markdown(lines: Iterable[Sequence[str]]) -> str:
    """Return lines of cells as rows of a Markdown table; the second is its rule."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def verdict_cell(contrast: pd.Series) -> str:
    """Return what `verdict` says in a few words, for a table that names both arms."""
    words = found_words(contrast)
    if finding(contrast) == "equivalence":
        words += f" (p {p_text(contrast['p_equivalence_holm'])})"
    mark = "exploratory " if contrast.get("exploratory", False) else ""
    return f"{mark}{standing(contrast)}" + (f": {words}" if words else "")


def verdict(contrast: pd.Series) -> tuple[str, str]:
    """Return how strong a finding is and the finding, in words."""
    arm, reference = (arm_label(contrast[name]) for name in ("arm", "reference"))
    side = "above" if contrast["difference"] > 0 else "below"
    margin = f"±{EQUIVALENCE_MARGIN:g} point"
    negligible = contrast["p_equivalence_holm"] < SIGNIFICANCE
    words = {
        "difference": f"{arm} is {side} {reference}"
        + (f", but by less than {EQUIVALENCE_MARGIN:g} point" if negligible else ""),
        "equivalence": f"{arm} is equivalent to {reference} within {margin}",
        "interval": f"{arm} is {side} {reference} by its interval only, not by p after Holm",
        "nothing": f"no difference between {arm} and {reference} is shown",
        "single runs": f"{arm} and {reference} cannot be told apart or alike",
    }
    return standing(contrast).capitalize(), words[finding(contrast)]


def least_p_text(contrast: pd.Series) -> str:
    """Return the least p that so few seeds can give, where it is too large for any claim."""
    least = contrast["p_least"]
    return "" if least < SIGNIFICANCE else f" (possible p {p_text(least)})"
