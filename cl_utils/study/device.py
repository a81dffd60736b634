"""Where the models of a study are trained and evaluated, and in which precision.

In: params. Out: cpu or cuda, as this machine has it; the run that they name, ready to be trained.
"""

from __future__ import annotations

import torch

from cl_utils.curriculum.arms import Recorded
from cl_utils.errors import StudyError
from cl_utils.study.params import Params
from cl_utils.study.precision_choice import with_precision
from cl_utils.training.run import Run


def device_of(params: Params) -> str:
    """Return cpu or cuda; raise StudyError when cuda is asked for and not there."""
    if params.device == "cuda" and not torch.cuda.is_available():
        raise StudyError("device='cuda', but torch sees no GPU here: use device='auto' or 'cpu'")
    if params.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return params.device


def run_of(params: Params, recorded: Recorded = ()) -> Run:
    """Return the run that params name, on this machine and in the study's precision.

    `recorded`: the mixes of a yoked arm. Precision "auto" is measured by the first run of a study.
    """
    run = params.run(device_of(params), recorded)
    return with_precision(run, params.precision, params.paths.training)
