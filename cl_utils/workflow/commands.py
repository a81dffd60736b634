"""`python -m cl_utils.workflow reproduce|resume|figures|report PROFILE`: what make's commands do.

In: a profile. Out: its data, runs, figures and report; of a command that was killed before, what is
finished stays, and the rest goes on. No two of these commands work on one profile at a time.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from types import FrameType

from cl_utils.code_fingerprint import showing_notebooks
from cl_utils.errors import StudyError
from cl_utils.parallel import available_cores
from cl_utils.paths import NOTEBOOKS, REPOSITORY, Paths, notebooks, params_file
from cl_utils.processes import MARK_VARIABLE, after_parent
from cl_utils.study.expected_time import expected_study
from cl_utils.study.notebook_names import FINDINGS
from cl_utils.study.params import Params
from cl_utils.workflow.profile_lock import only_command
from cl_utils.workflow.profiles import study_named
from cl_utils.workflow.progress import Reader, follow, shown_path

PROFILE_FOR_SNAKEMAKE = REPOSITORY / "profiles" / "default"
EXPERIMENT = "from cl_utils.experiments import"  # in every notebook of an experiment
DRAWN_AT_ONCE = 2
"""Notebooks of figures that run side by side: each is one process, a minute or less."""


@dataclass(frozen=True)
class Work:
    """One command on one profile; `mark`: of the processes that it starts."""

    command: str
    profile: str
    mark: str

    @cached_property
    def study(self) -> Params:
        """What its params file says."""
        return study_named(self.profile)

    @cached_property
    def reader(self) -> Reader:
        """What reads and keeps all that Snakemake says."""
        return Reader(Paths(self.profile).runs / f"{self.command}.log")

    @cached_property
    def recipes(self) -> list[str]:
        """The recipes of the profile that have rows; all of them where none has."""
        wanted, results = self.study.recipes, Paths(self.profile).results
        return [each for each in wanted if (results / each).is_dir()] or list(wanted)

    @property
    def start(self) -> str:
        """What it begins with: the profile may be the Makefile's own choice."""
        return (
            f"{self.command}: profile {self.profile}, parameters in params/{self.profile}.yaml. "
            "Ctrl-C stops; the same command goes on."
        )

    @property
    def again(self) -> str:
        """How a user starts it again."""
        return f"make {self.command} PROFILE={self.profile}"

    @property
    def environment(self) -> dict[str, str]:
        """Side by side on all cores, a training runs on one thread: small models gain no more."""
        return {"OMP_NUM_THREADS": "1", **os.environ, MARK_VARIABLE: self.mark}

    def snakemake(self, *options: str, resumed: bool = False) -> int:
        """Run Snakemake on the profile and show how far it is; return its exit status.

        `resumed`: finished runs are rows from elsewhere, and need nothing that they were made from.
        """
        shown = ("--quiet", "rules", "host", "reason", "--cores", "all", *options)
        command = self._snakemake(shown, resumed=resumed)
        status = follow(command, self.environment, REPOSITORY, self.reader)
        if status:
            print(self.reader.summary(status, self.again), file=sys.stderr)
        return status

    def report(self) -> int:
        """Write the profile's report, one page that holds everything; return 0."""
        # Late: torch and matplotlib take two seconds, and Snakemake need not wait for them.
        from cl_utils.report.pages.html_report import write_report

        paths = Paths(self.profile)
        path = write_report(self.study, paths.runs / "report.html")
        print(f"Open {shown_path(path)} in a browser; figures are in {shown_path(paths.figures)}.")
        return 0

    def draw(self, notebook: str, recipe: str = "") -> int:
        """Execute a notebook that shows results, of one recipe or of none; return its status."""
        name = f"{notebook}-{recipe}" if recipe else notebook
        book, executed = NOTEBOOKS / f"{notebook}.ipynb", Paths(self.profile).runs / f"{name}.ipynb"
        named = ["--params", str(params_file(self.profile)), "--recipe", recipe]
        module = (sys.executable, "-m", "cl_utils.workflow.notebook")
        shown = os.path.relpath(executed, REPOSITORY)
        return self.run(*module, str(book), shown, *(named if recipe else ()))

    def run(self, *command: str) -> int:
        """Run a command in the repository; return its exit status."""
        return subprocess.run(command, cwd=REPOSITORY, env=self.environment).returncode

    def _snakemake(self, options: Sequence[str], *, resumed: bool = False) -> list[str]:
        # In quotes: a name of digits is a text, too.
        named = ("--config", f'profile="{self.profile}"', *["resumed=yes"] * resumed)
        chosen = ("--workflow-profile", str(PROFILE_FOR_SNAKEMAKE), *self._side_by_side())
        return [sys.executable, "-m", "snakemake", *named, *chosen, *options, *self.forced()]

    def forced(self) -> tuple[str, ...]:
        """Let Snakemake make again what it does not know to be of other code or parameters."""
        if not Paths(self.profile).runs.exists():
            return ()
        from cl_utils.workflow.stale import stale_files  # late, as in `report`

        stale = stale_files(self.study)
        return ("--forcerun", *stale) if stale else ()

    def _side_by_side(self) -> tuple[str, ...]:
        """Let a job per core run where a profile would take a GPU and there is none.

        Its jobs ask for a GPU, and one at a time has it.
        """
        if self.study.device != "auto":
            return ()
        import torch  # late, as in `report`

        return () if torch.cuda.is_available() else ("--resources", f"gpu={available_cores()}")


