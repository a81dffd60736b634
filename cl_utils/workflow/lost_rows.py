"""Runs that count as evaluated although their rows are gone, as of a folder that was deleted.

In: params of a study. Out: notebook 05's seal is taken from such runs, so that the workflow, which
goes by the seals under runs/, evaluates them again.
"""

from __future__ import annotations

from cl_utils.manifests import MANIFEST
from cl_utils.study.params import Params


def forget_lost_rows(params: Params) -> None:
    """Remove the seal of every run of the study's arms that has no rows in results/<profile>/."""
    paths = params.paths
    for recipe in params.recipes:
        for arm, seeds in params.arms.items():
            for seed in range(seeds):
                if not (paths.result(recipe, arm, seed) / MANIFEST).exists():
                    paths.evaluated(recipe, arm, seed).unlink(missing_ok=True)
