"""Synthetic results of a study: rows as evaluation writes them, from a seed, without any model.

In: arms, seeds, a generator. Out: `Results` in memory, or the folders of a profile on disk.
Accuracies are invented; only their shape (0 to 100, hard below easy, spread over seeds) matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cl_utils import artifacts
from cl_utils.curriculum.arms import arm_named, arms
from cl_utils.difficulty.buckets import BUCKETS, counts_by_level
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.difficulty.static_metrics import agreement
from cl_utils.files import file_digest
from cl_utils.labels.arm_groups import OWN_METRIC, adaptive_arms, compared, metric_arms
from cl_utils.manifests import MANIFEST, read_manifest, write_manifest
from cl_utils.paths import params_file
from cl_utils.stats import FACTORIAL, budget_of
from cl_utils.stats.rows import PRIMARY
from cl_utils.study.params import read_params
from cl_utils.study.results import Results
from cl_utils.study.stage_params import BucketParams

SCHEDULES = ("baseline", "sequential", "incremental", "hybrid", "competence", "mastery")
LEVELS = ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")
OFFSETS = {"execution_exact": 0.0, "execution_expected": -5.0, "execution_paper": -8.0}
OFFSETS |= {"execution_paper_greedy": -4.0, "token_accuracy": 5.0, "line_exact": -30.0}
OFFSETS |= {"token_accuracy_program": 2.0, "token_accuracy_output": 14.0}
SETS = {"balanced": ("easy", "medium", "hard", "macro", "all"), "natural": ("all",)}
SETS |= {"leaky": ("all",)}
LEAK = 6.0  # points
EFFECT_OF = {  # points on the baseline, where they are not those of a schedule's place
    "baseline-restarts": 0.4,
    "hybrid-shuffled": 1.0,
    "baseline-in-hybrid-order": 1.6,
    "anti-hybrid": -7.0,
    "easy-only": -31.0,
    "hard-only": -9.0,
}
SHIFT = {"easy": 8.0, "medium": 0.0, "hard": -14.0, "macro": 0.0, "all": 4.0}
STAGES = {  # shares of easy, medium, hard by third of training
    "sequential": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "incremental": [(1, 0, 0), (0.5, 0.5, 0), (1 / 3, 1 / 3, 1 / 3)],
    "hybrid": [(1, 0, 0), (0.3, 0.7, 0), (0.2, 0.2, 0.6)],
    "mastery": [(0.8, 0.1, 0.1), (0.25, 0.6, 0.15), (0.15, 0.25, 0.6)],
}
STAGES |= dict.fromkeys(("yoked-mastery", "progress", "yoked-progress"), STAGES["mastery"])
EVALUATED = ("program_id", "test_set", "exact", "paper_correct_greedy", "log_probability")
Run = tuple[str, int]


def runs_of(arms: Sequence[str], seeds: Sequence[int]) -> Iterator[Run]:
    """Yield every (arm, seed)."""
    yield from ((arm, seed) for arm in arms for seed in seeds)


def level_of_skill(arm: str, seed: int, rng: np.random.Generator) -> float:
    """Return an invented accuracy (percent) of one run."""
    base, percent = budget_of(arm)
    place = SCHEDULES.index(base) if base in SCHEDULES else 3
    gain = EFFECT_OF.get(base, 1.1 * place) * (100 / percent) ** 0.5
    learnt = 74.0 - 12.0 * np.log(100 / percent)
    return float(learnt + gain + 0.8 * seed % 3 + rng.normal(0, 1.0))


def measures_of(run: Run, skill: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return measures.csv of one run, with recipe, arm and seed."""
    rows = []
    for test_set, subsets in SETS.items():
        for subset in subsets:
            for measure, offset in OFFSETS.items():
                leak = LEAK if test_set == "leaky" else 0.0
                value = skill + offset + SHIFT[subset] + leak + rng.normal(0, 0.4)
                rows.append((test_set, subset, measure, float(np.clip(value, 0, 100))))
            rows.append((test_set, subset, "execution_paper_ceiling", 91.4))
    frame = pd.DataFrame(rows, columns=["test_set", "subset", "measure", "value"])
    kind = frame["subset"].where(frame["subset"].isin(["macro", "all"]), "bucket")
    return tagged(frame.assign(subset_kind=kind, n=1000), run)


