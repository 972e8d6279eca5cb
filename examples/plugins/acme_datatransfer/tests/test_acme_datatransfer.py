"""Both roles as they are installed, on a bench and against each other."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from ocpp_kernel.errors import Disconnected
from ocpp_kernel.testing import Bench, PluginPair, assert_not_sent, assert_sent
from ocpp_plugins.core_profile.messages import (
    ChangeConfiguration,
    DataTransfer,
    GetConfiguration,
)

from acme_datatransfer.central_system import CentralSystem, TextRefusedError, TooHot

PLUGINS = ("core_profile", "acme_datatransfer")
SETTINGS = {"acme_datatransfer": {"location": "Hall", "greeting": "Hello"}}


@pytest.fixture
def bench() -> Bench:
    bench = Bench(*PLUGINS, settings=SETTINGS)
    bench.connect()
    return bench


def displayed(bench: Bench) -> str:
    """What the display shows now."""
    return [text for text in bench.log.of("info") if text.startswith("display: ")][-1][9:]


def show(text: str) -> Any:
    return DataTransfer({"vendorId": "com.acme", "messageId": "ShowText", "data": text})


# The display.


def test_a_text_is_shown_and_survives_a_restart(bench: Bench) -> None:
    assert displayed(bench) == "Hello"
    assert bench.call(show("Happy new year")) == {"status": "Accepted"}
    assert displayed(bench) == "Happy new year"
    bench.log.clear()
    bench.restart()
    assert displayed(bench) == "Happy new year"


def test_an_empty_text_brings_the_greeting_back(bench: Bench) -> None:
    bench.call(show("Closed"))
    assert bench.call(show("")) == {"status": "Accepted"}
    assert displayed(bench) == "Hello"


def test_a_text_too_long_is_refused(bench: Bench) -> None:
    assert bench.call(show("x" * 33)) == {"status": "Rejected", "data": "longer than 32 characters"}
    assert displayed(bench) == "Hello"


def test_other_messages_and_vendors_are_not_ours(bench: Bench) -> None:
    other = DataTransfer({"vendorId": "com.acme", "messageId": "Fly"})
    assert bench.call(other) == {"status": "UnknownMessageId"}
    assert bench.call(DataTransfer({"vendorId": "x"})) == {"status": "UnknownVendorId"}


# Configuration keys.


def test_keys_are_read_changed_and_kept(bench: Bench) -> None:
    change = ChangeConfiguration({"key": "acmegreeting", "value": "Moin"})
    assert bench.call(change) == {"status": "Accepted"}
    assert displayed(bench) == "Moin"
    bench.restart()
    bench.connect()
    assert bench.call(GetConfiguration({"key": ["AcmeGreeting"]})) == {
        "configurationKey": [{"key": "AcmeGreeting", "readonly": False, "value": "Moin"}]
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [("AcmeReportInterval", "often"), ("AcmeReportInterval", "-1"), ("AcmeGreeting", "x" * 33)],
)
def test_wrong_values_are_rejected(bench: Bench, key: str, value: str) -> None:
    change = ChangeConfiguration({"key": key, "value": value})
    assert bench.call(change) == {"status": "Rejected"}


# Reports.


def test_temperatures_are_reported_as_often_as_configured(bench: Bench) -> None:
    bench.hardware.readings["Temperature"] = "25.0"
    bench.advance(899)
    assert_not_sent(bench.frames, "DataTransfer")
    bench.advance(1)
    sent = assert_sent(bench.frames, "DataTransfer", {"messageId": "Temperature"})
    assert json.loads(sent["data"]) == {"location": "Hall", "celsius": ["25.0", "25.0"]}
    bench.call(ChangeConfiguration({"key": "AcmeReportInterval", "value": "60"}))
    before = len(bench.actions("left"))
    bench.advance(600)
    assert bench.actions("left")[before:].count("DataTransfer") == 10


def test_no_reports_are_made_at_interval_0_or_while_offline(bench: Bench) -> None:
    bench.disconnect()
    bench.advance(2000)
    bench.connect()
    assert_not_sent(bench.frames, "DataTransfer")
    bench.call(ChangeConfiguration({"key": "AcmeReportInterval", "value": "0"}))
    bench.advance(2000)
    assert_not_sent(bench.frames, "DataTransfer")


def test_a_refused_report_is_logged(bench: Bench) -> None:
    bench.central.answers["DataTransfer"] = {"status": "UnknownVendorId"}
    bench.advance(900)
    assert bench.log.of("warning") == ["the temperature is UnknownVendorId"]


# Both roles.


class Both(PluginPair):
    def __init__(self) -> None:
        super().__init__(*PLUGINS, charge_point=SETTINGS)
        self.acme: CentralSystem = self.central.shared["acme_datatransfer"]
        self.connect()


def test_the_central_system_keeps_the_last_report_of_each_station() -> None:
    pair = Both()
    pair.hardware.readings["Temperature"] = "31.5"
    pair.advance(900)
    report = pair.acme.reports["CP001"]
    assert (report.location, report.hottest) == ("Hall", 31.5)


def test_too_hot_is_an_event() -> None:
    pair = Both()
    pair.hardware.readings["Temperature"] = "70.1"
    pair.advance(900)
    assert pair.central_events.of(TooHot) == [TooHot("CP001", 70.1)]


@pytest.mark.parametrize("data", ["", "[]", '{"location": "x"}', '{"location":"","celsius":["?"]}'])
def test_a_report_that_is_none_is_rejected(data: str) -> None:
    pair = Both()
    answers: list[Any] = []
    report = DataTransfer({"vendorId": "com.acme", "messageId": "Temperature", "data": data})
    pair.station.call(report, lambda answer, error: answers.append(answer))
    pair.pump()
    assert answers[0]["status"] == "Rejected"
    assert pair.acme.reports == {}


def test_texts_are_sent_by_name_of_the_station() -> None:
    pair = Both()

    async def talk() -> None:
        await pair.acme.show("CP001", "Closed")
        with pytest.raises(TextRefusedError, match="longer than 32"):
            await pair.acme.show("CP001", "x" * 33)
        with pytest.raises(Disconnected, match="CP2 is not connected"):
            await pair.acme.show("CP2", "Hello")

    asyncio.run(talk())
    assert pair.log.of("info")[-1] == "display: Closed"
