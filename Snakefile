# The study as a graph of notebooks: programs -> difficulty -> buckets -> a training and an
# evaluation a run -> figures. `make reproduce PROFILE=laptop` runs it; SLURM: profiles/slurm.
#
# Every rule executes one notebook (papermill) and is proven by the file that the notebook writes last,
# not by an exit status. Notebooks and modules are no inputs, so that saving one in JupyterLab
# repeats nothing; `code` is a fingerprint of what they compute, and a change of that does.

import os
import shlex
import sys
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path

from cl_utils.code_fingerprint import code_fingerprint, showing_notebooks
from cl_utils.curriculum.arms import arm_named
from cl_utils.data.corpus import SPLITS
from cl_utils.errors import StudyError
from cl_utils.paths import NOTEBOOKS, Paths, params_file
from cl_utils.study.notebook_names import FINDINGS
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams
from cl_utils.workflow.profiles import check_options, profile_named, study_named
from cl_utils.workflow.taking_part import take_part


def told(function, *arguments):
    """Return what a function returns; where it refuses, let Snakemake say why in a sentence."""
    try:
        return function(*arguments)
    except StudyError as error:
        raise WorkflowError(str(error)) from None


def here(path):
    """Return a path from the working directory: Snakemake reads braces above it as wildcards."""
    return Path(os.path.relpath(path))


told(check_options, config)
PROFILE = told(profile_named, config.get("profile", "laptop"))
STUDY = told(study_named, PROFILE)
PATHS = Paths(PROFILE)
RUNS = here(PATHS.runs)
if set("{}") & set(str(RUNS)):
    raise WorkflowError(f"{RUNS}: Snakemake takes braces for wildcards: run it in the repository")
SHOWING = showing_notebooks()
LOGS = RUNS / "notebooks"
FOLDER = RUNS / "training/{recipe}/{arm}/seed{seed}"
OF_RECIPE = " --recipe {wildcards.recipe:q}"
OF_RUN = OF_RECIPE + " --arm {wildcards.arm:q} --seed {wildcards.seed}"
RUN_FILES = ("manifest.json", "mixes.json")
GALLERY = RUNS / "figures/{book}-{recipe}.json"
PROGRAMS, DIFFICULTY, BUCKETS = map(here, (PATHS.programs, PATHS.difficulty, PATHS.buckets))
CORPUS = {split: here(PATHS.corpus(split)) for split in SPLITS}
LOSSES = [here(PATHS.model_difficulty(each)) for each in STUDY.recipes if STUDY.needs_losses]
WORK = ExitStack()
TOGETHER = STUDY.together > 1  # one training for all seeds of an arm, see notebook 04
GPU = 0 if STUDY.device == "cpu" else 1
SHARING = 8  # processes of the rules that run alone, fewer where there are fewer cores
ON_THREADS = "PYTHON_CPU_COUNT={threads} "
"""Before a command: jobs side by side start no more processes than there are cores."""


def quoted(text):
    """Return a text as a rule's shell command holds it: for the shell, past the rule's braces."""
    return shlex.quote(str(text)).replace("{", "{{").replace("}", "}}")


# The one that runs this: no activated environment is needed. By its name, and not its path, so that
# a clone that was moved trains nothing again.
os.environ["STUDY_PYTHON"] = sys.executable
PYTHON = '"$STUDY_PYTHON"'


def execute(notebook):
    """Return the shell command that executes a notebook with the profile's parameters."""
    file = quoted(here(params_file(PROFILE)))
    book = f"{quoted(here(NOTEBOOKS))}/{notebook}.ipynb"
    return f"{PYTHON} -m cl_utils.workflow.notebook {book} {{log.notebook:q}} --params {file}"


def arm(wildcards):
    """Return, as text, what an arm is: its training depends on it."""
    return repr(arm_named(wildcards.arm))


def of_seeds(pattern, name, seeds):
    """Return the files of these seeds of an arm, their recipe still open."""
    return expand(str(pattern), arm=name, seed=seeds, allow_missing=True)


def learnt_from(wildcards, name="", seeds=()):
    """Return what an arm needs beside programs: a metric's losses, and the mixes it replays."""
    name, seeds = name or wildcards.arm, seeds or [int(wildcards.seed)]
    chosen, recipe = arm_named(name), wildcards.recipe
    losses = [here(PATHS.model_difficulty(recipe))] if "model_loss" in chosen.metrics else []
    if chosen.yoked_to is None:
        return losses
    ours = [STUDY.model_copy(update={"arm": name, "seed": seed}) for seed in seeds]
    theirs = {"arm": chosen.yoked_to, "seed": [each.yoked_seed for each in ours]}
    return [*losses, *expand(str(FOLDER / "mixes.json"), recipe=recipe, **theirs)]


def before(wildcards):
    """Return what the findings show beside their sentences: the other notebooks' figures."""
    others = [book for book in SHOWING if book != FINDINGS] if wildcards.book == FINDINGS else []
    return expand(str(GALLERY), book=others, recipe=wildcards.recipe)


