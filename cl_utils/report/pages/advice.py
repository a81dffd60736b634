"""Before you use a curriculum: what the settings that were studied say to those who would copy one.

In: the settings with rows. Out: docs/before_you_use_a_curriculum.md. What is advised follows from
the verdicts, so new rows change the advice with the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from cl_utils.labels.names import sentence_case
from cl_utils.labels.numbers import counts_text
from cl_utils.report.composition import shares_sentence
from cl_utils.report.in_short import (
    answer,
    cannot_be_a_claim,
    declared_of_answers,
    facts,
    own_order,
    questions_titled,
    seeds_of_answers,
    sizes,
    words,
)
from cl_utils.report.pages.advice_texts import (
    ADVICE,
    AVERAGED,
    FEW,
    FLAT,
    FLAT_CHOICE,
    HEAD,
    NO_RATES,
    OWN,
    SORTING,
    UNKNOWN,
    WHY,
    Advice,
)
from cl_utils.report.questions import Question
from cl_utils.report.rate_words import flat_effects
from cl_utils.report.rates import CHOICE, ORDER, RATED
from cl_utils.report.settings import Setting
from cl_utils.report.sorting import sorted_orders
from cl_utils.stats import finding, standing

PAGE: Final = "docs/before_you_use_a_curriculum.md"


def advice_page(
    settings: Sequence[Setting], orders: Sequence[Setting] = (), rates: Sequence[Setting] = ()
) -> str:
    """Return the page.

    `orders`, `rates`: the settings of other orders and of other learning rates, see
    `report.settings.ordered` and `report.rates.rated`.
    """
    sections = [
        "\n\n".join([_section(question, settings), *_more(question, settings)])
        for question in questions_titled(dict.fromkeys(ADVICE, ""))
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
        f"- {sentence_case(each.title)}: {lacking} of {_declared(each)} declared seeds are missing."
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
    found = zip(declared_of_answers(setting), seeds_of_answers(setting), strict=True)
    counts = {max(0, declared - n) for declared, n in found} or {setting.planned}
    return counts_text(counts)


def _declared(setting: Setting) -> int:
    return max(declared_of_answers(setting), default=setting.planned)


def _section(question: Question, settings: Sequence[Setting]) -> str:
    rows = [
        (setting, row) for setting in settings if (row := answer(setting, question)) is not None
    ]
    advice = ADVICE[question.title]
    return _advised_section(advice, [(setting.title, row) for setting, row in rows])


def _more(question: Question, settings: Sequence[Setting]) -> list[str]:
    """Return what else is to be known of order and of composition: the other of their two rows."""
    if question.title == "Order":
        own = [(each.title, row) for each in settings if (row := own_order(each)) is not None]
        return [f"{OWN}\n\n{_lines(own)}", WHY] if own else []
    if question.title != "Composition":
        return []
    main = [
        (each.title, row)
        for each in settings
        for _, row in each.effects[each.effects["effect"] == question.effect].iterrows()
    ]
    shares = shares_sentence(settings)
    return [*filter(None, [f"{AVERAGED}\n\n{_lines(main)}" if main else "", shares])]


def _lines(named: Sequence[tuple[str, pd.Series]]) -> str:
    return "\n".join(f"- {name}: {words(row)} ({facts(row)})." for name, row in named)


def _advised_section(
    advice: Advice, named: Sequence[tuple[str, pd.Series]], among: str = "settings"
) -> str:
    said = advised(advice, [row for _, row in named], among)
    return "\n\n".join([f"## {advice.title}", said, _lines(named)])


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
    unable = sum(cannot_be_a_claim(row) for row in rows)
    few = f" (in {unable} seeds are too few for a claim)" if unable else ""
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
