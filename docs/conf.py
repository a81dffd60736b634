"""Sphinx's configuration of the site that `make site` builds; its pages: contents.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Curriculum learning for small code language models"
author = "The authors of this repository"
copyright = "MIT licence"

extensions = ["myst_nb", "sphinx.ext.autodoc"]
root_doc = "index"

# Notebooks are shown as stored; headings have the anchors that code hosts give them.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_render_markdown_format = "myst"
myst_heading_anchors = 4
myst_enable_extensions = []

# Docstrings are prose with `code` in it; see `plain_docstring`.
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

html_theme = "sphinx_book_theme"
html_title = "Curriculum learning on TinyPy"
html_theme_options = {
    "show_toc_level": 2,
    "use_fullscreen_button": False,
    "navbar_persistent": [],  # the search stands in the sidebar already
}
html_context = {"default_mode": "auto"}  # as the reader's system; unset, the console complains
html_show_sphinx = False

CODE = re.compile(r"`+([^`]+)`+")
SPECIAL = re.compile(r"([*|\\\\]|_\b)")


def plain_docstring(*given: Any) -> None:
    """Change a docstring's lines so that reStructuredText shows them as they are written."""
    lines: list[str] = given[-1]
    text = "\n".join(lines)
    parts = CODE.split(text)
    parts[::2] = [SPECIAL.sub(r"\\\1", prose) for prose in parts[::2]]
    parts[1::2] = [rf"\ ``{' '.join(code.split())}``\ " for code in parts[1::2]]
    lines[:] = "".join(parts).splitlines()


def setup(app: Sphinx) -> None:
    """Hand Sphinx what it calls for each docstring."""
    app.connect("autodoc-process-docstring", plain_docstring)
