"""Changed parameters have a place of their own, so that nothing of a profile is overwritten.

In: notebooks' parameters that differ from those of their profile. Out: a failure that names the
file which would be overwritten, or which would be made again though nothing of it changed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cl_utils import paths as paths_module
from cl_utils.artifacts import save_table
from cl_utils.manifests import manifest_path
from cl_utils.paths import HOME_VARIABLE, PARAMS, REPOSITORY, Paths
from cl_utils.study import places
from cl_utils.study.data_files import AGREEMENT
from cl_utils.study.model_losses import MODEL_LOSS
from cl_utils.study.params import Params, notebook_params, read_params

HEAD = {"profile": "smoke"}
CHANGES: dict[str, Any] = {  # another value of every parameter that changes a file
    "data_seed": 1,
    "variant": "fixed",
    "levels": ["1.1", "2.1"],
    "operand_max": 20,
    "while_loops": True,
    "maximum_characters": 70,
    "programs": 30_000,
    "metric": "characters",
    "bucket_rule": [1.0, 2.0],
    "least_per_bucket": 10,
    "training_programs": 2_000,
    "validation_programs": 30,
    "test_programs": 99,
    "natural_programs": 199,
    "layers": 3,
    "heads": {"fast": 4},
    "width": 64,
    "context": 256,
    "steps": 200,
    "characters_per_step": 1024,
    "hardest_share": 0.25,
    "precision": "float32",
    "recipe": "paper",
    "line_programs": 20,
    "recipes": ["fast", "strong"],
    "arms": {"baseline": 1, "hybrid": 1, "hybrid-norestart": 1, "hybrid-shuffled": 2},
    "contrasts": [["hybrid", "baseline"]],
    "level_question": {"effect": "order", "levels": ["1.1"], "first_seed": 1},
    "second_measure": {"contrasts": [["hybrid", "baseline"]], "first_seed": 1},
    "resamples": 50,
}
TWO_SEEDS = {"arms": dict.fromkeys(read_params(PARAMS / "smoke.yaml").arms, 2)}
NEEDED = {  # what a change cannot be without
    "level_question": TWO_SEEDS,
    "second_measure": TWO_SEEDS,
    "operand_max": {"variant": "fixed"},
    "while_loops": {"variant": "fixed"},
    "least_per_bucket": {"bucket_rule": [1.0, 2.0]},
}


def of(params: Params) -> dict[str, Path]:
    """Return a file or folder of every kind by its stage and kind."""
    paths, run = params.paths, ("fast", "baseline", 0)
    return {
        "programs: programs": paths.programs,
        "programs: difficulty": paths.difficulty,
        "programs: agreement": paths.counts(AGREEMENT),
        "split: buckets": paths.buckets,
        "split: corpus": paths.corpus("train"),
        "split: tested": paths.tested,
        "split: leak": paths.counts("leak"),
        "training: run": paths.run(*run),
        "training: losses": paths.model_difficulty("fast"),
        "training: losses of tests": paths.counts(f"{MODEL_LOSS}-fast"),
        "rows: results": paths.results,
        "rows: result": paths.result(*run),
        "rows: evaluated": paths.evaluated(*run),
        "figures: figures": params.figures,
        "figures: gallery": paths.gallery("06_figures", "fast"),
    }


STAGES = {
    "programs": places.PROGRAMS,
    "split": places.SPLIT,
    "training": places.TRAINING,
    "rows": places.ROWS,
    "figures": places.FIGURES,
}
OWN = of(notebook_params(dict(HEAD)))


def test_every_parameter_either_changes_a_place_or_names_a_run() -> None:
    assert set(CHANGES) == places.FIGURES
    assert places.FIGURES | set(places.FREE) == set(Params.model_fields)
    assert places.FIGURES & set(places.FREE) == {places.OTHER_RECIPE}


@pytest.mark.parametrize("profile", sorted(path.stem for path in PARAMS.glob("*.yaml")))
def test_the_files_of_an_unchanged_profile_lie_where_they_always_lay(profile: str) -> None:
    params = read_params(PARAMS / f"{profile}.yaml")
    assert params.paths == Paths(profile) and params.changes == {}
    home = paths_module.home()
    runs, results, figures = (home / kind / profile for kind in ("runs", "results", "figures"))
    found = of(params)
    assert list(found.values()) == [
        *(runs / "programs.parquet", runs / "difficulty.parquet"),
        results / "data/metric_agreement.csv",
        *(runs / "buckets.parquet", runs / "corpus/train.safetensors"),
        *(results / "data/tested.parquet", results / "data/leak.csv"),
        *(runs / "training/fast/baseline/seed0", runs / "model_difficulty-fast.parquet"),
        results / "data/model_loss-fast.csv",
        *(results, results / "fast/baseline/seed0"),
        runs / "training/fast/baseline/seed0/evaluated.json",
        figures / params.recipe if len(params.recipes) > 1 else figures,
        runs / "figures/06_figures-fast.json",
    ]


def test_the_repository_is_home_under_whatever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or its generated pages would be left as they are without a word."""
    link = tmp_path / "link"
    link.symlink_to(REPOSITORY, target_is_directory=True)
    for name in (link, f"{REPOSITORY}/", f"{REPOSITORY}/cl_utils/.."):
        monkeypatch.setenv(HOME_VARIABLE, str(name))
        assert paths_module.home() == REPOSITORY


