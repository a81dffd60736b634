"""The parameters that each stage of a study depends on: data, buckets, training.

In: values from a params file. Out: frozen models, each with the fields of the stages before it, so
that a later parameter spoils nothing that came before.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError

LARGEST = 10**24  # of any number, so that all can be reckoned with; what is sensible comes later
SHORTEST_PROGRAM = 29  # characters of the grammar's shortest record
Count = Annotated[int, Field(gt=0, le=LARGEST)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]  # as many bits as tables hold
SeedSpan = Annotated[str, Field(pattern=r"^[0-9]{1,9}-[0-9]{1,9}$")]  # first and last
LaterSeed = Annotated[int, Field(ge=1, lt=2**63)]  # after some that were seen


def seeds_of(arm: str, written: int | str) -> range:
    """Return the seeds that a study gives an arm: so many from 0, or from the first to the last.

    Raises StudyError where the last comes before the first.
    """
    if isinstance(written, int):
        return range(written)
    first, last = map(int, written.split("-"))
    if last < first:
        raise StudyError(f"arms: {arm}: {written} ends before it begins: write {last}-{first}")
    return range(first, last + 1)


class DataParams(BaseModel):
    """What notebook 01 draws."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)
    profile: str
    data_seed: Seed
    variant: Literal["paper2024", "fixed"]
    levels: Annotated[list[str], Field(min_length=1)] | Literal["ALL"]
    operand_max: int = Field(ge=9, le=255)
    while_loops: bool  # level 4.1, only in "fixed"
    maximum_characters: int = Field(ge=SHORTEST_PROGRAM, le=LARGEST)  # of a record; no longer ones
    programs: Count  # drawn in the grammar's natural mix
    metric: str  # one of catalogue.BUCKET_METRICS
    bucket_rule: list[float] | Literal["tertiles"]
    least_per_bucket: int = Field(ge=0, le=LARGEST)  # drawn on until each bucket has so many; 0: no


class BucketParams(DataParams):
    """How notebook 03 splits."""

    training_programs: Count  # per bucket, as are the next two
    validation_programs: Count
    test_programs: Count
    natural_programs: Count  # of the second test set, in the natural mix, and of the leaky one

    @property
    def wanted(self) -> dict[str, int]:
        """Return the programs per bucket, for the natural test set in all, by split."""
        return {
            "train": self.training_programs,
            "validation": self.validation_programs,
            "test": self.test_programs,
            "natural": self.natural_programs,
            "leaky": self.natural_programs,
        }

    @property
    def largest_test(self) -> int:
        """Return how many programs the largest test set has."""
        return max(len(BUCKETS) * self.test_programs, self.natural_programs)


class TrainingParams(BucketParams):
    """What notebook 04 trains."""

    recipe: str
    arm: str
    seed: Seed
    layers: Count
    heads: Count | dict[str, Count]  # for all recipes, or for each
    width: Count
    context: Count
    steps: Count
    characters_per_step: Count
    hardest_share: float = Field(gt=0, le=1)
    precision: Literal["auto", "recipe", "float32", "bfloat16"]  # of matrix products
    device: Literal["auto", "cpu", "cuda"]
    compile: bool


class LevelQuestion(BaseModel):
    """A main effect that was seen on some levels, declared for the seeds that come after."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    effect: Literal["order", "restarts", "composition"]
    levels: Annotated[list[str], Field(min_length=1)]
    first_seed: LaterSeed  # the earlier ones gave rise to the question and do not count


class SecondMeasure(BaseModel):
    """Contrasts of how soon 74.58 % is reached, declared for the seeds that come after."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    contrasts: Annotated[list[list[str]], Field(min_length=1)]  # arm and reference: one family
    first_seed: LaterSeed
