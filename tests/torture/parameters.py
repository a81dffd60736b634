"""Attack: parameter files with slips, odd values and noise, through the functions that read them.

In: a ground. Out: an outcome a file: refused in a sentence that names the file, or read as it
stands. Lost is what is read as something else: a key named twice, a number that YAML reads as
another one, a study whose files would lie outside its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from cl_utils.curriculum import arm_facts as facts_module
from cl_utils.curriculum import arms as arms_module
from cl_utils.errors import StudyError
from cl_utils.experiments import load_experiment
from cl_utils.paths import ARMS, PARAMS, home
from cl_utils.study.params import Params, read_params
from torture.apart import Call, ends_of
from torture.ground import Ground
from torture.judge import judged
from torture.outcome import Outcome
from torture.yaml_texts import SPOILING, Spoilt, plain_value

SECONDS: Final = 10.0  # of one file; they take tenths of one
FINE: Final = "fine"


@dataclass(frozen=True)
class File:
    """A parameter file and how it is read: to a mapping of names and values."""

    path: Path
    read: Callable[[Path], Mapping[str, object]]


def _params(path: Path) -> Mapping[str, object]:
    params = read_params(path)
    if fault := _unusable(params):
        return {"unusable": fault}
    return params.model_dump()


def _unusable(params: Params) -> str:
    """Return why a study with these parameters could not work, "" if it could."""
    params.run()
    folders = [params.paths.runs, params.paths.results, params.figures]
    outside = [each for each in folders if home().resolve() not in each.resolve().parents]
    return f"{outside[0]} is outside of {home()}" if outside else ""


def _arms(path: Path) -> Mapping[str, object]:
    """Read arms from another file, in a process that ends with this."""
    for module in (arms_module, facts_module):
        vars(module)["ARMS"] = path
    arms_module.arms.cache_clear()
    facts_module.arm_facts.cache_clear()
    return {name: (arm, facts_module.arm_facts()[name]) for name, arm in arms_module.arms().items()}


def _experiment(path: Path) -> Mapping[str, object]:
    return load_experiment(path.stem, path.parent).model_dump()


class Parameters:
    """Every parameter file, spoilt in every way."""

    name = "parameters"
    kinds = tuple(SPOILING)

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground

    @cached_property
    def files(self) -> list[File]:
        """The files, in the order of the attempts."""
        experiments = sorted((PARAMS / "experiments").glob("*.yaml"))
        profiles = [File(PARAMS / name, _params) for name in ("smoke.yaml", "study.yaml")]
        rest = [File(ARMS, _arms), *(File(path, _experiment) for path in experiments)]
        return [profiles[0], rest[0], profiles[1], rest[1], profiles[0], *rest[2:]]

    def kind(self, number: int) -> str:
        """Return how an attempt spoils its file: all files in one way, then in the next."""
        return self.kinds[number // len(self.files) % len(self.kinds)]

    def file(self, number: int) -> File:
        """Return which file an attempt spoils."""
        return self.files[number % len(self.files)]

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Spoil one file and read it; yield what that came to."""
        file, kind = self.file(number), self.kind(number)
        text = file.path.read_text(encoding="utf-8")
        made = SPOILING[kind](text, random)
        if made is None:
            return
        spoilt = made
        folder = self.ground.folder / "params"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file.path.name
        path.write_bytes(spoilt.content)
        call = Call(kind, lambda: _read(file, path, spoilt))
        (end,) = ends_of([call], seconds=SECONDS)
        case = f"--case {number}: {file.path.name}, {spoilt.done}"
        yield judged(f"parameters: {kind}", case, end, {FINE}, naming=file.path.name)


def _read(file: File, path: Path, spoilt: Spoilt) -> str:
    """Read a spoilt file; return `FINE`, or what is wrong with what was read."""
    whole = dict(file.read(file.path))
    found = dict(file.read(path))
    if "unusable" in found:
        return str(found["unusable"])
    if spoilt.meaning == "refused" and not _same(found, whole):
        return f"another-meaning: {_changes(whole, found)}"
    if spoilt.meaning == "same" and not _same(found, whole):
        return f"another-meaning: {_changes(whole, found)}"
    if spoilt.value:
        return _value_as_written(found, *spoilt.value)
    return _as_yaml_says(found, path) if file.read is _params else FINE


def _same(first: Mapping[str, object], second: Mapping[str, object]) -> bool:
    return repr(first) == repr(second)


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    names = sorted(before.keys() | after.keys())
    changed = [name for name in names if repr(before.get(name)) != repr(after.get(name))]
    return ", ".join(f"{name}={str(after.get(name))[:60]}" for name in changed)


def _value_as_written(found: Mapping[str, object], key: str, text: str) -> str:
    """Return `FINE` if a number that was accepted is the one that stands in the file."""
    read = found.get(key)
    if not isinstance(read, (int, float)) or text.startswith(("!", "&")):
        return FINE
    meant = plain_value(text)
    whole_for_fraction = isinstance(read, float) and type(meant) is int
    same = read == meant and (type(read) is type(meant) or whole_for_fraction)
    return FINE if same else f"{key}={read!r} from {text[:40]}"


def _as_yaml_says(found: Mapping[str, Any], path: Path) -> str:
    """Return `FINE` unless a parameter of the file is missing or another one is there."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise StudyError(f"{path} was read, but YAML says: {error}") from error
    wrong = sorted(name for name in content if name not in found)
    return f"ignored: {wrong}" if wrong else FINE
