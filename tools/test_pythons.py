"""Run the tests on every Python that is supported: `python tools/test_pythons.py [version ...]`.

In: interpreters python3.11, python3.12 and python3.13, found on the PATH, by pyenv or by uv. Out:
for each an environment with the pinned versions, .venv-<version>, and the result of pytest there; 0
if all are there and pass. What stands after `--` goes to pytest: `3.13 -- tests/test_paths.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
ASK = "import sys; print(sys.version_info[0], sys.version_info[1], sep='.')"


def candidates(version: str) -> Iterator[str]:
    """Yield what may be an interpreter of a version: here, of pyenv's, of uv's."""
    yield sys.executable
    yield shutil.which(f"python{version}") or ""
    if pyenv := shutil.which("pyenv"):
        yield f"{output(pyenv, 'prefix', version)}/bin/python"
    if uv := shutil.which("uv"):
        yield output(uv, "python", "find", version)


def output(*command: str) -> str:
    """Return what a command prints; "" when it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def interpreter(version: str) -> str | None:
    """Return an interpreter of a version, if one is found that works."""
    found = (each for each in candidates(version) if output(each, "-c", ASK) == version)
    return next(found, None)


def passes(version: str, python: str, options: Sequence[str]) -> bool:
    """Return whether the tests pass in an environment of this Python, made where it is missing."""
    folder = REPOSITORY / f".venv-{version}"
    inside = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    for command in (
        [python, "-m", "venv", str(folder)],
        [inside, "-m", "pip", "install", "--quiet", "-e", ".[dev]", "-c", "constraints.txt"],
        [inside, "-m", "pytest", *options],
    ):
        if subprocess.run(command, cwd=REPOSITORY).returncode:
            return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Test the named versions, or all; return 0 if every one of them is there and passes."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    versions, options = arguments[:at] or VERSIONS, arguments[at + 1 :]
    results = {}
    for version in versions:
        python = interpreter(version)
        print(f"Python {version}: {python or 'not found'}", flush=True)
        if python is None:
            results[version] = f"not found: install python{version}, pyenv or uv"
        else:
            results[version] = "passed" if passes(version, python, options) else "FAILED"
    for version, result in results.items():
        print(f"Python {version}: {result}")
    return int(set(results.values()) != {"passed"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
