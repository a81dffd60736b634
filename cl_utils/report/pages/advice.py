"""Before you use a curriculum: what the settings that were studied say to those who would copy one.

In: the settings with rows. Out: docs/before_you_use_a_curriculum.md. What is advised follows from
the verdicts, so new rows change the advice with the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from cl_utils.labels.names import sentence_case
from cl_utils.report.in_short import answer, facts, questions_titled, seeds_of_answers, sizes, words
from cl_utils.report.questions import Question
from cl_utils.report.rate_words import flat_effects
from cl_utils.report.rates import CHOICE, ORDER, RATED
from cl_utils.report.settings import Setting
from cl_utils.report.sorting import sorted_orders
from cl_utils.report.summary import WHERE
from cl_utils.stats import finding, standing
from cl_utils.stats.intervals import SIGNIFICANCE

PAGE: Final = "docs/before_you_use_a_curriculum.md"
HEAD: Final = f"""\
# Before you use a curriculum

Generated from the rows of every setting studied; do not edit. The paper's hybrid curriculum trains
on easy programs for 20,000 iterations, on medium ones and the hardest part of the easy for 30,000,
on hard ones and the hardest part of the others for 70,000, each stage with a new optimiser and a
new learning-rate cycle (how large that part is, the paper does not say: half of a bucket here).
Whoever copies it changes order, restarts and composition at once, by buckets that a metric makes.
This page takes them one by one. *Easy* and *hard* are what the paper's metric calls so, which need
not be what a model finds hard ([by setting](settings.md#does-the-metric-order-what-is-hard)).
Numbers are {WHERE}, with 95 % intervals; for p, further
orders and exams see [the settings side by side](settings.md)."""


DISAGREE: Final = (
    "Settings point in opposite directions, and whether they differ from each other was not tested"
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
            unknown="No gain is established here that would be a reason to draw some programs more "
            "often.",
        ),
        "Difficulty or staging": Advice(
            title="Buckets by difficulty",
            helps="The metric has earned its place: its buckets did better than random ones.",
            harms="Random buckets did better than those of the metric. Order and composition "
            "differ, too, so this may be what order costs.",
            mixed=f"{DISAGREE}: compare with random buckets. Order and composition differ, too, "
            "so a loss may be what order costs.",
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
    harms="Shuffle there, too: random order did better.",
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
UNKNOWN: Final = """\
- The paper's own budget, 120,000 iterations of its recipe, has not been run here.
- Programs are generated by one small grammar: nothing is shown of natural code.
- All seeds of a setting share one set of training and test programs: what another set would give \
was not tried.
- Models have at most about a million parameters: larger ones were not tried.
- Only a few schedules besides the paper's hybrid were tried."""
NO_RATES: Final = """\
- In every setting the learning rate falls to zero: nothing is shown of one that stays high."""


def advice_page(
    settings: Sequence[Setting], orders: Sequence[Setting] = (), rates: Sequence[Setting] = ()
) -> str:
    """Return the page.

    `orders`, `rates`: the settings of other orders and of other learning rates, see
    `report.settings.ordered` and `report.rates.rated`.
    """
    sections = [
        _section(question, settings) for question in questions_titled(dict.fromkeys(ADVICE, ""))
    ]
    if found := [(f"{order}, {each.title}", row) for order, each, row in sorted_orders(orders)]:
        among = "orders, all against the same baseline runs"
        sections.append(_advised_section(SORTING, found, among))
    if found := flat_effects(rates, ORDER):
        sections.append(_advised_section(FLAT, found, "comparisons"))
    if found := flat_effects(rates, [CHOICE]):
        sections.append(_advised_section(FLAT_CHOICE, found, "comparisons"))
    unknown = [UNKNOWN] if rates else [UNKNOWN, NO_RATES]
    flat = [each for each in rates if each.profile == RATED]
    missing = [
        f"- {sentence_case(each.title)}: {lacking} of {each.planned} declared seeds are missing."
        for each in (*settings, *flat)
        if (lacking := _lacking(each)) != "0"
    ]
    listed = "\n".join([*unknown, *missing])
    named = sizes([*settings, *orders, *rates]).strip()
    return (
        "\n\n".join([*filter(None, [HEAD, named]), *sections, f"## What is unknown\n\n{listed}"])
        + "\n"
    )


def _lacking(setting: Setting) -> str:
    """Return how many declared seeds the answers lack: "5", or "5 to 6" where arms differ."""
    counts = {setting.planned - n for n in seeds_of_answers(setting)} or {setting.planned}
    return " to ".join(str(count) for count in dict.fromkeys((min(counts), max(counts))))


def _section(question: Question, settings: Sequence[Setting]) -> str:
    rows = [
        (setting, row) for setting in settings if (row := answer(setting, question)) is not None
    ]
    advice = ADVICE[question.title]
    return _advised_section(advice, [(setting.title, row) for setting, row in rows])


def _advised_section(
    advice: Advice, named: Sequence[tuple[str, pd.Series]], among: str = "settings"
) -> str:
    lines = [f"- {name}: {words(row)} ({facts(row)})." for name, row in named]
    said = advised(advice, [row for _, row in named], among)
    return "\n\n".join([f"## {advice.title}", said, "\n".join(lines)])


def advised(advice: Advice, rows: Sequence[pd.Series], among: str = "settings") -> str:
    """Return what follows from the rows of a question, and in how many of them it was shown.

    Claims alone advise, and only where all estimates point the same way; where another setting has
    a claim, or a trend, the other way, that is said. What no claim can come of, by its seeds, is
    counted apart.
    """
    claims, trends = _signs(rows, "claim"), _signs(rows, "trend")
    if not claims:
        return " ".join([advice.unknown, *_tendencies(trends, f"{len(rows)} {among}")])
    if {True, False} <= {*claims, *trends}:
        return advice.mixed
    said = advice.helps if claims[0] else advice.harms
    unable = sum(not row["p_least"] < SIGNIFICANCE for row in rows)  # nan of a single seed, too
    few = f" (in {unable} too few seeds for any claim)" if unable else ""
    shown = f"in {len(claims)} of {len(rows)} {among}{few}"
    if any((row["difference"] > 0) != claims[0] for row in rows):
        return f"A {'gain' if claims[0] else 'loss'} is shown {shown}, {FEW}"
    return f"{said} Shown {shown}."


def _tendencies(gains: Sequence[bool], of: str) -> list[str]:
    """Return a sentence per side on which there are trends, where no more is shown."""
    sides = {"gain": sum(gains), "loss": len(gains) - sum(gains)}
    return [f"A {side} is a trend in {n} of {of}, no claim." for side, n in sides.items() if n]


def _signs(rows: Sequence[pd.Series], kind: str) -> list[bool]:
    """Return, of each difference that may be called so, whether it is a gain."""
    shown = ("difference", "interval")
    found = [row for row in rows if standing(row) == kind and finding(row) in shown]
    return [bool(row["difference"] > 0) for row in found]
