"""Runs a program text that did not come from our grammar, checked first and kept within limits.

In: source text from a user. Out: what it prints. The text is only run when its syntax stays in the
TinyPy subset, and then in a child process with limits on time, memory and output.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile

from cl_utils.errors import StudyError

MEMORY_BYTES = 512 * 2**20
OUTPUT_BYTES = 2**20
_LAUNCHER = """
import resource, sys
memory, output, seconds = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
exec(compile(sys.stdin.read(), "program", "exec"), {})
"""
_BLOCKS = (ast.Module, ast.Expr, ast.Assign, ast.If, ast.For, ast.While)
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare)
_OPERATORS = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Not, ast.And, ast.Or),
    *(ast.Lt, ast.Gt, ast.LtE, ast.GtE, ast.Eq, ast.NotEq, ast.Load, ast.Store),
)
_ALLOWED = (*_BLOCKS, *_OPERATIONS, *_OPERATORS, ast.Name, ast.Constant, ast.Call)
_REASONS = {
    "ZeroDivisionError": "it divides by zero",
    "NameError": "it uses a variable that was never assigned",
    "OSError": f"it prints more than {OUTPUT_BYTES // 2**20} MiB",
    "OverflowError": "a number grows too large",
    "MemoryError": f"it needs more than {MEMORY_BYTES // 2**20} MiB",
    "TypeError": "an operand has the wrong type, such as a float in range",
}


def run(source: str, *, seconds: float = 2.0) -> str:
    """What a program prints, without the trailing newline; "" when it prints nothing.

    Raises StudyError when the text leaves the TinyPy subset (see `check`), and, naming the reason,
    when it divides by zero, uses an unassigned variable, or exceeds `seconds` or a limit above.
    """
    check(source)
    limits = [str(MEMORY_BYTES), str(OUTPUT_BYTES), str(int(seconds) + 1)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        try:
            child = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, *limits],
                input=source,
                stdout=printed,
                stderr=subprocess.PIPE,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise StudyError(f"the program ran longer than {seconds} s: end its loops") from error
        if child.returncode != 0:
            raise StudyError(f"the program failed: {_reason(child.stderr)}")
        printed.seek(0)
        return printed.read().rstrip("\n")


def check(source: str) -> None:
    """Raise StudyError, naming the line, unless the text stays in the TinyPy subset.

    The subset: single lower-case letters, integers, + - * /, comparisons, and / or / not, if / elif
    / else, for over range of one to three arguments, while, and print of one expression.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise StudyError(f"the program is not valid Python: {error}") from error
    ranges = {id(node.iter) for node in ast.walk(tree) if isinstance(node, ast.For)}
    prints = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    heads = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        fault = _fault(node, id(node) in ranges, id(node) in prints, id(node) in heads)
        if fault:
            line = getattr(node, "lineno", 1)
            raise StudyError(f"line {line} leaves the TinyPy subset: {fault}")


def _fault(node: ast.AST, is_range: bool, is_print: bool, is_head: bool) -> str | None:
    """What is wrong with one node, given the place it stands in; None when it is allowed."""
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__} is not part of it"
    if is_range and not _is_call(node, "range", 3):
        return "a for loop goes over range with one to three arguments"
    if is_print and not _is_call(node, "print", 1):
        return "a line that is only an expression must print one"
    if isinstance(node, ast.Call) and not (is_range or is_print):
        return "print and range cannot stand inside an expression"
    if isinstance(node, ast.For | ast.While) and node.orelse:
        return "a loop has no else"
    if isinstance(node, ast.Assign) and len(node.targets) > 1:
        return "an assignment has one variable"
    if isinstance(node, ast.Constant) and type(node.value) is not int:
        return f"{node.value!r} is not an integer"
    if isinstance(node, ast.Name) and not is_head and not _is_variable(node.id):
        return f"{node.id!r} is not a single lower-case letter"
    return None


def _is_variable(name: str) -> bool:
    return len(name) == 1 and "a" <= name <= "z"


def _is_call(node: ast.AST, name: str, most_arguments: int) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and not node.keywords
        and 1 <= len(node.args) <= most_arguments
    )


def _reason(errors: str) -> str:
    """A reason in words from the last line that the child wrote to its error stream."""
    last = errors.strip().splitlines()[-1] if errors.strip() else "it was stopped by a limit"
    name = last.partition(":")[0]
    return _REASONS.get(name, last)
