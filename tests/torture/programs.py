"""Attack: texts that pretend to be programs, through everything that reads a program.

In: a seed. Out: an outcome a function and text: a value that agrees with an independent one where
there is one, or a sentence. Independent are CPython's own line events and output for programs of
the grammar, radon's own scores, and round trips.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from random import Random
from types import FrameType
from typing import Any, Final

from radon.metrics import h_visit
from radon.visitors import ComplexityVisitor

from cl_utils.difficulty.overall_metric import difficulty, measure
from cl_utils.difficulty.static_metrics import static_metrics
from cl_utils.errors import StudyError
from cl_utils.tinypy.gate import parse_tinypy
from cl_utils.tinypy.intermediate_values import values_of
from cl_utils.tinypy.interpreter import executed_lines
from cl_utils.tinypy.record import canonical_form, canonical_hash, parse, record, skeleton
from cl_utils.tinypy.sandbox import run
from cl_utils.tinypy.tokenizer import decode, encode
from torture.apart import Call, ends_of
from torture.ground import Ground
from torture.judge import judged
from torture.outcome import Outcome
from torture.texts import ADVERSARIAL, generated, noise, spoilt

SECONDS: Final = 8.0  # of one function on one text
SANDBOX_SECONDS: Final = 0.5  # the limit that the sandbox is given
MOST_TRACED: Final = 100_000  # lines
FINE: Final = "fine"


def _scores(text: str) -> str:
    """Compare the scores of one program with those of many, and with radon's own."""
    scores = difficulty(text)
    many = measure([text]).iloc[0]
    if tuple(many) != astuple(scores):
        return f"measure says {tuple(many)}, difficulty {astuple(scores)}"
    own = ComplexityVisitor.from_code(text).total_complexity, h_visit(text).total.difficulty
    ours = scores.cyclomatic_complexity, scores.halstead_difficulty
    return FINE if own == ours else f"radon says {own}, difficulty {ours}"


def _many_scores(text: str) -> str:
    """Accept by `measure` what `difficulty` accepts, and nothing else."""
    measure([text])
    difficulty(text)  # which raises what it should have raised
    return FINE


def _static(text: str) -> str:
    metrics = static_metrics(text, "1")
    return FINE if metrics.characters == len(text) else f"{metrics.characters} characters"


def _values(text: str) -> str:
    places = values_of(text)
    beyond = [place for place in places if not 0 <= place <= len(text)]
    return f"places {beyond} of {len(text)} characters" if beyond else FINE


def _lines(text: str) -> str:
    counted = executed_lines(parse_tinypy(text))
    if counted > MOST_TRACED:
        return FINE
    traced, _ = _by_cpython(text)
    return FINE if counted == traced else f"{counted} lines counted, {traced} traced"


def _tokens(text: str) -> str:
    back = decode(encode(text))
    return FINE if back == text else f"{back[:60]!r} after a round trip"


def _parsed(text: str) -> str:
    """Read a text as a record, and spoilt records of it; what is read is what stands there."""
    whole = record(text, "1\n2")
    for each in (whole[:-1], f"{whole}\n", whole.replace("\n# 2", "\n2"), whole + whole, text):
        try:
            back = record(*parse(each))
        except StudyError as error:
            refused: StudyError | None = error
            continue
        refused = None
        if back != each:
            return f"{back[:60]!r} after a round trip"
    if refused:
        raise refused  # which is judged as a sentence
    return FINE


def _recorded(text: str) -> str:
    back = parse(record(text, "1\n2"))
    return FINE if back == (text, "1\n2") else f"{back!r} after a round trip"


def _names(text: str) -> str:
    parse_tinypy(text)
    if canonical_hash(canonical_form(text)) != canonical_hash(text):
        return "the canonical form has another hash"
    return FINE if skeleton(skeleton(text)) == skeleton(text) else "another skeleton's skeleton"


def _run(text: str) -> str:
    said = run(text, seconds=SANDBOX_SECONDS)
    parse_tinypy(text)  # what ran is in the subset
    _, printed = _by_cpython(text, traced=False)
    return FINE if said == printed else f"the sandbox prints {said[:60]!r}, not {printed[:60]!r}"


def _gate(text: str) -> str:
    parse_tinypy(text)
    return FINE


READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "parse_tinypy": _gate,
    "run": _run,
    "difficulty": _scores,
    "measure": _many_scores,
    "static_metrics": _static,
    "values_of": _values,
    "executed_lines": _lines,
    "encode": _tokens,
    "parse": _parsed,
    "record": _recorded,
    "names": _names,
}


def truth(source: str, output: str) -> str:
    """Compare what is said of a program of the grammar with what CPython does."""
    said = run(source)
    if said != output:
        return f"the sandbox prints {said!r}, not {output!r}"
    counted, (traced, printed) = static_metrics(source, output).executed_lines, _by_cpython(source)
    if printed != output:
        return f"CPython prints {printed!r}, not {output!r}"
    if counted != traced:
        return f"{counted} lines counted, {traced} traced"
    values_of(source)
    back = parse(decode(encode(record(source, output))))
    return FINE if back == (source, output) else f"{back!r} after a round trip"


def _by_cpython(source: str, traced: bool = True) -> tuple[int, str]:
    """Return how many lines CPython executes, and what it prints."""
    count = 0

    def trace(frame: FrameType, event: str, given: Any) -> Any:
        nonlocal count
        count += event == "line" and frame.f_code.co_filename == "program"
        return trace

    code = compile(source, "program", "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        sys.settrace(trace if traced else None)
        try:
            exec(code, {})
        finally:
            sys.settrace(None)
    return count, printed.getvalue().rstrip("\n")


GRAMMAR: Final = "of the grammar"
MAKERS: Final[Mapping[str, Callable[[Random], tuple[str, str]]]] = {
    "spoilt": spoilt,
    "noise": noise,
    **{
        name: lambda random, name=name, made=made: (name, made(random))
        for name, made in ADVERSARIAL.items()
    },
}
"""By kind what makes a text, and says what was done; programs of the grammar are made apart."""


class Programs:
    """Every reader of programs, on every kind of text."""

    name = "programs"
    kinds = (*MAKERS, GRAMMAR)

    def __init__(self, ground: Ground, seed: int) -> None:
        pass

    def kind(self, number: int) -> str:
        """Return the kind of text of an attempt: of five in turn, two are adversarial."""
        turn, place = divmod(number, 5)
        texts = list(ADVERSARIAL)
        first, second = (texts[(2 * turn + more) % len(texts)] for more in (0, 1))
        return (first, "spoilt", second, "noise", GRAMMAR)[place]

    def attempt(self, number: int, random: Random) -> Iterator[Outcome]:
        """Hand one text to all readers, or one program of the grammar to CPython as well."""
        kind = self.kind(number)
        if kind == GRAMMAR:
            source, output = generated(random)
            (end,) = ends_of([Call("truth", lambda: truth(source, output))], seconds=SECONDS)
            case = f"--case {number}: {source!r}"
            yield judged("programs: of the grammar", case, end, {FINE}, may_refuse=False)
            return
        made, text = MAKERS[kind](random)
        calls = [_call(name, text) for name in READERS]
        for call, end in zip(calls, ends_of(calls, seconds=SECONDS), strict=True):
            case = f"--case {number}: {made}, {len(text)} characters, {text[:80]!r}"
            yield judged(f"programs: {call.name}", case, end, {FINE})


def _call(name: str, text: str) -> Call:
    return Call(name, lambda: READERS[name](text))
