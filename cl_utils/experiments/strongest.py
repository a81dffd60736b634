"""The README's lines on the strongest model: how soon it is good, how good, and where to get one.

In: the learning curves of time to accuracy, results/paper-size/ and models/. Out: Markdown, and the
README's section `strongest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

import pandas as pd

from cl_utils.evaluation.paper_numbers import PAPER_BASELINE
from cl_utils.experiments.curves import load_curves, manifests
from cl_utils.experiments.plan import load_experiment
from cl_utils.experiments.tables import MILLION, trainings
from cl_utils.labels.numbers import fixed, mean_text, millions
from cl_utils.paths import committed_results, params_file
from cl_utils.report.page_files import read_page, replace_section, write_pages
from cl_utils.stats import mean_interval, seed_values, select
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.committed_models import committed_models, load_committed
from cl_utils.study.params import read_params
from cl_utils.study.results import load_results

Models = Mapping[str, Mapping[str, Any]]
"""The parameters of the committed models' runs, by a model's name."""
SECTION: Final = "strongest"
EXPERIMENT: Final = "time_to_accuracy"
PLAN: Final = "strong"
PROFILE: Final = "paper-size"
"""Where the strong recipe's plan and the committed models' runs are."""


def strongest_markdown() -> str:
    """Return what is known of it, of the experiment and of the study of that size."""
    declared = read_params(params_file(PROFILE)).seeds
    results = load_results(committed_results(PROFILE)).of_declared(declared)
    rows = select(results.measures, *PRIMARY)
    models = {name: load_committed(name)[1]["params"] for name in committed_models()}
    return " ".join([soon_sentence(), good_sentence(rows, models), models_sentence(rows, models)])


def soon_sentence() -> str:
    """Return after how many characters and minutes the strong recipe is as good as the paper's."""
    experiment = load_experiment(EXPERIMENT)
    curves = load_curves(experiment)
    own = curves[curves["variant"] == PLAN]
    rows = trainings(own, PAPER_BASELINE)
    machines = "; ".join(sorted({str(each["machine"]) for each in manifests(experiment, PLAN)}))
    reached = rows[rows["seconds"].map(isfinite)]
    soon = "not with every seed"
    if len(reached) == len(rows):
        characters = _median(rows["characters"] / MILLION, 2)
        soon = f"after {_median(rows['seconds'] / 60)} minutes and {characters} million characters"
    return (
        f"A model of {millions(own['parameters'].iloc[0])} parameters, trained with recipe "
        f"`{PLAN}` and no curriculum, reaches {PAPER_BASELINE} %, what the paper reports for its "
        f"baseline, {soon} ({len(reached)} of n = {len(rows)} reach it; {machines}), and answers "
        f"{_median(rows['final'])} % correctly at the end: medians, with minimum and "
        f"maximum. Exploratory: the last of {len(experiment.variants)} training plans tried in "
        "turn, each curve measured on the test programs themselves."
    )


def _median(values: pd.Series, digits: int = 1) -> str:
    """Return the median of values with minimum and maximum."""
    found = (values.median(), values.min(), values.max())
    median, low, high = (fixed(each, digits) for each in found)
    return f"{median} ({low} to {high})"


def good_sentence(rows: pd.DataFrame, models: Models) -> str:
    """Return how good the arms of the committed models are, and how far their seeds lie apart."""
    arms = dict.fromkeys(params["arm"] for params in models.values())
    told = [f"*{arm}* answers {_range(seed_values(rows, arm))}" for arm in arms]
    return (
        f"In the study of that size, with another recipe (`{rows['recipe'].iloc[0]}`, {len(rows)} "
        f"runs; mean ± half of the 95 % interval), {' and '.join(told)}."
    )


def _range(values: pd.Series) -> str:
    """Return the mean of percentages with its interval, minimum and maximum."""
    interval = mean_interval(values)
    ends = f"seeds {fixed(values.min())} to {fixed(values.max())}"
    return f"{mean_text(interval.mean, interval.half_width)} % correctly ({ends}, n = {interval.n})"


def models_sentence(rows: pd.DataFrame, models: Models) -> str:
    """Return which models come with the repository, and how good each is."""
    found = []
    for name, params in models.items():
        value = seed_values(rows, params["arm"])[params["seed"]]
        found.append(f"*{name}* ({fixed(value)} %, seed {params['seed']})")
    return (
        f"Single runs of that study come with the repository, in [`models/`](models/README.md): "
        f"{' and '.join(found)}; one pair of runs says nothing about the arms."
    )


def strongest_text(text: str) -> str:
    """Return the README's text with its section on the strongest model written again."""
    return replace_section(text, SECTION, strongest_markdown())


def write_strongest() -> None:
    """Write the README's section on the strongest model from the committed rows."""
    write_pages(lambda: {"README.md": strongest_text(read_page("README.md"))})
