"""JupyterLab in a real browser: notebooks are run, played with and stopped as a reader does it.

In: copies of the notebooks, the committed study and models, a tiny study. Out: a failure where a
reader would see something else than is promised. Without a browser all of this is skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from lab import CELLS, Cell, Lab
from lab_server import lab_server
from studies import TINY, draw, make_buckets, measure_difficulty, train_run

from cl_utils.paths import HOME_VARIABLE, PARAMS, share_committed_results
from cl_utils.playground.difficulty_terms import explained
from cl_utils.study.params import Params, read_params
from tools.browser.chromium import Chromium

RUN = {
    **{"profile": "smoke", "recipe": "fast", "arm": "baseline", "seed": 0},
    **{**TINY, "steps": 60, "characters_per_step": 2048},
}
STEPS = 400  # of a training that is stopped, a few seconds of so many characters a step
PROGRAM = "a = 9\nb = 3\nif a > b :\n\tif b < 5 :\n\t\tprint(a - b)\nprint(b)"
OUTPUT = "# output\n# 6\n# 3"
BOX = ".curriculum-program textarea"
READ, EXPLAINED = "program_box(", "panel(explained"  # the cells that follow the box
ANSWERS, LOOKS = "answers_of, models", "attention_of, models"
PICTURE = ".jp-OutputArea-output img"
ERROR = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]'
CUT_OFF = "Could not restore the debugger state"  # asked of a kernel that is just closed
HEADINGS = "[...document.querySelectorAll('#table-of-contents .jp-tocItem-content')]"


def tiny(**changes: object) -> Params:
    """Return the parameters of a tiny study, as a notebook has them that names them."""
    return read_params(PARAMS / "smoke.yaml", {**RUN, **changes})


def parameters(**changes: object) -> str:
    """Return a cell that names them."""
    return "\n".join(f"{name} = {value!r}" for name, value in {**RUN, **changes}.items())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the data and the run of a tiny study, and the committed results."""
    home = tmp_path_factory.mktemp("home")
    share_committed_results(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        for notebook in (draw, measure_difficulty, make_buckets, train_run):
            notebook(tiny())
        yield home


@pytest.fixture(scope="module")
def opened_lab(
    running_browser: Chromium, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab in a tab, for all tests of this file."""
    folder = tmp_path_factory.mktemp("lab")
    with lab_server(folder, home) as address, closing(running_browser.tab()) as tab:
        yield Lab(tab, address)


@pytest.fixture
def lab(opened_lab: Lab, tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab; at the end its last notebook is closed, and the console was silent."""
    yield opened_lab
    opened_lab.tab.screenshot(tmp_path / "seen.png")  # for whoever looks into a failure
    opened_lab.close()
    strangers = {each for each in opened_lab.tab.fetched if each.startswith("http")}
    assert not [each for each in strangers if "//localhost:" not in each]
    assert not [error for error in opened_lab.tab.errors if not error.startswith(CUT_OFF)]


def check_all_ran(cells: list[Cell]) -> None:
    """Fail unless every cell with code ran, in order and without an error."""
    ran = [cell for cell in cells if cell.kind == "code"]
    assert [cell.count for cell in ran] == list(range(1, len(ran) + 1))
    assert not [cell.errors for cell in ran if cell.errors]


def check_headings(lab: Lab) -> None:
    """Fail unless the panel with the table of contents has the notebook's headings."""
    text = "\n".join(cell.source for cell in lab.cells() if cell.kind == "markdown")
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    lab.command("toc:show-panel")
    lab.tab.wait(f"{HEADINGS}.length === {len(headings)}", f"the headings {headings}")
    assert lab.tab.evaluate(f"{HEADINGS}.map((each) => each.innerText.trim())") == headings


def check_picture(lab: Lab, part: str) -> None:
    """Fail unless a cell shows one picture on the page."""
    assert len(lab.seen(part, PICTURE)) == 1
    assert lab.tab.evaluate(f"document.querySelector('[data-seen] {PICTURE}').naturalWidth") > 300


def test_the_first_notebook_shows_its_figures_and_tables(lab: Lab) -> None:
    lab.open("00_start_here")
    check_all_ran(lab.run())
    for part in ("answers(source, output, given)", "effects_by_setting(rows)"):
        check_picture(lab, part)
    (table,) = lab.seen("numbers.to_string", ".jp-RenderedText pre")
    assert "small models (fast)" in table and table.count("composition") == 3
    assert "07_playground" in lab.seen("## Where to go next", "table")[0]
    check_headings(lab)
    lab.tab.click(f"{lab.go_to('## Where to go next')} table a")
    path = "jupyterapp.shell.currentWidget.context?.path"
    lab.tab.wait(f"{path} === '01_data_generation.ipynb'", "the next notebook")
    lab.show("00_start_here")


def test_a_notebook_that_was_not_run_here_shows_its_tables_as_one_that_was(lab: Lab) -> None:
    """JupyterLab takes style sheets out of what it does not trust."""
    lab.show("13_exams")
    programs = lab.seen("exam_examples(", "td pre")
    assert programs[0].startswith("b = 0\nr = 1\nr = 0\na = 8") and len(programs) == 12
    cells = "[...document.querySelectorAll('[data-seen] tbody tr:first-child td')]"
    sides = lab.tab.evaluate(f"{cells}.map((each) => getComputedStyle(each).textAlign)")
    assert sides == ["left", "right", "left", "left", "left", "left"]


def test_a_notebook_of_results_shows_the_committed_study_and_refuses_a_misspelt_parameter(
    lab: Lab,
) -> None:
    lab.open("09_factorial")
    cells = lab.run()
    check_all_ran(cells)
    check_picture(lab, 'gallery.figure("factorial_effects")')
    (table,) = lab.seen("cells_shown(cells)", "table")
    assert table.count("curriculum") == 4 and "baseline-in-hybrid-order-restarts" in table
    assert "figures missing: none" in lab.cell("gallery.seal()").text
    check_headings(lab)
    check_a_misspelt_parameter(lab)


def check_a_misspelt_parameter(lab: Lab) -> None:
    """Fail unless one that is typed into the notebook shows one sentence and no traceback."""
    lab.tab.click(f"{lab.go_to('profile = ')} .cm-content")
    lab.tab.press("Control+a")
    lab.tab.type('profile = "study"\nrecpie = "fast"')
    lab.tab.press("Shift+Enter", "Shift+Enter")
    check = "notebook_params(globals())"
    (shown,) = lab.seen(check, ERROR)
    sentence = r"StudyError: .*recpie is no parameter \(did you mean recipe\?\).*"
    assert re.fullmatch(sentence, " ".join(shown.split()))
    (error,) = lab.cell(check).outputs
    assert error["traceback"] == shown.splitlines()


def type_program(lab: Lab, text: str) -> None:
    """Write a text into the program box and leave it."""
    lab.tab.click(f"{lab.go_to(READ)} {BOX}")
    lab.tab.press("Control+a")
    lab.tab.type(text)
    lab.tab.press("Tab")


def wait_for(lab: Lab, part: str, text: str) -> None:
    """Wait until the output of a cell has a text, on the page."""
    shown = f"document.querySelector({json.dumps(f'{lab.go_to(part)} .jp-OutputArea')}).innerText"
    lab.tab.wait(f"{shown}.includes({json.dumps(text)})", f"{text!r} below {part!r}")


def test_the_playground_follows_the_program_box_and_its_sliders(lab: Lab) -> None:
    lab.open("07_playground")
    lab.write("profile = ", parameters())
    check_all_ran(lab.run())
    check_the_box(lab)
    check_the_slider(lab)


def check_the_box(lab: Lab) -> None:
    """Fail unless all panels follow what is typed, and refuse what is no program in a sentence."""
    before = {part: lab.cell(part).data("image/png") for part in (ANSWERS, LOOKS)}
    type_program(lab, "import os")
    for part in (READ, EXPLAINED, ANSWERS, LOOKS):
        wait_for(lab, part, "line 1 leaves the TinyPy subset, fix 'import os': 'import'")
    assert not [cell.errors for cell in lab.cells() if cell.errors]
    type_program(lab, PROGRAM)
    wait_for(lab, READ, OUTPUT)
    wait_for(lab, EXPLAINED, "1 + 1 + 1 = 3")
    for part, pictures in before.items():
        lab.renewed(part, "image/png", pictures)
    assert lab.cell(EXPLAINED).data("text/markdown") == [explained(PROGRAM).data]


def check_the_slider(lab: Lab) -> None:
    """Fail unless a slider that is moved shows what a call with its value returns."""
    before = lab.cell(LOOKS).data("image/png")
    character = f"{lab.go_to(LOOKS)} .widget-slider:nth-child(3)"
    lab.tab.click(f"{character} .noUi-handle")
    lab.tab.press("ArrowRight")
    readout = f"document.querySelector('{character} .widget-readout').innerText"
    lab.tab.wait(f"{readout} === '5'", "the slider to stand at 5")
    moved = lab.renewed(LOOKS, "image/png", before)
    call = 'attention_of(models, box["source"].value, "baseline", layer=6, character=5)'
    call = f"from cl_utils.figures.panels import one_output\none_output({call})"
    assert moved == lab.run_new_cell(LOOKS, call).data("image/png")


def test_a_training_that_is_stopped_says_where_and_goes_on(lab: Lab, home: Path) -> None:
    lab.open("04_training")
    lab.write("profile = ", parameters(steps=STEPS))
    training = "train_batched(runs"
    lab.begin()
    lab.tab.wait(f"JSON.stringify({CELLS}).includes('/{STEPS} ')", "a step", seconds=300)
    lab.command("notebook:interrupt-kernel")
    lab.finish("the training to stop")
    (shown,) = lab.seen(training, ERROR)
    sentence = rf"Interrupted: stopped at step (\d+) of {STEPS}: run again to continue"
    stopped = re.fullmatch(sentence, shown)
    assert stopped and 0 < int(stopped[1]) < STEPS
    assert lab.cell(training).errors[0]["traceback"] == [shown]
    assert lab.cell("learning_curves(curves)").count is None

    lab.watch(training)
    lab.run("notebook:run-cell")
    assert f"continues after step {stopped[1]} of {STEPS}" in "".join(lab.told())
    (line,) = lab.seen(training, ".jp-RenderedText pre")
    assert line.startswith(f"step {STEPS}/{STEPS}")
    lab.go_to("Exact outputs (percent of the validation programs)")
    cells = lab.run("notebook:run-all-below")
    assert not [cell.errors for cell in cells if cell.errors]
    check_picture(lab, "learning_curves(curves)")
    folder = tiny(steps=STEPS).paths.run("fast", "baseline", 0)
    assert (folder / "model.safetensors").exists() and not (folder / "checkpoint.pt").exists()
