"""What mypy --strict makes of actions and handlers: good code passes, slips are errors in place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocpp_kernel.contracts import BOTH, Action, on

GOOD = """\
from typing import assert_type

from ocpp_kernel.contracts import Action, Request, on
from ocpp_kernel.session import Deferred
from ocpp_plugins.core_profile import messages as m


class Station: ...


class ChargePoint:
    @on(m.Reset)
    def on_reset(self, request: m.ResetRequest) -> m.ResetResponse:
        return {"status": "Accepted" if request["type"] == "Soft" else "Rejected"}

    @on(m.ClearCache)
    def on_clear_cache(self, request: m.ClearCacheRequest) -> Deferred:
        return Deferred()

    @on(m.UnlockConnector)
    def on_unlock_connector(
        self, request: m.UnlockConnectorRequest
    ) -> m.UnlockConnectorResponse | Deferred:
        return {"status": "Unlocked"} if request["connectorId"] == 1 else Deferred()


class CentralSystem:
    @on(m.Heartbeat)
    def on_heartbeat(self, station: Station, request: m.HeartbeatRequest) -> m.HeartbeatResponse:
        return {"currentTime": "2026-01-01T00:00:00Z"}

    @on(m.StopTransaction)
    async def on_stop_transaction(
        self, station: Station, request: m.StopTransactionRequest
    ) -> m.StopTransactionResponse:
        return {}

    @on(m.MeterValues)
    def on_meter_values(self, station: Station, request: m.MeterValuesRequest) -> Deferred:
        return Deferred()

    @on(m.StatusNotification)
    def on_status_notification(
        self, station: Station, request: m.StatusNotificationRequest
    ) -> m.StatusNotificationResponse | Deferred:
        return {}


async def use(point: ChargePoint, central: CentralSystem, station: Station) -> None:
    assert_type(m.Reset, Action[m.ResetRequest, m.ResetResponse])
    assert_type(m.Reset({"type": "Soft"}), Request[m.ResetRequest, m.ResetResponse])
    name, payload = m.Reset({"type": "Hard"})
    assert_type(name, str)
    assert_type(point.on_reset({"type": "Hard"}), m.ResetResponse)
    assert_type(point.on_clear_cache({}), Deferred)
    unlocked = point.on_unlock_connector({"connectorId": 1})
    assert_type(unlocked, m.UnlockConnectorResponse | Deferred)
    assert_type(central.on_heartbeat(station, {}), m.HeartbeatResponse)
    stop: m.StopTransactionRequest = {"meterStop": 1, "timestamp": "", "transactionId": 1}
    assert_type(await central.on_stop_transaction(station, stop), m.StopTransactionResponse)
    assert_type(m.SampledValue(value="1").get("unit"), m.UnitOfMeasure | None)
"""

#: Each line that holds a slip ends with mypy's code for it.
BAD = """\
from typing import assert_type

from ocpp_kernel.contracts import Action, Request, on
from ocpp_kernel.session import Deferred
from ocpp_plugins.core_profile import messages as m
from ocpp_plugins.smart_charging import messages as sc

m.Reset({"tpye": "Soft"})  # typeddict-item typeddict-unknown-key
m.Reset({"type": "soft"})  # typeddict-item
m.Reset({})  # typeddict-item
m.Reset({"type": "Soft", "evse": 1})  # typeddict-unknown-key
m.Authorize({"idTag": 12})  # typeddict-item
m.GetConfiguration({"key": "HeartbeatInterval"})  # typeddict-item
sc.GetCompositeSchedule({"connectorId": 1, "duration": 60.5})  # typeddict-item
Action("X", m.ResetRequest, m.ResetResponse, sent_by="station")  # arg-type
Action("X", m.ResetRequest, m.ResetResponse)  # call-arg
assert_type(m.Reset({"type": "Soft"}), Request[m.ResetRequest, m.HeartbeatResponse])  # assert-type


