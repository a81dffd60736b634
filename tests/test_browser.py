"""The driver of the browser: a tab sees what is wrong with a page, and its hands reach the page.

In: small pages. Out: a failure where something broken goes unnoticed, or a click, a key or a wait
does not do what it says.
"""

from __future__ import annotations

import struct
from pathlib import Path

import psutil
import pytest

from tools.browser.chromium import MISSING, browser, chromium
from tools.browser.devtools import DevtoolsError
from tools.browser.page import look
from tools.browser.tab import Tab

DOT = (  # one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
FORM = """
<textarea id="box" onkeydown="pressed.push(event.key)">old</textarea>
<button id="button" onclick="setTimeout(() => { this.textContent = 'clicked' }, 200)">x</button>
<div style="position: relative"><button id="under">y</button>
<div style="position: absolute; inset: 0">over it</div></div>
<script>const pressed = []</script>
"""


def show(tab: Tab, folder: Path, page: str) -> None:
    """Go to a page."""
    tab.go(address(folder, page))


def children() -> set[psutil.Process]:
    """Return the processes that this one and its children have started."""
    return set(psutil.Process().children(recursive=True))


def alive(process: psutil.Process) -> bool:
    """Return whether a process still does something."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def address(folder: Path, page: str) -> str:
    """Write a page, and return its address."""
    path = folder / "page.html"
    path.write_text(f"<!doctype html><html><body>{page}</body></html>", encoding="utf-8")
    return path.as_uri()


def test_what_is_broken_is_seen(tab: Tab, tmp_path: Path) -> None:
    pictures = f'<h1>T</h1><img src="{DOT}"><img src="gone.png" loading="lazy" style="margin: 9em">'
    bad = "<script>console.error('said', 3); y()</script>"
    far = "<script src='http://127.0.0.1:9/far.js'></script><p style='width: 3000px'>wide</p>"
    found = look(tab, address(tmp_path, pictures + bad + far))
    assert (found.pictures, found.titles, found.wide) == (2, ["T"], True)
    assert [Path(each).name for each in found.broken] == ["gone.png"]
    assert found.fetched == ["http://127.0.0.1:9/far.js"]
    assert "said 3" in found.errors
    assert any("y is not defined" in error for error in found.errors)


def test_a_page_without_fault_is_whole(tab: Tab, tmp_path: Path) -> None:
    found = look(tab, address(tmp_path, f'<img src="{DOT}">'))
    assert not (found.broken or found.fetched or found.errors or found.wide)


def test_clicks_keys_and_texts_arrive(tab: Tab, tmp_path: Path) -> None:
    show(tab, tmp_path, FORM)
    tab.click("#box")
    tab.press("Control+a", "Delete")
    tab.type("new\tü")
    tab.press("Enter", "ArrowLeft", "b")
    assert tab.evaluate("document.querySelector('#box').value") == "new\tüb\n"
    assert tab.evaluate("pressed") == ["a", "Delete", "Enter", "ArrowLeft", "b"]


def test_a_wait_ends_when_it_is_so_and_says_what_it_waited_for(tab: Tab, tmp_path: Path) -> None:
    show(tab, tmp_path, FORM)
    tab.click("#button")
    text = "document.querySelector('#button').textContent"
    tab.wait(f"{text} === 'clicked'", "the click", seconds=5)
    with pytest.raises(TimeoutError, match="waited 0.1 s for a second one"):
        tab.wait(f"{text} === 'again'", "a second one", seconds=0.1)


@pytest.mark.parametrize(
    ("selector", "why"), [("#gone", "is not there"), ("#under", "lies under something else")]
)
def test_what_nobody_could_click_is_not_clicked(
    selector: str, why: str, tab: Tab, tmp_path: Path
) -> None:
    show(tab, tmp_path, FORM)
    with pytest.raises(DevtoolsError, match=why):
        tab.click(selector)


def test_functions_get_arguments_and_promises_are_kept(tab: Tab) -> None:
    assert tab.call("async (a, b) => [b, a]", 'x"', {"y": None}) == [{"y": None}, 'x"']
    with pytest.raises(DevtoolsError, match="ReferenceError: z is not defined"):
        tab.evaluate("z")


def test_a_page_that_is_not_there_is_an_error(tab: Tab, tmp_path: Path) -> None:
    with pytest.raises(DevtoolsError, match="gone.html: net::ERR_FILE_NOT_FOUND"):
        tab.go((tmp_path / "gone.html").as_uri())


def test_a_screenshot_has_the_size_of_the_window(tab: Tab, tmp_path: Path) -> None:
    show(tab, tmp_path, FORM)
    tab.screenshot(tmp_path / "seen.png")
    content = (tmp_path / "seen.png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (
        tab.evaluate("window.innerWidth"),
        tab.evaluate("window.innerHeight"),
    )


def test_its_processes_end_with_the_block_also_when_that_fails() -> None:
    before, program = children(), browser()
    if program is None:
        pytest.skip(MISSING)
    begun: set[psutil.Process] = set()
    with pytest.raises(ZeroDivisionError), chromium(program) as running:
        running.tab()
        begun = children() - before
        assert len(begun) > 2
        raise ZeroDivisionError
    assert not [each for each in begun if alive(each)]


def test_a_program_that_is_no_browser_is_said_to_be_none() -> None:
    with pytest.raises(DevtoolsError, match="did not start"), chromium("/bin/false"):
        pass
