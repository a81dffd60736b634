"""Files that are whole or absent: written under a temporary name, renamed, known by a digest.

In: paths and contents. Out: files; or one sentence that says which is missing, damaged or cannot be
written, and what repairs it. A repair is a clause such as "run notebooks/04_training.ipynb".
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cl_utils.errors import MissingError, StudyError, UnwritableError


def running(notebook: str) -> str:
    """Return the repair of what a notebook writes."""
    return f"run notebooks/{notebook}.ipynb"


def missing(path: Path, repair: str) -> MissingError:
    """Return the error of a file that is not there, to be raised."""
    return MissingError(f"{path} is missing: {repair} first")


def damaged(path: Path, repair: str) -> StudyError:
    """Return the error of a file that is not what was written, to be raised."""
    return StudyError(
        f"{path} is damaged or was changed by hand: restore it with git if it is tracked, or "
        f"delete it and {repair} again"
    )


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends well, and vanishes otherwise.

    Raises StudyError when the disk is full or the folder cannot be written, and when the block
    needs another file that it cannot read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if other := _other_file(error, (temporary, path)):
            raise StudyError(
                f"{other} cannot be read ({error.strerror}), and {path} is made from it: make it "
                "readable, or make it again, then run the same again"
            ) from error
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _other_file(error: OSError, ours: tuple[Path, Path]) -> str:
    """Return the file that an error names; "" when it names none, or one of `ours`."""
    names = [each for each in (error.filename, error.filename2) if isinstance(each, str | Path)]
    return "" if not names or set(map(Path, names)) & set(ours) else str(names[0])


def _unwritable(path: Path, error: OSError) -> UnwritableError:
    return UnwritableError(
        f"{path} could not be written ({error.strerror or error}): free some disk "
        "space or fix the folder's permissions, then run the same again"
    )


def file_digest(path: Path, repair: str = "run the notebook that writes it") -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a file.

    Raises StudyError when there is no such file, or when it cannot be read.
    """
    try:
        found = regular(path)
        return _digest(path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    except FileNotFoundError:
        raise missing(path, repair) from None
    except OSError as error:
        raise unreadable(path, repair, error) from None


def regular(path: Path) -> os.stat_result:
    """Return what the system knows of a file; OSError for a folder, or a pipe that never ends."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return found


@lru_cache(maxsize=64)
def _digest(path: Path, *state: int) -> str:
    """Return the digest of a file, read once while `state`, what the system knows, is the same.

    When it was last changed is not enough: copying tools set it back to the original's.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def unreadable(path: Path, repair: str, error: OSError) -> StudyError:
    """Return the error of a file that the system does not let be read, to be raised."""
    return StudyError(
        f"{path} cannot be read ({error.strerror or error}): fix its permissions, or remove what "
        f"stands there and {repair} again"
    )


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, sorted and indented."""
    with atomic(path) as temporary:
        text = json.dumps(content, indent=1, sort_keys=True, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, repair: str) -> Any:
    """Return what a JSON file holds; StudyError names the repair of a missing or damaged one."""
    try:
        regular(path)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise missing(path, repair) from None
    except (ValueError, RecursionError):  # not text, not JSON, or a number beyond Python's limit
        raise damaged(path, repair) from None
    except OSError as error:
        raise unreadable(path, repair, error) from None
