"""Rows to figures: one function a figure, each from tables to a matplotlib Figure, no files.

difficulty    what the metric says of the programs
deciles       whether it orders what models get wrong
metrics       how far all metrics agree
validity      whether they order what models find hard, and help
training      what was drawn and how it was learnt
trajectories  what adaptive arms drew, what was forgotten
accuracy      the three tasks
protocol      what the paper's protocol does
leak          what a split by text does
forest        differences to the baseline
factorial     order, restarts and composition apart
budget        gains at a share of the steps
exams         what holds off the training distribution
settings      the factorial's effects in every setting
orders        exactly the baseline's programs in other orders
rates         what the learning rate changes in them
how_soon      characters to an accuracy
levels        and on each level of the grammar
cells         characters as cells
answers       what models answer, each character with its probability
attention     where a model looked when it wrote a character
schedule      what one schedule draws
panels        what all figures share
multiples     a panel per arm, the baseline in grey
described     a figure that says what it shows
words         parts of the sentence that says it
contrasts     what figures of differences share
lanes         differences of several settings in each line
style         colours, settings, byte-stable files
gallery       the figures of one notebook, drawn and saved
"""

from cl_utils.figures.accuracy import completion_tasks, execution_accuracy
from cl_utils.figures.budget import gain_against_budget
from cl_utils.figures.deciles import accuracy_by_difficulty
from cl_utils.figures.difficulty import difficulty_distribution
from cl_utils.figures.exams import effects_by_exam
from cl_utils.figures.factorial import factorial_effects
from cl_utils.figures.forest import effects_forest
from cl_utils.figures.how_soon import characters_to_accuracy
from cl_utils.figures.leak import leak
from cl_utils.figures.levels import effects_by_level
from cl_utils.figures.metrics import metric_agreement
from cl_utils.figures.orders import effects_by_order
from cl_utils.figures.protocol import protocol_audit
from cl_utils.figures.rates import effects_by_rate
from cl_utils.figures.settings import effects_by_setting
from cl_utils.figures.training import learning_curves, schedule_composition
from cl_utils.figures.trajectories import adaptive_trajectories, forgetting
from cl_utils.figures.validity import metric_ablation, metric_validity, metric_worth

__all__ = [
    "accuracy_by_difficulty",
    "adaptive_trajectories",
    "characters_to_accuracy",
    "completion_tasks",
    "difficulty_distribution",
    "effects_by_exam",
    "effects_by_level",
    "effects_by_order",
    "effects_by_rate",
    "effects_by_setting",
    "effects_forest",
    "execution_accuracy",
    "factorial_effects",
    "forgetting",
    "gain_against_budget",
    "leak",
    "learning_curves",
    "metric_ablation",
    "metric_agreement",
    "metric_validity",
    "metric_worth",
    "protocol_audit",
    "schedule_composition",
]
