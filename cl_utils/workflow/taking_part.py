"""A Snakemake's part in the work on a profile: of one command, or a command of its own.

In: a profile, from the Snakefile of a Snakemake that is about to start jobs. Out: called by
`make reproduce`, it ends with that; called by a user, it has the profile to itself as that has.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

from cl_utils.processes import MARK_VARIABLE, after_parent, end_marked
from cl_utils.study.profile_lock import only_command, owner_of


def take_part(profile: str, work: ExitStack) -> None:
    """Begin; closing `work` ends it. Raises StudyError when another command has the profile."""
    owner = owner_of(profile)
    if owner is not None and os.environ.get(MARK_VARIABLE) == owner.mark:
        after_parent(lambda: _end_all(owner.mark))
    else:
        os.environ[MARK_VARIABLE] = work.enter_context(only_command(profile, "snakemake"))


def _end_all(mark: str) -> None:
    end_marked(mark)
    os._exit(1)
