"""Every setting that has been studied: its size, rows, declared contrasts and effects.

In: the results of several profiles. Out: `Setting`s; `report.side_by_side` makes rows of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from cl_utils.labels.names import trained_on
from cl_utils.labels.numbers import millions
from cl_utils.paths import committed_results, params_file
from cl_utils.report.questions import pairs
from cl_utils.stats import (
    FACTORIAL,
    contrast_table,
    crossed_simple_effects,
    factorial_effects,
    level_effects,
)
from cl_utils.stats.contrasts import (
    DeclaredSeeds,
    against,
    as_exploratory,
    as_interim,
    declared_seeds,
    interim_contrasts,
    of_pairs,
)
from cl_utils.stats.exams import exam_cells
from cl_utils.stats.factorial import interim_effects
from cl_utils.stats.levels import by_level, declared_level_effects, level_order_effects
from cl_utils.stats.rows import Pair
from cl_utils.study.params import Params, read_params
from cl_utils.study.results import Results, finished_runs, load_results, run_manifest
from cl_utils.study.stage_params import LevelQuestion, SecondMeasure

REFERENCE = "baseline"
CPU = "cpu"
GPU = "gpu"
STUDIED = ("study", "study-strong", "paper-size")
"""The profiles with committed results of the factorial, the small setting first."""
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("study", "study-strong", "study-rates", "study-orders"), "small models"),
        "paper-size": "models of the paper's size",
    }
)
"""The committed profiles by the size of their models, in words."""
ORDERED = "study-orders"
"""The profile of other orders of the baseline's programs."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A profile's runs under one recipe: their size, rows, declared contrasts and seeds."""

    profile: str
    recipe: str
    parameters: int
    longest: int
    metric: str
    results: Results
    declared: Sequence[Pair]
    planned: int  # how many seeds the arm has that has most
    seeds: DeclaredSeeds = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)  # of its first run
    machines: Mapping[str, int] = field(default_factory=dict)  # and how many runs each trained
    devices: Mapping[int, str] = field(default_factory=dict)  # of each seed, where its arms agree
    question: LevelQuestion | None = None
    second: SecondMeasure | None = None

    @property
    def size(self) -> str:
        """The size of the models in words."""
        return f"{millions(self.parameters)} parameters"

    @property
    def group(self) -> str:
        """What models of this size are called where settings are compared, "" without a name."""
        return GROUPS.get(self.profile, "")

    @property
    def title(self) -> str:
        """What the runs are, in few words where `group` says their size."""
        return f"{self.group} ({self.recipe})" if self.group else self.name

    @property
    def name(self) -> str:
        """What the runs are, with their sizes: models and programs."""
        sizes = f"{self.size}, at most {self.longest} characters"
        return f"{self.title}: {sizes}" if self.group else f"{sizes}, recipe {self.recipe}"

    def planned_of(self, arms: Iterable[str], first: int = 0) -> int:
        """Return how many declared seeds, from `first` on, all of these arms have."""
        return declared_seeds(self.seeds, arms, first) if self.seeds else self.planned - first

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """The declared contrasts, one Holm family."""
        rows = contrast_table(self.results.measures, contrasts=self.declared)
        return interim_contrasts(rows.assign(exploratory=False), self.seeds)

    def compared(self, pair: Pair) -> pd.DataFrame:
        """The declared contrast of a pair, else the two compared by themselves: exploratory."""
        declared = of_pairs(self.contrasts, [pair])
        if len(declared):
            return declared
        return as_exploratory(contrast_table(self.results.measures, contrasts=[pair]))

    @cached_property
    def others(self) -> pd.DataFrame:
        """Every arm of no declared contrast against the baseline: exploratory."""
        compared = {arm for pair in self.declared for arm in pair}
        arms = [arm for arm in self.results.measures["arm"].unique() if arm not in compared]
        pairs = against(REFERENCE, arms)
        return as_exploratory(contrast_table(self.results.measures, contrasts=pairs))

    @cached_property
    def effects(self) -> pd.DataFrame:
        """The factorial's effects; empty until all eight arms have a seed in common."""
        return interim_effects(factorial_effects(self.results.measures), self.seeds)

    @cached_property
    def simple(self) -> pd.DataFrame:
        """Order on either choice of programs, composition in either order, exploratory."""
        return crossed_simple_effects(self.results.measures)

    @cached_property
    def by_level(self) -> pd.DataFrame:
        """What every run gets right on each level of the grammar, in percent."""
        return by_level(self.results.programs)

    @cached_property
    def levels(self) -> pd.DataFrame:
        """What the factorial does on each level of the grammar, exploratory; or empty."""
        return level_effects(self.by_level)

    @cached_property
    def order_by_level(self) -> pd.DataFrame:
        """Order on each level, on either choice of programs apart, exploratory; or empty."""
        return level_order_effects(self.by_level)

    @cached_property
    def asked_levels(self) -> pd.DataFrame:
        """The effect that was declared for later seeds, a row per level; empty without them."""
        if self.question is None:
            return pd.DataFrame()
        asked = self.question
        rows = declared_level_effects(self.by_level, asked.effect, asked.levels, asked.first_seed)
        declared = self.planned_of(FACTORIAL.values(), asked.first_seed)
        return rows if rows.empty else as_interim(rows, declared)


