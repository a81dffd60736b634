"""What notebooks 15 and 16 are asked for: whether to train, and whose curves to show.

In: the global names of a running notebook. Out: the experiment with checked options, or one
sentence that names what is wrong.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cl_utils.experiments.curves import folder
from cl_utils.experiments.plan import Experiment, load_experiment
from cl_utils.experiments.variants import Strict
from cl_utils.names import unknown
from cl_utils.paths import REPOSITORY, home
from cl_utils.study.kernel_cells import accept, parameters_among
from cl_utils.validation import Wording, refusal_of


class Options(Strict):
    """train: what has no curve yet. device: the folder of the curves that are shown."""

    train: bool
    device: str


_WORDING = Wording("parameter", tuple(Options.model_fields), "the first cell of the notebook")


@dataclass(frozen=True)
class Asked:
    """An experiment, and whether to train what is missing."""

    experiment: Experiment
    train: bool


def notebook_experiment(names: MutableMapping[str, Any], name: str) -> Asked:
    """Return what a running notebook asks for: ``notebook_experiment(globals(), "...")``.

    Raises StudyError for a name that is no parameter of it, for a value of another type, and for a
    device of which there are no curves.
    """
    given = parameters_among(names, Options.model_fields, first="train")
    try:
        options = Options(**given)
    except ValidationError as error:
        raise refusal_of(error, given, "the notebook's parameters", _WORDING) from None
    experiment = load_experiment(name)
    known = devices(experiment)
    if options.device not in known:
        raise unknown("device", options.device, known)
    accept(names)
    return Asked(experiment, options.train)


def devices(experiment: Experiment) -> list[str]:
    """Return the devices of which an experiment has curves, and "cpu"."""
    own = folder(experiment).parent
    found = {"cpu"}
    for parent in (own, REPOSITORY / own.relative_to(home())):
        found |= {each.name for each in parent.glob("*") if each.is_dir()}
    return sorted(found)
