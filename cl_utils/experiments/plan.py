"""Experiments as data: which variants are trained, how they differ, with how many seeds.

In: params/experiments/<name>.yaml. Out: a frozen `Experiment`, the `Run` of each variant and seed;
or one sentence that names what is wrong in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from cl_utils.curriculum.arms import arm_named
from cl_utils.errors import StudyError
from cl_utils.paths import PARAMS
from cl_utils.study.device import device_of
from cl_utils.study.params import Params, read_params
from cl_utils.training.recipes import Recipe, recipe_named
from cl_utils.training.trainer import Run

EXPERIMENTS = PARAMS / "experiments"
STUDY: Literal["study"] = "study"
Count = Field(gt=0)


class Strict(BaseModel):
    """Refuses names that it does not know and values of another type."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Variant(Strict):
    """One way to train, and in words how it differs from the others.

    recipe: the name of a recipe; options: what it has otherwise, by the names of `Recipe`.
    heads: None: the profile's.
    training_programs: of each bucket; 0 with a study's own programs.
    curves: the name of its kept files, where it is another than `name`.
    """

    name: str
    words: str
    group: str = ""
    recipe: str
    options: dict[str, Any] = {}
    arm: str
    heads: int | None = Field(default=None, gt=0)
    steps: int = Count
    characters_per_step: int = Count
    training_programs: int = Field(default=0, ge=0)
    seeds: int = Count
    curves: str = ""

    @property
    def files(self) -> str:
        """What the names of its curves begin with."""
        return self.curves or self.name

    @property
    def whole_recipe(self) -> Recipe:
        """The recipe with its options; StudyError for one that no recipe has."""
        known = [field.name for field in fields(Recipe) if field.name != "name"]
        for option in self.options:
            if option not in known:
                raise StudyError(
                    f"variant {self.name}: {option!r} is no option of a recipe: choose among "
                    f"{known}"
                )
        values = {**asdict(recipe_named(self.recipe)), **self.options}
        return TypeAdapter(Recipe).validate_python(values)

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        arm_named(self.arm)
        try:
            _ = self.whole_recipe
        except ValidationError as error:
            first = error.errors()[0]
            option = str(first["loc"][0])
            raise StudyError(
                f"variant {self.name}: {option}={self.options[option]!r} is not allowed: "
                f"{first['msg']}"
            ) from None
        return self


class Drawn(Strict):
    """Programs drawn for an experiment: how many of each bucket are held out, how often tested."""

    validation: int = Count
    test: int = Count
    natural: int = Count
    points: int = Count


class Experiment(Strict):
    """What is trained: the variants, the profile of their model, and their programs."""

    name: str
    profile: str
    programs: Literal["study"] | Drawn
    at_once: bool
    reference: str
    variants: tuple[Variant, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        names = [variant.name for variant in self.variants]
        for each in (names, [variant.files for variant in self.variants]):
            if len(set(each)) < len(each):
                raise ValueError(f"variants={each} names one twice: give each a name of its own")
        if self.reference not in names:
            raise ValueError(f"reference={self.reference!r} does not exist: choose among {names}")
        for variant in self.variants:
            if (self.programs == STUDY) == (variant.training_programs > 0):
                raise ValueError(
                    f"variant {variant.name}: give training_programs if, and only if, programs are "
                    "drawn for the experiment"
                )
        return self

    def variant(self, name: str) -> Variant:
        """Return a variant; StudyError for a name that does not exist."""
        for each in self.variants:
            if each.name == name:
                return each
        names = [each.name for each in self.variants]
        raise StudyError(f"variant {name!r} does not exist: choose among {names}")

    def trainings(self) -> Iterator[tuple[Variant, int]]:
        """Yield every variant with every seed, the first seed of each first."""
        for seed in range(max(variant.seeds for variant in self.variants)):
            yield from ((variant, seed) for variant in self.variants if seed < variant.seeds)

    def params(self, recipe: str) -> Params:
        """Return the parameters of the profile, with a recipe."""
        return read_params(PARAMS / f"{self.profile}.yaml", {"recipe": recipe})

    @property
    def device(self) -> str:
        """Where this machine trains the profile's models: cpu or cuda."""
        return device_of(self.params(self.variant(self.reference).recipe))

    def run(self, variant: Variant, seed: int = 0) -> Run:
        """Return the run that a variant is: the profile's model, with all that it changes."""
        run, recipe = self.params(variant.recipe).run(self.device), variant.whole_recipe
        model = replace(run.model, blocks=recipe.blocks, convolution=recipe.convolution)
        return replace(
            run,
            model=replace(model, heads=variant.heads or model.heads),
            recipe=recipe,
            name=variant.arm,
            arm=arm_named(variant.arm),
            seed=seed,
            steps=variant.steps,
            characters_per_step=variant.characters_per_step,
        )


def load_experiment(name: str, folder: Path = EXPERIMENTS) -> Experiment:
    """Return the experiment of a name; StudyError when its file is missing or wrong."""
    path = folder / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = sorted(each.stem for each in folder.glob("*.yaml"))
        raise StudyError(f"{path} is missing: use one of {known}, or write it") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not isinstance(content.get("variants"), list):
        raise StudyError(f"{path} has no list of variants: write one under `variants:`")
    return _validated(content, path)


def _validated(content: Mapping[str, Any], path: Path) -> Experiment:
    defaults = content.get("defaults", {})
    values = {name: value for name, value in content.items() if name != "defaults"}
    try:
        values["variants"] = tuple({**defaults, **each} for each in content["variants"])
        experiment = Experiment(**values)
    except TypeError:
        raise StudyError(f"{path}: defaults and variants hold `name: value` each") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "experiment"
        if first["type"] == "extra_forbidden":
            raise StudyError(
                f"{path}: {where} is no parameter: remove it or fix its spelling "
                "(cl_utils/experiments/plan.py lists them)"
            ) from None
        if first["type"] == "missing":
            raise StudyError(f"{path}: {where} is missing: add it") from None
        if first["type"] == "value_error":
            raise StudyError(f"{path}: {first['ctx']['error']}") from None
        raise StudyError(
            f"{path}: {where}={first['input']!r} is not allowed: {first['msg']}"
        ) from None
    if experiment.name != path.stem:
        raise StudyError(f"{path}: name={experiment.name!r}: write the file's own, {path.stem!r}")
    return experiment
