"""A sitting on a GPU: all runs of a profile that have no rows yet, trained as one batched model.

`python -m cl_utils.study.sitting PROFILE --minutes 20`, after the profile's data were made. In:
params and corpora. Out: of every run what notebooks 04 and 05 leave, except what has to be
generated character by character (the paper's protocol, the similarity of lines). The most valuable
runs come first: seeds in turn, arms in the order of the params file. Where time runs out, or after
an interrupt, the runs in work leave checkpoints, with which the next sitting goes on; after a kill
it goes on from those that were written on the way.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cl_utils.command_line import above_zero
from cl_utils.curriculum.arms import arm_named
from cl_utils.data.corpus import Corpus
from cl_utils.data.value_codes import with_intermediate_values
from cl_utils.errors import Interrupted, StudyError
from cl_utils.evaluation.evaluate import (
    LEAKY,
    PreparedTest,
    evaluate_prepared,
    exam_test_set,
    prepare_tests,
)
from cl_utils.manifests import MANIFEST
from cl_utils.paths import params_file
from cl_utils.study.data_files import load_exams, load_split
from cl_utils.study.device import device_of, run_of
from cl_utils.study.params import Params, read_params
from cl_utils.study.profile_lock import only_command
from cl_utils.study.run_files import (
    load_training,
    recorded_mixes,
    replayed_run,
    run_folder,
    save_evaluation,
    save_run,
)
from cl_utils.training.batched_runs import BatchedModel
from cl_utils.training.checkpoints import save_checkpoint
from cl_utils.training.joint_runs import JointRuns
from cl_utils.training.loop import Monitor, run_until_finished, start_or_resume
from cl_utils.training.probes import Probe
from cl_utils.training.trainer import Trainer

AGAIN = "run the same again to continue"
TESTS = {"balanced": "test", "natural": "natural"}  # name -> split
Report = Callable[[str], None]
CHECKPOINT_SECONDS = 300.0
"""Between checkpoints on the way: dozens of them are a gigabyte."""


class TimeIsUpError(Exception):
    """The sitting's minutes are over."""

    words = "time is up"


class StopAskedError(TimeIsUpError):
    """Somebody stopped it."""

    words = "stopped"


@dataclass(frozen=True)
class Sitting:
    """Which runs, on what, until when.

    corpora: "train", "validation", "leaky", and those of `TESTS`.
    at_once: how many runs one batched model holds.
    until: the second of `time.monotonic` at which no further step begins.
    """

    params: Params
    corpora: Mapping[str, Corpus]
    at_once: int
    until: float
    most: int | None = None  # runs of this sitting
    report: Report = print

    def waiting(self) -> list[Params]:
        """Return the runs without rows that can begin, the most valuable first.

        A yoked run begins when that is finished whose weights it replays: in a later sitting.
        """
        params = self.params
        seeds = range(max(params.arms.values()))
        named = [(s, arm) for s in seeds for arm, count in params.arms.items() if s < count]
        runs = [params.model_copy(update={"arm": arm, "seed": seed}) for seed, arm in named]
        left = [each for each in runs if not (_result(each) / MANIFEST).exists()]
        ready = [each for each in left if _can_begin(each)]
        if len(ready) < len(left):
            self.report(f"{len(left) - len(ready)} yoked runs wait for those that they replay")
        return ready[: self.most]

    def run(self) -> int:
        """Train and evaluate what fits; return how many were finished, or raise Interrupted."""
        waiting, done = self.waiting(), 0
        tests = self._tests()
        for first in range(0, len(waiting), self.at_once):
            part = waiting[first : first + self.at_once]
            self.report(f"{len(part)} runs of {len(waiting)} are trained as one batched model")
            trainers = self._trainers(part)
            try:
                stopped = self._train(part, trainers)
            except TimeIsUpError as over:
                _save(part, trainers)
                told = f"{over.words} at step {trainers[0].step} of {trainers[0].steps}: {AGAIN}"
                if isinstance(over, StopAskedError):
                    raise Interrupted(told) from None
                self.report(told)
                return done
            for params, trainer in zip(part, trainers, strict=True):
                self._leave(params, trainer, tests)
            done += len(part)
            self.report(f"{done} runs have their rows")
            if stopped:
                raise Interrupted(f"stopped: {done} runs have their rows, {AGAIN}")
        return done

    def _trainers(self, part: Sequence[Params]) -> list[Trainer]:
        shared: Probe | None = None
        trainers = []
        for params in part:
            run = run_of(params, recorded_mixes(params))
            corpus = self._corpus(params)
            validation, checkpoint = self.corpora["validation"], _checkpoint(params)
            trainer = start_or_resume(run, corpus, validation, checkpoint, _quiet)
            shared = trainer.probe = shared or trainer.probe  # one copy of its batches
            trainers.append(trainer)
        return trainers

    def _corpus(self, params: Params) -> Corpus:
        return load_training(params) if arm_named(params.arm).metrics else self.corpora["train"]

    def _train(self, part: Sequence[Params], trainers: Sequence[Trainer]) -> bool:
        """Train runs to their ends, or raise TimeIsUpError at rest; return whether to stop then."""
        aligned = trainers[0].run.recipe.batching == "aligned"
        model = JointRuns(trainers) if aligned else BatchedModel(trainers)
        saved, stopped = time.monotonic(), False

        def advance() -> None:
            nonlocal saved
            now = time.monotonic()
            if not isinstance(model, JointRuns) or model.at_rest:
                if stopped or now > self.until:
                    model.release()
                    raise StopAskedError if stopped else TimeIsUpError
                if now - saved > CHECKPOINT_SECONDS:
                    if isinstance(model, JointRuns):
                        model.keep_states()
                    _save(part, trainers)
                    saved = now
            model.advance()

        reports = [self.report, *[_quiet] * (len(trainers) - 1)]  # one speaks for all
        monitors = [Monitor(t, None, r) for t, r in zip(trainers, reports, strict=True)]
        try:
            stopped = run_until_finished(monitors, advance)
        except Interrupted:  # between two steps: go on until the states are whole
            stopped = True
            run_until_finished(monitors, advance)
        model.release()
        return stopped

    def _tests(self) -> dict[str, PreparedTest]:
        corpora = {name: self.corpora[split] for name, split in TESTS.items()}
        return prepare_tests(
            corpora,
            self.corpora["train"],
            device_of(self.params),
            by_execution={
                LEAKY: self.corpora[LEAKY],
                **{exam_test_set(name): each for name, each in load_exams(self.params).items()},
            },
        )

    def _leave(self, params: Params, trainer: Trainer, tests: Mapping[str, PreparedTest]) -> None:
        trained = trainer.result()
        manifest = save_run(params, trained)
        save_evaluation(params, evaluate_prepared(trained.model, tests), manifest)
        _checkpoint(params).unlink(missing_ok=True)