def test_committed_results_are_linked_again_where_the_repository_was_moved(tmp_path: Path) -> None:
    link = tmp_path / "results" / "study"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "moved" / "results" / "study")
    paths_module.share_committed_results(tmp_path)
    assert link.resolve() == REPOSITORY / "results" / "study"


def test_rows_of_the_user_s_own_profiles_are_not_shared_with_another_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run there would write through the link into the repository."""
    for profile in ("study", *paths_module.UNTRACKED):
        (tmp_path / "repository" / "results" / profile).mkdir(parents=True)
    monkeypatch.setattr(paths_module, "REPOSITORY", tmp_path / "repository")
    paths_module.share_committed_results(tmp_path / "home")
    assert [each.name for each in (tmp_path / "home/results").iterdir()] == ["study"]


@pytest.mark.parametrize("name", CHANGES)
def test_what_depends_on_a_changed_parameter_lies_elsewhere_and_nothing_else(name: str) -> None:
    changes = {**NEEDED.get(name, {}), name: CHANGES[name]}
    params = notebook_params({**HEAD, **changes})
    assert params.changes == changes
    for kind, path in of(params).items():
        depends = set(changes) & STAGES[kind.partition(":")[0]]
        assert (path != OWN[kind]) == bool(depends), kind
        if depends:
            folder = path.relative_to(paths_module.home()).parts
            assert folder[0] == "runs" and folder[1].startswith("smoke+"), "nothing tracked"
            assert re.fullmatch(r"[A-Za-z0-9.=_+-]{1,80}", folder[1])


@pytest.mark.parametrize(
    "free",
    [
        {"recipe": "fast"},
        {"recipe": None},
        {"arm": "hybrid"},
        {"seed": 7},
        {"device": "auto"},
        {"compile": True},
        {"together": 3},
        {"steps": 60},
        {"bucket_rule": "tertiles", "programs": 20_000},
    ],
    ids=str,
)
def test_naming_a_run_or_the_profiles_own_value_changes_no_place(free: dict[str, Any]) -> None:
    params = notebook_params({**HEAD, **free})
    assert params.paths == Paths("smoke") and params.paths.results == OWN["rows: results"]


def test_a_place_is_named_after_the_changes() -> None:
    folder = notebook_params({**HEAD, "steps": 200}).paths.run("fast", "hybrid", 1)
    assert folder.parts[-5:] == ("smoke+steps=200", "training", "fast", "hybrid", "seed1")
    both = notebook_params({**HEAD, "steps": 200, "levels": ["1.1", "3.2"], "while_loops": False})
    assert both.paths.programs.parent.name == "smoke+levels=1.1-3.2"
    assert both.paths.results.parts[-3:] == ("smoke+levels=1.1-3.2+steps=200", "results", "smoke")
    assert places.folder("smoke", {"compile": True}) == "smoke+compile=true"


def test_a_place_whose_name_would_be_long_or_unclear_is_named_by_a_hash() -> None:
    long = {name: CHANGES[name] for name in ("layers", "width", "steps", "characters_per_step")}
    long |= {"training_programs": 1, "validation_programs": 1, "test_programs": 1}
    unclear = [
        *({"heads": {"fast": 4}}, {"heads": {"fast": 2}}, {"heads": {"strong": 4}}),
        *({"contrasts": []}, {"contrasts": [["a", "b"]]}, {"contrasts": [["b", "a"]]}),
        *({"recipes": ["a-b", "c"]}, {"recipes": ["a", "b-c"]}),
    ]
    names = [places.folder("smoke", each) for each in (long, *unclear)]
    assert all(re.fullmatch(r"smoke\+changed-[0-9a-f]{8}", name) for name in names)
    assert len(set(names)) == len(names)
    assert places.folder("smoke", long) == places.folder("smoke", dict(long))


def test_changes_stay_with_another_seed_and_are_seen_in_a_copy() -> None:
    changed = notebook_params({**HEAD, "steps": 200}).with_seed(5)
    assert changed.seed == 5 and changed.changes == {"steps": 200}
    copy = read_params(PARAMS / "smoke.yaml").model_copy(update={"steps": 9})
    assert copy.paths.run("fast", "baseline", 0).parts[-5] == "smoke+steps=9"


def test_overrides_and_a_file_elsewhere_are_changes_too(tmp_path: Path) -> None:
    assert read_params(PARAMS / "smoke.yaml", {"steps": 9}).changes == {"steps": 9}
    path = tmp_path / "smoke.yaml"
    values = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**values, "steps": 9}), encoding="utf-8")
    assert read_params(path).changes == {"steps": 9}
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.safe_dump({**values, "profile": "mine"}), encoding="utf-8")
    assert read_params(mine, {"seed": 3}).paths == Paths("mine")


def test_values_of_a_whole_file_under_another_profiles_name_are_changes() -> None:
    """As papermill's -f gives them, from the copy of a file whose first line was left."""
    laptop = yaml.safe_load((PARAMS / "laptop.yaml").read_text(encoding="utf-8"))
    params = notebook_params({**laptop, "profile": "study"})
    assert set(params.changes) == {"arms", "contrasts"} and not params.writes_pages
    assert params.paths.results == Paths("study").results
    assert params.figures != Paths("study").figures
    assert notebook_params({**laptop, "profile": "mine"}).paths == Paths("mine")


