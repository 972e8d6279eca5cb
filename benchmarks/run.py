"""Every benchmark in turn; each prints ratios taken within one run, never bare times.

python benchmarks/run.py [dispatch] [server] [device] [heap] [month] [schedule] [stored] [transfers]
"""

from __future__ import annotations

import sys

import device
import dispatch
import module_heap
import month
import schedule
import server
import stored
import transfers
from rich.console import Console

BENCHMARKS = {
    "dispatch": dispatch.run,
    "server": server.run,
    "device": device.run,
    "heap": module_heap.run,
    "month": month.run,
    "schedule": schedule.run,
    "stored": stored.run,
    "transfers": transfers.run,
}


def main() -> int:
    """Runs the benchmarks named on the command line, or all."""
    console = Console()
    names = sys.argv[1:] or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            console.print(f"no benchmark {name}; there are {', '.join(BENCHMARKS)}")
            return 2
        BENCHMARKS[name](console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