def curves_of(run: Run, skill: float) -> pd.DataFrame:
    """Return curve.csv of one run: 12 checkpoints, saturating growth."""
    steps = np.unique(np.geomspace(50, 4000, 12).astype(int))
    frames = []
    for bucket in ("macro", *BUCKETS):
        accuracy = (skill + SHIFT[bucket]) * (1 - np.exp(-steps / 900))
        frames.append(pd.DataFrame({"step": steps, "bucket": bucket, "execution_exact": accuracy}))
    curve = pd.concat(frames, ignore_index=True)
    curve["characters"] = curve["step"] * 64 * 256
    curve["seconds"] = curve["step"] * (0.11 + 0.01 * run[1])
    return tagged(curve, run)


def history_of(run: Run) -> pd.DataFrame:
    """Return history.csv of one run: 60 rows, shares by thirds; adaptive ones differ by seed."""
    steps = np.linspace(4000 / 60, 4000, 60).astype(int)
    mixes = np.array(STAGES.get(run[0], [(1 / 3, 1 / 3, 1 / 3)] * 3))
    twins = [twin for each in adaptive_arms().values() for twin in each]
    early = 300 * run[1] if run[0] in (*adaptive_arms(), *twins) else 0
    stage = np.minimum((steps + early) * 3 // 4001, 2)
    shares = pd.DataFrame(mixes[stage], columns=[f"share_{bucket}" for bucket in BUCKETS])
    return tagged(shares.assign(step=steps, stage=stage.astype(str), loss=1.0), run)


def programs_of(run: Run, skill: float, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return programs.parquet of one run; program k is the same program in every run."""
    shared = np.random.default_rng(17)
    metric = shared.choice([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.5], count, p=[0.4] + [0.1] * 6)
    hardness = metric / 2 + shared.normal(0, 1, count) + rng.normal(0, 0.3, count)
    exact = hardness < np.quantile(hardness, skill / 100)
    frame = pd.DataFrame(
        {
            "program_id": np.arange(count),
            "test_set": "balanced",
            "level": shared.choice(LEVELS, count),
            "bucket": pd.cut(metric, [0, 2, 4, 99], right=False, labels=BUCKETS).astype(str),
            "overall_metric": metric,
            "characters": np.exp(hardness / 4 + shared.normal(0, 0.3, count)),
            "random": shared.random(count),
            "exact": exact,
            "paper_correct_greedy": exact & (shared.random(count) < 0.9),
            "log_probability": -np.exp(hardness),
            "skeleton": np.arange(count) // 4,
        }
    )
    return tagged(frame, run)


def tagged(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return `frame` with the columns recipe, arm and seed."""
    return frame.assign(recipe="gpt", arm=run[0], seed=run[1])


def synthetic_results(
    arms: Sequence[str] = SCHEDULES,
    seeds: Sequence[int] = (0, 1, 2),
    programs: int = 200,
    stream: int = 5,
) -> Results:
    """Return the results of a study that never ran."""
    rng = np.random.default_rng(stream)
    runs = list(runs_of(arms, seeds))
    skills = [level_of_skill(*run, rng) for run in runs]
    both = list(zip(runs, skills, strict=True))
    return Results(
        measures=pd.concat([measures_of(*one, rng) for one in both], ignore_index=True),
        curves=pd.concat([curves_of(*one) for one in both], ignore_index=True),
        history=pd.concat([history_of(run) for run in runs], ignore_index=True),
        programs=pd.concat([programs_of(*one, programs, rng) for one in both], ignore_index=True),
    )


def whole_study(seeds: Mapping[str, Sequence[int]], programs: int = 60) -> Results:
    """Return the results of a study whose arms have numbers of seeds of their own."""
    parts = [
        synthetic_results([arm], own, programs, stream)
        for stream, (arm, own) in enumerate(seeds.items())
    ]
    names = ("measures", "curves", "history", "programs")
    tables = {
        name: pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        for name in names
    }
    return Results(**tables)


def seeds_of_all_arms() -> dict[str, Sequence[int]]:
    """Return every arm of the study with its seeds: eight in the core, three elsewhere."""
    core = {*FACTORIAL.values(), *SCHEDULES}
    metrics = [metric_arms(OWN_METRIC)[metric] for metric in METRICS]
    budgets = [
        f"{arm}-budget{p}" for arm in ("baseline", "hybrid", "hybrid-shuffled") for p in (10, 30)
    ]
    names = dict.fromkeys([*compared(arms()), *metrics, *budgets])
    return {arm: range(8 if arm in core else 3) for arm in names}


@cache
def every_arm() -> Results:
    """Return a study in which every arm has run: made when first asked for; leave it as it is."""
    return whole_study(seeds_of_all_arms())


def synthetic_difficulty(count: int = 600) -> pd.DataFrame:
    """Return how many invented programs of each level fall into each bucket, by both metrics."""
    rng = np.random.default_rng(3)
    metric = rng.choice([1.0, 1.5, 2.0, 3.0, 4.5], count, p=[0.4, 0.3, 0.1, 0.1, 0.1])
    programs = pd.DataFrame(
        {
            "level": np.resize(LEVELS, count),
            "overall_metric": metric,
            "overall_metric_token": metric + rng.uniform(0, 3, count),
        }
    )
    return counts_by_level(programs, dict.fromkeys(programs.columns[1:], (2.0, 4.0)))


def synthetic_agreement() -> pd.DataFrame:
    """Return the rank correlations of all metrics over invented values; one metric is constant."""
    rng = np.random.default_rng(6)
    size, values = rng.normal(size=400), {}
    for place, name in enumerate(METRICS):
        values[name] = (-1) ** place * size + rng.normal(0, 0.3 * place, 400)
    return agreement(pd.DataFrame(values | {"nesting_depth": 1}))


def write_results(folder: Path, results: Results, fingerprint: str = "abc") -> None:
    """Write `results` as the folders of one profile, as notebook 05 does."""
    names = {"measures": "measures.csv", "curves": "curve.csv", "history": "history.csv"}
    keys = ["recipe", "arm", "seed"]
    programs = results.programs[[*keys, *EVALUATED]]
    tables = {file: getattr(results, name) for name, file in names.items()}
    rows = {name: dict(iter(table.groupby(keys))) for name, table in tables.items()}
    answers = dict(iter(programs.groupby(keys)))
    right = 100 * results.programs.groupby([*keys, "bucket"])["exact"].mean()
    for key in rows["measures.csv"]:
        recipe, arm, seed = key
        run = folder / recipe / arm / f"seed{seed}"
        run.mkdir(parents=True)
        for name, table in tables.items():
            own = rows[name].get(key, table.iloc[:0])
            if name == "measures.csv" and key in answers:
                own = with_buckets(own, right.loc[key])
            own.drop(columns=keys).to_csv(run / name, index=False)
        own = answers.get(key, programs.iloc[:0])
        own.drop(columns=keys).to_parquet(run / "programs.parquet")
        seal(run, fingerprint)
    static = results.programs.columns.difference([*keys, *EVALUATED[1:]], sort=False)
    tested = results.programs[static].drop_duplicates("program_id")
    profile = params_file(folder.name)
    made = read_params(profile).of(BucketParams) if profile.exists() else {"profile": folder.name}
    artifacts.save_table(folder / "data" / "tested.parquet", tested, params=made)


def with_buckets(measures: pd.DataFrame, right: pd.Series) -> pd.DataFrame:
    """Return measures whose accuracies by bucket are those of the programs (percent)."""
    here = measures["measure"].eq(PRIMARY[0]) & measures["test_set"].eq(PRIMARY[1])
    here &= measures["subset"].isin(right.index)
    return measures.assign(value=measures["value"].where(~here, measures["subset"].map(right)))


def seal(run: Path, fingerprint: str = "abc", **changed: object) -> None:
    """Write the manifest of a run's folder, as notebook 05 does last."""
    tables = [path for path in run.iterdir() if path.suffix != ".json"]
    files = {path.name: file_digest(path) for path in tables}
    recipe, arm, seed = *run.parts[-3:-1], int(run.name.removeprefix("seed"))
    manifest = {
        "params": {"profile": run.parts[-4], "recipe": recipe, "arm": arm, "seed": seed},
        "arm": asdict(arm_named(arm)),
        "code": "same",
        "data_fingerprint": fingerprint,
        "evaluation": {"files": files, "code": "same"},
    }
    write_manifest(run / MANIFEST, {**manifest, **changed})


def change_manifest(run: Path, **values: object) -> None:
    """Overwrite entries of a run's manifest; those of its params and evaluation one by one."""
    manifest = read_manifest(run / MANIFEST, "")
    for name, value in values.items():
        manifest[name] = {**manifest.get(name, {}), **value} if isinstance(value, dict) else value
    write_manifest(run / MANIFEST, manifest)
