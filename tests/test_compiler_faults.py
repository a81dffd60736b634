"""Training that cannot be compiled ends in one sentence with the fix; other faults stay themselves.

In: a compiler that fails in the ways of real ones: at once, at the first call, in the backward
pass. Out: a failure when the sentence is missing, or hides a mistake of ours.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from refusals import refusal
from tiny import tiny_model
from torch import Tensor, nn
from torch._dynamo.exc import BackendCompilerFailed
from torch._inductor.exc import CppCompileError, InvalidCxxCompiler
from worlds import World, batcher_of

from cl_utils.curriculum.schedules import ALL
from cl_utils.errors import StudyError
from cl_utils.training import compiler_faults
from cl_utils.training.batches.batch import Batch
from cl_utils.training.compilation import backward, compiled_for
from cl_utils.training.loss import Objective, objective
from cl_utils.training.recipes import FAST

pytestmark = [  # what torch's own compiler does
    pytest.mark.filterwarnings("ignore:.*should not be instantiated"),
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute"),
]
CPU = torch.device("cpu")
REPOSITORY = Path(__file__).resolve().parents[1]
NO_HEADERS = "/cache/x.cpp:3:10: fatal error: Python.h: No such file or directory\n3 | #include"
IN_TWO_PIECES = "g++: fatal error: input file '/a' is the same as output file"
FAULTS = [
    (InvalidCxxCompiler(), "install a C++ compiler"),
    (FileNotFoundError(2, "No such file or directory", "g++"), "install a C++ compiler"),
    (FileNotFoundError(2, "No such file or directory", "/nonexistent"), "can be written"),
    (FileExistsError(17, "File exists", "/dev/null"), "can be written"),
    (CppCompileError(["g++", "x.cpp"] * 200, NO_HEADERS), "headers of this Python"),
    (CppCompileError(["g++", "x.cpp"], "cc1plus: fatal error: Killed signal"), "memory"),
    (OSError(28, "No space left on device", "/cache"), "make room"),
    (OSError(30, "Read-only file system", "/cache"), "can be written"),
    (PermissionError(13, "Permission denied", "/cache"), "can be written"),
    (ImportError("x.so: failed to map segment from shared object"), "may be executed"),
    (RuntimeError("torch.compile is not supported on Python 3.15+"), "use Python 3.1"),
    (subprocess.CalledProcessError(1, ["g++"] * 200), "compile: false"),
    (RuntimeError(), "compile: false"),
]
every_fault = pytest.mark.parametrize(("fault", "fix"), FAULTS, ids=lambda each: str(each)[:40])


def assert_one_sentence(said: str, fix: str = "") -> None:
    """It is one line of bounded length that says what to do."""
    assert len(said) < 600 and "\n" not in said
    assert said.startswith("the loss cannot be compiled on this machine (")
    assert fix in said and "set compile: false in all runs" in said


def failing(fault: Exception) -> Callable[..., NoReturn]:
    """Return a function that raises, whatever it is given."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise fault

    return fail


@pytest.fixture
def batch(world: World) -> Batch:
    """A batch of whole programs."""
    return batcher_of(world, "fast").draw(ALL)


def compiled_objective(by_block: bool = False) -> Objective:
    """Return the objective of a tiny model, its loss or its blocks compiled."""
    return objective(tiny_model("modern"), FAST, CPU, True, by_block=by_block)


@every_fault
def test_a_fault_of_the_first_call_is_one_sentence_with_its_fix(
    fault: Exception, fix: str, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda *_, **__: failing(fault))
    evaluate = compiled_objective()
    assert_one_sentence(refusal(lambda: evaluate(batch)), fix)


