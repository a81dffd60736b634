"""The text of a program: how source and output become a record, and when two sources are twins.

In: source code and printed output, as strings. Out: records, prompts, answers, canonical forms and
hashes. A record is what the model reads; twins are programs that differ only in variable names.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from cl_utils.errors import StudyError

OUTPUT_MARK = "\n# output"
SEPARATOR = "\n\n"
VARIABLE = re.compile(r"\b[a-z]\b")
_NUMBER = re.compile(r"\d+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def prompt(source: str) -> str:
    """The text a model is given: everything up to and with the output mark."""
    return source + OUTPUT_MARK


def answer(output: str) -> str:
    r"""The text a model must write after the prompt: one comment a printed line, then a blank line.

    `output` has no trailing newline; "" (nothing printed) gives the single empty comment "# ".
    """
    return "\n# " + output.replace("\n", "\n# ") + SEPARATOR


def record(source: str, output: str) -> str:
    """The whole text of a program as it stands in a corpus: prompt, then answer."""
    return prompt(source) + answer(output)


def parse(text: str) -> tuple[str, str]:
    """The (source, output) of one record; the inverse of `record`.

    Raises StudyError when the text has no output mark, or its answer is not made of comments and
    ended by one blank line.
    """
    source, mark, rest = text.partition(OUTPUT_MARK)
    if not mark or not rest.startswith("\n# ") or not rest.endswith(SEPARATOR):
        raise StudyError(
            f"{text[:60]!r} is not a record: write the source, '# output', one '# ' comment a"
            " printed line and a blank line"
        )
    output = rest[len("\n# ") : -len(SEPARATOR)].replace("\n# ", "\n")
    if answer(output) != rest:
        raise StudyError(f"{text[:60]!r} is not one record: its output has lines without '# '")
    return source, output


class _Renaming(dict[str, str]):
    """Old name -> new name, given out in order of first use."""

    def __missing__(self, name: str) -> str:
        renamed = self[name] = _LETTERS[len(self)]
        return renamed


def canonical_form(source: str) -> str:
    """The source with its variables renamed a, b, c... in order of first use.

    A variable is a single letter standing as a whole word, so keywords and `print` stay.
    """
    names = _Renaming()
    return VARIABLE.sub(lambda match: names[match[0]], source)


def skeleton(source: str) -> str:
    """The canonical form with every number replaced by 0: what programs of one shape share."""
    return _NUMBER.sub("0", canonical_form(source))


def stable_hash(text: str) -> int:
    """A 63-bit non-negative integer, the same in every process and on every machine."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def canonical_hash(source: str) -> int:
    """The 63-bit stable hash of the canonical form: equal for twins."""
    return stable_hash(canonical_form(source))
