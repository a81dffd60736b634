# The study as a graph of notebooks: programs -> difficulty -> buckets -> a training and an
# evaluation a run -> figures. `make reproduce PROFILE=laptop` runs it; SLURM: profiles/slurm.
#
# Every rule runs papermill on one notebook and is proven by the file that the notebook writes last,
# not by an exit status. Notebooks and modules are no inputs, so that saving one in JupyterLab
# repeats nothing; `code` is a fingerprint of what they compute, and a change of that does.

from cl_utils.fingerprint import code_fingerprint
from cl_utils.params import BucketParams, DataParams, TrainingParams, read_params
from cl_utils.paths import NOTEBOOKS, PARAMS, Paths

PROFILE = config.get("profile", "laptop")
PARAMS_FILE = PARAMS / f"{PROFILE}.yaml"
STUDY = read_params(PARAMS_FILE)
PATHS = Paths(PROFILE)
LOGS = PATHS.runs / "notebooks"
FOLDER = PATHS.runs / "training/{recipe}/{arm}/seed{seed}"
OF_ARM = " -p recipe {wildcards.recipe} -p arm {wildcards.arm} -p seed "
OF_RUN = OF_ARM + "{wildcards.seed}"
TOGETHER = STUDY.together > 1  # one training for all seeds of an arm, see notebook 04
GPU = 0 if STUDY.device == "cpu" else 1
SHARING = 8  # processes of the rules that run alone, fewer where there are fewer cores


def papermill(notebook):
    """Return the shell command that executes a notebook with the profile's parameters."""
    book = NOTEBOOKS / f"{notebook}.ipynb"
    options = f"--log-level ERROR --no-progress-bar --cwd {NOTEBOOKS} -f {PARAMS_FILE}"
    return f"papermill {options} {book} {{log.notebook}}"


def code(notebook):
    """Return the fingerprint of what a notebook computes."""
    return code_fingerprint(NOTEBOOKS / f"{notebook}.ipynb")


def values(stage, *names, without=()):
    """Return, as text, the parameters that a rule depends on."""
    kept = {**STUDY.of(stage), **{name: getattr(STUDY, name) for name in names}}
    return repr({name: value for name, value in kept.items() if name not in without})


wildcard_constraints:
    seed=r"\d+",


rule all:
    input:
        expand(str(PATHS.runs / "figures-{recipe}.json"), recipe=STUDY.recipes),


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
        [PATHS.corpus(split) for split in ("train", "validation", "test", "natural")],
    log:
        notebook=LOGS / "03_bucketing.ipynb",
    params:
        code=code("03_bucketing"),
        values=values(BucketParams),
    shell:
        papermill("03_bucketing")


rule training:
    input:
        PATHS.corpus("train"),
        PATHS.corpus("validation"),
    output:
        expand(str(FOLDER / "manifest.json"), seed=STUDY.seeds, allow_missing=True)
        if TOGETHER
        else FOLDER / "manifest.json",
    log:
        notebook=LOGS
        / f"04_training-{{recipe}}-{{arm}}{'' if TOGETHER else '-seed{seed}'}.ipynb",
    params:
        code=code("04_training"),
        values=values(TrainingParams, without=("recipe", "arm", "seed")),
    resources:
        gpu=GPU,
    retries: 1
    shell:
        papermill("04_training") + (f"{OF_ARM}{STUDY.seeds[0]}" if TOGETHER else OF_RUN)


rule evaluation:
    input:
        FOLDER / "manifest.json",
        PATHS.corpus("test"),
        PATHS.corpus("natural"),
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
        expand(
            str(FOLDER / "evaluated.json"),
            recipe="{recipe}",
            arm=STUDY.arms,
            seed=STUDY.seeds,
            allow_missing=True,
        ),
    output:
        PATHS.runs / "figures-{recipe}.json",
        report(str(PATHS.runs / "figures-{recipe}.html"), category="Tables and figures"),
    log:
        notebook=LOGS / "06_figures-{recipe}.ipynb",
    params:
        code=code("06_figures"),
        values=values(DataParams, "arms", "resamples"),
    shell:
        papermill("06_figures")
        + " -p recipe {wildcards.recipe}"
        + " && jupyter nbconvert --log-level WARN --to html --no-input {log.notebook}"
        + " --output-dir {PATHS.runs} --output figures-{wildcards.recipe}.html"
