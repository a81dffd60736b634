"""What docs/before_you_use_a_curriculum.md may say: its texts, by question and by what was shown.

In: nothing. Out: `Advice` for each question; `report.pages.advice` chooses by the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cl_utils.report.summary import WHERE

HEAD: Final = f"""\
# Before you use a curriculum

Generated from the rows of every setting studied; do not edit. The paper's hybrid curriculum trains
on easy programs for 20,000 iterations, on medium ones and the hardest part of the easy for 30,000,
on hard ones and the hardest part of the others for 70,000, each stage with a new optimiser and a
new learning-rate cycle (how large that part is, the paper does not say: half of a bucket here).
Copying it changes order, restarts and composition at once, and relies on a metric for its buckets.
This page takes them one by one. *Easy* and *hard* are what the paper's metric calls so, which need
not be what a model finds hard ([by setting](settings.md#does-the-metric-order-what-is-hard)).
Numbers are {WHERE}, with 95 % intervals; for p, further
orders and exams see [the settings side by side](settings.md)."""


DISAGREE: Final = (
    "Estimates differ in sign between settings; whether the effects differ was not tested"
)
FEW: Final = "but other estimates point the other way: no general advice follows."


@dataclass(frozen=True)
class Advice:
    """What to do about one part of a curriculum, by what was shown of it."""

    title: str
    helps: str
    harms: str
    mixed: str
    unknown: str


ADVICE: Final[Mapping[str, Advice]] = MappingProxyType(
    {
        "The paper's question": Advice(
            title="The whole of it",
            helps="Copying all of it has paid here.",
            harms="Do not copy all of it: it cost accuracy here.",
            mixed=f"{DISAGREE}: measure it in yours, with several seeds.",
            unknown="No gain is established here that would be a reason to copy all of it. A "
            "single run per arm could not have settled this: see the intervals.",
        ),
        "Order": Advice(
            title="Easy programs first, with the same programs",
            helps="Sorting from easy to hard has paid here.",
            harms="Shuffle: the same programs in random order did better.",
            mixed=f"{DISAGREE}: measure it in yours, against the same programs shuffled.",
            unknown="No gain is established here that would be a reason to sort.",
        ),
        "Restarts": Advice(
            title="A new optimiser and learning-rate cycle at each stage",
            helps="Restarting the optimiser has paid here.",
            harms="Keep one optimiser and one learning-rate cycle: where restarts made a "
            "difference, they cost accuracy.",
            mixed=f"{DISAGREE}: compare with one cycle in yours.",
            unknown="No gain is established here that would be a reason to restart.",
        ),
        "Composition": Advice(
            title="More of some programs than of others, in random order",
            helps="Change which programs are drawn how often, and shuffle them: hybrid's choice "
            "has paid here without its order.",
            harms="Draw every program equally often: hybrid's choice cost accuracy.",
            mixed=f"{DISAGREE}: compare with drawing every program equally often.",
            unknown="Where the learning rate falls to zero, as in these settings, no gain is "
            "established that would be a reason to draw some programs more often.",
        ),
        "Difficulty or staging": Advice(
            title="Buckets by difficulty",
            helps="The metric has earned its place: its buckets did better than random ones.",
            harms="Random buckets did better than those of the metric. The arms also "
            "differ in order and composition, so this may come from order.",
            mixed=f"{DISAGREE}: train a control with random buckets before you credit the metric. "
            "The arms also differ in order and composition, so a loss may come from order.",
            unknown="That difficulty makes the buckets is not shown to matter: random ones may do.",
        ),
    }
)
"""By the title of the question that is answered."""
SORTING: Final = Advice(
    title="All programs sorted",
    helps="Sorting all programs by difficulty has paid here.",
    harms="Do not sort all programs: the same ones in random order did better in the one setting "
    "that was tried.",
    mixed="The orders disagree: compare with the same programs shuffled.",
    unknown="No gain is established here that would be a reason to sort all programs.",
)
FLAT: Final = Advice(
    title="A learning rate that does not fall to zero",
    helps="Where the learning rate does not fall to zero, sorting has paid here.",
    harms="No reason to sort there, either: where a difference is shown, random order did better.",
    mixed="Recipes and rates disagree: compare with the same programs shuffled.",
    unknown="No gain is established here that would be a reason to sort there.",
)
FLAT_CHOICE: Final = Advice(
    title="More of some programs than of others, where the rate does not fall to zero",
    helps="Hybrid's choice of programs, in random order, did better there than every program "
    "equally often at the same rate; whether at any other rate was not tested.",
    harms="Draw every program equally often there, too: hybrid's choice cost accuracy.",
    mixed="Recipes and rates disagree: compare with drawing every program equally often.",
    unknown="No gain is established here that would be a reason to draw some programs more often "
    "there.",
)
OWN: Final = """\
These are main effects, averages over hybrid's programs and the baseline's. Whoever copies hybrid
trains on hybrid's, where order alone, in one learning-rate cycle, does this:"""
WHY: Final = """\
A possible reason, from accuracy by level of the grammar, looked at afterwards and at the paper's
size alone ([lab notes](log/paper_size.md)): what the metric calls easy is read first, and what
later stages do not draw again is forgotten."""
AVERAGED: Final = """\
Its main effect is averaged over both orders, so whatever hybrid's order costs more on the
baseline's programs than on hybrid's counts as composition, too:"""
UNKNOWN: Final = """\
- The paper's own budget, 120,000 iterations of its recipe, has not been run here.
- Programs are generated by one small grammar: nothing is shown of natural code.
- All seeds of a setting share one set of training and test programs: what another set would give \
was not tried.
- Models have at most about a million parameters: larger ones were not tried.
- Only a few schedules besides the paper's hybrid were tried."""
NO_RATES: Final = """\
- In every setting the learning rate falls to zero: nothing is shown of one that stays high."""