@every_fault
def test_a_compiler_that_refuses_at_once_is_one_sentence_too(
    fault: Exception, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", failing(fault))
    assert_one_sentence(refusal(compiled_objective), fix)
    monkeypatch.setattr(nn.Module, "compile", failing(fault))
    assert_one_sentence(refusal(lambda: compiled_objective(by_block=True)), fix)


@pytest.mark.parametrize("by_block", [False, True])
def test_what_a_compiler_s_backend_raises_is_told_whether_losses_or_blocks_are_compiled(
    by_block: bool, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With torch's own machinery around a backend that finds its disk full."""
    backend = failing(OSError(28, "No space left on device"))
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    evaluate = compiled_objective(by_block)
    assert_one_sentence(refusal(lambda: evaluate(batch)), "make room")


def test_a_path_with_a_space_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = CppCompileError(["g++", "/a b/x.cpp"], IN_TWO_PIECES)
    monkeypatch.setenv(compiler_faults.CACHE, "/a b")
    assert_one_sentence(str(compiler_faults.refusal(fault)), "(/a b has one)")
    monkeypatch.setenv(compiler_faults.CACHE, "/ab")
    assert "space" not in str(compiler_faults.refusal(fault))
    monkeypatch.setattr(torch, "__file__", "/my clone/torch/__init__.py")
    assert_one_sentence(str(compiler_faults.refusal(fault)), "move /my clone/torch to a path")


@pytest.mark.parametrize("mistake", [ZeroDivisionError("ours"), StudyError("ours: fix it")])
def test_a_mistake_of_ours_is_not_taken_for_the_compiler_s(mistake: Exception) -> None:
    """It is raised uncompiled too, as itself."""
    compute = compiled_for(CPU, failing(mistake))
    with pytest.raises(type(mistake), match="ours"):
        compute(*[torch.zeros(2)] * 3, None, None)


def test_memory_that_is_short_is_not_the_compiler_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda *_, **__: failing(torch.OutOfMemoryError("full")))
    with pytest.raises(torch.OutOfMemoryError, match="full"):
        compiled_for(CPU, doubled)(*[torch.zeros(2)] * 3, None, None)


class Late(torch.autograd.Function):
    """The identity, whose backward pass raises."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, fault: Exception) -> Tensor:
        """Return the value."""
        ctx.fault = fault
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> NoReturn:
        """Raise."""
        raise ctx.fault


@pytest.mark.parametrize(
    "fault",
    [
        BackendCompilerFailed(failing(OSError()), InvalidCxxCompiler(), None),
        OSError(28, "No space left on device"),
        subprocess.CalledProcessError(1, "g++"),
    ],
)
def test_a_backward_pass_that_cannot_be_compiled_is_one_sentence(fault: Exception) -> None:
    loss = Late.apply(torch.ones((), requires_grad=True), fault)
    assert_one_sentence(refusal(lambda: backward(loss)))


def test_a_backward_pass_that_fails_otherwise_is_raised_as_it_is() -> None:
    loss = Late.apply(torch.ones((), requires_grad=True), RuntimeError("ours"))
    with pytest.raises(RuntimeError, match="^ours$"):
        backward(loss)
    with pytest.raises(RuntimeError, match="does not require grad"):
        backward(torch.ones(()))


def test_a_warning_of_the_compiler_has_one_line() -> None:
    """As it would be printed; what is logged at other levels keeps its traceback."""
    written = io.StringIO()
    logger, handler = logging.getLogger("torch._inductor"), logging.StreamHandler(written)
    logger.addHandler(handler)
    try:
        compiler_faults.keep_warnings_short()
        compiler_faults.keep_warnings_short()
        logger.warning("will try again", exc_info=OSError("no room"))
        assert written.getvalue() == "will try again\n"
        logger.error("gave up", exc_info=OSError("no room"))
        assert "OSError: no room" in written.getvalue()
    finally:
        logger.removeHandler(handler)


def doubled(inputs: Tensor, *_: object) -> tuple[Tensor, Tensor]:
    """Return twice the inputs' sum, and twice the inputs."""
    return (2 * inputs).sum(), 2 * inputs


REALLY_COMPILE = """
import torch
from test_compiler_faults import doubled
from cl_utils.training.compilation import compiled_for

compiled_for(torch.device("cpu"), doubled)(*[torch.ones(8)] * 3, None, None)
"""


def test_without_a_c_plus_plus_compiler_training_ends_in_one_sentence(tmp_path: Path) -> None:
    """Torch itself, in a process of its own."""
    folders = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    settings = {"CXX": "/nonexistent", compiler_faults.CACHE: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", REALLY_COMPILE],
        env=os.environ | {"PYTHONPATH": folders} | settings,
        capture_output=True,
        text=True,
    )
    last = done.stderr.splitlines()[-1]
    assert_one_sentence(last.removeprefix("cl_utils.errors.StudyError: "), "install a C++ compiler")
    assert "During handling" not in done.stderr and len(done.stderr.splitlines()) < 15
