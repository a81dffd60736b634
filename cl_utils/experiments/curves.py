"""Learning curves of an experiment's trainings: where they are kept, and their manifests.

In: results/experiments/<experiment>/<device>/<variant>-seed<n>.csv with their manifests. Out: one
table of all curves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cl_utils.artifacts import check_content
from cl_utils.errors import StudyError
from cl_utils.experiments.plan import Experiment
from cl_utils.experiments.provenance import check_curve
from cl_utils.experiments.variants import Variant
from cl_utils.machine import machines_text
from cl_utils.manifests import was_written
from cl_utils.paths import REPOSITORY, home

CURVE_COLUMNS = ("step", "characters", "seconds", "execution_exact", "programs", "parameters")


@dataclass(frozen=True)
class Kept:
    """Where a training's curve is."""

    variant: Variant
    seed: int
    path: Path


def folder(experiment: Experiment, device: str = "cpu") -> Path:
    """Return where new curves of a device go; they follow CURRICULUM_HOME."""
    return home() / "results" / "experiments" / experiment.name / device


def curve_path(experiment: Experiment, variant: Variant, seed: int, device: str = "cpu") -> Path:
    """Return where the curve of a training is, or where it will be.

    What is committed counts wherever CURRICULUM_HOME leads, unless a file of that name is there.
    """
    own = folder(experiment, device) / f"{variant.files}-seed{seed}.csv"
    committed = REPOSITORY / own.relative_to(home())
    return committed if was_written(committed) and not was_written(own) else own


def kept(experiment: Experiment, device: str = "cpu") -> Iterator[Kept]:
    """Yield the trainings that have a curve."""
    for variant, seed in experiment.trainings():
        path = curve_path(experiment, variant, seed, device)
        if was_written(path):
            yield Kept(variant, seed, path)


def load_curves(experiment: Experiment, device: str = "cpu") -> pd.DataFrame:
    """Return the curves of all trainings, with variant, words, group and seed beside the points.

    Variants are in the order of the params file. Raises StudyError when there is no curve, when
    one was changed by hand, or when it is of another training than the params file describes.
    """
    curves = []
    for each in kept(experiment, device):
        checked(experiment, each)
        curve = pd.read_csv(each.path)
        variant = each.variant
        named = {"variant": variant.name, "words": variant.words, "group": variant.group}
        curve = curve[[name for name in CURVE_COLUMNS if name in curve]]
        curves.append(curve.assign(**named, seed=each.seed))
    if not curves:
        raise StudyError(f"{folder(experiment, device)} holds no curves: {_training(experiment)}")
    table = pd.concat(curves, ignore_index=True)
    names = [variant.name for variant in experiment.variants]
    return table.sort_values(
        ["variant", "seed"],
        key=lambda column: column.map(names.index) if column.name == "variant" else column,
        kind="stable",
        ignore_index=True,
    )


def checked(experiment: Experiment, curve: Kept) -> dict[str, Any]:
    """Return the manifest of a curve; raise StudyError as `load_curves` does."""
    manifest = check_content(curve.path, _training(experiment))
    run = experiment.run(curve.variant, curve.seed)
    check_curve(curve.path, manifest["params"], run, curve.variant)
    return manifest


def _training(experiment: Experiment) -> str:
    return f"run the notebook of {experiment.name} with train=True"


def manifests(
    experiment: Experiment, variant: str | None = None, device: str = "cpu"
) -> list[dict[str, Any]]:
    """Return the manifests of all curves, or those of one variant, by its name."""
    return [
        checked(experiment, each)
        for each in kept(experiment, device)
        if variant in (None, each.variant.name)
    ]


def machine_text(experiment: Experiment, device: str = "cpu") -> str:
    """Return on which machine, with which torch and when the curves were made."""
    return machines_text(manifests(experiment, device=device))
