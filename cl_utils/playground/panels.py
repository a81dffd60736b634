"""Widgets that draw a result again in its place, as an output that stays without them.

In: a function that returns something to look at, and widgets named like its arguments. Out: the
widgets and, as an output of its own, what the function returns. So a stored notebook and a page
without widgets show the result, and a running one renews it at every change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.display import DisplayHandle, display

from cl_utils.data.corpus import Corpus
from cl_utils.errors import Interrupted, StudyError
from cl_utils.figures.described import Described
from cl_utils.figures.panels import one_output
from cl_utils.playground.program import TEMPLATES, template
from cl_utils.playground.schedule import (
    Weights,
    beside_baseline_shown,
    for_sliders,
    mix_figure,
    stages_of,
    trained_beside_baseline,
)
from cl_utils.training.run import Run

Widget = Any  # ipywidgets come without types
FEWEST_STEPS, MOST_STEPS = (
    20,
    200,
)  # of a training from the editor: under a minute with the smoke profile
LINES = 9  # of the program box
MOST = 100  # of a weight's slider


class Sentence(str):
    """A sentence as a result: plain in a terminal, wrapped at words on a page."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<p>{escape(self)}</p>"


def told(draw: Callable[[], object]) -> object:
    """Return what `draw` returns, or the sentence with which it refuses or was stopped."""
    try:
        content = draw()
        return one_output(content) if isinstance(content, Described) else content
    except (StudyError, Interrupted) as refusal:
        return Sentence(refusal)


class Shown:
    """An output of a cell that is drawn again in its place."""

    def __init__(self, draw: Callable[[], object]) -> None:
        self.draw = draw
        self.handle: DisplayHandle = display(told(draw), display_id=True)  # type: ignore[no-untyped-call]

    def renew(self, _: object = None) -> None:
        """Draw again; takes what widgets tell of a change."""
        self.put(told(self.draw))

    def put(self, content: object) -> None:
        """Show something else in the place."""
        self.handle.update(content)  # type: ignore[no-untyped-call]


def panel(
    draw: Callable[..., object], *, follow: Mapping[str, Widget] | None = None, **controls: Widget
) -> Shown:
    """Show controls and what `draw` makes of their values, again whenever one of them changes.

    `follow`: widgets that stand elsewhere, such as a program box, named like arguments, too.
    """
    every = {**(follow or {}), **controls}
    if controls:
        display(widgets.VBox(list(controls.values())))  # type: ignore[no-untyped-call]
    shown = Shown(lambda: draw(**{name: each.value for name, each in every.items()}))
    for each in every.values():
        each.observe(shown.renew, names="value")
    return shown


def program_box(source: str, context: int) -> Widget:
    """Show a box with a program, and templates by level and seed; return the box.

    Another level or seed puts a program into it. What is typed counts once the box is left.
    """
    wide = widgets.Layout(width="42em")
    box = widgets.Textarea(source, rows=LINES, layout=wide, continuous_update=False)
    box.add_class("curriculum-program")
    level = widgets.Dropdown(options=["", *TEMPLATES], description="level")
    seed = widgets.BoundedIntText(0, min=0, max=2**31 - 1, description="seed")

    def draw_template(_: object) -> None:
        if level.value:
            box.value = template(level.value, seed.value, context)

    for each in (level, seed):
        each.observe(draw_template, names="value")
    font = widgets.HTML("<style>.curriculum-program textarea {font-family: monospace}</style>")
    display(widgets.VBox([widgets.HBox([level, seed]), box, font]))  # type: ignore[no-untyped-call]
    return box


def slider(name: str, value: int, low: int, high: int) -> Widget:
    """Return a slider over whole numbers; it counts while it is moved."""
    narrow, beside = widgets.Layout(width="19em"), {"description_width": "5em"}
    return widgets.IntSlider(
        value, min=low, max=high, description=name, layout=narrow, style=beside
    )


def choice(name: str, options: Sequence[str]) -> Widget:
    """Return a list of names to choose from, the first one chosen."""
    return widgets.Dropdown(
        options=list(options), description=name, style={"description_width": "5em"}
    )


class ScheduleEditor:
    """Sliders of up to three stages, what they draw, and a button that trains them.

    The button puts what `schedule.trained_beside_baseline` returns below the figure; it is out of
    use meanwhile.
    """

    def __init__(
        self, run: Run, stages: Sequence[Weights], corpus: Corpus, validation: Corpus
    ) -> None:
        """Show it; the sliders begin with `stages`."""
        self.train = partial(
            trained_beside_baseline, run, corpus=corpus, validation=validation, say=self._say
        )
        self.count = len(stages)
        self.sliders = {
            f"{field}_{place}": slider(field, int(value), 0, MOST)
            for place, stage in enumerate(for_sliders(stages, MOST), start=1)
            for field, value in stage._asdict().items()
        }
        self.steps = slider("steps", run.steps, FEWEST_STEPS, max(run.steps, MOST_STEPS))
        self.button = widgets.Button(description="train it", button_style="primary")
        columns = widgets.HBox([self._column(place + 1) for place in range(self.count)])
        display(widgets.VBox([columns, widgets.HBox([self.steps, self.button])]))  # type: ignore[no-untyped-call]
        self.figure = Shown(lambda: mix_figure(self.steps.value, self.stages))
        self.below = Shown(lambda: Sentence("Not trained yet: press the button."))
        for each in (*self.sliders.values(), self.steps):
            each.observe(self.figure.renew, names="value")
        self.button.on_click(self._train)

    @property
    def stages(self) -> list[Weights]:
        """What the sliders say."""
        return stages_of({name: each.value for name, each in self.sliders.items()}, self.count)

    def _column(self, place: int) -> Widget:
        chosen = [self.sliders[f"{field}_{place}"] for field in Weights._fields]
        return widgets.VBox([widgets.Label(f"stage {place}"), *chosen])

    def _train(self, _: object) -> None:
        self.button.disabled = True
        try:
            steps, stages = self.steps.value, self.stages
            self.below.put(
                told(lambda: beside_baseline_shown(self.train(stages=stages, steps=steps)))
            )
        finally:
            self.button.disabled = False

    def _say(self, told_of_run: object) -> None:
        self.below.put(Sentence(told_of_run))
