"""Rows to intervals and tests, with scipy and statsmodels; the unit is the seed.

    rows          which rows of the measures
    intervals     means over seeds
    paired_tests  tests that a paired difference is zero, or is not
    contrasts     paired differences between arms
    changes       differences of such differences
    groups        one difference in two groups of seeds
    verdicts      what they allow anyone to say
    factorial     order x restarts x composition
    budget        gains at a share of the steps
    leak          a split by text alone
    drawn         of which buckets programs were
    reached       how soon curves reach an accuracy
    exams         the factorial off the training distribution
    levels        the factorial on each level of the grammar
    power         what n seeds can show
    clusters      draws of programs whose forms belong together
    ranks         rho in thousands of such draws
    programs      rank correlation, accuracy by decile, hierarchical bootstrap
    validity      whether metrics measure difficulty

Why the seed: one training run is one draw of weights and batches. Its 10,000 test programs share
that draw, so they are no independent repetitions of the experiment; counting them as such would
make every difference between two runs "significant". Arms are therefore paired by seed, n is the
number of seeds, and the spread between programs enters only through the hierarchical bootstrap.
"""

from cl_utils.stats.budget import budget_gains, budget_of
from cl_utils.stats.contrasts import Contrast, contrast_table, paired_difference
from cl_utils.stats.exams import exam_accuracy, exam_effects
from cl_utils.stats.factorial import (
    FACTORIAL,
    crossed_simple_effects,
    factorial_cells,
    factorial_effects,
    factorial_gain,
)
from cl_utils.stats.intervals import Interval, at_most, mean_interval
from cl_utils.stats.leak import leak_table
from cl_utils.stats.levels import level_accuracy, level_effects
from cl_utils.stats.power import least_seeds, power_table, seed_deviation, smallest_effect
from cl_utils.stats.programs import accuracy_by_decile, hierarchical_bootstrap
from cl_utils.stats.reached import characters_to
from cl_utils.stats.rows import Cell, arms_in, seed_values, select
from cl_utils.stats.validity import hardness_stability, metric_validity
from cl_utils.stats.verdicts import finding, standing

__all__ = [
    "FACTORIAL",
    "Cell",
    "Contrast",
    "Interval",
    "accuracy_by_decile",
    "arms_in",
    "budget_gains",
    "budget_of",
    "characters_to",
    "contrast_table",
    "crossed_simple_effects",
    "exam_accuracy",
    "exam_effects",
    "factorial_cells",
    "factorial_effects",
    "factorial_gain",
    "finding",
    "hardness_stability",
    "hierarchical_bootstrap",
    "leak_table",
    "least_seeds",
    "level_accuracy",
    "level_effects",
    "mean_interval",
    "metric_validity",
    "paired_difference",
    "power_table",
    "seed_deviation",
    "seed_values",
    "select",
    "smallest_effect",
    "standing",
    "at_most",
]
