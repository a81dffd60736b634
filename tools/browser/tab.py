"""A tab as somebody in front of it has it: go to a page, look at it, click, type, wait, photograph.

In: a session of a browser's connection. Out: what JavaScript returns, pictures, and what went
wrong: `errors`, of the console, and `fetched`, all addresses that the page asked for.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

from tools.browser.devtools import Devtools, DevtoolsError, Event
from tools.browser.keys import key_events

POLL_SECONDS = 0.05
PLACE = """(selector) => {
  const found = document.querySelector(selector);
  if (!found) return null;
  found.scrollIntoView({block: "center", behavior: "instant"});
  const box = found.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const there = document.elementFromPoint(x, y);
  return {x, y, covered: !(found.contains(there) || there?.contains(found))};
}"""


class Tab:
    """One tab of a browser."""

    def __init__(self, devtools: Devtools, target: str, session: str) -> None:
        """Listen to what the page's console says and what it fetches, from now on."""
        self.devtools, self.target, self.session = devtools, target, session
        self.errors: list[str] = []
        self.fetched: list[str] = []
        devtools.listeners[session] = self._note
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def go(self, address: str, *, seconds: float = 60.0) -> None:
        """Go to an address, and wait until everything that belongs to it is loaded."""
        answer = self._call("Page.navigate", url=address)
        if failure := answer.get("errorText"):
            raise DevtoolsError(f"{address}: {failure}")
        self.wait("document.readyState === 'complete'", f"{address} to load", seconds=seconds)

    def evaluate(self, expression: str) -> Any:
        """Return what JavaScript gives, a promise's value too; raise DevtoolsError if it throws."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if thrown := answer.get("exceptionDetails"):
            raise DevtoolsError(_said(thrown))
        return answer["result"].get("value")

    def call(self, function: str, *arguments: object) -> Any:
        """Return what a JavaScript function gives for plain arguments."""
        return self.evaluate(f"({function})({', '.join(map(json.dumps, arguments))})")

    def wait(self, condition: str, what: str, *, seconds: float = 60.0) -> Any:
        """Return what a JavaScript expression gives once that is true.

        Raises TimeoutError, which says `what` was waited for, after some seconds.
        """
        until = time.monotonic() + seconds
        while not (value := self.evaluate(condition)):
            if time.monotonic() > until:
                raise TimeoutError(f"waited {seconds:g} s for {what}")
            self.devtools.listen(POLL_SECONDS)
        return value

    def click(self, selector: str, *, times: int = 1) -> None:
        """Click into the middle of the first element that a CSS selector finds."""
        place = self.call(PLACE, selector)
        if place is None or place["covered"]:
            why = "is not there" if place is None else "lies under something else"
            raise DevtoolsError(f"{selector} {why}")
        at = {"x": place["x"], "y": place["y"], "button": "left", "clickCount": times}
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, **at)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: `press("Control+a", "Delete")`."""
        for key in keys:
            for event in key_events(key):
                self._call("Input.dispatchKeyEvent", **event)

    def type(self, text: str) -> None:
        """Write a text where the cursor stands."""
        self._call("Input.insertText", text=text)

    def screenshot(self, path: Path) -> None:
        """Write a PNG of what can be seen."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """Close the tab."""
        self.devtools.listeners.pop(self.session, None)
        self.devtools.call("Target.closeTarget", targetId=self.target)

    def _call(self, method: str, **params: object) -> dict[str, Any]:
        return self.devtools.call(method, self.session, **params)

    def _note(self, event: Event) -> None:
        kind, params = event["method"], event["params"]
        if kind == "Network.requestWillBeSent":
            self.fetched.append(params["request"]["url"])
        elif kind == "Runtime.exceptionThrown":
            self.errors.append(_said(params["exceptionDetails"]))
        elif kind == "Runtime.consoleAPICalled" and params["type"] == "error":
            parts = (each.get("value", each.get("description", "")) for each in params["args"])
            self.errors.append(" ".join(map(str, parts)))
        elif kind == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(
                f"{params['entry']['text']} {params['entry'].get('url', '')}".strip()
            )


def _said(thrown: dict[str, Any]) -> str:
    return str(thrown.get("exception", {}).get("description") or thrown["text"])
