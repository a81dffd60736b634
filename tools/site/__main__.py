"""`python -m tools.site`: build the site into build/site, without a network, and check it.

In: notebooks as stored, docs/, README.md, the package. Out: build/site/index.html and its pages;
exit status 1 when a page is forgotten, Sphinx warns, a link leads nowhere or a browser finds the
front page broken.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from cl_utils.paths import REPOSITORY
from tools.site.contents import FRONT_PAGE, checked_contents
from tools.site.front_page import check_front_page
from tools.site.links import check_site
from tools.site.reference import reference_pages, with_reference
from tools.site.staging import Stage

SITE = REPOSITORY / "build" / "site"
STAGED = REPOSITORY / "build" / "site-pages"


def stage_pages(folder: Path) -> None:
    """Fill a folder with all pages and their navigation."""
    shutil.rmtree(folder, ignore_errors=True)
    stage, chapters = Stage(folder), checked_contents()
    for page in (FRONT_PAGE, *(page for chapter in chapters for page in chapter.pages)):
        stage.add_page(page)
    for page, text in reference_pages().items():
        stage.write(page, text)
    stage.add_navigation(with_reference(chapters))


def build(pages: Path, site: Path) -> int:
    """Make HTML of pages; warnings count as errors."""
    shutil.rmtree(site, ignore_errors=True)
    trees = ["--doctree-dir", str(site.with_name("site-doctrees"))]
    options = [*trees, "--quiet", "--fail-on-warning", "--fresh-env", "--conf-dir", "docs"]
    options += ["--jobs", "auto"]
    return int(build_main([*options, "--builder", "html", str(pages), str(site)]))


def main() -> int:
    """Build the site, say what is broken, and return the exit status."""
    stage_pages(STAGED)
    if status := build(STAGED, SITE):
        return status
    report = check_site(SITE)
    print(f"{len(report.elsewhere)} links lead elsewhere and were not followed:")
    print(*sorted(report.elsewhere), sep="\n")
    faults = check_front_page(SITE)
    print(*report.broken, *faults, sep="\n", file=sys.stderr)
    print(f"{report.checked} references, {len(report.broken)} broken: {SITE / 'index.html'}")
    return int(bool(report.broken or faults))


if __name__ == "__main__":
    sys.exit(main())
