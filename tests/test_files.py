"""A file's digest is that of its content, whatever its times say."""

from __future__ import annotations

import os
from pathlib import Path

from cl_utils.files import file_digest


def test_a_file_changed_under_its_old_time_has_another_digest(tmp_path: Path) -> None:
    """As one that was restored, or copied with its times: the same size, the same time."""
    path = tmp_path / "measures.csv"
    path.write_text("84.4667")
    state, before = path.stat(), file_digest(path)
    path.write_text("99.9999")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_mtime_ns == state.st_mtime_ns and file_digest(path) != before
    other = tmp_path / "other"
    other.write_text("84.4667")
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(path)
    assert file_digest(path) == before
