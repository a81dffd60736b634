"""What is said of arms, beside what is trained: description, group, control_of and colour.

In: params/study/arms.yaml. Out: `ArmFacts` by an arm's name, in display order, which is the file's.
Nothing here identifies a training, so a new colour or a better description trains nothing again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic.dataclasses import dataclass as validated

from cl_utils.curriculum.arms import FACTS, arm_named, written_arms
from cl_utils.names import unknown
from cl_utils.paths import ARMS
from cl_utils.validation import Wording, refusal_of

Group = Literal["paper", "smooth", "order", "sorted", "mixture", "other", "metric", "budget"]
GROUPS: Final[Mapping[Group, str]] = MappingProxyType(
    {
        "paper": "The paper's schedules",
        "smooth": "Smooth and adaptive",
        "order": "Controls of order, restarts and composition",
        "sorted": "The baseline's programs, sorted",
        "mixture": "Controls of the mixture",
        "other": "Other arms",
        "metric": "Buckets by another metric",
        "budget": "Smaller budgets",
    }
)
"""Titles of the groups, in display order."""


@validated(frozen=True, kw_only=True, config={"strict": True, "extra": "forbid"})
class ArmFacts:
    """What figures and tables say of an arm.

    description: what the arm is, a sentence without its first capital and full stop.
    group: under which of `GROUPS` it stands.
    control_of: the arm that it is a control of, whose hue its colour should have; None: its own.
    colour: "#rrggbb", the same in all figures.
    """

    description: str = Field(min_length=1)
    group: Group
    colour: str = Field(pattern="^#[0-9A-Fa-f]{6}$")
    control_of: str | None = None


_WORDING = Wording(
    "fact of an arm",
    FACTS,
    "cl_utils/curriculum/arm_facts.py",
    {"group": f"give one of {', '.join(GROUPS)}", "colour": 'give one such as "#0072B2"'},
)


@lru_cache
def arm_facts() -> Mapping[str, ArmFacts]:
    """Return what is said of every arm, by name; raise StudyError for an arm without its facts."""
    written = written_arms()
    facts = {name: _checked(name, values) for name, values in written.items()}
    for name, said in facts.items():
        others = [other for other in facts if other != name]
        if said.control_of is not None and said.control_of not in others:
            raise unknown(f"{ARMS}: arm {name}: control_of", said.control_of, others)
    return facts


def facts_of(name: str) -> ArmFacts:
    """Return what is said of an arm; raise StudyError for a name that does not exist."""
    arm_named(name)
    return arm_facts()[name]


def controls_of(name: str) -> list[str]:
    """Return the arms that are controls of an arm, in display order."""
    return [other for other, said in arm_facts().items() if said.control_of == name]


def _checked(name: str, values: Mapping[str, Any]) -> ArmFacts:
    said = {key: value for key, value in values.items() if key in FACTS}
    try:
        return ArmFacts(**said)
    except ValidationError as error:
        raise refusal_of(error, said, f"{ARMS}: arm {name}", _WORDING) from None