def _save(part: Sequence[Params], trainers: Sequence[Trainer]) -> None:
    for params, trainer in zip(part, trainers, strict=True):
        save_checkpoint(_checkpoint(params), trainer.state())


def _quiet(line: str) -> None:
    """Say nothing."""


def _can_begin(params: Params) -> bool:
    """Return whether the run that this one replays is finished; most replay none."""
    theirs = replayed_run(params)
    return theirs is None or (run_folder(theirs) / MANIFEST).exists()


def _result(params: Params) -> Path:
    return params.paths.result(params.recipe, params.arm, params.seed)


def _checkpoint(params: Params) -> Path:
    return run_folder(params) / "checkpoint.pt"


def corpora_of(params: Params) -> dict[str, Corpus]:
    """Return the corpora of a profile, the training corpus with what the recipe asks for."""
    names = ("train", "validation", LEAKY, *TESTS.values())
    corpora = {name: load_split(params, name) for name in names}
    if params.run().recipe.intermediate_value_weight:
        corpora["train"] = with_intermediate_values(corpora["train"])
    return corpora


def sit(params: Params, at_once: int, until: float, most: int | None = None) -> None:
    """Sit for the runs of every recipe of a profile, one recipe after another."""
    for recipe in params.recipes:
        if time.monotonic() > until or most == 0:
            break
        own = read_params(params_file(params.profile), {"recipe": recipe})
        done = Sitting(own, corpora_of(own), at_once, until, most).run()
        most = None if most is None else most - done


def main(arguments: Sequence[str] | None = None) -> int:
    """Sit for the given minutes; return 0, or 1 after a sentence that says what to fix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", help="a file of params/, without .yaml")
    more, whole = above_zero(float), above_zero(int)
    parser.add_argument("--minutes", type=more, default=20.0, help="after which no step begins")
    parser.add_argument("--at-once", type=whole, default=72, help="runs of one batched model")
    parser.add_argument("--runs", type=whole, default=None, help="at most so many; default: all")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        params = read_params(params_file(given.profile))
        until = began + 60 * given.minutes
        with only_command(params.profile, "python -m cl_utils.study.sitting"):
            sit(params, given.at_once, until, given.runs)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:  # outside of training it has no words
        print(str(stop) or f"stopped: finished runs keep their rows, {AGAIN}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
