"""What every test may rely on, however busy the computer is and whatever else runs on it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# An example may take as long as it does, and the same ones are tried every time: what passes here
# passes elsewhere. `--hypothesis-profile default` tries others.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

#: Seconds that another process of this run may take to make what is shared.
PATIENCE = 300


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests: what a file makes for all its tests is made once.

    Long tests come first, so that no process is left with one of them while the others are done.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if _shares_with_its_file(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _shares_with_its_file(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or item.get_closest_marker("xdist_group"):
        return False
    definitions = item._fixtureinfo.name2fixturedefs.values()  # there is no public way
    return any(made.scope == "module" for several in definitions for made in several)


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], object]], Path]:
    """``made_once(name, make)`` is a folder that ``make`` filled, by whichever process came first.

    Tests read it; what they change they copy.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "made-once"

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        made, ready = shared / name, shared / f"{name}.ready"
        give_up = time.monotonic() + PATIENCE
        while not ready.exists():
            assert time.monotonic() < give_up, f"another process could not make {name}"
            try:
                made.mkdir(parents=True)
            except FileExistsError:
                time.sleep(0.05)  # another process is about it
                continue
            try:
                make(made)
                ready.touch()
            finally:
                if not ready.exists():
                    shutil.rmtree(made)
        return made

    return folder


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
