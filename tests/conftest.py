"""What every test may rely on, however busy the computer is and whatever else runs on it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

# An example may take as long as it does, and the same ones are tried every time: what passes here
# passes elsewhere. `--hypothesis-profile default` tries others.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def reserve_port() -> Iterator[Callable[[], int]]:
    """Gives ports of this computer that nobody listens on.

    The system gives them to nobody else before the last test has ended; who names one can listen
    there, and again after having stopped.
    """
    with ExitStack() as sockets:

        def reserve() -> int:
            held = sockets.enter_context(socket.socket())
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", 0))
            return int(held.getsockname()[1])

        yield reserve


@pytest.fixture
def settled() -> Callable[[], Awaitable[None]]:
    """``await settled()`` lets tasks do what they can without waiting for anything.

    Turns of the event loop are counted, since a moment of sleep may be but one on a busy computer.
    """

    async def turn() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    return turn
