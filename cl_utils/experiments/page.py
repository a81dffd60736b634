"""Where an experiment's figures and its page go: figures/experiments/ and docs/experiments/.

In: learning curves. Out: figures, and a page of tables and figures for each experiment, under
CURRICULUM_HOME when it is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from cl_utils.experiments.curves import machine_text
from cl_utils.experiments.plan import Experiment
from cl_utils.experiments.tables import (
    ends_markdown,
    fewer_sentence,
    times_markdown,
    worth_markdown,
)
from cl_utils.figures import style
from cl_utils.files import atomic
from cl_utils.paths import home
from cl_utils.report.captions import shown

INTERVALS = (
    "Mean over n seeds, in brackets its 95 % t interval (none below n = 3; one of few seeds may "
    "leave the scale)."
)
REMOVED = "What recipe fast loses without one of its parts"
ADDED = "What recipe fast gains by more than it has, alone and together"
MINUTES = "Minutes of training until a model of the paper's size is as good as the paper's baseline"


def save_figure(experiment: Experiment, figure: Figure, name: str, device: str = "cpu") -> None:
    """Leave a figure as PNG and PDF, the same bytes on every run."""
    style.save(figure, figures_folder(experiment, device), name)


def figures_folder(experiment: Experiment, device: str) -> Path:
    """Return where the figures of an experiment are."""
    return home() / "figures" / "experiments" / experiment.name / device


def ablation_page(experiment: Experiment, curves: pd.DataFrame, device: str = "cpu") -> str:
    """Return the page that says what each part of the recipe is worth."""
    reference = experiment.reference
    parts = [
        f"{INTERVALS} Points above {reference} are paired by seed. Exploratory: many rows, few "
        f"seeds, nothing adjusted. {machine_text(experiment, device)}.",
        worth_markdown(curves, reference),
        fewer_sentence(curves, "paper", reference),
    ]
    figures = {"removed": REMOVED, "added": ADDED}
    return _page(experiment, "What is each part of the recipe worth?", parts, figures, device)


def minutes_page(experiment: Experiment, curves: pd.DataFrame, device: str = "cpu") -> str:
    """Return the page that says how soon a model is as good as the paper's baseline."""
    parts = [
        f"{INTERVALS} Exploratory: plans in the order in which they were tried; those with n = 1 "
        "are single runs. Every point of a curve takes the whole test set; plans with other "
        "numbers of training programs have other test programs, drawn by the same rules. "
        f"{machine_text(experiment, device)}.",
        times_markdown(curves),
        ends_markdown(curves),
    ]
    question = "How soon is a model of the paper's size as good as the paper's baseline?"
    return _page(experiment, question, parts, {"minutes": MINUTES}, device)


def _page(
    experiment: Experiment,
    question: str,
    parts: Sequence[str],
    figures: Mapping[str, str],
    device: str,
) -> str:
    folder = figures_folder(experiment, device)
    place = f"../../{folder.relative_to(home()).as_posix()}"
    drawn = [
        shown(folder / f"{name}.png", words).markdown(f"{place}/{name}.png")
        for name, words in figures.items()
    ]
    rows = f"results/experiments/{experiment.name}"
    written = f"Generated from [the learning curves](../../{rows}/{device}); variants: "
    written += f"[params](../../params/experiments/{experiment.name}.yaml)."
    return "\n\n".join([f"# {question}", written, *parts, *drawn]) + "\n"


def page_path(experiment: Experiment) -> Path:
    """Return where the page of an experiment is."""
    return home() / "docs" / "experiments" / f"{experiment.name}.md"


def write_page(experiment: Experiment, text: str, device: str = "cpu") -> None:
    """Write the page of an experiment: that of its curves on a CPU, which it has one of."""
    if device != "cpu":
        return
    with atomic(page_path(experiment)) as temporary:
        temporary.write_text(text, encoding="utf-8")
