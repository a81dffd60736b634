"""Experiments as data: which variants are trained, how they differ, with how many seeds.

In: params/experiments/<name>.yaml. Out: a frozen `Experiment`, the `Run` of each variant and seed;
or one sentence that names what is wrong in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from cl_utils.curriculum.arms import arm_named
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.experiments.variants import Strict, Variant
from cl_utils.names import check_name, check_once, listed, shown, unknown
from cl_utils.paths import PARAMS, params_file
from cl_utils.study.contradictions import check_batches, check_parts
from cl_utils.study.device import device_of
from cl_utils.study.estimates import check_data_memory, check_model_memory, check_runs, check_time
from cl_utils.study.params import Params, read_params
from cl_utils.study.stage_params import Count
from cl_utils.training.run import Run
from cl_utils.validation import Wording, refusal_of
from cl_utils.yaml_files import read_mapping

EXPERIMENTS = PARAMS / "experiments"
STUDY: Literal["study"] = "study"
TO_ONE_TRAINED_ON = 1.4  # programs drawn of a bucket: the others are held out, or are twins
FEWEST_DRAWN = 600  # of a bucket, so that small experiments find programs to hold out


class Drawn(Strict):
    """Programs drawn for an experiment: how many of each bucket are held out, how often tested."""

    validation: Count
    test: Count
    natural: Count
    points: Count

    @staticmethod
    def least(training_programs: int) -> int:
        """Return how many programs of a bucket are drawn, so that enough of them train."""
        return max(FEWEST_DRAWN, round(TO_ONE_TRAINED_ON * training_programs))

    def parts(self, training_programs: int) -> dict[str, int]:
        """Return the programs of each bucket, of natural in all, by split."""
        return {"train": training_programs, **self.model_dump(exclude={"points"})}


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
        check_name("profile", self.profile)
        names = [variant.name for variant in self.variants]
        check_once("variants", names)
        check_once("curves", [variant.files for variant in self.variants])
        if self.reference not in names:
            raise unknown("reference", self.reference, names)
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
        raise unknown("variant", name, [each.name for each in self.variants])

    def trainings(self) -> Iterator[tuple[Variant, int]]:
        """Yield every variant with every seed, the first seed of each first."""
        for seed in range(max(variant.seeds for variant in self.variants)):
            yield from ((variant, seed) for variant in self.variants if seed < variant.seeds)

    @cached_property
    def _profile(self) -> Params:
        return read_params(params_file(self.profile))

    def params(self, recipe: str) -> Params:
        """Return the parameters of the profile, with a recipe."""
        return self._profile.model_copy(update={"recipe": recipe})

    @property
    def device(self) -> str:
        """Where this machine trains the profile's models: cpu or cuda."""
        return device_of(self.params(self.variant(self.reference).recipe))

    def run(self, variant: Variant, seed: int = 0) -> Run:
        """Return the run that a variant is: the profile's model, with all that it changes."""
        run, recipe = self.params(variant.recipe).run(self.device), variant.whole_recipe
        return replace(
            run,
            model=variant.model(run.model),
            recipe=recipe,
            name=variant.arm,
            arm=arm_named(variant.arm),
            seed=seed,
            steps=variant.steps,
            characters_per_step=variant.characters_per_step,
        )


_NAMES = (*Variant.model_fields, *Drawn.model_fields, *Experiment.model_fields, "defaults")
_WORDING = Wording("parameter", _NAMES, "cl_utils/experiments/plan.py")


def load_experiment(name: str, folder: Path = EXPERIMENTS) -> Experiment:
    """Return the experiment of a name; StudyError when its file is missing or wrong."""
    path = folder / f"{check_name('experiment', name)}.yaml"
    known = sorted(each.stem for each in folder.glob("*.yaml"))
    content = read_mapping(path, missing=f"use one of {listed(known)}, or write it")
    if not isinstance(content.get("variants"), list):
        raise StudyError(f"{path} has no list of variants: write one under `variants:`")
    experiment = _validated(content, path)
    if experiment.name != path.stem:
        raise StudyError(
            f"{path}: name={shown(experiment.name)}: write the file's own, {path.stem!r}"
        )
    try:
        check_feasible(experiment)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    return experiment


def _validated(content: Mapping[str, Any], path: Path) -> Experiment:
    values = {name: value for name, value in content.items() if name != "defaults"}
    defaults = content.get("defaults", {})
    if not all(isinstance(each, dict) for each in (defaults, *content["variants"])):
        raise StudyError(f"{path}: defaults and variants hold `name: value` each: write them so")
    values["variants"] = tuple({**defaults, **each} for each in content["variants"])
    try:
        return Experiment(**values)
    except ValidationError as error:
        raise refusal_of(error, values, str(path), _WORDING) from None


def check_feasible(experiment: Experiment) -> None:
    """Raise StudyError for a variant that the profile's model cannot be, or that asks too much."""
    check_runs(sum(variant.seeds for variant in experiment.variants))
    for variant in experiment.variants:
        try:
            _check_variant(variant, experiment.programs, experiment.params(variant.recipe))
        except StudyError as error:
            raise StudyError(f"variant {variant.name}: {error}") from None


def _check_variant(variant: Variant, programs: Literal["study"] | Drawn, params: Params) -> None:
    recipe, model = variant.whole_recipe, variant.model(params.model_of(variant.recipe))
    if recipe.convolution >= model.context:
        raise StudyError(
            f"convolution={recipe.convolution:,} sees back as far as the whole "
            f"context={model.context:,}: lower it"
        )
    trained_on, longest = params.training_programs, params.maximum_characters
    if isinstance(programs, Drawn):
        trained_on, longest = variant.training_programs, model.context + 1
        least = programs.least(trained_on)
        check_data_memory(2 * len(BUCKETS) * least)  # natural ones, and more of the rarer buckets
        check_parts(programs.parts(trained_on), natural=len(BUCKETS) * least, bucket=least)
        if programs.points > variant.steps:
            raise StudyError(
                f"points={programs.points:,} of a curve of steps={variant.steps:,}: ask for fewer"
            )
    check_batches(
        recipe.name,
        recipe.batching,
        context=model.context,
        characters=variant.characters_per_step,
        programs=trained_on,
        longest=longest,
    )
    check_model_memory(model, variant.characters_per_step, 1, params.device)
    check_time(variant.steps * variant.characters_per_step * variant.seeds, variant.seeds, model)
