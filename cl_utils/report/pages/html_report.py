"""The report of a profile: one HTML page that holds everything and needs nothing.

In: the rows and figures of a profile. Out: HTML, figures embedded: question, answer, findings,
every figure with its caption and notebook, method, cost, and where each number comes from.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import Any, Final

import mistune
import pandas as pd

from cl_utils.files import atomic
from cl_utils.labels.numbers import MISSING, fixed
from cl_utils.paths import home, notebooks
from cl_utils.report.captions import captions
from cl_utils.report.metric_by_setting import judged
from cl_utils.report.pages.findings import findings_text
from cl_utils.report.pages.number_sources import sources, with_sources
from cl_utils.report.pages.readme import answer_markdown, further_lines
from cl_utils.report.settings import settings_of
from cl_utils.report.training_cost import cost_markdown
from cl_utils.stats.rows import select
from cl_utils.study.params import Params
from cl_utils.study.results import Results, finished_runs, load_results, run_manifest

QUESTION: Final = (
    "Does a small language model learn to execute code better when it reads easy programs first? "
    "Naïr et al. (ACL SRW 2024, arXiv 2407.10194) report that it does, from one run per arm."
)
METHOD: Final = """\
Programs of a small subset of Python are generated with their outputs, measured by the mean of
cyclomatic complexity and Halstead difficulty, and sorted into easy, medium and hard. One split by
whole classes of renamed twins serves all arms. Every arm reads the same number of characters from
the same initial weights; arms are compared seed by seed, by exact output under greedy decoding.
Contrasts were declared in the profile before the runs; p comes from an exact sign-flip test, after
Holm."""
MEANINGLESS: Final = (
    "These numbers mean nothing. The baseline is right in {baseline} %, and whoever always "
    "answers what is most frequent in {majority} %: the models have hardly begun to learn. "
    "The page shows that every step works."
)
STYLE: Final = """\
body{font:16px/1.5 system-ui,sans-serif;color:#262626}
body{max-width:62rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3{line-height:1.25}h2{margin-top:2.5rem;border-bottom:1px solid #e6e6e6}
table{border-collapse:collapse;margin:1rem 0;font-size:.9rem;display:block;overflow-x:auto}
td,th{padding:.25rem .6rem;border-bottom:1px solid #e6e6e6;text-align:left;vertical-align:top}
figure{margin:1.5rem 0}img{max-width:100%;height:auto}figcaption{color:#5e5e5e;font-size:.9rem}
.warning{background:#fff3cd;border:1px solid #d9a400;padding:.8rem 1rem}
abbr{text-decoration:underline dotted}summary{cursor:pointer}nav a{margin-right:1rem}"""
_IMAGE = re.compile(r'<img src="([^"]+)" alt="([^"]*)" ?/?>')
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*?(\w+)\.png\)")
_DRAWN = re.compile(r'gallery\.figure\(\\?"(\w+)')


def write_report(params: Params, path: Path) -> Path:
    """Write the report of a profile with results to `path`, and return it."""
    text = report_page(params)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def report_page(params: Params) -> str:
    """Return the page; StudyError when the profile has no results."""
    results = load_results(params.paths.results, params)
    settings = settings_of(params.paths.results, results)
    metric = judged(settings, params.resamples)
    further = further_lines(settings, metric, orders=settings, rates=settings)
    sections = {"Answer": _markdown(answer_markdown(settings, "", further))}
    for recipe in results.recipes:
        own, of_recipe = results.of_recipe(recipe), params.model_copy(update={"recipe": recipe})
        name = f" ({recipe})" if len(results.recipes) > 1 else ""
        found = findings_text(own, of_recipe).partition("\n")[2]
        found = found.replace("; do not edit.", ".")  # said to those who have the file
        found = _PICTURE.sub(rf"[figure](#{recipe}-\1)", found)  # each is shown once, below
        rows = f"{params.paths.results.relative_to(home()).as_posix()}/{recipe}"
        said = [*sources(own.measures, params.contrasts, rows)]
        sections["Answer"] = with_sources(sections["Answer"], said)
        sections[f"Findings{name}"] = with_sources(_markdown(_deeper(found)), said)
        sections[f"Figures{name}"] = _figures(of_recipe)
    sections["Method"] = _markdown(METHOD) + _parameters(params)
    sections["Cost"] = _markdown(cost_markdown(params.paths.results))
    sections["Where the numbers come from"] = _provenance(params)
    return _page(params.profile, warning(results), sections)


def warning(results: Results) -> str:
    """Return why the numbers mean nothing, "" where they do."""
    right = best_baseline(results.measures, "execution_exact")
    majority = best_baseline(results.measures, "execution_majority")
    if right is None or majority is None or right > majority:
        return ""
    return MEANINGLESS.format(baseline=fixed(right), majority=fixed(majority))


def best_baseline(measures: pd.DataFrame, measure: str) -> float | None:
    """Return the baseline's best recipe in a measure (percent, balanced), None if none has it."""
    rows = [
        float(select(own, measure, "balanced", "macro")["value"].mean())
        for _, own in measures[measures["arm"] == "baseline"].groupby("recipe")
    ]
    return max((each for each in rows if not isnan(each)), default=None)


def embedded(text: str) -> str:
    """Return HTML with every picture of the repository in it, as a figure with its caption."""

    def embed(found: re.Match[str]) -> str:
        source, words = found[1], found[2]
        path = home() / re.sub(r"^(\.\./)+", "", source)
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        return f'<img src="data:image/png;base64,{content}" alt="{words}">'

    return _IMAGE.sub(embed, text)


def notebook_of_figures() -> dict[str, str]:
    """Return, by figure, the name of the notebook that draws it."""
    return {
        figure: path.stem
        for path in notebooks()
        for figure in _DRAWN.findall(path.read_text(encoding="utf-8"))
    }


def _figures(params: Params) -> str:
    books, parts = notebook_of_figures(), []
    folder = params.figures.relative_to(home()).as_posix()
    for name, said in captions(params.figures).items():
        image = f'<img src="{folder}/{name}.png" alt="{html.escape(said.alt)}">'
        book = f"notebooks/{books.get(name, MISSING)}.ipynb"
        by = f"Drawn by {book} from results/{params.profile}/."
        parts.append(
            f'<figure id="{params.recipe}-{name}">{embedded(image)}<figcaption>'
            f"{html.escape(said.caption)} {by}</figcaption></figure>"
        )
    return "\n".join(parts) or "<p>No figure is drawn yet.</p>"


def _parameters(params: Params) -> str:
    rows = "".join(
        f"<tr><td>{name}</td><td>{html.escape(str(value))}</td></tr>"
        for name, value in params.model_dump().items()
    )
    return f"<details><summary>All parameters</summary><table>{rows}</table></details>"


def _provenance(params: Params) -> str:
    """Return a row per run: what it was made by, when and where; more of it on hover."""
    names = ("run", "trained", "precision", "processor", "code", "weights", "data")
    heads = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(_run_row(run, run_manifest(run)) for run in finished_runs(params.paths.results))
    return (
        "<p>Every number above is computed from the rows of these runs; each folder holds them, "
        "with a manifest. Rest the pointer on a difference for the rows that it is computed from, "
        "and on a run for its versions.</p>"
        f"<details><summary>All runs</summary><table><tr>{heads}</tr>{rows}</table></details>"
    )


def _run_row(run: Path, manifest: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {each}" for name, each in manifest.get("versions", {}).items())
    place = run.relative_to(home()).as_posix()
    cells = [
        f'<abbr title="{html.escape(versions)}">{html.escape(place)}</abbr>',
        *(
            html.escape(str(manifest.get(name, MISSING)))
            for name in ("time", "precision", "processor", "code")
        ),
        html.escape(str(manifest.get("weights", MISSING))[:16]),
        html.escape(str(manifest.get("data_fingerprint", MISSING))),
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _markdown(text: str) -> str:
    """Return Markdown as HTML with its pictures in it; links into the repository become text."""
    made = str(mistune.create_markdown(plugins=["table"])(text))
    return embedded(re.sub(r'<a href="(?!https?:|#)[^"]*">(.*?)</a>', r"\1", made))


def _deeper(text: str) -> str:
    return re.sub(r"^#", "##", text, flags=re.MULTILINE)


def _page(profile: str, caution: str, sections: Mapping[str, str]) -> str:
    anchors = {title: re.sub(r"\W+", "-", title.lower()).strip("-") for title in sections}
    links = " ".join(f'<a href="#{anchors[title]}">{title}</a>' for title in sections)
    body = "\n".join(
        f'<h2 id="{anchors[title]}">{title}</h2>\n{text}' for title, text in sections.items()
    )
    banner = f'<p class="warning">{html.escape(caution)}</p>' if caution else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Curriculum learning for small code language models: {profile}</title>"
        f"<style>{STYLE}</style></head>\n<body>\n"
        f"<h1>Curriculum learning for small code language models</h1>\n<p>{QUESTION}</p>\n"
        f"<p>Profile <code>{profile}</code>.</p>\n{banner}\n<nav>{links}</nav>\n{body}\n"
        "</body></html>\n"
    )
