"""A program, its true output, and what models answer, each character shaded by its probability.

In: a source, its output and answers by model. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cl_utils.figures import style
from cl_utils.figures.cells import SIGNS_TOLD, Cell, draw_cell
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, styled
from cl_utils.model.answers import Answer
from cl_utils.tinypy.record import answer as record_answer

BEYOND = 4  # characters shown of an answer where the truth has ended


@styled
def answers(source: str, output: str, given: Mapping[str, Answer | None]) -> Figure:
    """Return the program at the left, the truth and each model's answer at the right.

    None stands for the answer of a model that was not asked; its name says why.
    """
    lines = source.split("\n")
    rows = len(given) + 1
    figure = canvas(max(0.2 * len(lines), 0.52 * rows) + 0.5)
    text, axes = figure.subplots(1, 2, width_ratios=[1.0, 2.6])
    text.axis("off")
    listing = source.replace("\t", "    ") + "\n# output"
    text.text(0, 1, listing, family=style.MONOSPACE, va="top", fontsize=9, linespacing=1.5)
    truth = record_answer(output)
    draw_row(axes, 0, truth, None, truth)
    for place, each in enumerate(given.values(), start=1):
        if each is not None:
            draw_row(axes, place, each.text, each, truth)
    longest = max(len(truth), *(len(each.text) for each in given.values() if each), 0)
    axes.set_xlim(-0.2, max(12, min(longest, len(truth) + BEYOND + 1)) + 0.2)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks(range(rows), ["true output", *given])
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    told = "; ".join(
        f"{name} {verdict(each.text, truth)}" if each is not None else name
        for name, each in given.items()
    )
    describe(
        figure,
        f"True output {truth.strip()!r}; {told}.",
        "Shade and number: the probability of a character in percent, given those before it. "
        f"Framed: the first mistake. {SIGNS_TOLD} A blank line ends the answer.",
    )
    return figure


def verdict(text: str, truth: str) -> str:
    """Return whether an answer is right, and where it first errs.

    One that was cut before its end, after so many characters, may have none that is wrong.
    """
    wrong = first_mistake(text, truth)
    if wrong is None:
        return "answers it correctly"
    if wrong == len(text):
        return f"is right in all {len(text)} characters that it was asked for, and not at its end"
    return f"answers {text.strip()!r}, wrong from character {wrong + 1} on"


def draw_row(axes: Axes, place: int, text: str, given: Answer | None, truth: str) -> None:
    """Draw one answer as a row of cells; the truth has no probabilities.

    Of an answer that does not end only its beginning is drawn, so that cells stay wide enough.
    """
    wrong, most = first_mistake(text, truth), len(truth) + BEYOND
    if len(text) > most:
        axes.text(most + 0.5, place, "…", fontsize=10.0, ha="center", va="center", color=style.INK)
    for at, character in enumerate(text[:most]):
        share = None if given is None else float(given.probabilities[at])
        number = "" if share is None else f"{100 * share:.0f}"
        cell = Cell(character=character, shade=share, number=number, framed=at == wrong)
        draw_cell(axes, place, at, cell)


def first_mistake(text: str, truth: str) -> int | None:
    """Return the place of the first character that is not the true one; None if all are.

    An answer that ends too soon or goes on too long errs where the shorter of the two ends.
    """
    pairs = enumerate(zip(text, truth, strict=False))
    differing = (place for place, (ours, theirs) in pairs if ours != theirs)
    return None if text == truth else next(differing, min(len(text), len(truth)))