@pytest.mark.parametrize(
    "change", [{"resamples": 50}, {"steps": 9}, {"contrasts": []}, {"recipe": "strong"}], ids=str
)
def test_no_page_is_written_from_what_is_not_the_study(change: dict[str, Any]) -> None:
    assert notebook_params({"profile": "study"}).writes_pages
    assert not notebook_params({"profile": "study", **change}).writes_pages


def test_a_copy_of_the_study_s_file_writes_no_page() -> None:
    study = yaml.safe_load((PARAMS / "study.yaml").read_text(encoding="utf-8"))
    assert notebook_params(dict(study)).writes_pages
    assert not notebook_params({**study, "profile": "mine"}).writes_pages


def test_a_recipe_is_the_profile_s_own_unless_a_notebook_names_one() -> None:
    """Every notebook leaves it open: none is a recipe of all profiles."""
    strong = notebook_params({"profile": "study-strong", "recipe": None})
    assert strong.recipe == "strong" and strong.paths == Paths("study-strong")
    assert notebook_params({"profile": "study-strong"}).recipe == "strong"
    rates = notebook_params({"profile": "study-rates", "recipe": "strong-third"})
    assert rates.recipe == "strong-third" and rates.paths == Paths("study-rates")


def test_a_recipe_that_the_profile_does_not_list_has_a_place_of_its_own() -> None:
    """Its runs and rows would lie among those of the tracked study."""
    other = notebook_params({"profile": "study-strong", "recipe": "fast"})
    assert other.changes == {"recipe": "fast"}
    assert other.paths.results.parts[-3:] == ("study-strong+recipe=fast", "results", "study-strong")
    assert other.paths.programs == Paths("study-strong").programs


def test_figures_of_another_recipe_do_not_replace_the_profiles() -> None:
    study = notebook_params({"profile": "study"}).figures
    other = notebook_params({"profile": "study", "recipe": "strong"}).figures
    assert other.parts[-4:] == ("study+recipe=strong", "figures", "study", "strong")
    assert study == Paths("study").figures


def test_a_file_s_own_recipe_is_no_change_though_its_list_lacks_it(tmp_path: Path) -> None:
    values = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
    mine = tmp_path / "mine.yaml"
    changed = {"profile": "mine", "recipe": "fast", "recipes": ["strong"]}
    mine.write_text(yaml.safe_dump({**values, **changed}), encoding="utf-8")
    params = notebook_params({**values, **changed})
    assert params.changes == {} and read_params(mine).paths == Paths("mine")
    assert places.changed({**values, **changed}, {**values, **changed}) == {}


def test_rows_of_changed_parameters_have_the_tables_that_they_refer_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    own, changed = notebook_params(dict(HEAD)), notebook_params({**HEAD, "line_programs": 20})
    save_table(own.paths.tested, pd.DataFrame({"program_id": [1]}), params={"profile": "smoke"})
    losses = own.paths.counts(f"{MODEL_LOSS}-fast")
    losses.write_text("program_id,model_loss\n")
    places.share_tables(changed.paths)
    shared = changed.paths.results / "data"
    assert {path.name for path in shared.iterdir()} == {
        *("tested.parquet", "tested.parquet.manifest.json", losses.name)
    }
    assert (shared / "tested.parquet").read_bytes() == own.paths.tested.read_bytes()
    before = own.paths.tested.stat().st_mtime_ns
    places.share_tables(own.paths)
    assert own.paths.tested.stat().st_mtime_ns == before
    assert manifest_path(own.paths.tested).exists() and str(REPOSITORY) not in str(shared)
