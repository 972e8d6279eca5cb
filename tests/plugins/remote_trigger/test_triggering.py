"""TriggerMessage at a charge point: RT-001 to RT-010, RT-012, RT-013."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

ENERGY = "Energy.Active.Import.Register"


class Diagnostics:
    """Another profile, which offers a trigger of its own."""

    def __init__(self, station: Any, settings: Any) -> None:
        self.station = station
        self.sent: list[int | None] = []

    def ocpp_register_triggers(self) -> dict[str, Callable[[int | None], str]]:
        return {"DiagnosticsStatusNotification": self.trigger, "Vendor": self.refuse}

    def trigger(self, connector_id: int | None) -> str:
        self.station.after_response(lambda: self.sent.append(connector_id))
        return "Accepted"

    def refuse(self, connector_id: int | None) -> str:
        return "Rejected"


def connectors_told(bench: Any, action: str) -> list[int]:
    return [payload["connectorId"] for _, payload in bench.seen(action)]


@pytest.mark.parametrize("message", ["Heartbeat", "MeterValues", "StatusNotification"])
def test_rt_001_the_response_comes_first(bench: Any, message: str) -> None:
    """RT-001: TriggerMessage.conf, then the message."""
    frames: list[str] = []
    bench.station.receive(f'[2,"t","TriggerMessage",{{"requestedMessage":"{message}"}}]', bench.now)
    bench.station.flush(frames.append)
    assert frames[0] == '[3,"t",{"status":"Accepted"}]'
    assert json.loads(frames[1])[2] == message


def test_rt_001_not_behind_what_waits(bench: Any) -> None:
    """RT-001: with a CALL unanswered the response comes at once, the message in its turn."""
    bench.answers["Authorize"] = None
    bench.plug()
    bench.tag()
    bench.seen()
    assert bench.trigger("Heartbeat") == "Accepted"
    assert bench.seen() == []
    bench.answer('{"idTagInfo":{"status":"Invalid"}}')
    assert bench.seen() == [("Heartbeat", {})]


@pytest.mark.parametrize("message", ["Heartbeat", "MeterValues", "StatusNotification"])
def test_rt_002_accepted_and_sent(bench: Any, message: str) -> None:
    """RT-002: Accepted means that it is sent."""
    assert bench.trigger(message) == "Accepted"
    assert bench.seen(message) != []


@pytest.mark.parametrize(
    "message",
    [
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "heartbeat",
        "",
    ],
)
def test_rt_002_rt_003_not_implemented(bench: Any, message: str) -> None:
    """RT-002, RT-003, DIS-08: unknown, or of a profile that is not there; a status, no error."""
    assert bench.trigger(message) == "NotImplemented"
    assert bench.seen() == []


def test_rt_002_rejected_means_nothing_is_sent(bench: Any) -> None:
    """RT-002: where no measurand is configured there is no MeterValues to send."""
    bench.configure("MeterValuesSampledData", "")
    assert bench.trigger("MeterValues") == "Rejected"
    assert bench.seen() == []


@pytest.mark.parametrize("connector", [0, 1, 99, -1])
def test_rt_004_irrelevant_connector(bench: Any, connector: int) -> None:
    """RT-004: a connectorId that means nothing to the message is ignored."""
    assert bench.trigger("Heartbeat", connector) == "Accepted"
    assert bench.seen() == [("Heartbeat", {})]


@pytest.mark.parametrize(("connector", "told"), [(None, [0, 1, 2]), (0, [0]), (2, [2])])
def test_rt_005_dis_07_status(bench: Any, connector: int | None, told: list[int]) -> None:
    """RT-005, DIS-07: 0 is the charge point, n that connector, absent all of them."""
    assert bench.trigger("StatusNotification", connector) == "Accepted"
    assert connectors_told(bench, "StatusNotification") == told


@pytest.mark.parametrize(("connector", "told"), [(None, [0, 1, 2]), (0, [0]), (1, [1])])
def test_rt_006_meter_values(bench: Any, connector: int | None, told: list[int]) -> None:
    """RT-006: the sampled measurands as they are now, context Trigger."""
    bench.configure("MeterValuesSampledData", f"{ENERGY},Voltage.L1-N")
    bench.hardware.values["Voltage.L1-N"] = "231"
    bench.hardware.energy[:] = [300, 100, 200]
    bench.advance(5)
    assert bench.trigger("MeterValues", connector) == "Accepted"
    calls = bench.seen("MeterValues")
    assert [payload["connectorId"] for _, payload in calls] == told
    for _, payload in calls:
        (values,) = payload["meterValue"]
        assert values["timestamp"] == bench.time()
        assert {sampled["context"] for sampled in values["sampledValue"]} == {"Trigger"}
        energy, voltage = values["sampledValue"]
        assert energy["value"] == str(bench.hardware.energy[payload["connectorId"]])
        assert (voltage["measurand"], voltage["phase"], voltage["value"]) == (
            "Voltage",
            "L1-N",
            "231",
        )


def test_rt_006_meter_values_of_a_transaction(bench: Any) -> None:
    """RT-006: with its transactionId."""
    bench.charge()
    assert bench.trigger("MeterValues", 1) == "Accepted"
    ((_, payload),) = bench.seen("MeterValues")
    assert payload["transactionId"] == 7


@pytest.mark.parametrize("message", ["MeterValues", "StatusNotification"])
@pytest.mark.parametrize("connector", [3, -1])
def test_rt_007_unknown_connector(bench: Any, message: str, connector: int) -> None:
    """RT-007: Rejected."""
    assert bench.trigger(message, connector) == "Rejected"
    assert bench.seen() == []


def test_rt_008_one_heartbeat(bench: Any) -> None:
    """RT-008: exactly one."""
    bench.trigger("Heartbeat")
    bench.advance(60)
    assert bench.seen() == [("Heartbeat", {})]


def test_rt_008_messages_of_other_profiles(make_bench: Any) -> None:
    """RT-008, RT-002: whoever brings a message says what becomes of it."""
    bench = make_bench()
    made: list[Diagnostics] = []

    def make(station: Any, settings: Any) -> Diagnostics:
        made.append(Diagnostics(station, settings))
        return made[0]

    bench.beside.append(("diagnostics", ModuleType("diagnostics"), make, None))
    bench.boot()
    assert bench.trigger("DiagnosticsStatusNotification", 1) == "Accepted"
    assert made[0].sent == [1]
    assert bench.trigger("Vendor") == "Rejected"
    assert bench.trigger("Heartbeat") == "Accepted"


def test_rt_009_boot_while_pending(make_bench: Any) -> None:
    """RT-009, CORE-014: at once, inside the retry wait, which then begins anew."""
    bench = make_bench()
    bench.boot_answer("Pending", 100)
    bench.build()
    bench.connect()
    bench.advance(60)
    bench.seen()
    assert bench.trigger("BootNotification") == "Accepted"
    assert [action for action, _ in bench.seen()] == ["BootNotification"]
    bench.advance(99)
    assert bench.seen() == []
    bench.advance(1)
    assert [action for action, _ in bench.seen()] == ["BootNotification"]


def test_rt_009_accepted_by_a_triggered_boot(make_bench: Any) -> None:
    """RT-009, CORE-017: everything else follows, and no boot is left over."""
    bench = make_bench()
    bench.boot_answer("Pending", 100)
    bench.build()
    bench.connect()
    bench.boot_answer("Accepted", 300)
    bench.seen()
    assert bench.trigger("BootNotification") == "Accepted"
    assert connectors_told(bench, "StatusNotification") == [0, 1, 2]
    bench.advance(200)
    assert bench.seen("BootNotification") == []


@pytest.mark.parametrize("message", ["Heartbeat", "MeterValues", "StatusNotification"])
def test_rt_009_core_014_others_while_pending(make_bench: Any, message: str) -> None:
    """RT-009, CORE-014: what is triggered is sent before acceptance; nothing else is."""
    bench = make_bench()
    bench.boot_answer("Pending", 100)
    bench.build()
    bench.connect()
    bench.seen()
    assert bench.trigger(message) == "Accepted"
    calls = bench.seen()
    assert {action for action, _ in calls} == {message}
    bench.advance(50)
    assert bench.seen() == []


def test_core_012_not_while_rejected(make_bench: Any) -> None:
    """CORE-012: a TriggerMessage inside the wait is not answered."""
    bench = make_bench()
    bench.boot_answer("Rejected", 100)
    bench.build()
    bench.connect()
    bench.seen()
    assert bench.call("TriggerMessage", '{"requestedMessage":"BootNotification"}') is None
    assert bench.seen() == []


def test_rt_010_no_boot_once_accepted(bench: Any) -> None:
    """RT-010: Rejected."""
    assert bench.trigger("BootNotification") == "Rejected"
    bench.disconnect()
    bench.connect()
    assert bench.trigger("BootNotification") == "Rejected"
    assert bench.seen("BootNotification") == []


def test_rt_012_a_boot_on_its_way_will_do(make_bench: Any) -> None:
    """RT-012: one that was sent and not answered yet is the one asked for."""
    bench = make_bench()
    bench.answers["BootNotification"] = None
    bench.build()
    bench.connect()
    assert bench.trigger("BootNotification") == "Accepted"
    assert [action for action, _ in bench.seen()] == ["BootNotification"]
    assert len(bench.ids) == 1


@pytest.mark.parametrize("message", ["StartTransaction", "StopTransaction", "Authorize"])
def test_rt_013_no_transaction_messages(bench: Any, message: str) -> None:
    """RT-013: they cannot be triggered, also while they wait."""
    bench.allow_offline()
    bench.answers["StartTransaction"] = None
    bench.disconnect()
    bench.offline_session()
    bench.connect()
    assert [action for action, _ in bench.seen("StartTransaction")] == ["StartTransaction"]
    assert bench.trigger(message) == "NotImplemented"
    assert bench.seen(message) == []


def test_rt_013_nothing_is_repeated(bench: Any) -> None:
    """RT-013: a triggered MeterValues that got lost is not sent again; there is no history."""
    bench.answers["MeterValues"] = None
    assert bench.trigger("MeterValues", 1) == "Accepted"
    bench.disconnect()
    bench.advance(600)
    bench.answers["MeterValues"] = {}
    bench.seen()
    bench.connect()
    assert bench.seen("MeterValues") == []


def test_rt_013_a_queue_that_waits_keeps_its_order(bench: Any) -> None:
    """RT-013, CORE-043, CORE-057: values of a transaction follow its start, and bear its id."""
    bench.answers["StartTransaction"] = None
    bench.charge()
    bench.seen()
    assert bench.trigger("MeterValues", 1) == "Accepted"
    assert bench.seen("MeterValues") == []
    bench.answer('{"idTagInfo":{"status":"Accepted"},"transactionId":9}')
    ((_, values),) = bench.seen("MeterValues")
    assert values["transactionId"] == 9
    bench.tag()
    assert [payload["transactionId"] for _, payload in bench.seen("StopTransaction")] == [9]


def test_rt_013_triggered_values_overtake_none_that_are_to_be_sent_again(bench: Any) -> None:
    """RT-013, CORE-043: earlier values of the transaction come first."""
    bench.call("ChangeConfiguration", '{"key":"MeterValueSampleInterval","value":"60"}')
    bench.charge()
    bench.answers["MeterValues"] = ["InternalError", ""]
    bench.advance(60)
    ((_, earlier),) = bench.seen("MeterValues")
    assert bench.trigger("MeterValues", 1) == "Accepted"
    assert bench.seen("MeterValues") == []
    bench.answers["MeterValues"] = {}
    bench.advance(60)
    told = [payload for _, payload in bench.seen("MeterValues")]
    assert told[0] == earlier
    contexts = [payload["meterValue"][0]["sampledValue"][0]["context"] for payload in told]
    assert contexts[:2] == ["Sample.Periodic", "Trigger"]
