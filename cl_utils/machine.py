"""What was measured on: cores, memory, names of processor and GPU, the code's hash.

In: nothing. Out: plain facts for manifests, and what manifests say of machines, in words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from cl_utils.manifests import processor
from cl_utils.parallel import available_cores, installed_memory
from cl_utils.paths import REPOSITORY

PACKAGES = ("cl_utils", "benchmarks")
BYTES_OF_A_PROCESS = 2 * 10**9  # what one training process with torch and a compiler may need


def processes_side_by_side() -> int:
    """Return as many one-thread processes as there are cores, and memory for two such sets."""
    memory = installed_memory()
    if memory is None:
        return available_cores()
    return max(1, min(available_cores(), memory // (2 * BYTES_OF_A_PROCESS)))


def slug(name: str) -> str:
    """Return a device's name as a folder's: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def device_name(device: str) -> str:
    """Return "cpu", or the slug of the GPU's name."""
    return "cpu" if device == "cpu" else slug(torch.cuda.get_device_name())


def code_digest() -> str:
    """Return 16 hexadecimal digits for the code of the package and of the benchmarks."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            digest.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def facts() -> dict[str, Any]:
    """Return what a manifest says beside time, versions and machine."""
    named = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return {
        "processor": processor(),
        "gpu": named,
        "threads": available_cores(),
        "code": code_digest(),
    }


def machines_text(manifests: Sequence[Mapping[str, Any]]) -> str:
    """Return on which machines, with which torch and when the files of manifests were made."""
    machines = sorted({f"{each['processor']} ({each['machine']})" for each in manifests})
    versions = sorted({f"torch {each['versions']['torch']}" for each in manifests})
    days = sorted({str(each["time"])[:10] for each in manifests})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{'; '.join(machines)}, {', '.join(versions)}, {when}"
