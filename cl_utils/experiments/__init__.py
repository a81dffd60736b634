"""Experiments beside the study: variants as data, their training, their curves, their pages.

    variants     one way to train each: a recipe with options, an arm
    plan         what is compared, read from params/experiments/
    programs     what they are trained and tested on
    compilation  the compiler's caches, put aside
    training     trains what has no curve yet
    curves       learning curves, and where they cross a level
    options      what the notebooks are asked for
    provenance   whether a curve is of the training that the params file describes
    tables       rows of them, and Markdown
    ablation     figure: what a recipe's parts are worth
    minutes      figure: how soon an accuracy is reached
    page         where figures and pages go
    strongest    the README's lines on the strongest model

Notebooks 15 and 16 show what is committed; with `train = True` they train what is missing.
"""

from cl_utils.experiments.curves import load_curves, machine_text
from cl_utils.experiments.options import notebook_experiment
from cl_utils.experiments.plan import Experiment, load_experiment
from cl_utils.experiments.training import train_missing
from cl_utils.experiments.variants import Variant

__all__ = [
    "Experiment",
    "Variant",
    "load_curves",
    "load_experiment",
    "machine_text",
    "notebook_experiment",
    "train_missing",
]
