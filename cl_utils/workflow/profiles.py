"""A profile as somebody named it: on a command line, or to Snakemake's `--config profile=...`.

In: the name, or what Snakemake made of it. Out: the name and its parameters, or one sentence.
"""

from __future__ import annotations

import re

from cl_utils.errors import StudyError
from cl_utils.paths import PARAMS
from cl_utils.study.params import Params, read_params

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def profile_named(given: object) -> str:
    """Return a profile's name; raise StudyError for one that is no name of a file.

    Snakemake makes a number of `profile=2024`: whole numbers stand for their digits.
    """
    name = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise StudyError(
            f"profile={str(given)[:60]!r} is no name of a profile: use letters, digits, '_', '-' "
            "and '.', and quote one that reads like a number, as in --config 'profile=\"1e3\"'"
        )
    return name


def study_named(given: object) -> Params:
    """Return the parameters of a profile; raise StudyError for one that is not there or wrong."""
    return read_params(PARAMS / f"{profile_named(given)}.yaml")
