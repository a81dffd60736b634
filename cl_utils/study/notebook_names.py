"""The notebooks that others wait for: their names, and fingerprints of what they compute.

In: the name of a notebook. Out: what a manifest says of the code that made a file.
"""

from __future__ import annotations

from cl_utils.code_fingerprint import code_fingerprint
from cl_utils.paths import NOTEBOOKS

DATA, METRIC_ANALYSIS, BUCKETING = "01_data_generation", "02_metric_analysis", "03_bucketing"
TRAINING, EVALUATION = "04_training", "05_evaluation"
MODEL_DIFFICULTY = "08_model_difficulty"
FINDINGS = "14_findings"
"""It shows what the other notebooks of figures drew, and comes after all of them."""


def code_of(notebook: str) -> str:
    """Return the fingerprint of what a notebook computes."""
    return code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")
