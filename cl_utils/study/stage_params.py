"""The parameters that each stage of a study depends on: data, buckets, training.

In: values from a params file. Out: frozen models, each with the fields of the stages before it, so
that a later parameter spoils nothing that came before.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Count = Field(gt=0)


class DataParams(BaseModel):
    """What notebook 01 draws."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    profile: str
    data_seed: int
    variant: Literal["paper2024", "fixed"]
    levels: list[str] | Literal["ALL"]
    operand_max: int = Field(ge=9, le=255)
    while_loops: bool  # level 4.1, only in "fixed"
    maximum_characters: int = Count  # of a record; longer programs are rejected
    programs: int = Count  # drawn in the grammar's natural mix
    metric: str  # one of metrics.BUCKET_METRICS
    bucket_rule: list[float] | Literal["tertiles"]
    least_per_bucket: int = Field(ge=0)  # then drawn on until each bucket has so many; 0: not


class BucketParams(DataParams):
    """How notebook 03 splits."""

    training_programs: int = Count  # per bucket, as are the next two
    validation_programs: int = Count
    test_programs: int = Count
    natural_programs: int = (
        Count  # of the second test set, in the natural mix, and of the leaky one
    )

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


class TrainingParams(BucketParams):
    """What notebook 04 trains."""

    recipe: str
    arm: str
    seed: int = Field(ge=0)
    layers: int = Count
    heads: PositiveInt | dict[str, PositiveInt]  # for all recipes, or for each
    width: int = Count
    context: int = Count
    steps: int = Count
    characters_per_step: int = Count
    hardest_share: float = Field(gt=0, le=1)
    device: Literal["auto", "cpu", "cuda"]
    compile: bool
