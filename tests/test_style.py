"""Colours: each arm has its own, and what is shown together can be told apart and seen on white.

In: the colours of the house, the figures on synthetic rows. Out: a failure that names the colour.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import test_figures
import test_figures_findings
from factories import synthetic_results
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from cl_utils.curriculum.arm_facts import controls_of, facts_of
from cl_utils.curriculum.arms import arm_named, arms, at_full_budget
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.figures import style
from cl_utils.figures.multiples import MOST_LINES
from cl_utils.labels.arm_groups import METRIC_ARM, compared

VISION = {  # full colour blindness on linear RGB: Machado, Oliveira and Fernandes 2009, table 1
    "normal": np.eye(3),
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


LEADERS = [arm for arm in compared(arms()) if facts_of(arm).control_of is None]
SORTED = [arm for arm in LEADERS if facts_of(arm).group == "sorted"]
"""They are compared with the baseline, in a study of their own."""
TOGETHER = {
    "schedules": [arm for arm in LEADERS if arm not in SORTED],
    "sorted": ["baseline", *SORTED],
}
PARENTS = [arm for arm in arms() if controls_of(arm)]


def test_every_arm_and_bucket_has_a_colour_of_its_own() -> None:
    """Arms, controls and buckets never share a colour."""
    colours = [style.arm_colour(name) for name in arms()] + list(style.BUCKET_COLOURS.values())
    assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("shown", TOGETHER)
def test_arm_colours_stay_apart_for_colour_blind_readers(shown: str, vision: str) -> None:
    """CIELAB distances between any two arms that stand together are clearly visible (above 15)."""
    seen = [lightness_and_hue(style.arm_colour(arm), vision) for arm in TOGETHER[shown]]
    assert min(float(np.linalg.norm(one - two)) for one, two in combinations(seen, 2)) > 15


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("arm", [arm for arm in PARENTS if arm != METRIC_ARM])
def test_an_arm_and_its_controls_can_be_told_apart(arm: str, vision: str) -> None:
    """Tints of one colour, so nearer than arms, but farther than the eye needs (2.3).

    The metrics' arms are left out: they only ever stand in rows that are named.
    """
    family = [arm, *controls_of(arm)]
    seen = [lightness_and_hue(style.arm_colour(name), vision) for name in family]
    assert min(float(np.linalg.norm(one - two)) for one, two in combinations(seen, 2)) > 3


@pytest.mark.parametrize("arm", PARENTS)
def test_controls_are_paler_tints_of_their_arm(arm: str) -> None:
    """Hue stays (angle in the plane of a and b), lightness rises, white is never reached."""
    family = [
        lightness_and_hue(style.arm_colour(name), "normal") for name in [arm, *controls_of(arm)]
    ]
    lightness = [colour[0] for colour in family]
    assert lightness[0] == min(lightness) and max(lightness) < 95
    if np.linalg.norm(family[0][1:]) > 5:  # grey has no hue
        angles = np.unwrap([np.arctan2(colour[2], colour[1]) for colour in family])
        assert np.ptp(angles) < 0.5


def test_a_smaller_budget_is_a_paler_tint_of_the_same_arm() -> None:
    for arm in arms():
        family = [each for each in arms() if at_full_budget(each) == arm]
        family.sort(key=lambda each: -arm_named(each).budget)
        light = [lightness_and_hue(style.arm_colour(name), "normal")[0] for name in family]
        assert light == sorted(light), arm


def lightness_and_hue(colour: str, vision: str) -> np.ndarray:
    """Return CIELAB (3,) of an sRGB colour as `vision` sees it."""
    linear = np.power((np.array(to_rgb(colour)) + 0.055) / 1.055, 2.4)
    xyz = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_bucket_colours_run_from_light_to_dark() -> None:
    """Harder is darker."""
    light = [sum(to_rgb(style.BUCKET_COLOURS[bucket])) for bucket in BUCKETS]
    assert light == sorted(light, reverse=True)


@pytest.mark.parametrize("vision", VISION)
def test_in_small_multiples_no_arm_looks_like_the_grey_of_the_baseline(vision: str) -> None:
    grey = lightness_and_hue(style.REFERENCE, vision)
    for arm in (name for name in arms() if name != "baseline"):
        seen = lightness_and_hue(style.line_colour(arm, beside_reference=True), vision)
        assert np.linalg.norm(seen - grey) > 15, arm


@pytest.mark.parametrize("vision", VISION)
def test_buckets_stay_apart_for_colour_blind_readers(vision: str) -> None:
    seen = [lightness_and_hue(colour, vision) for colour in style.BUCKET_COLOURS.values()]
    assert min(float(np.linalg.norm(one - two)) for one, two in combinations(seen, 2)) > 15


def test_lines_and_buckets_can_be_seen_on_white() -> None:
    """A ratio of 3 for what is drawn (WCAG 2.2, 1.4.11)."""
    lines = {arm: style.line_colour(arm) for arm in arms()}
    for name, colour in (lines | dict(style.BUCKET_COLOURS) | {"grey": style.REFERENCE}).items():
        assert style.contrast_with_white(colour) >= 3.0, name
    assert style.contrast_with_white("#ffffff") == pytest.approx(1)
    assert style.contrast_with_white("#000000") == pytest.approx(21)
    assert style.contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)  # well known


def test_an_arm_that_can_be_seen_keeps_its_colour() -> None:
    assert style.line_colour("hybrid") == style.arm_colour("hybrid").lower()
    assert style.text_colour(style.line_colour("hybrid")) == style.INK
    assert style.text_colour(style.line_colour("baseline")) != style.INK


FIGURES = (*test_figures.FIGURES, *test_figures_findings.FIGURES)


def drawn(name: str) -> Figure:
    """Return a figure of a study, drawn when first asked for."""
    if name in test_figures.FIGURES:
        return test_figures.drawn(name, "three seeds")
    return test_figures_findings.drawn(name)


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    """Every figure of a study, one after another."""
    return drawn(request.param)


def of_kind(figure: Figure, kind: type) -> list[Artist]:
    """Return the visible artists of one kind."""
    found: list[Artist] = figure.findobj(kind)
    return [each for each in found if each.get_visible()]


def test_text_is_in_ink_where_its_own_colour_would_be_too_pale(figure: Figure) -> None:
    """White text stands on dark areas; a square is no text but a key."""
    for text in of_kind(figure, Text):
        assert isinstance(text, Text)
        colour = to_hex(str(text.get_color()))
        if text.get_text() not in ("", "■") and colour != "#ffffff":
            assert style.contrast_with_white(colour) >= 4.5, text.get_text()


def test_what_is_drawn_can_be_seen_on_white(figure: Figure) -> None:
    """Lines, markers and intervals; not the grid, which is no more than a help."""
    quiet = {to_hex(style.GRID), "#ffffff"}
    for line in of_kind(figure, Line2D):
        assert isinstance(line, Line2D)
        pale = line.get_alpha() is not None and line.get_alpha() < 1
        rims = {to_hex(line.get_color()), to_hex(line.get_markeredgecolor())} - quiet
        assert pale or all(style.contrast_with_white(rim) >= 3 for rim in rims), line
    for lines in of_kind(figure, LineCollection):
        assert isinstance(lines, LineCollection)
        assert all(style.contrast_with_white(to_hex(c)) >= 3 for c in lines.get_colors())


def test_more_than_four_arms_never_share_a_panel_of_lines() -> None:
    """A line per arm, and the grey of the baseline: two in each panel of small multiples."""
    six = synthetic_results(test_figures.SCHEDULES, [0, 1], programs=60)
    assert len(test_figures.SCHEDULES) > MOST_LINES
    for name in ("learning_curves", "accuracy_by_difficulty"):
        panels = test_figures.FIGURES[name](six).axes
        assert len(panels) == len(test_figures.SCHEDULES) - 1
        assert {len(axes.lines) for axes in panels} == {2}
        colours = {to_hex(axes.lines[0].get_color()) for axes in panels}
        assert colours == {to_hex(style.REFERENCE)}
    few = six.of_arms(test_figures.SCHEDULES[:MOST_LINES])
    assert len(test_figures.FIGURES["accuracy_by_difficulty"](few).axes) == 1


def test_arms_that_share_a_panel_differ_in_dashes_where_colours_come_close() -> None:
    """Of one family no two have the same line."""
    for parent in (arm for arm in PARENTS if arm != METRIC_ARM):
        looks = [
            (style.line_colour(arm), style.line_style(arm))
            for arm in [parent, *controls_of(parent)]
        ]
        assert len({str(look) for look in looks}) == len(looks), parent