@cache
def code(notebook):
    """Return the fingerprint of what a notebook computes."""
    return code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")


def values(stage, *names, without=()):
    """Return, as text, the parameters that a rule depends on."""
    kept = {**STUDY.of(stage), **{name: getattr(STUDY, name) for name in names}}
    return repr({name: value for name, value in kept.items() if name not in without})


onstart:
    told(take_part, PROFILE, WORK)


onsuccess:
    WORK.close()


onerror:
    WORK.close()


wildcard_constraints:
    seed=r"\d+",
    book="|".join(SHOWING),


# What stands between is asked for, too: left to the figures, a file that a killed or failed job took
# with it would not be missed while older figures are there.
rule all:
    input:
        expand(str(GALLERY), book=SHOWING, recipe=STUDY.recipes),
        [PROGRAMS, DIFFICULTY, BUCKETS, *CORPUS.values()],
        [] if config.get("resumed") else LOSSES,
        expand(
            [
                file
                for each in STUDY.seeds.items()
                for name in (*RUN_FILES, "evaluated.json")
                for file in of_seeds(FOLDER / name, *each)
            ],
            recipe=STUDY.recipes,
        ),


rule programs:
    output:
        PROGRAMS,
    log:
        notebook=LOGS / "01_data_generation.ipynb",
    params:
        code=code("01_data_generation"),
        values=values(DataParams),
    threads: SHARING
    shell:
        ON_THREADS + execute("01_data_generation")


rule difficulty:
    input:
        PROGRAMS,
    output:
        DIFFICULTY,
    log:
        notebook=LOGS / "02_metric_analysis.ipynb",
    params:
        code=code("02_metric_analysis"),
    threads: SHARING
    shell:
        ON_THREADS + execute("02_metric_analysis")


rule buckets:
    input:
        PROGRAMS,
        DIFFICULTY,
    output:
        BUCKETS,
        list(CORPUS.values()),
    log:
        notebook=LOGS / "03_bucketing.ipynb",
    params:
        code=code("03_bucketing"),
        values=values(BucketParams),
    shell:
        execute("03_bucketing")


rule model_difficulty:
    input:
        list(CORPUS.values()),
    output:
        RUNS / "model_difficulty-{recipe}.parquet",
    log:
        notebook=LOGS / "08_model_difficulty-{recipe}.ipynb",
    params:
        code=code("08_model_difficulty"),
        values=values(TrainingParams, without=("recipe", "arm", "seed")),
    priority: 1  # an arm waits for it
    resources:
        gpu=GPU,
    shell:
        ON_THREADS + execute("08_model_difficulty") + OF_RECIPE


for name, seeds in STUDY.seeds.items() if TOGETHER else [("{arm}", ["{seed}"])]:

    rule:
        name:
            f"training_{name}" if TOGETHER else "training"
        input:
            CORPUS["train"],
            CORPUS["validation"],
            partial(learnt_from, name=name, seeds=seeds) if TOGETHER else learnt_from,
        output:
            expand(str(FOLDER / "{file}"), arm=name, seed=seeds, file=RUN_FILES, allow_missing=True),
        log:
            notebook=LOGS / f"04_training-{{recipe}}-{name}{'' if TOGETHER else '-seed{seed}'}.ipynb",
        params:
            arm=repr(arm_named(name)) if TOGETHER else arm,
            code=code("04_training"),
            values=values(TrainingParams, without=("recipe", "arm", "seed")),
        resources:
            gpu=GPU,
        retries: 1
        threads: SHARING if TOGETHER else 1
        shell:
            ON_THREADS
            + execute("04_training")
            + (OF_RECIPE + f" --arm {quoted(name)} --seed {seeds[0]}" if TOGETHER else OF_RUN)


rule evaluation:
    input:
        FOLDER / "manifest.json",
        [CORPUS[split] for split in SPLITS[2:]],
    output:
        FOLDER / "evaluated.json",
    log:
        notebook=LOGS / "05_evaluation-{recipe}-{arm}-seed{seed}.ipynb",
    params:
        code=code("05_evaluation"),
        values=values(DataParams, "line_programs"),
    resources:
        gpu=GPU,
    retries: 1
    shell:
        execute("05_evaluation") + OF_RUN


rule figures:
    input:
        [of_seeds(FOLDER / "evaluated.json", *each) for each in STUDY.seeds.items()],
        before,
    output:
        GALLERY,
        report(str(RUNS / "figures/{book}-{recipe}.html"), category="Tables and figures"),
    log:
        notebook=LOGS / "{book}-{recipe}.ipynb",
    params:
        code=lambda wildcards: code(wildcards.book),
        values=values(
            DataParams,
            *("recipes", "arms", "contrasts", "level_question", "second_measure", "resamples"),
        ),
    shell:
        execute("{wildcards.book}")
        + OF_RECIPE
        + f" --page {quoted(RUNS / 'figures')}"
