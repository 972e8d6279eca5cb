"""The command line, ``ocpp-kernel``: a demo, a server, a charge point, the bundler, and insight.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

#: What the command line needs beyond the kernel; the distribution's extra ``cli`` brings it.
REQUIREMENTS = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives the exit code; ``arguments`` default to the process's own."""
    try:
        from ocpp_kernel.cli.app import run  # noqa: PLC0415 - click or rich may be missing
    except ModuleNotFoundError as error:
        if error.name not in REQUIREMENTS:
            raise
        print(
            f"ocpp-kernel: the command line needs {error.name}; "
            "install it with: pip install 'ocpp-kernel[cli]'",
            file=sys.stderr,
        )
        return 1
    return run(arguments)
