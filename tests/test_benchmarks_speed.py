"""The page on speed and the figures of growth say what the rows say, in plain words.

In: invented rows. Out: a failure when a number, a unit or a machine is missing or unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from refusals import refusal

from benchmarks import speed
from benchmarks.figures.growth import growth_with_parameters, growth_with_programs, short
from benchmarks.growth import draw
from benchmarks.rows import SpeedRow, Target, save_rows, speed_row

MACHINE = "A Processor (Linux, 2 cores), torch 2.13.0, 2026-11-23"
FACTS = {"processor": "A Processor"}
PLAIN = speed_row(
    "training",
    "characters/s",
    [71_234.0, 70_100.0, 72_000.0],
    reference="paper's loop",
    references=[6_300.0] * 3,
    target=Target(8.0),
)
CEILING = speed_row(
    "the same", "x/s", [41.0], reference="the machine's ceiling", references=[100.0],
    target=Target(0.4),
)  # fmt: skip
MEMORY = speed_row("peak memory", "GB", [2.5], target=Target(2.0, "value", "at most"))


def growth_of_data() -> list[SpeedRow]:
    """Return rows of three sizes; two stages take about as long."""
    rows = []
    for count, seconds in ((10_000, 0.3), (100_000, 3.0), (1_000_000, 31.0)):
        size = (count, speed.PROGRAMS)
        stages = {"generation": seconds, "difficulty": 3 * seconds, "tokens": 1.02 * seconds}
        rows += [speed_row(stage, "s", [took], size=size) for stage, took in stages.items()]
        rows.append(speed_row("peak memory", "GB", [0.4 + count / 1e6], size=size))
    return rows


def growth_of_models() -> list[SpeedRow]:
    """Return rows of three sizes, each below its ceiling."""
    return [
        speed_row(
            "training on one core",
            "characters/s",
            [0.4 * ceiling, 0.41 * ceiling, 0.42 * ceiling],
            reference="the ceiling of matrix products",
            references=[ceiling] * 3,
            size=(count, speed.PARAMETERS),
        )
        for count, ceiling in ((100_000, 9e5), (1_000_000, 1e5), (10_000_000, 9e3))
    ]


def table(rows: list[SpeedRow]) -> pd.DataFrame:
    """Return rows as they come back from files."""
    return pd.DataFrame(map(asdict, rows))


def test_without_rows_the_section_says_how_to_get_them(tmp_path: Path) -> None:
    assert speed.speed_markdown(tmp_path, tmp_path) == speed.NO_ROWS
    assert "`make benchmark`" in speed.NO_ROWS


def test_a_row_reads_as_a_sentence() -> None:
    assert speed.table_cells(asdict(PLAIN)) == [
        "training",
        "71,234 characters/s (70,100 to 72,000, n = 3)",
        "paper's loop: 6,300",
        "11.3 x",
        "at least 8 x",
        "met",
    ]
    assert speed.table_cells(asdict(CEILING))[3:] == ["41 %", "at least 40 %", "met"]
    assert speed.table_cells(asdict(MEMORY)) == [
        *("peak memory", "2.50 GB", "–", "–", "at most 2 GB", "missed")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (25_505.4, "25,505"), (11.31, "11.3"), (2.5, "2.50"), (0.0412, "0.041")],
)
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    assert speed.number(value) == text


def test_small_numbers_do_not_become_zero() -> None:
    assert float(speed.number(3e-6)) == pytest.approx(3e-6)


def test_the_page_names_the_machine_and_holds_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURRICULUM_HOME", str(tmp_path))
    folder = speed.results_folder()
    save_rows(folder, "training", [PLAIN, CEILING], {}, **FACTS)
    save_rows(folder, "memory", [MEMORY, *growth_of_data()], {}, **FACTS)
    draw(speed.load_rows(folder), {"cpu": MACHINE}, quick=False)
    text = speed.speed_page()
    assert "**cpu**: A Processor (" in text and "torch " in text
    for row in (PLAIN, CEILING, MEMORY):
        assert f"| {' | '.join(speed.table_cells(asdict(row)))} |" in text
    assert "| programs | 10,000 | 100,000 | 1,000,000 |" in text
    assert "| difficulty (s) | 0.900 | 9 | 93 |" in text
    assert "(../figures/benchmarks/cpu/growth_programs.png)" in text
    assert (tmp_path / "figures/benchmarks/cpu/growth_programs.png").exists()


def test_growth_shows_ratios_beside_values() -> None:
    text = speed.growth_table(table(growth_of_models()))
    assert "| training on one core (characters/s) | 369,000 (41 %) | 41,000 (41 %) |" in text


FIGURES: dict[str, Callable[[], Figure]] = {
    "programs": lambda: growth_with_programs(table(growth_of_data()), MACHINE),
    "parameters": lambda: growth_with_parameters(table(growth_of_models()), MACHINE),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_logarithmic_labelled_and_fit(name: str) -> None:
    figure = FIGURES[name]()
    for axes in figure.axes:
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert axes.get_xlabel() == name and axes.get_ylabel() and axes.get_title(loc="left")
    words = " ".join(text.get_text() for text in figure.findobj(Text))  # type: ignore[attr-defined]
    assert "n = " in words and MACHINE in words
    figure.draw_without_rendering()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01 and box.y1 <= height + 0.01


def test_names_of_lines_that_end_together_stay_apart() -> None:
    figure = FIGURES["programs"]()
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if text.get_text() in ("generation", "tokens")]
    first, second = (text.get_window_extent() for text in names)
    assert not first.overlaps(second)


def test_no_rows_of_growth_are_told() -> None:
    assert "make benchmark" in refusal(lambda: growth_with_programs(table([]), MACHINE))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (300, "300"), (20_000, "20k"), (1_082_573, "1.1M"), (1e9, "1G")],
)
def test_ticks_are_short(value: float, text: str) -> None:
    assert short(value) == text and math.isfinite(value)
