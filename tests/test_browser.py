"""The report in a real browser: whole, silent, and needing nothing from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import NAMES, Page, browser, opened

from cl_utils.paths import HOME_VARIABLE, PARAMS
from cl_utils.report.html_page import report_page
from cl_utils.study.params import read_params

PROGRAM = browser()
needs_a_browser = pytest.mark.skipif(
    PROGRAM is None, reason=f"no browser: install one of {', '.join(NAMES)}, or set CHROMIUM"
)
DOT = (  # one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def seen(page: str, folder: Path) -> Page:
    assert PROGRAM is not None
    return opened(page, folder, PROGRAM)


@needs_a_browser
def test_the_report_of_the_study_is_whole(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(HOME_VARIABLE)  # the committed figures lie in the repository
        page = report_page(read_params(PARAMS / "study.yaml"))
    found = seen(page, tmp_path)
    assert found.pictures >= 15 and found.broken == 0
    assert not found.fetched and not found.console and not found.wide
    assert found.titles[1] == "Answer" and found.titles[-1] == "Where the numbers come from"


@needs_a_browser
def test_what_is_broken_is_seen(tmp_path: Path) -> None:
    pictures = f'<img src="{DOT}"><img src="gone.png">'
    found = seen(f"<html><body>{pictures}<script>y()</script></body></html>", tmp_path)
    assert (found.pictures, found.broken) == (2, 1)
    assert any("y is not defined" in line for line in found.console)
