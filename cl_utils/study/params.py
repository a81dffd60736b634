"""Parameters: what a notebook was told, completed by its profile's file, and checked.

In: the global names of a notebook after its parameters cell (papermill's injected values
included), or a params file. Out: a frozen `Params`, or one sentence that names the stranger or the
wrong value.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, PrivateAttr, ValidationError, model_validator

from cl_utils.curriculum.arms import Recorded, arm_named
from cl_utils.errors import StudyError
from cl_utils.model.config import ModelConfig
from cl_utils.names import check_name, listed, meant, shown
from cl_utils.paths import PAGES_OF, PARAMS, Paths, params_file
from cl_utils.study import contradictions, declared, estimates, places
from cl_utils.study.kernel_cells import accept, parameters_among
from cl_utils.study.stage_params import (
    Count,
    LevelQuestion,
    SecondMeasure,
    SeedSpan,
    TrainingParams,
    seeds_of,
)
from cl_utils.tinypy.grammar import level_rows
from cl_utils.training.recipes import recipe_named
from cl_utils.validation import Wording, refusal_of
from cl_utils.yaml_files import read_mapping

if TYPE_CHECKING:
    from cl_utils.training.loop import Run

LEAST_RESAMPLES = 40  # fewer have no 2.5th and 97.5th percentile
MOST_RESAMPLES = 100_000  # a hundred times the study's, whose findings take minutes
MOST_TOGETHER = 1_000  # models in one batched model; 72 was the most
_ALLOWED = {
    "levels": "give ALL or a list of levels such as ['1.1', '2.1']",
    "heads": "give a number, or one for each recipe such as {'paper': 6, 'fast': 2}",
    "arms": "name each arm with a number of seeds, such as 5, or with its seeds, such as 8-12",
    "bucket_rule": "give tertiles or two thresholds such as [2.0, 4.0]",
}


class Params(TrainingParams):
    """Everything; notebooks 05 and 06 and the workflow read the rest."""

    recipes: list[str] = Field(min_length=1)
    arms: dict[str, Count | SeedSpan] = Field(min_length=1)
    """And of each how many seeds, from 0, or which: "8-12" are five (`seeds`)."""
    contrasts: list[list[str]]  # arm and reference, declared before the runs: one family
    level_question: LevelQuestion | None  # declared for seeds that were not there yet
    second_measure: SecondMeasure | None  # as well
    line_programs: Count  # per test set, for the edit similarity of lines
    resamples: int = Field(ge=LEAST_RESAMPLES, le=MOST_RESAMPLES)  # of every bootstrap
    together: int = Field(gt=0, le=MOST_TOGETHER)  # seeds that 04 trains as one batched model
    _own: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    """What the profile's file says; nothing when there is none, or these values are the profile."""

    @model_validator(mode="after")
    def _fit_together(self) -> Params:
        check_name("profile", self.profile)
        contradictions.check_data(self)
        contradictions.check_split(self)
        contradictions.check_models(self, self.recipes, self.arms)
        contradictions.check_arms(self.arm, self.seeds)
        declared.check_contrasts(self.contrasts, self.arms)
        rows = level_rows(self.levels, self.variant, while_loops=self.while_loops)
        drawn = [level for level, _ in rows]
        declared.check_level_question(self.level_question, self.seeds, drawn)
        declared.check_second_measure(self.second_measure, self.seeds)
        if self.line_programs > (largest := self.largest_test):
            raise StudyError(
                f"line_programs={self.line_programs:,} is more than the {largest:,} programs of "
                "the largest test set: lower it"
            )
        counts = {arm: len(seeds) for arm, seeds in self.seeds.items()}
        models = [self.model_of(each) for each in {self.recipe, *self.recipes}]
        together = min(self.together, max(counts.values()))
        estimates.check_study(self, counts, len(self.recipes), models, together)
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """What is not as in the profile's file and gives the files a place of their own."""
        return places.changed(self.model_dump(), self._own)

    def compared_with(self, own: Mapping[str, Any]) -> Params:
        """Return the same parameters, which know what the profile's file says."""
        compared = self.model_copy()
        compared._own = own
        return compared

    @property
    def writes_pages(self) -> bool:
        """Whether notebook 14 writes README and pages of docs/: the committed study's alone does.

        A copy of its file, under another name, and figures of changed parameters write none.
        """
        return self.profile == PAGES_OF and not self.changes

    @property
    def paths(self) -> Paths:
        """The profile's files, or those of its parameters with changes."""
        return places.paths_of(self.profile, self.changes)

    @property
    def figures(self) -> Path:
        """Where figures go: a folder a recipe unless the profile has this one alone."""
        folder = self.paths.figures
        return folder if self.recipes == [self.recipe] else folder / self.recipe

    def of(self, stage: type[BaseModel]) -> dict[str, Any]:
        """Return the parameters that `stage` (a class of `stage_params`) depends on."""
        return {name: getattr(self, name) for name in stage.model_fields}

    def model_of(self, recipe: str) -> ModelConfig:
        """Return the shape of the models that a recipe trains."""
        if isinstance(self.heads, dict) and recipe not in self.heads:
            raise StudyError(
                f"heads={shown(self.heads)} lacks the recipe {recipe}: {_ALLOWED['heads']}"
            )
        return ModelConfig(
            layers=self.layers,
            heads=self.heads[recipe] if isinstance(self.heads, dict) else self.heads,
            width=self.width,
            context=self.context,
            blocks=recipe_named(recipe).blocks,
            convolution=recipe_named(recipe).convolution,
        )

    @property
    def seeds(self) -> dict[str, range]:
        """The seeds of each arm that the study trains."""
        return {arm: seeds_of(arm, written) for arm, written in self.arms.items()}

    @property
    def needs_losses(self) -> bool:
        """Whether an arm of the study asks for the losses of small models, which 08 measures."""
        return any("model_loss" in arm_named(arm).metrics for arm in self.arms)

    @property
    def trained_seeds(self) -> list[int]:
        """The seeds that notebook 04 trains: `seed`, or all of the arm's, several at once."""
        seeds = self.seeds.get(self.arm, range(0))
        return list(seeds) if self.together > 1 and self.seed in seeds else [self.seed]

    def with_seed(self, seed: int) -> Params:
        """Return the parameters of another seed."""
        return self.model_copy(update={"seed": seed})

    @property
    def yoked_seed(self) -> int:
        """The seed of the run whose mixes a yoked arm draws: the next of the profile's seeds.

        Its own where the profile has one seed of the arm, as `smoke` has.
        """
        own = self.seeds.get(self.arm, range(self.seed, self.seed + 2))
        return own[(self.seed + 1 - own.start) % len(own)]

    @property
    def replayed(self) -> dict[str, Any] | None:
        """Arm and seed of the run whose mixes a yoked arm draws; None for other arms."""
        source = arm_named(self.arm).yoked_to
        return {"arm": source, "seed": self.yoked_seed} if source else None

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


