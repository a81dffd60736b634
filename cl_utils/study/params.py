"""Parameters: what a notebook was told, completed by its profile's file, and checked.

In: the global names of a notebook after its parameters cell (papermill's injected values
included), or a params file. Out: a frozen `Params`, or one sentence that names the stranger or the
wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import (
    BaseModel,
    Field,
    PositiveInt,
    ValidationError,
    model_validator,
)

from cl_utils.curriculum.arm_facts import facts_of
from cl_utils.curriculum.arms import Recorded, arm_named
from cl_utils.difficulty.buckets import thresholds
from cl_utils.difficulty.catalogue import BUCKET_METRICS
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.paths import PARAMS, Paths
from cl_utils.study.stage_params import Count, TrainingParams
from cl_utils.tinypy.grammar import GRAMMAR
from cl_utils.training.recipes import RECIPES, recipe_named

if TYPE_CHECKING:
    from cl_utils.training.loop import Run

_NOTEBOOK_NAMES = {"In", "Out", "exit", "quit", "get_ipython"}
_ACCEPTED = "_parameters_accepted"
_PLAIN = (str, int, float, bool, list, dict, type(None))
_ALLOWED = {
    "levels": "give ALL or a list of levels such as ['1.1', '2.1']",
    "heads": "give a number, or one for each recipe such as {'paper': 6, 'fast': 2}",
    "bucket_rule": "give tertiles or two thresholds such as [2.0, 4.0]",
}


class Params(TrainingParams):
    """Everything; notebooks 05 and 06 and the workflow read the rest."""

    recipes: list[str] = Field(min_length=1)
    arms: dict[str, PositiveInt] = Field(min_length=1)  # and of each how many seeds, from 0
    contrasts: list[list[str]]  # arm and reference, declared before the runs: one family
    line_programs: int = Count  # per test set, for the edit similarity of lines
    resamples: int = Count  # of every bootstrap
    readme: bool  # whether notebook 13 writes README and findings
    together: int = Count  # seeds that notebook 04 trains as one batched model; 1: `seed` alone

    @model_validator(mode="after")
    def _fit_together(self) -> Params:
        if len(set(self.recipes)) < len(self.recipes):
            raise ValueError(f"recipes={self.recipes} names one twice")
        for pair in self.contrasts:
            if len(pair) != 2 or not set(pair) <= set(self.arms):
                raise ValueError(f"contrasts={pair} is no pair of two of the study's arms")
        if self.bucket_rule != "tertiles":
            thresholds(self.bucket_rule, [])
        if self.metric not in BUCKET_METRICS:
            known = list(BUCKET_METRICS)
            raise ValueError(f"metric={self.metric!r} makes no buckets: choose among {known}")
        if self.least_per_bucket and self.bucket_rule == "tertiles":
            raise ValueError("least_per_bucket needs fixed thresholds: give bucket_rule as a list")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Params:
        for name, value, known in (
            ("recipe", [self.recipe, *self.recipes], RECIPES),
            ("levels", [] if self.levels == "ALL" else self.levels, GRAMMAR),
        ):
            for each in value:
                if each not in known:
                    raise ValueError(f"{name}={each!r} does not exist: choose among {list(known)}")
        for name in (self.arm, *self.arms):
            source = arm_named(name).yoked_to
            facts_of(name)  # an arm without a colour is refused now, not after its training
            if source and name in self.arms and self.arms[name] > self.arms.get(source, 0):
                raise ValueError(f"arms: {name} replays {source}, so that arm needs as many seeds")
        for recipe in {self.recipe, *self.recipes}:
            if not isinstance(self.heads, int) and recipe not in self.heads:
                raise ValueError(
                    f"heads={self.heads} lacks the recipe {recipe}: {_ALLOWED['heads']}"
                )
            self.model_of(recipe)
        return self

    @property
    def paths(self) -> Paths:
        """The profile's files."""
        return Paths(self.profile)

    @property
    def figures(self) -> Path:
        """Where figures go: a folder a recipe if the profile has several."""
        folder = self.paths.figures
        return folder / self.recipe if len(self.recipes) > 1 else folder

    def of(self, stage: type[BaseModel]) -> dict[str, Any]:
        """Return the parameters that `stage` (one of the classes above) depends on."""
        return {name: getattr(self, name) for name in stage.model_fields}

    def model_of(self, recipe: str) -> ModelConfig:
        """Return the shape of the models that a recipe trains."""
        return ModelConfig(
            layers=self.layers,
            heads=self.heads if isinstance(self.heads, int) else self.heads[recipe],
            width=self.width,
            context=self.context,
            blocks=recipe_named(recipe).blocks,
            convolution=recipe_named(recipe).convolution,
        )

    @property
    def trained_seeds(self) -> list[int]:
        """The seeds that notebook 04 trains: `seed`, or all of the arm's, several at once."""
        seeds = list(range(self.arms.get(self.arm, 0)))
        return seeds if self.together > 1 and self.seed in seeds else [self.seed]

    def with_seed(self, seed: int) -> Params:
        """Return the parameters of another seed."""
        return self.model_copy(update={"seed": seed})

    @property
    def yoked_seed(self) -> int:
        """The seed of the run whose mixes a yoked arm draws: the next of the study's seeds."""
        return (self.seed + 1) % self.arms.get(self.arm, 1)

    def run(self, device: str = "cpu", recorded: Recorded = ()) -> Run:
        """Return the run that recipe, arm and seed name; `recorded`: a yoked arm's mixes."""
        from cl_utils.training.loop import Run  # a second of torch, which figures do without

        return Run(
            model=self.model_of(self.recipe),
            recipe=recipe_named(self.recipe),
            name=self.arm,
            arm=arm_named(self.arm),
            seed=self.seed,
            steps=self.steps,
            characters_per_step=self.characters_per_step,
            hardest_share=self.hardest_share,
            device=device,
            compiled=self.compile,
            recorded=recorded,
        )


