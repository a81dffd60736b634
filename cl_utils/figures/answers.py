"""A program, its true output, and what models answer, each character shaded by its probability.

In: a source, its output and answers by model. Out: one Figure.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cl_utils.figures import style
from cl_utils.figures.described import describe
from cl_utils.figures.panels import canvas, styled
from cl_utils.model.answers import Answer
from cl_utils.tinypy.record import answer as record_answer

SHADES = colormaps["Blues"]
DARK = 0.6  # shares of the map from which letters are white
BEYOND = 4  # characters shown of an answer where the truth has ended
SIGNS = {"\n": "↵", " ": "␣"}


@styled
def answers(source: str, output: str, given: Mapping[str, Answer]) -> Figure:
    """Return the program at the left, the truth and each model's answer at the right."""
    lines = source.split("\n")
    rows = len(given) + 1
    figure = canvas(max(0.2 * len(lines), 0.52 * rows) + 0.5)
    text, axes = figure.subplots(1, 2, width_ratios=[1.0, 2.6])
    text.axis("off")
    listing = source.replace("\t", "    ") + "\n# output"
    text.text(0, 1, listing, family="DejaVu Sans Mono", va="top", fontsize=9, linespacing=1.5)
    truth = record_answer(output)
    draw_row(axes, 0, truth, None, truth)
    for place, each in enumerate(given.values(), start=1):
        draw_row(axes, place, each.text, each, truth)
    longest = max(len(truth), *(len(each.text) for each in given.values()))
    axes.set_xlim(-0.2, max(12, min(longest, len(truth) + BEYOND + 1)) + 0.2)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks(range(rows), ["true output", *given])
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    told = "; ".join(f"{name} {verdict(each.text, truth)}" for name, each in given.items())
    describe(
        figure,
        f"True output {truth.strip()!r}; {told}.",
        "Shade and number: the probability of a character in percent, given those before it. "
        "Framed: the first mistake. ↵ ends a line, ␣ is a space; a blank line ends the answer.",
    )
    return figure


def verdict(text: str, truth: str) -> str:
    """Return whether an answer is right, and where it first errs."""
    wrong = first_mistake(text, truth)
    if wrong is None:
        return "answers it rightly"
    return f"answers {text.strip()!r}, wrong from character {wrong + 1} on"


def draw_row(axes: Axes, place: int, text: str, given: Answer | None, truth: str) -> None:
    """Draw one answer as a row of cells; the truth has no probabilities.

    Of an answer that does not end only its beginning is drawn, so that cells stay wide enough.
    """
    wrong, most = first_mistake(text, truth), len(truth) + BEYOND
    if len(text) > most:
        axes.text(most + 0.5, place, "…", fontsize=10.0, ha="center", va="center", color=style.INK)
    for at, character in enumerate(text[:most]):
        share = 0.0 if given is None else float(given.probabilities[at])
        face = "white" if given is None else SHADES(0.08 + 0.8 * share)
        edge, width = (style.line_colour("hybrid"), 2.0) if at == wrong else (style.GRID, 0.8)
        corner = (at + 0.04, place - 0.36)
        axes.add_patch(Rectangle(corner, 0.92, 0.72, facecolor=face, edgecolor=edge, lw=width))
        colour = "white" if share > DARK else style.INK
        sign = SIGNS.get(character, character)
        lift = 0.0 if given is None else 0.09
        texts = [(place - lift, sign, 10.0)]
        if given is not None:
            texts.append((place + 0.22, f"{100 * share:.0f}", 6.0))
        for height, shown, size in texts:
            axes.text(
                at + 0.5, height, shown, fontsize=size, ha="center", va="center", color=colour
            )


def first_mistake(text: str, truth: str) -> int | None:
    """Return the place of the first character that is not the true one; None if all are.

    An answer that ends too soon or goes on too long errs where the shorter of the two ends.
    """
    pairs = enumerate(zip(text, truth, strict=False))
    differing = (place for place, (ours, theirs) in pairs if ours != theirs)
    return None if text == truth else next(differing, min(len(text), len(truth)))
