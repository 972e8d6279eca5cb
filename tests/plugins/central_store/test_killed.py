"""``ocpp-kernel serve`` is killed (SIGKILL) at every step of transactions that stations tell it."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import IO, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from .conftest import BOOT, Site, start_of, stop_of

#: Seconds after which waiting is given up; a failed test, never a measurement.
PATIENCE = 60
CONFIGURATION = """
[central_system]
port = 0
[central_system.central_store]
file = "central.db"
"""


class Server:
    """The central system as a process, started again and again over one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "central.db"
        self.url = ""
        (folder / "ocpp.toml").write_text(CONFIGURATION)
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread()

    def start(self) -> None:
        """Returns once it listens."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ocpp_kernel", "serve", "--quiet", "--config", "ocpp.toml"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        output = self._process.stdout
        assert output is not None
        lines: list[str] = []
        for line in output:
            lines.append(line)
            if line.startswith("listening on "):
                self.url = line.split()[2]
                # A pipe that is full would stop the server.
                self._reader = threading.Thread(target=drain, args=(output,), daemon=True)
                self._reader.start()
                return
        output.close()
        pytest.fail(f"it does not listen:\n{''.join(lines)}")

    def kill(self) -> None:
        """Ends it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None
            self._reader.join(PATIENCE)


def drain(output: IO[str]) -> None:
    """Reads what nobody wants to know."""
    with output:
        for _ in output:
            pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A central system that listens."""
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


class Station:
    """A bare WebSocket that sends each message until it is answered."""

    def __init__(self, server: Server, identity: str = "CP1") -> None:
        self._server = server
        self._identity = identity
        self._connection: ClientConnection | None = None
        self._open = ExitStack()
        self._count = 0

    def connect(self) -> ClientConnection:
        """The connection, opened anew where there is none."""
        if self._connection is None:
            opened = connect(
                f"{self._server.url}{self._identity}",
                subprotocols=[Subprotocol("ocpp1.6")],
                proxy=None,
            )
            self._connection = self._open.enter_context(opened)
        return self._connection

    def send(self, action: str, payload: dict[str, Any]) -> None:
        """Sends a CALL and waits for nothing."""
        self._count += 1
        self.connect().send(json.dumps([2, str(self._count), action, payload]))

    def hear(self, timeout: float = PATIENCE) -> Any:
        """The payload of the answer; the whole frame of an error."""
        answer = json.loads(self.connect().recv(timeout))
        assert answer[1] == str(self._count)
        return answer[2] if answer[0] == 3 else answer

    def drop(self) -> None:
        """The connection is gone."""
        self._connection = None
        self._open.close()

    def until_answered(self, action: str, payload: dict[str, Any]) -> Any:
        """Sends it over as many connections as it takes."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            with suppress(OSError, ConnectionClosed, InvalidHandshake):
                self.send(action, payload)
                if not isinstance(answer := self.hear(), list):
                    return answer
                continue
            self.drop()
        return pytest.fail(f"{self._identity}: {action} is not answered")


@pytest.fixture
def station(server: Server) -> Iterator[Station]:
    """A station that has booted."""
    made = Station(server)
    assert made.until_answered("BootNotification", BOOT)["status"] == "Accepted"
    yield made
    made.drop()


READINGS = [
    {"timestamp": f"2026-01-01T00:0{n}:00Z", "sampledValue": [{"value": f"{1000 + n}"}]}
    for n in range(3)
]


def messages(number: int) -> list[tuple[str, dict[str, Any]]]:
    """What a transaction consists of after its start."""
    values = {"connectorId": 1, "transactionId": number}
    return [
        ("MeterValues", {**values, "meterValue": READINGS[:1]}),
        ("MeterValues", {**values, "meterValue": READINGS[1:2]}),
        ("StopTransaction", stop_of(number, transactionData=READINGS[2:])),
    ]


def known_after(server: Server) -> dict[int, Any]:
    """The transactions in the database, once the process is gone."""
    server.kill()
    site = Site(server.path)
    site.central.start()
    site.central.stop()
    return dict(site.core.transactions)


def check_one(server: Server, number: int) -> None:
    """There is one transaction, complete."""
    known = known_after(server)
    assert list(known) == [number]
    assert (known[number].energy, known[number].running) == (2000, False)
    assert list(known[number].meter_values) == READINGS


def test_killed_after_every_answer(server: Server, station: Station) -> None:
    """The answer was on its way when it died: the station never got it, and sends again."""

    def twice(action: str, payload: dict[str, Any]) -> Any:
        first = station.until_answered(action, payload)
        server.kill()
        station.drop()
        server.start()
        assert station.until_answered(action, payload) == first
        return first

    number = twice("StartTransaction", start_of())["transactionId"]
    for action, payload in messages(number):
        twice(action, payload)
    check_one(server, number)


def test_killed_before_anything_is_stored(server: Server, station: Station) -> None:
    """The message is received; the disk lets it wait; nothing is answered before it is stored."""

    def killed_in_between(action: str, payload: dict[str, Any]) -> Any:
        with closing(sqlite3.connect(server.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            station.send(action, payload)
            with pytest.raises(TimeoutError):
                station.hear(timeout=0.5)
            server.kill()
            other.execute("ROLLBACK")
        station.drop()
        server.start()
        return station.until_answered(action, payload)

    number = killed_in_between("StartTransaction", start_of())["transactionId"]
    for action, payload in messages(number):
        killed_in_between(action, payload)
    check_one(server, number)


@pytest.mark.slow
def test_killed_at_any_moment(server: Server) -> None:
    """Stations tell transactions as fast as they can while the process is killed now and then."""
    count = 4
    given: dict[str, list[int]] = {f"CP{n}": [] for n in range(count)}
    ended = threading.Event()

    def charge(identity: str) -> None:
        station = Station(server, identity)
        station.until_answered("BootNotification", BOOT)
        meter = 0
        while not ended.is_set() or not given[identity]:
            start = start_of(meterStart=1000 + meter, idTag=identity)
            number = station.until_answered("StartTransaction", start)["transactionId"]
            for action, payload in messages(number):
                station.until_answered(action, payload)
            given[identity].append(number)
            meter += 1
        station.drop()

    stations = [threading.Thread(target=charge, args=(identity,)) for identity in given]
    for thread in stations:
        thread.start()
    chance = random.Random(1)  # noqa: S311 - when to kill is no secret
    for _ in range(6):
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill()
        server.start()
    ended.set()
    for thread in stations:
        thread.join(PATIENCE)
    known = known_after(server)
    numbers = [number for each in given.values() for number in each]
    assert sorted(known) == sorted(numbers)
    for identity, mine in given.items():
        for meter, number in enumerate(mine):
            found = known[number]
            assert (found.identity, found.meter_start) == (identity, 1000 + meter)
            assert found.meter_stop == 3000
            assert list(found.meter_values) == READINGS