def read_params(path: Path, overrides: Mapping[str, Any] | None = None) -> Params:
    """Return the parameters of a YAML file with `overrides` laid over them.

    Raises StudyError for a missing file, a name that is no parameter, or a value out of bounds.
    """
    return _validated({**_read_yaml(path), **(overrides or {})}, str(path))


def notebook_params(names: MutableMapping[str, Any]) -> Params:
    """Return the parameters of a running notebook: ``notebook_params(globals())``.

    Plain values among the notebook's global names are parameters; what they leave open comes from
    params/<profile>.yaml. Raises StudyError for a name that is no parameter, unless an earlier call
    in the same kernel has accepted the parameters: then it is a variable of later cells.
    """
    given = {
        name: value
        for name, value in names.items()
        if not name.startswith("_") and name not in _NOTEBOOK_NAMES and isinstance(value, _PLAIN)
    }
    profile = given.get("profile")
    if not isinstance(profile, str):
        raise StudyError(f"profile={profile!r} is not a profile's name: set profile='smoke'")
    if _ACCEPTED in names:
        given = {name: value for name, value in given.items() if name in Params.model_fields}
    missing = [name for name in Params.model_fields if name not in given]
    params = _validated(
        {**(_read_yaml(PARAMS / f"{profile}.yaml") if missing else {}), **given},
        f"the notebook's parameters, profile {profile!r}",
    )
    names[_ACCEPTED] = True
    return params


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = sorted(each.stem for each in PARAMS.glob("*.yaml"))
        raise StudyError(
            f"{path} is missing: use one of the profiles {known}, or write it"
        ) from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise StudyError(f"{path} holds no parameters: write one 'name: value' a line")
    return content


def _validated(values: Mapping[str, Any], where: str) -> Params:
    try:
        return Params(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "parameters"
        if first["type"] == "extra_forbidden":
            raise StudyError(
                f"{where}: {name} is no parameter: remove it or fix its spelling "
                "(cl_utils/study/params.py lists them)"
            ) from None
        if first["type"] == "missing":
            raise StudyError(f"{where}: {name} is missing: add it") from None
        if first["type"] == "value_error":
            raise StudyError(f"{where}: {first['ctx']['error']}") from None
        allowed = _ALLOWED.get(name, first["msg"])
        raise StudyError(f"{where}: {name}={values[name]!r} is not allowed: {allowed}") from None
