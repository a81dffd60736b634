"""What the keys of a keyboard send: a key by its name, as the DevTools protocol wants it."""

from __future__ import annotations

MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
_CODES = {
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "End": 35,
    "Home": 36,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "Delete": 46,
}
_TEXTS = {"Enter": "\r"}
_EDITS = {"Control+a": "selectAll"}
"""What an editor does on a key; a browser without a window does not do it by itself."""


def key_events(pressed: str) -> list[dict[str, object]]:
    """Return the events of a key that is pressed and let go, such as `Enter` or `Shift+Enter`."""
    *held, key = pressed.split("+")
    letter = len(key) == 1
    event: dict[str, object] = {
        "key": key,
        "code": f"Key{key.upper()}" if letter else key,
        "windowsVirtualKeyCode": ord(key.upper()) if letter else _CODES[key],
        "modifiers": sum(MODIFIERS[name] for name in held),
    }
    down = event | {"type": "keyDown"}
    if text := _TEXTS.get(key, key if letter and not held else ""):
        down["text"] = text
    if pressed in _EDITS:
        down["commands"] = [_EDITS[pressed]]
    return [down, event | {"type": "keyUp"}]
