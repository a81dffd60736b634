r"""The paper's scoring of code execution, as its code has it, faults included.

In: source, true answer and generated text, as strings ("answer" as in `programs`: from "\n# " to
"\n\n"). Out: the number of characters to generate, and whether they count as right.

The paper's code generates a fixed number of characters, takes what follows the last "# output" up
to the first blank line, joins the lines, and compares the numbers found in it. Its faults, each
shown by a test:

- 20 or 30 characters cut long outputs: a perfect model cannot score 100 % (`paper_possible`).
- The last branch of `NUMBER` never matches, because `-\d+` takes a negative number's integer part
  first: -5.5 is read as [-5, 5], and so is -5.05.
- Lines are joined without a separator, so digits written on two lines without "# " run together;
  all that is not a number is ignored, and an empty output equals any text without numbers.
- What follows the *last* "# output" counts: a model that goes on with a whole short program within
  its 30 characters loses a right answer. `evaluation` stops at the blank line and so spares it,
  which is worth 0.03 points to a perfect model on `paper2024` ALL.
"""

from __future__ import annotations

import re
from typing import Final

from cl_utils.tinypy.record import OUTPUT_MARK, SEPARATOR

LIMIT: Final = 20
LIMIT_WITH_FOR: Final = 30
NUMBER: Final = re.compile(r"\d+\.\d+|\d+|-\d+|-\d+\.\d+")  # the authors' pattern, verbatim
_MARK: Final = OUTPUT_MARK.lstrip("\n")


def paper_limit(source: str) -> int:
    """Return how many characters the paper generates: 30 if the source has "for" in it, else 20."""
    return LIMIT_WITH_FOR if "for" in source else LIMIT


def numbers(text: str) -> list[float]:
    """Return the numbers that the paper reads in a text, up to its first blank line."""
    joined = text.split(SEPARATOR)[0].replace("\n", "")
    return [float(match) for match in NUMBER.findall(joined)]


def paper_correct(answer: str, generated: str) -> bool:
    """Return whether the paper counts `generated` (what follows "# output") as right.

    The caller cuts `generated` at `paper_limit`; the true answer is never cut.
    """
    return numbers(generated.split(_MARK)[-1]) == numbers(answer)


def paper_possible(source: str, answer: str) -> bool:
    """Return whether a model that writes the true answer, and stops there, counts as right."""
    return paper_correct(answer, answer[: paper_limit(source)])