_WORDING = Wording("parameter", tuple(Params.model_fields), "docs/parameters.md", _ALLOWED)


def read_params(path: Path | str, overrides: Mapping[str, Any] | None = None) -> Params:
    """Return the parameters of a YAML file, named like its profile, with `overrides` over them.

    An override that changes what comes out gives the files a place of their own (`Params.paths`).
    Raises StudyError for a missing file, a name that is no parameter, a value out of bounds, or
    values that cannot go together.
    """
    path = Path(path)
    if path.suffix != ".yaml":
        raise StudyError(
            f"{path} is no params file: name one that ends in .yaml, such as params/smoke.yaml"
        )
    written = _written(path)
    params = _checked({**written, **(overrides or {})}, str(path))
    _check_stem(path, params.profile)
    standard = params_file(params.profile)
    if path.resolve() != standard.resolve():
        written = _written(standard) if standard.exists() else {}
    return params.compared_with(written)


def notebook_params(names: MutableMapping[str, Any]) -> Params:
    """Return the parameters of a running notebook: ``notebook_params(globals())``.

    What its parameters cells assign (`kernel_cells`) are parameters; what they leave open comes
    from params/<profile>.yaml, and what they change from it gives the files a place of their own
    (`Params.paths`). `recipe` is the profile's own where it is left out or None, as in the
    notebooks: no other is one that every profile has. Raises StudyError for a name that is no
    parameter and for wrong values.
    """
    given = parameters_among(names, Params.model_fields)
    if given.get("recipe", "") is None:
        del given["recipe"]
    profile = given.get("profile")
    if not isinstance(profile, str):
        raise StudyError(f"profile={shown(profile)} is not a profile's name: set profile='smoke'")
    path = params_file(profile)
    complete = given.keys() >= Params.model_fields.keys()
    own = {} if complete and not path.exists() else _written(path)
    if own:
        _check_stem(path, own.get("profile"))
    params = _checked({**own, **given}, f"the notebook's parameters, profile {profile!r}")
    accept(names)
    return params.compared_with(own)


def _written(path: Path) -> dict[str, Any]:
    """Return what a profile's file says."""
    known = sorted(each.stem for each in PARAMS.glob("*.yaml"))
    guess = meant(path.stem, known)
    return read_mapping(path, missing=f"use a profile of {listed(known)}{guess}, or write it")


def _check_stem(path: Path, profile: object) -> None:
    if profile != path.stem:
        raise StudyError(
            f"{path}: profile={shown(profile)} is not the file's own name: write profile: "
            f"{path.stem}, or the files of another profile would be overwritten"
        )


def _checked(values: Mapping[str, Any], where: str) -> Params:
    try:
        return Params(**values)
    except ValidationError as error:
        raise refusal_of(error, values, where, _WORDING) from None
