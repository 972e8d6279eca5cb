"""Connections need files, of which there may be too few."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from typing import Any

import pytest

from ocpp_kernel.cli import open_files

LIMITED = """
import resource
from ocpp_kernel.cli.open_files import raise_limit

resource.setrlimit(resource.RLIMIT_NOFILE, (60, {hard}))
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("hard", [60, 200])
def test_what_the_system_allows_is_asked_for(hard: int) -> None:
    script = LIMITED.format(hard=hard)
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.stdout.strip() == f"({hard}, {hard})", ended.stderr


class Loop:
    """An event loop whose time is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.left: list[Any] = []

    def time(self) -> float:
        return self.now

    def default_exception_handler(self, context: Any) -> None:
        self.left.append(context)


def test_a_shortage_is_told_once_in_a_while_and_the_rest_left_alone() -> None:
    told: list[tuple[str, str]] = []
    loop: Any = Loop()
    handle = open_files.Shortage(lambda level, text: told.append((level, text)))
    short = {"message": "accept", "exception": OSError(errno.EMFILE, "Too many open files")}
    for loop.now in (0.0, 0.1, open_files.PAUSE, open_files.PAUSE + 1):
        handle(loop, short)
    assert [level for level, _ in told] == ["error", "error"]
    assert "ulimit -n" in told[0][1]
    others: list[Any] = [{"message": "x"}, {"message": "x", "exception": RuntimeError()}]
    for other in others:
        handle(loop, other)
    assert loop.left == others


async def test_it_is_what_asyncio_calls() -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(open_files.Shortage(lambda level, text: told.append(text)))
    loop.call_exception_handler({"message": "x", "exception": OSError(errno.ENFILE, "full")})
    assert len(told) == 1
