"""Configuration: CORE-001, CORE-003, CORE-005, CORE-111 to CORE-117, CFG-01 to CFG-36."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocpp_kernel import configuration, events
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError

#: Name, kind, whether read-only; as section 9.1 with the errata lists them.
KEYS = [
    ("CFG-01", "AllowOfflineTxForUnknownId", "bool", False),
    ("CFG-02", "AuthorizationCacheEnabled", "bool", False),
    ("CFG-03", "AuthorizeRemoteTxRequests", "bool", False),
    ("CFG-05", "ClockAlignedDataInterval", "int", False),
    ("CFG-06", "ConnectionTimeOut", "int", False),
    ("CFG-07", "ConnectorPhaseRotation", "csl", False),
    ("CFG-08", "ConnectorPhaseRotationMaxLength", "int", True),
    ("CFG-09", "GetConfigurationMaxKeys", "int", True),
    ("CFG-10", "HeartbeatInterval", "int", False),
    ("CFG-12", "LocalAuthorizeOffline", "bool", False),
    ("CFG-13", "LocalPreAuthorize", "bool", False),
    ("CFG-14", "MaxEnergyOnInvalidId", "int", False),
    ("CFG-15", "MeterValuesAlignedData", "csl", False),
    ("CFG-16", "MeterValuesAlignedDataMaxLength", "int", True),
    ("CFG-17", "MeterValuesSampledData", "csl", False),
    ("CFG-18", "MeterValuesSampledDataMaxLength", "int", True),
    ("CFG-19", "MeterValueSampleInterval", "int", False),
    ("CFG-20", "MinimumStatusDuration", "int", False),
    ("CFG-21", "NumberOfConnectors", "int", True),
    ("CFG-22", "ResetRetries", "int", False),
    ("CFG-23", "StopTransactionOnEVSideDisconnect", "bool", False),
    ("CFG-24", "StopTransactionOnInvalidId", "bool", False),
    ("CFG-25", "StopTxnAlignedData", "csl", False),
    ("CFG-26", "StopTxnAlignedDataMaxLength", "int", True),
    ("CFG-27", "StopTxnSampledData", "csl", False),
    ("CFG-28", "StopTxnSampledDataMaxLength", "int", True),
    ("CFG-29", "SupportedFeatureProfiles", "csl", True),
    ("CFG-31", "TransactionMessageAttempts", "int", False),
    ("CFG-32", "TransactionMessageRetryInterval", "int", False),
    ("CFG-33", "UnlockConnectorOnEVSideDisconnect", "bool", False),
    ("CFG-34", "WebSocketPingInterval", "int", False),
    ("CFG-35", "MessageTimeout", "int", False),
    ("CFG-36", "StopTransactionMaxMeterValues", "int", True),
]


def get(bench: Any, *names: str) -> Any:
    return bench.call("GetConfiguration", json.dumps({"key": list(names)}))


def change(bench: Any, name: str, value: str) -> str:
    answer = bench.call("ChangeConfiguration", json.dumps({"key": name, "value": value}))
    return str(answer["status"])


@pytest.mark.parametrize(("row", "name", "kind", "readonly"), KEYS)
def test_cfg_key(booted: Any, row: str, name: str, kind: str, readonly: bool) -> None:
    """CFG-01 to CFG-36, CORE-112, CORE-115: present, readonly as listed, syntax enforced, value
    unchanged where Rejected."""
    before = get(booted, name.upper())
    (entry,) = before["configurationKey"]
    assert (entry["key"], entry["readonly"]) == (name, readonly)
    if kind == "bool":
        assert entry["value"] in ("true", "false")
    elif kind == "int":
        assert entry["value"].isdigit()
    for value in {"bool": ["1", "", "yes"], "int": ["x", "", "1.5", "-1"], "csl": ["?"]}[kind]:
        assert change(booted, name, value) == "Rejected"
    assert get(booted, name) == before
    if readonly:
        assert change(booted, name, entry["value"]) == "Rejected"
    else:
        assert change(booted, name.lower(), entry["value"]) == "Accepted"


def test_core_114_all_keys(booted: Any) -> None:
    """CORE-114, CORE-117: every readable key, with key absent or empty; CFG-04, CFG-11 and CFG-30
    are not there since there are no lights, and E3.80 lets the last be absent."""
    everything = booted.call("GetConfiguration", "{}")
    assert everything == get(booted)
    assert sorted(entry["key"] for entry in everything["configurationKey"]) == sorted(
        name for _, name, _, _ in KEYS
    )
    assert "unknownKey" not in everything


def test_core_114_known_and_unknown(booted: Any) -> None:
    """CORE-114, CORE-005: what was asked for; names in any case; write-only keys stay unread."""
    booted.other.keys = [
        configuration.Key("Secret", "string", "s", "W", None, None, None, False),
        configuration.fixed("MyModel", "string", "X"),
    ]
    booted.restart().connect()
    assert get(booted, "mymodel", "Nope", "Secret") == {
        "configurationKey": [{"key": "MyModel", "readonly": True, "value": "X"}],
        "unknownKey": ["Nope", "Secret"],
    }
    assert "Secret" not in str(booted.call("GetConfiguration", "{}"))
    assert change(booted, "Secret", "t") == "Accepted"


def test_core_114_only_unknown(booted: Any) -> None:
    """CORE-114: asking for unknown keys alone does not bring all the others."""
    assert get(booted, "Nope") == {"configurationKey": [], "unknownKey": ["Nope"]}


def test_core_116_more_than_the_maximum(booted: Any) -> None:
    """CORE-116: answered in full."""
    answer = get(booted, *["HeartbeatInterval"] * 150)
    assert len(answer["configurationKey"]) == 150


def test_core_111_unknown_key(booted: Any) -> None:
    """CORE-111: NotSupported."""
    assert change(booted, "Nope", "1") == "NotSupported"


def test_core_111_needs_a_reboot(booted: Any) -> None:
    """CORE-111: RebootRequired; the value counts after the next restart."""
    booted.other.keys = [configuration.Key("Later", "int", 1, "RW", 0, 9, None, True)]
    booted.restart().connect()
    assert change(booted, "Later", "5") == "RebootRequired"
    assert get(booted, "Later")["configurationKey"][0]["value"] == "1"
    booted.restart().connect()
    assert get(booted, "Later")["configurationKey"][0]["value"] == "5"


def test_core_111_changes_survive_and_are_told(booted: Any) -> None:
    """CORE-111, CORE-121: a change counts at once and after a restart; other profiles hear it."""
    assert change(booted, "connectiontimeout", "33") == "Accepted"
    assert events.ConfigurationChanged("ConnectionTimeOut") in booted.other.events
    booted.restart().connect()
    assert get(booted, "ConnectionTimeOut")["configurationKey"][0]["value"] == "33"


def test_core_001_profiles(bench: Any) -> None:
    """CORE-001, CFG-29: exactly what is loaded."""
    bench.profiles = ("Core", "RemoteTrigger", "Reservation")
    bench.boot()
    assert get(bench, "SupportedFeatureProfiles")["configurationKey"][0]["value"] == (
        "Core,RemoteTrigger,Reservation"
    )


def test_core_003_number_of_connectors(booted: Any) -> None:
    """CORE-003, CFG-21: 1 to NumberOfConnectors, and 0 for the charge point."""
    assert get(booted, "NumberOfConnectors")["configurationKey"][0]["value"] == "2"
    assert [connector.connector_id for connector in booted.core.connectors] == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("0.RST,1.RST,2.RTS", "Accepted"),
        ("", "Accepted"),
        ("1.NotApplicable, 2.Unknown", "Accepted"),
        ("3.RST", "Rejected"),
        ("1.RSX", "Rejected"),
        ("1.RST,1.RTS", "Rejected"),
        ("RST", "Rejected"),
        (".RST", "Rejected"),
    ],
)
def test_cfg_07_phase_rotation(booted: Any, value: str, status: str) -> None:
    """CFG-07: connector and rotation."""
    assert change(booted, "ConnectorPhaseRotation", value) == status


def test_cfg_33_fixed_cable(bench: Any) -> None:
    """CFG-33: without a lock the key is read-only and false."""
    bench.hardware.lockable = False
    bench.boot()
    assert get(bench, "UnlockConnectorOnEVSideDisconnect")["configurationKey"] == [
        {"key": "UnlockConnectorOnEVSideDisconnect", "readonly": True, "value": "false"}
    ]


def test_cfg_34_negative_ping_interval(booted: Any) -> None:
    """CFG-34, FRM-042: 0 switches pings off, negative is Rejected."""
    assert change(booted, "WebSocketPingInterval", "-1") == "Rejected"
    assert change(booted, "WebSocketPingInterval", "0") == "Accepted"


def test_cfg_35_message_timeout(booted: Any) -> None:
    """CFG-35, FRM-025: how long an answer may take, at once and after a restart."""
    assert change(booted, "MessageTimeout", "5") == "Accepted"
    assert booted.station.call_timeout == 5
    booted.restart()
    assert booted.station.call_timeout == 5


def test_no_driver(bench: Any) -> None:
    """A charge point without hardware says what is missing."""
    bench.hardware = object()
    bench.build()
    assert "needs a driver of the hardware" in str(bench.log)


def test_storage_fails_at_start_and_later(make_bench: Any) -> None:
    """A charge point whose storage fails says so and works as well as it can."""

    class Failing(MemoryStore):
        def load(self, name: str) -> Any:
            if name == "station":
                raise StoreError("broken")
            return super().load(name)

        def records(self, name: str) -> Any:
            if name == "cache":
                raise StoreError("broken")
            return super().records(name)

        def save(self, name: str, value: Any) -> None:
            raise StoreError("broken")

    bench = make_bench(store=Failing()).boot()
    reports = [text for level, text in bench.log if level == "error"]
    assert len(reports) == 3
    assert bench.call("ChangeConfiguration", '{"key":"ConnectionTimeOut","value":"5"}')[0] == (
        "InternalError"
    )
    bench.charge()
