"""YAML files of names and values, read in one way: plain data that is what it looks like.

In: a file of params/. Out: its mapping, or one sentence that names the file and the line.

YAML has more than such files need, and some of it misleads: `060` is 48 in YAML 1.1, `1:30` is 90
and `no` is false; the second of two equal names silently wins; a few aliases stand for gigabytes.
So only true, false, null, whole numbers and decimal fractions are more than text here (`1e3` and
`0x10` are text, which no parameter takes), a name stands once, and aliases and tags are refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from cl_utils.errors import StudyError
from cl_utils.names import cut, shown

MOST_BYTES = 64_000  # the largest file of the repository has 12,000
DEEPEST = 12  # levels of lists and mappings within one another
_NULL, _BOOL, _INT, _FLOAT, _TEXT = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str")
)
_TAGS = {
    _NULL: (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    _BOOL: (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    # a number too long for any use is text, as Python refuses to read those of 4,300 digits
    _INT: (r"[-+]?(0|[1-9][0-9]{0,99})", list("-+0123456789")),
    _FLOAT: (
        r"[-+]?((0|[1-9][0-9]{0,99})\.[0-9]{0,99}|\.[0-9]{1,99})([eE][-+]?[0-9]{1,3})?",
        list("-+.0123456789"),
    ),
}


class _Refused(yaml.MarkedYAMLError):  # type: ignore[misc]
    """What YAML allows and these files do not."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Builds plain data: text, numbers, true and false, lists, mappings with names as keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _refused(f"*{event.anchor} stands for a value: write out the value", event)
        if event.tag not in (None, "!"):
            raise _refused(f"the tag {event.tag} is not for such files: remove it", event)
        if self.depth == DEEPEST:
            raise _refused(f"more than {DEEPEST} levels of nesting: use fewer", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        names: set[str] = set()
        for key, _ in node.value:
            if key.tag != _TEXT:
                raise _refused("a name is text: put a number, true or null in quotes", key)
            if key.value in names:
                raise _refused(f"{cut(key.value, 80)} appears twice: remove one", key)
            names.add(key.value)
        return dict(super().construct_mapping(node, deep))


for _tag, (_pattern, _first) in _TAGS.items():
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def _refused(problem: str, at: Any) -> _Refused:
    return _Refused(problem=problem, problem_mark=at.start_mark)


def read_mapping(path: Path, *, missing: str) -> dict[str, Any]:
    """Return the names and values of a YAML file.

    `missing`: what to do where there is no such file. Raises StudyError when there is none, or when
    it is no UTF-8 text, not YAML, or holds anything but one mapping of plain values.
    """
    text = _text(path, missing)
    try:
        content = _Loader(text).get_single_data()
    except _Refused as error:
        raise StudyError(f"{path}{_line(error)}: {cut(error.problem, 200)}") from None
    except yaml.YAMLError as error:
        parts = (getattr(error, name, None) for name in ("context", "problem", "reason"))
        problem = cut(", ".join(filter(None, parts)), 200)
        raise StudyError(f"{path} is not YAML{_line(error)} ({problem}): fix it") from None
    if not isinstance(content, dict):
        held = "is empty" if content is None else f"holds {shown(content)}, no names and values"
        raise StudyError(f"{path} {held}: write one 'name: value' per line")
    return content


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _text(path: Path, missing: str) -> str:
    try:
        if not path.exists():
            raise StudyError(f"{path} is missing: {missing}")
        if not path.is_file():
            raise StudyError(f"{path} is no file: put a text file in its place")
        if path.stat().st_size > MOST_BYTES:
            raise StudyError(
                f"{path} has {path.stat().st_size:,} bytes, more than the {MOST_BYTES:,} that a "
                "file of parameters may have: check that it is the right one"
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StudyError(f"{path} is not UTF-8: save it as UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StudyError(f"{path} cannot be read ({reason}): make it readable") from None
