"""Where changed parameters put their files: a folder that is named after the changes.

In: parameters, and what their profile's file says. Out: `Paths`. So a notebook with `steps = 200`
overwrites neither the runs of its profile nor tracked rows and figures; what does not depend on the
steps, here the programs, stays the profile's.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Collection, Mapping
from typing import Any, Final

from cl_utils.files import atomic
from cl_utils.manifests import manifest_path
from cl_utils.paths import Paths, Place
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams

RUN_NAMES: Final = ("recipe", "arm", "seed", "device", "compile")
"""Which run, and on which machine: no change of what the study is."""
FREE: Final = ("profile", *RUN_NAMES, "together")
"""Names that change no place; the last one says what is done, and not what comes out."""
PROGRAMS: Final = frozenset(DataParams.model_fields) - {"profile"}
SPLIT: Final = frozenset(BucketParams.model_fields) - {"profile"}
OTHER_RECIPE: Final = "recipe"
"""The one run name that may be a change: a recipe that the profile's file does not list."""
TRAINING: Final = frozenset(TrainingParams.model_fields) - {"profile", *RUN_NAMES} | {OTHER_RECIPE}
ROWS: Final = TRAINING | {"line_programs"}
DECLARED: Final = frozenset({"contrasts", "level_question", "second_measure"})
FIGURES: Final = ROWS | DECLARED | {"arms", "recipes", "resamples"}
LONGEST: Final = 80  # characters of a folder's name; longer ones become a hash
_SAFE = re.compile(r"[A-Za-z0-9._]+")


def changed(values: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not those of the profile's file; none where it has no file."""
    if not own:
        return {}
    found = {
        name: value
        for name, value in values.items()
        if name not in FREE and (name not in own or own[name] != value)
    }
    recipe = values[OTHER_RECIPE]
    if recipe not in (own.get("recipe"), *own.get("recipes", ())):
        found[OTHER_RECIPE] = recipe
    return found


def paths_of(profile: str, changes: Mapping[str, Any]) -> Paths:
    """Return the files of a profile with changes."""

    def place(names: Collection[str]) -> str:
        return folder(profile, {n: value for n, value in changes.items() if n in names})

    return Paths(
        profile,
        Place(
            programs=place(PROGRAMS),
            split=place(SPLIT),
            training=place(TRAINING),
            rows=place(ROWS),
            figures=place(FIGURES),
        ),
    )


def folder(profile: str, changes: Mapping[str, Any]) -> str:
    """Return the folder's name: "smoke+steps=200"; "" without changes.

    Where a value cannot be read off its text, or the name would be long, a hash stands for all.
    """
    if not changes:
        return ""
    written = {name: _written(value) for name, value in changes.items()}
    name = "+".join([profile, *(f"{key}={text}" for key, text in written.items())])
    if all(written.values()) and len(name) <= LONGEST:
        return name
    content = json.dumps(dict(changes), sort_keys=True)
    return f"{profile}+changed-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _written(value: object) -> str:
    """Return a value as a part of a folder's name; "" when something of it would be lost."""
    parts = value if isinstance(value, list) else [value]
    texts = [str(part) for part in parts if isinstance(part, str | int | float)]
    texts = [text.lower() if text in ("True", "False") else text for text in texts]
    whole = len(texts) == len(parts) and all(map(_SAFE.fullmatch, texts))
    return "-".join(texts) if whole else ""


def share_tables(paths: Paths) -> None:
    """Lay what the test programs are beside the rows of changed parameters, which refer to them.

    They are the profile's own where the changes leave the programs as they are.
    """
    data = paths.results / "data"
    losses = paths.counts("model_loss").parent.glob("model_loss-*.csv")
    for source in (paths.tested, *losses):
        for path in (source, manifest_path(source)):
            if path.parent != data and path.exists():
                with atomic(data / path.name) as temporary:
                    shutil.copyfile(path, temporary)
