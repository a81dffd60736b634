"""Rows to figures: one function a figure, each from tables to a matplotlib Figure, no files.

Contents: `difficulty` (what the metric says of the programs), `metrics` (how far all metrics
agree), `training` (what was drawn and how it was learnt), `accuracy` (the three tasks), `protocol`
(what the paper's scoring does), `contrasts` (differences to the baseline); `panels` holds what they
share.
"""

from cl_utils.figures.accuracy import completion_tasks, execution_accuracy
from cl_utils.figures.contrasts import paired_differences
from cl_utils.figures.difficulty import accuracy_by_difficulty, difficulty_distribution
from cl_utils.figures.metrics import metric_agreement
from cl_utils.figures.protocol import protocol_audit
from cl_utils.figures.training import learning_curves, schedule_composition

__all__ = [
    "accuracy_by_difficulty",
    "completion_tasks",
    "difficulty_distribution",
    "execution_accuracy",
    "learning_curves",
    "metric_agreement",
    "paired_differences",
    "protocol_audit",
    "schedule_composition",
]
