"""What pydantic finds wrong with values, as one sentence: the place, the name, the value, the fix.

In: a ValidationError and the values that were checked. Out: the StudyError to raise.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from cl_utils.errors import StudyError
from cl_utils.names import cut, nearest, shown

_LONGEST_REASON = 200  # characters
_BY_TYPE = {
    "bool_type": "write true or false",
    "int_type": "write a whole number in digits, such as 60",
    "float_type": "write a number in digits, such as 0.5",
}
"""How to write a value, by what pydantic calls the type that it has not."""


class Wording(NamedTuple):
    """How the mistakes in one kind of file are told.

    kind: what a name of the file is: "no parameter" is what an unknown one is.
    known: every name that there is, to say which one was meant.
    listed_in: where a reader finds them.
    allowed: by name, what may be given, where that says more than pydantic does.
    """

    kind: str
    known: Collection[str]
    listed_in: str
    allowed: Mapping[str, str] = {}


def refusal_of(
    error: ValidationError, values: Mapping[str, Any], where: str, wording: Wording
) -> StudyError:
    """Return the error of values that a model refused, to be raised: of its first mistake.

    A name that does not exist goes first, since one that is missing may be the same misspelt.
    """
    first = _first(error.errors(include_url=False), values)
    name, value = _place(first["loc"], values)
    if first["type"] == "extra_forbidden":
        near = nearest(str(first["loc"][-1]), wording.known)
        meant = f" (did you mean {near}?)" if near else ""
        return StudyError(
            f"{where}: {name} is no {wording.kind}{meant}: remove it or fix its spelling "
            f"({wording.listed_in} lists them)"
        )
    if first["type"] == "missing":
        lacking = str(first["loc"][-1])
        name = ".".join(filter(None, (name, lacking)))
        return StudyError(f"{where}: {name} is missing: {wording.allowed.get(lacking, 'add it')}")
    if first["type"] == "value_error":
        prefix = f"{where}: {name}" if name else where
        return StudyError(f"{prefix}: {first['ctx']['error']}")
    if first["loc"][-1:] == ("[key]",):
        key = shown(first["input"])
        return StudyError(f"{where}: {name.rpartition('.')[0]} has the name {key}: write text")
    top = str(first["loc"][0]) if first["loc"] else ""
    fix = (
        _as_written(name, value, first["type"])
        or wording.allowed.get(top)
        or _BY_TYPE.get(first["type"], first["msg"])
    )
    return StudyError(f"{where}: {name}={shown(value)} is not allowed: {cut(fix, _LONGEST_REASON)}")


def _first(found: Sequence[Any], values: Mapping[str, Any]) -> Any:
    """Return the mistake to tell: of a value's alternatives the one that fits furthest in."""
    for each in found:
        if each["type"] == "extra_forbidden":
            return each
    same = [each for each in found if each["loc"][:1] == found[0]["loc"][:1]]
    return max(
        same, key=lambda each: len(_names(each["loc"], values)) + (each["type"] == "missing")
    )


def _place(location: Sequence[int | str], values: Any) -> tuple[str, Any]:
    """Return the dotted name of a place in nested values, and what stands there.

    A location also names the alternatives that pydantic tried; these are no places.
    """
    names = _names(location, values)
    for part in names:
        values = values[part]
    return ".".join(cut(str(part), 80) for part in names), values


def _names(location: Sequence[int | str], values: Any) -> list[int | str]:
    names: list[int | str] = []
    for part in location:
        if isinstance(values, Mapping) and part in values:
            values = values[part]
        elif isinstance(values, list | tuple) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            continue
        names.append(part)
    return names


def _as_written(name: str, value: Any, expected: str) -> str:
    """Return how to write a value of nearly the right type, "" when nothing is near."""
    if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)):
        return f"write {shown(value.item())}"  # one number of numpy's
    if expected == "string_type" and isinstance(value, bool | int | float):
        text = str(value).lower() if isinstance(value, bool) else shown(value)
        return f'write {name}: "{text}"'
    if expected in ("int_type", "float_type") and not isinstance(value, bool):
        return _as_number(value, whole=expected == "int_type")
    return ""


def _as_number(value: Any, *, whole: bool) -> str:
    """Return how to write what reads as a number: YAML takes 1e3 and "60" for texts; "" else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return ""
    if not math.isfinite(number) or abs(number) >= 1e15 or (whole and number != int(number)):
        return ""
    return f"write {int(number) if number == int(number) else number}"
