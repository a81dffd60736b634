"""What stands under runs/<profile>/ but is not what today's code and parameters make.

In: params of a study. Out: the files that the workflow has to make again. Snakemake knows this of
what its own jobs made; of what a notebook, papermill or `train` left there, only a manifest tells.
`python -m cl_utils.workflow.stale PROFILE` prints them, for those who call Snakemake themselves.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from cl_utils.errors import MissingError, StudyError
from cl_utils.manifests import MANIFEST
from cl_utils.paths import REPOSITORY
from cl_utils.study.notebook_names import code_of
from cl_utils.study.params import Params
from cl_utils.study.run_files import WEIGHTS, result_folder, run_folder
from cl_utils.workflow import made
from cl_utils.workflow.profiles import study_named


def stale_files(params: Params) -> list[str]:
    """Return files that are there and whose notebook is to be executed again, one a job.

    As Snakemake calls them, from the repository. A damaged file is not among them: the job that
    reads it says what to do.
    """
    stale = [path for path, check in _checks(params) if path.exists() and _is_stale(check)]
    return [os.path.relpath(path, REPOSITORY) for path in stale]


def _checks(params: Params) -> Iterator[tuple[Path, Callable[[], object]]]:
    """Yield the file that stands for each job of the study, and what tells whether it may stay."""
    paths, code = params.paths, cache(code_of)
    yield paths.programs, partial(made.programs, params, code)
    yield paths.difficulty, partial(made.difficulty, params, code)
    yield paths.buckets, partial(made.buckets, params, code)
    for recipe in params.recipes:
        if params.needs_losses:
            of_recipe = params.model_copy(update={"recipe": recipe})
            yield paths.model_difficulty(recipe), partial(made.losses, of_recipe, code)
        for arm, seeds in params.seeds.items():
            for seed in seeds:
                run = params.model_copy(update={"recipe": recipe, "arm": arm, "seed": seed})
                yield paths.run(recipe, arm, seed) / MANIFEST, partial(made.trained, run, code)
                yield paths.evaluated(recipe, arm, seed), partial(_check_rows, run, code)


def _check_rows(run: Params, code: made.Code) -> None:
    """Raise MissingError unless the rows of a run are there and today's notebook 05 makes them.

    Rows that came without their weights cannot be made again: they are taken as they are.
    """
    came = (result_folder(run) / MANIFEST).exists()
    if came and not (run_folder(run) / WEIGHTS).exists():
        return
    made.check_rows(run, code)


def _is_stale(check: Callable[[], object]) -> bool:
    try:
        check()
    except StudyError as error:
        return isinstance(error, MissingError)
    return False


def main() -> int:
    """Print the files of a profile that are to be made again, a line each; return the status."""
    parser = argparse.ArgumentParser(prog="python -m cl_utils.workflow.stale")
    parser.add_argument("profile", help="a file of params/, without .yaml")
    try:
        for path in stale_files(study_named(parser.parse_args().profile)):
            print(path)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
