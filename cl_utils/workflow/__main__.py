"""The command: `python -m cl_utils.workflow reproduce|resume|figures|report PROFILE`."""

from __future__ import annotations

import sys

from cl_utils.workflow.commands import main

if __name__ == "__main__":
    sys.exit(main())