def studied() -> list[Setting]:
    """Return every setting with committed results of the factorial."""
    return settings_in(map(committed_results, STUDIED))


def shown_settings(params: Params, results: Results) -> list[Setting]:
    """Return the settings that a profile's notebook shows: all that were studied, or its own.

    All of them in the profile that the README shows. `results`: those of the profile.
    """
    return list(_shown(params, results))


def _shown(params: Params, results: Results) -> Iterator[Setting]:
    """Yield `shown_settings` one by one: another profile's rows take a second to load."""
    folders = map(committed_results, STUDIED) if params.writes_pages else [params.paths.results]
    for folder in folders:
        own = folder.name == params.profile
        yield from settings_of(folder, results) if own else settings_in([folder])


def examined(params: Params, results: Results) -> tuple[Setting, Params]:
    """Return the setting whose exams a profile's notebook shows, with its parameters.

    The first that took any; without one, the first of all, whose figure then says what is missing.
    """
    settings = []
    for setting in _shown(params, results):
        settings.append(setting)
        if len(exam_cells(setting.results.measures)) > 1:
            own = setting.profile == params.profile  # with what was changed in the notebook
            return setting, params if own else read_params(params_file(setting.profile))
    return settings[0], params


def settings_in(folders: Iterable[Path]) -> list[Setting]:
    """Return a setting for each results/<profile> and recipe; none of a folder without results."""
    return [
        setting
        for folder in folders
        if finished_runs(folder)
        for setting in settings_of(folder, load_results(folder))
    ]


def settings_of(folder: Path, results: Results) -> list[Setting]:
    """Return a setting for each recipe of results/<profile>, whose results are these."""
    params = read_params(params_file(folder.name))
    found = []
    for recipe in results.recipes:
        runs = [run for run in finished_runs(folder) if run.parts[-3] == recipe]
        manifests = [run_manifest(run) for run in runs]
        manifest = manifests[0]
        found.append(
            Setting(
                profile=folder.name,
                recipe=recipe,
                parameters=manifest["parameters"],
                longest=manifest["params"]["maximum_characters"],
                metric=manifest["params"]["metric"],
                results=results.of_recipe(recipe).of_declared(params.seeds),
                declared=pairs(params.contrasts),
                planned=max(map(len, params.seeds.values())),
                seeds=params.seeds,
                manifest=manifest,
                machines=Counter(map(trained_on, manifests)),
                devices=_devices(manifests),
                question=params.level_question,
                second=params.second_measure,
            )
        )
    return found


def _devices(manifests: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Return `CPU` or `GPU` of each seed, but of none whose arms were trained on both."""
    found: dict[int, set[str]] = {}
    for each in manifests:
        kind = CPU if each["device"] == "cpu" else GPU
        found.setdefault(each["params"]["seed"], set()).add(kind)
    return {seed: next(iter(kinds)) for seed, kinds in found.items() if len(kinds) == 1}
