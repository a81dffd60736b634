"""The numbers quoted from the paper, in one place, so that none is typed anywhere else.

In: nothing. Out: output accuracy in percent by schedule, the gain in points, and how to name their
source. Only numbers read in the paper itself stand here; those quoted by others were not checked
and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Output accuracy (percent) of the 1M-parameter model, Naïr et al., ACL SRW 2024 (abstract).
PAPER_OUTPUT_ACCURACY: Final[Mapping[str, float]] = MappingProxyType(
    {"baseline": 74.58, "hybrid": 79.23}
)
#: Percent, of that the baseline's: how soon runs reach it is measured.
PAPER_BASELINE: Final = PAPER_OUTPUT_ACCURACY["baseline"]
#: The gain that the paper reports, in points: two runs, one of each.
PAPER_GAIN: Final = round(PAPER_OUTPUT_ACCURACY["hybrid"] - PAPER_BASELINE, 2)
PAPER_SOURCE: Final = "Naïr et al. 2024"
#: The paper's data set and split are not published, so its numbers are a reference, not a target.
PAPER_LABEL: Final = f"{PAPER_SOURCE}, other setting"
