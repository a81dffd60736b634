"""Where the models of a study are trained and evaluated.

In: params. Out: cpu or cuda, as this machine has it.
"""

from __future__ import annotations

import torch

from cl_utils.errors import StudyError
from cl_utils.study.params import Params


def device_of(params: Params) -> str:
    """Return cpu or cuda; raise StudyError when cuda is asked for and not there."""
    if params.device == "cuda" and not torch.cuda.is_available():
        raise StudyError("device='cuda', but torch sees no GPU here: use device='auto' or 'cpu'")
    if params.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return params.device