class ChargePoint:
    @on(m.Reset)  # arg-type
    def wrong_request(self, request: m.UnlockConnectorRequest) -> m.ResetResponse:
        return {"status": "Accepted"}

    @on(m.Reset)  # arg-type
    def wrong_response(self, request: m.ResetRequest) -> m.HeartbeatResponse:
        return {"currentTime": ""}

    @on(m.Reset)  # arg-type
    async def not_portable(self, request: m.ResetRequest) -> m.ResetResponse:
        return {"status": "Accepted"}

    @on(m.Reset)  # arg-type
    def no_response(self, request: m.ResetRequest) -> None:
        pass

    @on(m.Reset)  # arg-type
    def no_request(self) -> m.ResetResponse:
        return {"status": "Accepted"}

    @on(m.Reset)
    def misspelt_field(self, request: m.ResetRequest) -> m.ResetResponse:
        if request["tpye"] == "Soft":  # typeddict-item
            return {"status": "Acepted"}  # typeddict-item
        return {"state": "Accepted"}  # typeddict-item typeddict-unknown-key

    @on(m.Reset)
    def impossible_value(self, request: m.ResetRequest) -> m.ResetResponse:
        if request["type"] == "soft":  # comparison-overlap
            return {"status": "Accepted"}
        return {"status": "Rejected"}


class CentralSystem:
    @on(m.Heartbeat)  # arg-type
    async def wrong_async(self, station: str, request: m.HeartbeatRequest) -> m.ResetResponse:
        return {"status": "Accepted"}

    @on(m.Authorize)  # arg-type
    def wrong_order(self, request: m.AuthorizeRequest, station: str) -> m.AuthorizeResponse:
        return {"idTagInfo": {"status": "Accepted"}}

    @on(m.Authorize)  # arg-type
    def too_many(
        self, station: str, more: int, request: m.AuthorizeRequest
    ) -> m.AuthorizeResponse | Deferred:
        return Deferred()
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str, str]]:
    """What mypy says of both files: (file, line, severity, message), from one run."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "good.py").write_text(GOOD, encoding="utf-8")
    (folder / "bad.py").write_text(BAD, encoding="utf-8")
    result = mypy(folder)
    found = re.findall(r"^(\w+)\.py:(\d+): (error|note): (.*)$", result, re.MULTILINE)
    assert found, result
    return [(file, int(line), severity, text) for file, line, severity, text in found]


def mypy(folder: Path) -> str:
    options = ["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}", "--no-pretty"]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "good.py", "bad.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not result.stderr
    return result.stdout


def test_actions_answers_and_handlers_keep_their_types(
    report: list[tuple[str, int, str, str]],
) -> None:
    assert [entry for entry in report if entry[0] == "good" and entry[2] == "error"] == []


def test_every_slip_is_an_error_on_its_line(report: list[tuple[str, int, str, str]]) -> None:
    expected = {
        number: sorted(line.partition("  # ")[2].split())
        for number, line in enumerate(BAD.splitlines(), start=1)
        if "  # " in line
    }
    found: dict[int, list[str]] = {}
    for file, line, severity, text in report:
        if file == "bad" and severity == "error":
            found.setdefault(line, []).append(text.rpartition("[")[2].rstrip("]"))
    assert {line: sorted(codes) for line, codes in found.items()} == expected


def test_an_action_called_is_its_name_and_payload() -> None:
    action: Action[dict[str, int], dict[str, int]] = Action("Ping", dict, dict, sent_by=BOTH)
    request = action({"n": 1})
    assert request == ("Ping", {"n": 1})
    assert repr(action) == "Action('Ping', sent_by='both')"


def test_on_leaves_the_handler_as_it_is_and_marks_it() -> None:
    action: Action[dict[str, int], dict[str, int]] = Action("Ping", dict, dict, sent_by=BOTH)

    class ChargePoint:
        @on(action)
        def on_ping(self, request: dict[str, int]) -> dict[str, int]:
            return request

    assert vars(ChargePoint)["on_ping"].ocpp_action is action
    assert ChargePoint().on_ping({"n": 1}) == {"n": 1}