def reproduce(work: Work) -> int:
    """Run a profile, from programs to report."""
    if expected := expected_study(work.study):
        print(expected, flush=True)
    return work.snakemake() or work.report()


def resume(work: Work) -> int:
    """Go on with a study whose finished runs are committed."""
    from cl_utils.workflow import resume as resuming  # late, as in `Work.report`

    if status := work.snakemake("--until", "buckets"):
        return status
    print(resuming.resume(work.study), flush=True)
    return work.snakemake("--rerun-triggers", "mtime", resumed=True)


def report(work: Work) -> int:
    """Write the report on what has results."""
    return work.report()


def figures(work: Work) -> int:
    """Draw all figures again from results/, recipe by recipe.

    The findings come last, which show what the others drew.
    """
    drawing = [notebook for notebook in showing_notebooks() if notebook != FINDINGS]
    first = [(notebook, recipe) for notebook in drawing for recipe in work.recipes]
    second = [(FINDINGS, recipe) for recipe in work.recipes]
    for drawn in (first, [*second, *((notebook, "") for notebook in experiment_notebooks())]):
        pool = ThreadPoolExecutor(DRAWN_AT_ONCE)
        try:
            statuses = pool.map(work.draw, *zip(*drawn, strict=True))
            for (notebook, recipe), status in zip(drawn, statuses, strict=True):
                if status:
                    return status
                of_recipe = f" ({recipe})" if recipe and len(work.recipes) > 1 else ""
                print(f"{notebook}{of_recipe} is drawn", flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return work.run(sys.executable, "-m", "benchmarks", "--redraw")


def experiment_notebooks() -> list[str]:
    """Return the names of the notebooks that show experiments, in order."""
    return [path.stem for path in notebooks() if EXPERIMENT in path.read_text(encoding="utf-8")]


COMMANDS: dict[str, Callable[[Work], int]] = {
    each.__name__: each for each in (reproduce, resume, figures, report)
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; return its exit status, or 1 after a sentence that says what to fix.

    A file that the system does not let be read or written is told like any other mistake.
    """
    parser = argparse.ArgumentParser(prog="python -m cl_utils.workflow", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("profile", help="a file of params/, without .yaml")
    given = parser.parse_args(arguments)
    try:
        study_named(given.profile)
        _heed_signals()
        name = f"make {given.command} PROFILE={given.profile}"
        with only_command(given.profile, name) as mark:
            work = Work(given.command, given.profile, mark)
            print(work.start, flush=True)
            return COMMANDS[given.command](work)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(_refused(error, given.profile), file=sys.stderr)
        return 1


def _refused(error: OSError, profile: str) -> str:
    """Return what the system refused: the file that it names, or else the folder of the work."""
    return (
        f"{error.filename or Paths(profile).runs} could not be read or written "
        f"({error.strerror or error}): free some disk space or fix its permissions, then run the "
        "same again"
    )


def _heed_signals() -> None:
    """Let what asks this command to end (Ctrl-C, `kill`, make's death) end what it started, too."""

    def stop(number: int, _: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)  # they come in pairs: from make and the terminal
        print("Stopping; the same command goes on where this one was.", file=sys.stderr)
        raise SystemExit(128 + number)

    known = [getattr(signal, each, None) for each in ("SIGINT", "SIGTERM", "SIGHUP")]
    heeded = [each for each in known if each and signal.getsignal(each) != signal.SIG_IGN]
    for each in heeded:
        signal.signal(each, stop)
    if "MAKELEVEL" in os.environ:
        after_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
