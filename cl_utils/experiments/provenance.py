"""Whether a kept curve is of the training that the params file describes now.

In: the manifest of a curve, and the run that its variant is. Out: nothing, or one sentence that
names the file and the first value that differs. Older
manifests name some options otherwise, and lack those that there were not yet: those had no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cl_utils.errors import StudyError
from cl_utils.experiments.variants import CHARACTERS, Variant
from cl_utils.names import shown
from cl_utils.training.recipes import Recipe
from cl_utils.training.run import Run

SINCE_RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "neighbours": "convolution",
        "values": "intermediate_value_weight",
        "programs": "training_programs",
    }
)
"""Names of older manifests, and what they are called now."""
NOT_COMPARED: Final = ("name", "precision", "restarts")
"""Of a recipe: its name changes nothing, precision is the machine's, restarts became the arm's."""


NO_EFFECT: Final[Mapping[str, Any]] = MappingProxyType(
    {field.name: field.default for field in fields(Recipe) if field.default is not MISSING}
)
"""Options that came later, with the value that leaves a recipe as it was."""


def check_curve(path: Path, made: Mapping[str, Any], run: Run, variant: Variant) -> None:
    """Raise StudyError unless `made`, the params of a curve's manifest, are those of its training.

    `run`: what `Experiment.run` returns of the variant and seed that the file's name tells.
    """
    wanted = _facts(asdict(run)) | {"training_programs": variant.training_programs}
    for name, value in _stated(made).items():
        if name in wanted and value != wanted[name]:
            raise StudyError(
                f"{path} was trained with {name}={shown(value)}, and its variant has "
                f"{name}={shown(wanted[name])}: restore the params file, or delete the curve and "
                "run the notebook with train=True"
            )


def _stated(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the params of a manifest say of the training, under today's names."""
    beside = {**made.get("variant", {}), **made.get("plan", {}), **made.get("additions", {})}
    facts = {**NO_EFFECT, **_facts(made.get("run", made))}
    for older, name in SINCE_RENAMED.items():
        if older in beside:
            facts[name] = beside[older]
    if beside.get("by_characters"):
        facts["labels"] = CHARACTERS
    if "training_programs" in beside:
        facts["training_programs"] = beside["training_programs"]
    return facts


def _facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a run, those of its recipe, model and arm among them."""
    recipe = {k: v for k, v in run["recipe"].items() if k not in NOT_COMPARED}
    arm: dict[str, Any] = run.get("arm") or {"schedule": run["schedule"]}
    own = {name: run[name] for name in ("seed", "steps", "characters_per_step")}
    return {**recipe, **run["model"], **arm, **own}
