"""Does the metric that makes the buckets order what a model finds hard? The answer by setting.

In: the settings with rows. Out: each with the rows of its metric, and a section of
docs/settings.md, exploratory: no contrast was declared of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from cl_utils.labels.names import metric_label, sentence_case
from cl_utils.report.metric_findings import metric_cells, validity_of
from cl_utils.report.sentences import rows_markdown
from cl_utils.report.settings import Setting
from cl_utils.stats.validity import OVERALL, WITHIN

TITLE: Final = "Does the metric order what is hard?"
TEXT: Final = """\
Spearman's rho of the metric that makes the buckets with what each setting's baseline finds hard,
-log p of the true output, over the programs of the balanced test. Exploratory. Intervals: bootstrap
over seeds and over groups of programs with one skeleton. *Single models*: lowest and highest rho of
one seed. *Within a level*: the mean of the grammar levels' own rho, weighted by programs."""

Judged = tuple[Setting, pd.DataFrame]
"""A setting with the rows of its metric, a scope each."""


def judged(settings: Sequence[Setting], resamples: int) -> list[Judged]:
    """Return the settings whose metric can be judged: those with programs of a baseline."""
    found = [(each, validity_of(each.results, resamples, [each.metric])) for each in settings]
    return [(each, rows.set_index("scope")) for each, rows in found if len(rows)]


def metric_section(found: Sequence[Judged]) -> str:
    """Return the section, a row per setting; "" where no setting can be judged."""
    if not found:
        return ""
    heads = ["", "metric", "all programs (95 %)", "single models", "reading", "within a level"]
    lines = [[*heads, "n, seeds"], ["---", "---", "--:", "--:", "---", "--:", "--:"]]
    for setting, rows in found:
        overall = rows.loc[OVERALL]
        _, *cells = metric_cells(setting.metric, overall, rows.loc[WITHIN])
        seen = f"{overall['programs']:,}, {overall['seeds']}"
        name = sentence_case(setting.title)
        lines.append([name, metric_label(setting.metric), *cells, seen])
    return "\n\n".join([f"## {TITLE}", TEXT, rows_markdown(lines)])
