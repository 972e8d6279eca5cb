"""``ocpp-kernel station`` as a process, against ``ocpp-kernel serve`` or a bare WebSocket."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

Start = Callable[..., Any]
Run = Callable[..., Any]


@pytest.fixture
def url(start: Start) -> str:
    """Where a central system listens."""
    server = start("serve", "--port", "0")
    return str(server.wait_for("listening on ")).removeprefix("listening on ")


def test_a_car_is_charged_from_the_console(start: Start, url: str) -> None:
    station = start("station", "--url", url, "--identity", "CP 7")
    station.wait_for(f"CP 7 connects to {url}CP%207")
    station.wait_for("BootAccepted")
    station.type("plug 1")
    station.wait_for("StatusChanged connector_id=1 old=Available new=Preparing")
    station.type("tag 1 ABCD")
    station.wait_for("StatusChanged connector_id=1 old=Preparing new=Charging")
    assert "idTag=ABCD meterStart=" in station.wait_for("CP 7 ──▶   StartTransaction")
    station.type("unplug 1")
    assert "reason=EVDisconnected" in station.wait_for("CP 7 ──▶   StopTransaction")
    station.wait_for("CP 7 ◀── = StopTransaction")
    station.type("status")
    station.wait_for("connector 1: no EV")
    station.type("quit")
    assert station.wait() == 0


def test_an_unknown_command_is_explained(start: Start, url: str) -> None:
    station = start("station", "--url", url)
    station.wait_for("BootAccepted")
    station.type("pulg 1")
    assert "pulg is no command; there are: plug" in station.wait_for("error: ")


def test_the_end_of_its_input_leaves_it_running(start: Start, url: str) -> None:
    station = start("station", "--url", url)
    station.end_input()
    station.wait_for("BootAccepted")
    assert station.interrupt(signal.SIGTERM) == 0
    assert "Traceback" not in "\n".join(station.output)


def test_the_last_line_of_its_input_needs_no_newline(start: Start, url: str) -> None:
    station = start("station", "--url", url)
    station.wait_for("BootAccepted")
    station._popen.stdin.write("quit")  # what type() does, without a newline
    station.end_input()
    assert station.wait() == 0


def test_quiet_prints_no_frames(start: Start, url: str) -> None:
    station = start("station", "--url", url, "--quiet")
    station.wait_for("BootAccepted")
    station.type("quit")
    assert station.wait() == 0
    assert not [line for line in station.output if "▶" in line or "◀" in line]


def test_it_waits_for_a_central_system_that_is_not_there(start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        station = start("station", "--url", f"ws://127.0.0.1:{port}")
        station.wait_for(f"warning: CP001: cannot connect to ws://127.0.0.1:{port}/CP001: ")
        assert station.interrupt() == 0


class Resetting:
    """A central system that accepts whoever boots and, the first time, resets it."""

    def __init__(self) -> None:
        self.boots = 0

    def __call__(self, connection: ServerConnection) -> None:
        for text in connection:
            frame = json.loads(text)
            if frame[0] == 2 and frame[2] == "BootNotification":
                self.boots += 1
                answer = {"currentTime": "2026-01-01T00:00:00Z", "interval": 60}
                connection.send(json.dumps([3, frame[1], {**answer, "status": "Accepted"}]))
                if self.boots == 1:
                    connection.send('[2,"r","Reset",{"type":"Hard"}]')
            elif frame[0] == 2:
                connection.send(json.dumps([3, frame[1], {}]))


@pytest.fixture
def resetting() -> Iterator[str]:
    """Where such a central system listens."""
    with serve(Resetting(), "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_core_111_a_reset_restarts_the_charge_point(start: Start, resetting: str) -> None:
    station = start("station", "--url", resetting, "--speed", "20")
    station.wait_for("Started cause=PowerUp")
    station.wait_for("CP001 ◀──   Reset")
    station.wait_for("CP001 ──▶ = Reset")
    station.wait_for("Started cause=Hard")
    station.wait_for("BootAccepted")
    station.type("status")
    station.wait_for("connector 1: no EV")
    station.type("quit")
    assert station.wait() == 0


def test_state_outlives_the_process_where_there_is_a_folder_for_it(
    start: Start, url: str, tmp_path: Path
) -> None:
    arguments = ("station", "--url", url, "--data", "state")
    first = start(*arguments)
    first.wait_for("BootAccepted")
    first.type("plug 1")
    first.type("tag 1 ABCD")
    first.wait_for("old=Preparing new=Charging")
    first.wait_for("CP001 ◀── = StartTransaction")
    first.close()
    assert any((tmp_path / "state").iterdir())
    second = start(*arguments)
    assert "reason=PowerLoss" in second.wait_for("CP001 ──▶   StopTransaction")


def test_options_overrule_the_configuration(start: Start, url: str, tmp_path: Path) -> None:
    (tmp_path / "ocpp.toml").write_text(
        "[charge_point]\nurl = 'ws://192.0.2.1'\nidentity = 'FILE'\n"
        "[charge_point.core_profile]\nvendor = 'Acme'\n"
    )
    station = start("station", "--config", "ocpp.toml", "--url", url, "--identity", "OPTION")
    assert "chargePointVendor=Acme" in station.wait_for("OPTION ──▶   BootNotification")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--url", "http://x"], "'http://x' is no WebSocket URL; it must begin with ws:// or"),
        (["--identity", ""], "a charge point's identity cannot be empty"),
        (["--speed", "0"], "0.0 is not in the range x>0"),
        (["--config", "gone.toml"], "gone.toml: cannot be read: No such file or directory"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], told: str) -> None:
    result = run("station", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_folder_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("station", "--data", str(tmp_path / "file" / "state"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Not a directory" in result.stderr
