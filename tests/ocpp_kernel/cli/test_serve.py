"""``ocpp-kernel serve`` as a process, with a station that is a bare WebSocket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

Start = Callable[..., Any]
Run = Callable[..., Any]

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "Box"}


def url_of(server: Any) -> str:
    return str(server.wait_for("listening on ")).removeprefix("listening on ")


def station(url: str, identity: str = "CP1") -> ClientConnection:
    return connect(f"{url}{identity}", subprotocols=[Subprotocol("ocpp1.6")], proxy=None)


def call(connection: ClientConnection, action: str, payload: dict[str, Any]) -> list[Any]:
    connection.send(json.dumps([2, "1", action, payload]))
    answer: list[Any] = json.loads(connection.recv())
    return answer


def test_core_019_any_station_and_any_tag_without_a_configuration(start: Start) -> None:
    server = start("serve", "--port", "0")
    server.wait_for("no configuration: any station is admitted and any tag accepted")
    with station(url_of(server)) as connection:
        assert call(connection, "BootNotification", BOOT)[2]["status"] == "Accepted"
        told = call(connection, "Authorize", {"idTag": "ABC"})[2]
        assert told["idTagInfo"]["status"] == "Accepted"
    server.wait_for("StationDisconnected identity=CP1")
    assert server.interrupt() == 0


def test_it_prints_events_and_frames(start: Start) -> None:
    server = start("serve", "--port", "0")
    with station(url_of(server)) as connection:
        call(connection, "BootNotification", BOOT)
        server.wait_for("StationConnected identity=CP1")
        assert "chargePointVendor=Acme" in server.wait_for("CP1 ──▶   BootNotification")
        server.wait_for("StationBooted identity=CP1 status=Accepted chargePointVendor=Acme")
        assert "status=Accepted" in server.wait_for("CP1 ◀── = BootNotification")


def test_quiet_prints_no_frames(start: Start) -> None:
    server = start("serve", "--port", "0", "--quiet")
    with station(url_of(server)) as connection:
        call(connection, "BootNotification", BOOT)
    server.wait_for("StationDisconnected")
    assert not [line for line in server.output if "▶" in line or "◀" in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_with_a_station_connected(start: Start, number: int) -> None:
    server = start("serve", "--port", "0")
    with station(url_of(server)):
        server.wait_for("StationConnected")
        assert server.interrupt(number) == 0
    assert "Traceback" not in "\n".join(server.output)


def test_the_configuration_names_stations_passwords_and_settings(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "ocpp.toml").write_text(
        "[central_system]\nport = 0\npasswords = { CP1 = 'secret' }\n"
        "[central_system.core_profile]\nheartbeat_interval = 77\n"
    )
    server = start("serve", "--config", "ocpp.toml")
    url = url_of(server)
    with pytest.raises(InvalidStatus, match="401"):
        station(url)
    server.wait_for("CP1: connection refused: credentials are missing or wrong")
    with station(url.replace("//", "//CP1:secret@")) as connection:
        assert call(connection, "BootNotification", BOOT)[2]["interval"] == 77


def test_options_overrule_the_configuration(start: Start, tmp_path: Path) -> None:
    (tmp_path / "ocpp.toml").write_text("[central_system]\nhost = '192.0.2.1'\nport = 1\n")
    server = start("serve", "--config", "ocpp.toml", "--host", "127.0.0.1", "--port", "0")
    assert url_of(server).startswith("ws://127.0.0.1:")


def test_a_port_in_use(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 1
    assert f"Error: cannot listen on 127.0.0.1:{port}: " in result.stderr
    assert "choose another --port or --host" in result.stderr


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "example.org", ""])
def test_without_a_configuration_only_this_computer_is_served(run: Run, host: str) -> None:
    result = run("serve", "--host", host, "--port", "0")
    assert result.exit_code == 2
    assert f"anybody would be admitted, so {host} is not listened on" in result.stderr
    assert "--config FILE" in result.stderr


def test_no_plugin_that_brings_a_protocol(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ocpp.toml"
    path.write_text("[profiles]\ncore_profile = false\n[central_system]\nport = 0\n")
    result = run("serve", "--config", str(path))
    assert result.exit_code == 1
    assert "no plugin brings a WebSocket subprotocol" in result.stderr


def test_a_mistake_in_the_configuration(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ocpp.toml"
    path.write_text("[central_system]\nprot = 1\n")
    result = run("serve", "--config", str(path))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f'Error: {path}: central_system.prot is not known; did you mean "port"?'
    ]


def test_a_typed_line_calls_a_station_and_its_answer_is_printed(start: Start) -> None:
    server = start("serve", "--port", "0")
    with station(url_of(server)) as connection:
        call(connection, "BootNotification", BOOT)
        server.wait_for("StationBooted")
        server.type('CP1 GetConfiguration {"key": ["A"]}')
        kind, call_id, action, payload = json.loads(connection.recv())
        assert (kind, action, payload) == (2, "GetConfiguration", {"key": ["A"]})
        connection.send(json.dumps([3, call_id, {"unknownKey": ["A"]}]))
        server.wait_for('CP1 GetConfiguration: {"unknownKey": ["A"]}')


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("CP1", "type: IDENTITY ACTION [PAYLOAD]"),
        ("CP2 Reset {}", "CP2 is not connected; connected are: CP1"),
        ("CP1 Rest {}", "Rest is no action known here; did you mean Reset?"),
        ("CP1 Reset {]", "{]: the payload must be a JSON object"),
        ("CP1 Reset {}", "CP1 Reset: ProtocolError: Reset: type is missing"),
        ("CP1 Reset " + "[" * 3000, "the payload must be a JSON object"),
        ('CP1 Reset {"type": "\\ud800"}', "Reset: cannot be put into JSON"),
        ("CP1 Heartbeat", "CP1 Heartbeat: NotSupported: Heartbeat is sent by stations"),
    ],
)
def test_a_line_that_is_no_call_is_explained(start: Start, line: str, told: str) -> None:
    server = start("serve", "--port", "0")
    with station(url_of(server)) as connection:
        call(connection, "BootNotification", BOOT)
        server.type(line)
        server.wait_for(told)
        assert call(connection, "Heartbeat", {})[0] == 3


def test_frm_003_a_typed_identity_may_hold_blanks(start: Start) -> None:
    server = start("serve", "--port", "0")
    url = url_of(server)
    with station(url, "RDAM"), station(url, "RDAM%20123") as connection:
        call(connection, "BootNotification", BOOT)
        server.type("RDAM 123 ClearCache")
        assert json.loads(connection.recv())[2] == "ClearCache"


def test_a_typed_line_may_be_long(start: Start) -> None:
    entries = [{"idTag": f"TAG{n}"} for n in range(3000)]
    payload = {
        "listVersion": 1,
        "updateType": "Differential",
        "localAuthorizationList": entries,
    }
    server = start("serve", "--port", "0", "--quiet")
    with station(url_of(server)) as connection:
        call(connection, "BootNotification", BOOT)
        server.type("CP1 SendLocalList " + json.dumps(payload))
        assert json.loads(connection.recv())[3] == payload


def test_it_goes_on_where_nobody_reads_its_output(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ocpp_kernel", "serve", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as server:
        assert server.stdout is not None
        lines = iter(server.stdout)
        url = next(line for line in lines if line.startswith("listening on ")).split()[-1]
        server.stdout.close()
        with station(url) as connection:
            assert call(connection, "BootNotification", BOOT)[2]["status"] == "Accepted"
            assert call(connection, "Heartbeat", {})[0] == 3
        server.send_signal(signal.SIGINT)
        assert server.stderr is not None
        assert server.stderr.read().count("\n") == 1  # that there is no configuration
    assert server.returncode == 0
