"""A profile as somebody named it: on a command line, or to Snakemake's `--config profile=...`.

In: the name, or what Snakemake made of it. Out: the name and its parameters, or one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable

from cl_utils.errors import StudyError
from cl_utils.names import check_name, meant
from cl_utils.paths import params_file
from cl_utils.study.params import Params, read_params

OPTIONS = ("profile", "resumed")
"""What Snakemake's `--config` may say."""


def check_options(given: Iterable[str]) -> None:
    """Raise StudyError for a name that `--config` may not say: parameters stand in params/."""
    for name in given:
        if name not in OPTIONS:
            guess = meant(name, OPTIONS)
            raise StudyError(
                f"--config {name}=... is no option{guess}: write profile=..., and parameters into "
                "the profile's file in params/"
            )


def profile_named(given: object) -> str:
    """Return a profile's name; raise StudyError for one that is no name.

    Snakemake makes a number of `profile=2024`: whole numbers stand for their digits.
    """
    digits = isinstance(given, int) and not isinstance(given, bool)
    return check_name("profile", str(given) if digits else given)


def study_named(given: object) -> Params:
    """Return the parameters of a profile; raise StudyError for one that is not there or wrong."""
    return read_params(params_file(profile_named(given)))
