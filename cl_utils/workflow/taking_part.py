"""A Snakemake's part in the work on a profile: of one command, or a command of its own.

In: a profile, from the Snakefile of a Snakemake that is about to start jobs. Out: called by
`make reproduce`, it ends with that; called by a user, it has the profile to itself as that has.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

import psutil

from cl_utils.errors import StudyError
from cl_utils.processes import MARK_VARIABLE, after_parent, end_marked
from cl_utils.workflow.profile_lock import only_command, owner_of


def take_part(profile: str, work: ExitStack) -> None:
    """Begin; closing `work` ends it.

    Raises StudyError when another command has the profile, or when that which called this one was
    killed before it could begin.
    """
    called_by = os.environ.get(MARK_VARIABLE)
    if not called_by:
        os.environ[MARK_VARIABLE] = work.enter_context(only_command(profile, "snakemake"))
        return
    owner, before = owner_of(profile), {each.pid for each in psutil.Process().parents()}
    if owner is None or owner.mark != called_by or owner.process not in before:
        raise StudyError("the command that started this Snakemake was killed: start it again")
    after_parent(lambda: _end_all(called_by))


def _end_all(mark: str) -> None:
    end_marked(mark)
    os._exit(1)
