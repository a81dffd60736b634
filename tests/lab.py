"""JupyterLab as somebody in front of it has it: a notebook is opened, run, clicked into, read.

In: a tab, the address of a server (`lab_server`). Out: cells and what they show, read from the
notebook that is open and from the page.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tools.browser.tab import Tab

RENEWAL = 60.0  # seconds that a widget has for a new output

OPEN = """async (path) => {
  const panel = await jupyterapp.commands.execute("docmanager:open", {path});
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.revealed;
  return panel.sessionContext.kernelDisplayName;
}"""
CELLS = """jupyterapp.shell.currentWidget.content.widgets.map((cell) => ({
  source: cell.model.sharedModel.getSource(),
  kind: cell.model.type,
  count: cell.model.executionCount ?? null,
  outputs: cell.model.outputs ? cell.model.outputs.toJSON() : [],
}))"""
RUN = """(command) => {
  window.ran = false;
  jupyterapp.commands.execute(command).finally(() => { window.ran = true; });
}"""
CHOOSE = """async (place) => {
  const book = jupyterapp.shell.currentWidget.content;
  book.activeCellIndex = place;
  book.deselectAll();
  await book.scrollToItem(place, "start");
  document.querySelectorAll("[data-seen]").forEach((each) => each.removeAttribute("data-seen"));
  book.widgets[place].node.setAttribute("data-seen", "");
}"""
WATCH = """() => {
  const cell = document.querySelector("[data-seen]");
  window.told = [];
  new MutationObserver(() => window.told.push(cell.innerText)).observe(
    cell, {childList: true, subtree: true, characterData: true}
  );
}"""
WRITE = """(place, source) => {
  const cell = jupyterapp.shell.currentWidget.content.widgets[place];
  cell.model.sharedModel.setSource(source);
}"""
ADD = """async (source) => {
  await jupyterapp.commands.execute("notebook:insert-cell-below");
  const book = jupyterapp.shell.currentWidget.content;
  book.activeCell.model.sharedModel.setSource(source);
  return book.activeCellIndex;
}"""
IDLE = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
CLOSE = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await jupyterapp.serviceManager.sessions.shutdown(panel.sessionContext.session.id);
  panel.dispose();
}"""


@dataclass(frozen=True)
class Cell:
    """A cell of the notebook that is open; `count`: what stands in its brackets."""

    source: str
    kind: str
    count: int | None
    outputs: list[dict[str, Any]]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Its outputs that are errors."""
        return [each for each in self.outputs if each["output_type"] == "error"]

    @property
    def text(self) -> str:
        """All of its outputs that are text, printed ones too."""
        parts = (each.get("text") or each.get("data", {}) for each in self.outputs)
        texts = (_plain(part) if isinstance(part, dict) else part for part in parts)
        return "\n".join("".join(text) for text in texts)

    def data(self, mime_type: str) -> list[Any]:
        """Return its outputs of one type, such as `image/png`."""
        found = (each.get("data", {}).get(mime_type) for each in self.outputs)
        return [each for each in found if each is not None]


def _plain(data: dict[str, Any]) -> Any:
    return data.get("text/markdown") or data.get("text/plain", "")


class Lab:
    """A tab with JupyterLab in it; what is asked of cells is asked of the notebook on top."""

    def __init__(self, tab: Tab, address: str) -> None:
        self.tab = tab
        tab.go(f"{address}lab")
        tab.wait("window.jupyterapp?.restored.then(() => true)", "JupyterLab to be there")

    def open(self, name: str) -> None:
        """Open a notebook and wait for its kernel; nothing in it has run."""
        self.show(name)
        self.command("notebook:clear-all-cell-outputs")
        assert all(cell.count is None and not cell.outputs for cell in self.cells())

    def show(self, name: str) -> None:
        """Bring a notebook to the top and wait for its kernel; open it where it is not."""
        kernel = self.tab.call(OPEN, f"{name}.ipynb")
        assert kernel.startswith("Python 3"), f"{name} runs in {kernel}"

    def command(self, name: str) -> None:
        """Do what an entry of a menu does."""
        self.tab.call("async (name) => { await jupyterapp.commands.execute(name) }", name)

    def begin(self, command: str = "notebook:run-all-cells") -> None:
        """Begin to run cells."""
        self.tab.call(RUN, command)

    def finish(self, what: str = "the cells to have run", *, seconds: float = 300.0) -> None:
        """Wait until the cells have run that were begun last."""
        self.tab.wait("window.ran", what, seconds=seconds)

    def run(self, command: str = "notebook:run-all-cells") -> list[Cell]:
        """Run cells to their end and return all cells."""
        self.begin(command)
        self.finish()
        return self.cells()

    def run_new_cell(self, part: str, source: str) -> Cell:
        """Run a new cell below the one that has a text in its source; return it."""
        self.go_to(part)
        place = self.tab.call(ADD, source)
        return self.run("notebook:run-cell")[place]

    def wait_until_idle(self) -> None:
        """Wait until the kernel has nothing to do, what widgets asked for included."""
        self.tab.wait(IDLE, "an idle kernel")

    def cells(self) -> list[Cell]:
        """Return the cells of the notebook, with what they have put out."""
        return [Cell(**each) for each in self.tab.evaluate(CELLS)]

    def place(self, part: str) -> int:
        """Return the place of the only cell that has a text in its source."""
        cells = enumerate(self.cells())
        found = [place for place, cell in cells if part in cell.source]
        assert len(found) == 1, f"{part!r} is in cells {found}"
        return found[0]

    def cell(self, part: str) -> Cell:
        """Return the only cell that has a text in its source."""
        return self.cells()[self.place(part)]

    def renewed(self, part: str, kind: str, before: list[str]) -> list[str]:
        """Return what a cell shows of a MIME type once a widget has changed it from `before`."""
        until = time.monotonic() + RENEWAL
        while self.cell(part).data(kind) in ([], before):
            assert time.monotonic() < until, (
                f"{part!r} shows in {RENEWAL:g} s what it showed before"
            )
            time.sleep(0.2)
        self.wait_until_idle()
        return self.cell(part).data(kind)

    def write(self, part: str, source: str) -> None:
        """Give a cell another source."""
        self.tab.call(WRITE, self.place(part), source)

    def go_to(self, part: str) -> str:
        """Scroll to a cell and choose it; return a CSS selector of it."""
        self.tab.call(CHOOSE, self.place(part))
        return "[data-seen]"

    def seen(self, part: str, selector: str) -> list[str]:
        """Return the texts of elements of a cell that have a size on the page."""
        inside = f"{self.go_to(part)} {selector}"
        find = f"[...document.querySelectorAll({json.dumps(inside)})]"
        shown = f"{find}.filter((each) => each.offsetWidth && each.offsetHeight)"
        self.tab.wait(f"{shown}.length", f"{selector} in the cell of {part!r}")
        return list(self.tab.evaluate(f"{shown}.map((each) => each.innerText)"))

    def watch(self, part: str) -> None:
        """Keep, from now on, each text that a cell shows; `told` returns them."""
        self.go_to(part)
        self.tab.call(WATCH)

    def told(self) -> list[str]:
        """Return what the cell that is watched has shown."""
        return list(self.tab.evaluate("window.told"))

    def close(self) -> None:
        """End the kernel of the notebook and close it, without saving."""
        self.tab.call(CLOSE)
