"""Commands to a browser and events from it, over one connection of the DevTools protocol.

In: the address of a browser's web socket. Out: the answers to commands; events go to whoever
listens to their session. Nothing runs beside: events come in while somebody waits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from websocket import WebSocket, WebSocketTimeoutException, create_connection

ANSWER_SECONDS = 120.0
Event = dict[str, Any]
Listener = Callable[[Event], None]


class DevtoolsError(RuntimeError):
    """A browser refused a command, or a page failed in what it was asked to run."""


class Devtools:
    """One connection to a browser; `session`: the tab that a command is meant for."""

    def __init__(self, address: str) -> None:
        # Without an origin, since a browser refuses those that it was not told of.
        self.socket: WebSocket = create_connection(address, suppress_origin=True)
        self.listeners: dict[str, Listener] = {}
        self.numbers = count(1)

    def call(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Return the answer to a command; raise DevtoolsError where it is refused."""
        number, until = next(self.numbers), time.monotonic() + ANSWER_SECONDS
        command = {"id": number, "method": method, "params": params}
        self.socket.send(json.dumps(command | ({"sessionId": session} if session else {})))
        while True:
            told = self._receive(until - time.monotonic())
            if told is None:
                raise DevtoolsError(f"{method}: no answer in {ANSWER_SECONDS:.0f} s")
            if told.get("id") != number:
                continue
            if "error" in told:
                raise DevtoolsError(f"{method}: {told['error']['message']}")
            return dict(told["result"])

    def listen(self, seconds: float) -> None:
        """Take in the events of some time."""
        until = time.monotonic() + seconds
        while self._receive(until - time.monotonic()) is not None:
            pass

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _receive(self, seconds: float) -> Event | None:
        """Return what the browser says next, None when it says nothing; tell who listens."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            told: Event = json.loads(self.socket.recv())
        except WebSocketTimeoutException:
            return None
        if "method" in told and (listener := self.listeners.get(told.get("sessionId", ""))):
            listener(told)
        return told
