"""Codes that give the same bits: a cell that reads better must not part new runs from old ones.

In: fingerprints from manifests, and params/study/same_code.yaml, which says of which ones it was
shown. Out: one fingerprint for all that are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from cl_utils.errors import StudyError
from cl_utils.paths import PARAMS
from cl_utils.study.notebook_names import EVALUATION, TRAINING
from cl_utils.yaml_files import read_mapping

FILE: Final = PARAMS / "study" / "same_code.yaml"
ENTRY: Final = {"codes", "shown_in"}
NOTEBOOKS: Final = (TRAINING, EVALUATION)


def same_code(notebook: str, code: str) -> str:
    """Return the first fingerprint that is the same code as `code`: itself where none is named."""
    return _first_by_code(notebook).get(code, code)


@lru_cache
def _first_by_code(notebook: str) -> Mapping[str, str]:
    named, found = read_mapping(FILE, missing="restore it"), dict[str, str]()
    if strangers := sorted(set(named) - set(NOTEBOOKS)):
        raise StudyError(f"{FILE}: {strangers[0]} is none of {list(NOTEBOOKS)}: correct it")
    for codes in map(partial(_codes, notebook), named.get(notebook) or []):
        for code in codes:
            if found.setdefault(code, codes[0]) != codes[0]:
                raise StudyError(f"{FILE}: {notebook} has {code} in two entries: make them one")
    return found


def _codes(notebook: str, entry: object) -> list[str]:
    if isinstance(entry, dict) and set(entry) == ENTRY:
        codes = entry["codes"]
        if isinstance(codes, list) and codes and all(isinstance(each, str) for each in codes):
            return codes
    raise StudyError(
        f"{FILE}: {notebook}: an entry has `codes`, a list of texts (quote one that looks like a "
        f"number), and `shown_in`: this one is {entry!r}"
    )
