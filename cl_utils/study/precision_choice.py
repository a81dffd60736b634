"""One precision for all runs of a study: measured by its first training, then kept.

In: a run, what its params say of precision, the folder of the profile's runs. Out: the run with its
precision named. The choice is kept in that folder, so that every later run multiplies as the first
one did, and so does one that is continued, whatever a busy machine or another one would measure.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from cl_utils.files import atomic, damaged, read_json
from cl_utils.manifests import processor
from cl_utils.training.precision import chosen_precision, faster_precision, named
from cl_utils.training.recipes import Precision
from cl_utils.training.run import Run

ASKED = ("model", "characters_per_step", "device", "compiled")  # of a run: what decides the speed
REPAIR = "train"  # the next training measures it again


def with_precision(run: Run, wanted: str, folder: Path) -> Run:
    """Return a run with the precision that params want, "auto" measured once for `folder`.

    Raises StudyError for another word than those of `precision.CHOICES`, and for a damaged file.
    """
    return replace(run, precision=chosen_precision(run, wanted, partial(_kept, folder)))


def _kept(folder: Path, run: Run) -> Precision:
    """Return the choice for runs like this one, which is made now if there is none yet."""
    asked = {name: value for name, value in asdict(run).items() if name in ASKED}
    key = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]
    file = folder / f"precision-{run.recipe.name}-{key}.json"
    if not file.exists():
        found = {"precision": faster_precision(run), "processor": processor(), "for": asked}
        _write_first(file, json.dumps(found, indent=1) + "\n")
    written = read_json(file, REPAIR)
    with suppress(KeyError, TypeError, ValueError):
        if choice := named(written["precision"]):
            return choice
    raise damaged(file, REPAIR)


class _DecidedError(Exception):
    """Another training was first."""


def _write_first(file: Path, text: str) -> None:
    """Write a file unless it is there: of two trainings that begin together one decides."""
    with suppress(_DecidedError), atomic(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
        try:
            os.link(temporary, file)
        except FileExistsError:
            raise _DecidedError from None
        except OSError:  # a file system without hard links: there the last one decides
            pass
