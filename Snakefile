# The study as a graph of notebooks: programs -> difficulty -> buckets -> a training and an
# evaluation a run -> figures. `make reproduce PROFILE=laptop` runs it; SLURM: profiles/slurm.
#
# Every rule runs papermill on one notebook and is proven by the file that the notebook writes last,
# not by an exit status. Notebooks and modules are no inputs, so that saving one in JupyterLab
# repeats nothing; `code` is a fingerprint of what they compute, and a change of that does.

import shlex
import sys
from functools import partial

from cl_utils.code_fingerprint import code_fingerprint, showing_notebooks
from cl_utils.curriculum.arms import arm_named
from cl_utils.data.corpus import SPLITS
from cl_utils.paths import NOTEBOOKS, PARAMS, Paths
from cl_utils.study.params import read_params
from cl_utils.study.stage_params import BucketParams, DataParams, TrainingParams

PROFILE = config.get("profile", "laptop")
PARAMS_FILE = PARAMS / f"{PROFILE}.yaml"
STUDY = read_params(PARAMS_FILE)
PATHS = Paths(PROFILE)
SHOWING = showing_notebooks()
LOGS = PATHS.runs / "notebooks"
FOLDER = PATHS.runs / "training/{recipe}/{arm}/seed{seed}"
OF_ARM = " -p arm {wildcards.arm:q} -p seed {wildcards.seed}"
OF_RUN = " -p recipe {wildcards.recipe:q}" + OF_ARM
RUN_FILES = ("manifest.json", "mixes.json")
GALLERY = PATHS.runs / "figures/{book}-{recipe}.json"
TOGETHER = STUDY.together > 1  # one training for all seeds of an arm, see notebook 04
GPU = 0 if STUDY.device == "cpu" else 1
SHARING = 8  # processes of the rules that run alone, fewer where there are fewer cores


def quoted(path):
    """Return a path as the shell reads it, whatever its letters."""
    return shlex.quote(str(path))


PYTHON = quoted(sys.executable)  # the one that runs this: no activated environment is needed


def papermill(notebook):
    """Return the shell command that executes a notebook with the profile's parameters."""
    book, folder, file = map(quoted, (NOTEBOOKS / f"{notebook}.ipynb", NOTEBOOKS, PARAMS_FILE))
    options = f"--log-level ERROR --no-progress-bar --cwd {folder} -f {file}"
    return f"{PYTHON} -m papermill {options} {book} {{log.notebook:q}}"


def arm(wildcards):
    """Return, as text, what an arm is: its training depends on it."""
    return repr(arm_named(wildcards.arm))


def of_seeds(pattern, name, count):
    """Return the files of all seeds of an arm, their recipe still open."""
    return expand(str(pattern), arm=name, seed=range(count), allow_missing=True)


def learnt_from(wildcards, name="", seeds=()):
    """Return what an arm needs beside programs: a metric's losses, or the mixes it replays."""
    name, seeds = name or wildcards.arm, seeds or [int(wildcards.seed)]
    chosen = arm_named(name)
    if chosen.bucket_metric == "model_loss":
        return PATHS.model_difficulty(wildcards.recipe)
    if chosen.yoked_to is None:
        return []
    ours = [STUDY.model_copy(update={"arm": name, "seed": seed}) for seed in seeds]
    theirs = {"arm": chosen.yoked_to, "seed": [each.yoked_seed for each in ours]}
    return expand(str(FOLDER / "mixes.json"), recipe=wildcards.recipe, **theirs)


def before(wildcards):
    """Return what the findings show beside their sentences: the other notebooks' figures."""
    others = SHOWING[:-1] if wildcards.book == SHOWING[-1] else []
    return expand(str(GALLERY), book=others, recipe=wildcards.recipe)


def code(notebook):
    """Return the fingerprint of what a notebook computes."""
    return code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")


def values(stage, *names, without=()):
    """Return, as text, the parameters that a rule depends on."""
    kept = {**STUDY.of(stage), **{name: getattr(STUDY, name) for name in names}}
    return repr({name: value for name, value in kept.items() if name not in without})


wildcard_constraints:
    seed=r"\d+",
    book="|".join(SHOWING),


rule all:
    input:
        expand(str(GALLERY), book=SHOWING, recipe=STUDY.recipes),


rule programs:
    output:
        PATHS.programs,
    log:
        notebook=LOGS / "01_data_generation.ipynb",
    params:
        code=code("01_data_generation"),
        values=values(DataParams),
    threads: SHARING
    shell:
        "PYTHON_CPU_COUNT={threads} " + papermill("01_data_generation")


rule difficulty:
    input:
        PATHS.programs,
    output:
        PATHS.difficulty,
    log:
        notebook=LOGS / "02_metric_analysis.ipynb",
    params:
        code=code("02_metric_analysis"),
    threads: SHARING
    shell:
        "PYTHON_CPU_COUNT={threads} " + papermill("02_metric_analysis")


rule buckets:
    input:
        PATHS.programs,
        PATHS.difficulty,
    output:
        PATHS.buckets,
        [PATHS.corpus(split) for split in SPLITS],
    log:
        notebook=LOGS / "03_bucketing.ipynb",
    params:
        code=code("03_bucketing"),
        values=values(BucketParams),
    shell:
        papermill("03_bucketing")


rule model_difficulty:
    input:
        [PATHS.corpus(split) for split in SPLITS],
    output:
        PATHS.runs / "model_difficulty-{recipe}.parquet",
    log:
        notebook=LOGS / "08_model_difficulty-{recipe}.ipynb",
    params:
        code=code("08_model_difficulty"),
        values=values(TrainingParams, without=("recipe", "arm", "seed")),
    threads: 2
    resources:
        gpu=GPU,
    shell:
        papermill("08_model_difficulty") + " -p recipe {wildcards.recipe:q}"


for name, count in STUDY.arms.items() if TOGETHER else [("{arm}", 0)]:
    seeds = list(range(count)) or ["{seed}"]

    rule:
        name:
            f"training_{name}" if TOGETHER else "training"
        input:
            PATHS.corpus("train"),
            PATHS.corpus("validation"),
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
        shell:
            papermill("04_training")
            + " -p recipe {wildcards.recipe:q}"
            + (f" -p arm {name} -p seed 0" if TOGETHER else OF_ARM)


rule evaluation:
    input:
        FOLDER / "manifest.json",
        [PATHS.corpus(split) for split in SPLITS[2:]],
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
        papermill("05_evaluation") + OF_RUN


rule figures:
    input:
        [of_seeds(FOLDER / "evaluated.json", *each) for each in STUDY.arms.items()],
        before,
    output:
        GALLERY,
        report(str(PATHS.runs / "figures/{book}-{recipe}.html"), category="Tables and figures"),
    log:
        notebook=LOGS / "{book}-{recipe}.ipynb",
    params:
        code=lambda wildcards: code(wildcards.book),
        values=values(DataParams, "arms", "contrasts", "resamples"),
    shell:
        papermill("{wildcards.book}")
        + " -p recipe {wildcards.recipe:q}"
        + f" && {PYTHON} -m nbconvert --log-level WARN --to html --no-input {{log.notebook:q}}"
        + f" --output-dir {quoted(PATHS.runs / 'figures')}"
        + " --output {wildcards.book}-{wildcards.recipe}.html"
