"""A sitting on a GPU: all runs of a profile that have no rows yet, trained as one batched model.

`python -m cl_utils.workflow.sitting PROFILE --minutes 20`, after the profile's data were made. In:
params and corpora. Out: of every run what notebooks 04 and 05 leave, except what has to be
generated character by character (the paper's protocol, the similarity of lines). The most valuable
runs come first: seeds in turn, arms in the order of the params file. Where time runs out, or after
an interrupt, the runs in work leave checkpoints, with which the next sitting goes on; after a kill
it goes on from those that were written on the way. A run that diverges is left out and named.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from cl_utils.paths import params_file
from cl_utils.study.data_files import load_exams, load_split
from cl_utils.study.device import device_of, run_of
from cl_utils.study.params import Params, read_params
from cl_utils.study.run_files import (
    check_unchanged,
    load_training,
    recorded_mixes,
    save_evaluation,
    save_run,
)
from cl_utils.training.checkpoints import save_checkpoint
from cl_utils.training.interruption import stop_asked
from cl_utils.training.loop import Report, start_or_resume
from cl_utils.training.probes import Probe
from cl_utils.training.trainer import Trainer
from cl_utils.workflow.profile_lock import only_command
from cl_utils.workflow.runs_at_once import RunsAtOnce, StopAskedError, TimeIsUpError, quiet
from cl_utils.workflow.waiting import checkpoint, note_divergence, parts, waiting

AGAIN = "run the same again to continue"
TESTS = {"balanced": "test", "natural": "natural"}  # name -> split


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
        """Return the runs without rows that can begin, as many as this sitting may train."""
        return waiting(self.params, self.report)[: self.most]

    def run(self) -> int:
        """Train and evaluate what fits; return how many were finished, or raise Interrupted.

        An interrupt is heard when the states are whole, or when the runs in work have their rows.
        """
        waiting, done = self.waiting(), 0
        tests = self._tests()
        with stop_asked() as stopped:
            for part in parts(waiting, self.at_once):
                self.report(f"{len(part)} runs of {len(waiting)} are trained as one batched model")
                runs = RunsAtOnce(self._trainers(part), self.report, self._leave_out)
                try:
                    runs.train(self.until, stopped, self._save)
                except TimeIsUpError as over:
                    self._put_aside(runs.trainers, over)
                    return done
                self._leave_all(runs.trainers, tests)
                done += len(runs.trainers)
                self.report(f"{done} runs have their rows")
                if stopped():
                    raise Interrupted(f"stopped: {done} runs have their rows, {AGAIN}")
        return done

    def _leave_all(self, trainers: Sequence[Trainer], tests: Mapping[str, PreparedTest]) -> None:
        """Leave the rows of finished runs; what cannot be saved of one costs no other its rows.

        Raises the first StudyError when all were tried.
        """
        refused: list[StudyError] = []
        for trainer in trainers:
            try:
                self._leave(trainer, tests)
            except StudyError as error:
                refused.append(error)
        if refused:
            raise refused[0]

    def _put_aside(self, trainers: Sequence[Trainer], over: TimeIsUpError) -> None:
        """Leave checkpoints and say so; raise Interrupted where somebody asked for it."""
        self._save(trainers)
        told = f"{over.words} at step {trainers[0].step} of {trainers[0].steps}: {AGAIN}"
        if isinstance(over, StopAskedError):
            raise Interrupted(told) from None
        self.report(told)

    def _trainers(self, part: Sequence[Params]) -> list[Trainer]:
        check_unchanged(self.params)  # or what is loaded from now on would hide a change
        shared: Probe | None = None
        trainers = []
        for params in part:
            run = run_of(params, recorded_mixes(params))
            corpus = self._corpus(params)
            trainer = start_or_resume(
                run, corpus, self.corpora["validation"], checkpoint(params), quiet
            )
            shared = trainer.probe = shared or trainer.probe  # one copy of its batches
            trainers.append(trainer)
        return trainers

    def _corpus(self, params: Params) -> Corpus:
        if arm_named(params.arm).metrics:
            return load_training(params)
        return self.corpora["train"]

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

    def _params_of(self, trainer: Trainer) -> Params:
        named = {"arm": trainer.run.name, "seed": trainer.run.seed}
        return self.params.model_copy(update=named)

    def _leave(self, trainer: Trainer, tests: Mapping[str, PreparedTest]) -> None:
        params, trained = self._params_of(trainer), trainer.result()
        manifest = save_run(params, trained)
        save_evaluation(params, evaluate_prepared(trained.model, tests), manifest)
        checkpoint(params).unlink(missing_ok=True)

    def _save(self, trainers: Sequence[Trainer]) -> None:
        for trainer in trainers:
            save_checkpoint(checkpoint(self._params_of(trainer)), trainer.state())

    def _leave_out(self, trainer: Trainer, words: str) -> None:
        """Note and say that a run diverged: it would at every sitting, and stop the others."""
        params = self._params_of(trainer)
        note = note_divergence(params, trainer.step, words)
        checkpoint(params).unlink(missing_ok=True)
        self.report(
            f"{words}; the others go on without it, and later sittings leave it out until it has "
            f"other code, or {note} is deleted"
        )


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
        with only_command(params.profile, "python -m cl_utils.workflow.sitting"):
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
