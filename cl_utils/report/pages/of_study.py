"""The pages that a study's rows write: README's answer, results, findings, cost, page of figures.

In: `Results` and params of the profile that the pages show. Out: Markdown by page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from cl_utils.paths import home
from cl_utils.report.captions import captions, figures_markdown, folder_markdown
from cl_utils.report.metric_by_setting import judged
from cl_utils.report.metric_findings import validity_of
from cl_utils.report.page_files import read_page, replace_section, write_pages
from cl_utils.report.pages import advice
from cl_utils.report.pages import settings as all_settings
from cl_utils.report.pages.findings import findings_text
from cl_utils.report.pages.readme import answer_markdown, further_lines
from cl_utils.report.pages.results import results_page
from cl_utils.report.rates import RATED, rated
from cl_utils.report.settings import ORDERED, Setting
from cl_utils.report.training_cost import cost_markdown
from cl_utils.study.params import Params
from cl_utils.study.results import Results

Further = Mapping[str, Sequence[Setting]]
"""By profile: the settings of those that ask of one thing each."""
README = "README.md"
RUNNING = "docs/running.md"
FIGURE = "effects_by_setting"
"""The figure of the README."""


def study_pages(
    results: Results,
    params: Params,
    settings: Sequence[Setting],
    further: Further,
    findings: str = "",
) -> dict[str, str]:
    """Return every page that is made from a study's rows, after its figures were saved.

    README.md and docs/running.md have one generated section each, the others are generated whole.
    `settings`: what `studied` returns; `further`: what `further_settings` does; `findings`: what
    `findings_text` does, which takes seconds, where it is known.
    """
    orders = further[ORDERED]
    rates = rated(settings, further[RATED])
    validity = validity_of(results, params.resamples)
    metric = judged(settings, params.resamples)
    lines = further_lines(settings, metric, orders=orders, rates=rates)
    answer = answer_markdown(settings, figure_of(FIGURE, params), lines)
    cost = cost_markdown(params.paths.results)
    return {
        README: replace_section(read_page(README), "answer", answer),
        "docs/results.md": results_page(settings, params, validity),
        "docs/findings.md": findings or findings_text(results, params, validity),
        advice.PAGE: advice.advice_page(settings, orders, rates),
        all_settings.PAGE: all_settings.settings_page(
            settings, further, metric, partial(figure_of, params=params, above="../")
        ),
        RUNNING: replace_section(read_page(RUNNING), "cost", cost),
        f"figures/{params.profile}/README.md": folder_markdown(params),
    }


def figure_of(name: str, params: Params, above: str = "") -> str:
    """Return a figure with its caption, "" until it is drawn.

    `above`: the way from the page to the repository's root.
    """
    folder = f"{above}{params.figures.relative_to(home()).as_posix()}/"
    return figures_markdown([name], captions(params.figures), folder)


def write_study_pages(
    results: Results,
    params: Params,
    settings: Sequence[Setting],
    further: Further,
    findings: str = "",
) -> None:
    """Write all of `study_pages`."""
    write_pages(lambda: study_pages(results, params, settings, further, findings))
