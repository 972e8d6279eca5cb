"""Configuration keys: types, bounds, changes, and what survives a restart."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel import configuration as keys
from ocpp_kernel.configuration import Configuration, Key
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError


class FullStore(MemoryStore):
    """A store without room."""

    def save(self, name: str, value: Any) -> None:
        raise OSError(28, "no space")


SECRET = Key("AuthorizationKey", keys.STRING, "", keys.WRITE_ONLY, None, None, None, False)
LATER = Key("ConnectionUrl", keys.STRING, "ws://a", keys.READ_WRITE, None, None, None, True)


def no_blanks(text: str) -> str:
    return "has blanks" if " " in text else ""


def fails(text: str) -> str:
    raise RuntimeError(text)


DECLARED = [
    keys.integer("HeartbeatInterval", 300, low=0, high=86400),
    keys.integer("LightIntensity", 50, low=-10),
    keys.boolean("LocalPreAuthorize", False),
    keys.listing("MeterValuesSampledData", "Voltage", no_blanks),
    keys.listing("Brittle", "x", fails),
    keys.fixed("NumberOfConnectors", keys.INTEGER, 2),
    SECRET,
    LATER,
]


def configured(store: MemoryStore | None = None) -> tuple[Configuration, list[str]]:
    reports: list[str] = []
    configuration = Configuration(store or MemoryStore(), reports.append)
    for key in DECLARED:
        configuration.declare(key)
    configuration.restore()
    return configuration, reports


def text_of(configuration: Configuration, name: str) -> str:
    key = configuration.key(name)
    assert key is not None
    return configuration.text(key)


def test_defaults_have_their_type_and_their_text() -> None:
    configuration, reports = configured()
    assert configuration["HeartbeatInterval"] == 300
    assert configuration["LocalPreAuthorize"] is False
    assert configuration["MeterValuesSampledData"] == "Voltage"
    assert text_of(configuration, "HeartbeatInterval") == "300"
    assert text_of(configuration, "LocalPreAuthorize") == "false"
    assert text_of(configuration, "NumberOfConnectors") == "2"
    assert reports == []


def test_core_005_names_compare_without_case() -> None:
    configuration, _ = configured()
    assert configuration.change("HEARTBEATinterval", "10") == "Accepted"
    assert configuration["heartbeatINTERVAL"] == 10
    assert "heartbeatinterval" in configuration
    found = configuration.key("heartbeatinterval")
    assert found is not None
    assert found.name == "HeartbeatInterval"


def test_core_005_stored_names_compare_without_case() -> None:
    store = MemoryStore()
    store.save(Configuration.FILE, {"heartbeatinterval": "10"})
    configuration, reports = configured(store)
    assert configuration["HeartbeatInterval"] == 10
    assert configuration.change("heartbeatInterval", "20") == "Accepted"
    assert store.load(Configuration.FILE) == {"HeartbeatInterval": "20"}
    assert reports == []


def test_keys_nobody_declared_are_not_there() -> None:
    configuration, _ = configured()
    assert "Nonsense" not in configuration
    assert configuration.key("Nonsense") is None
    assert configuration.get("Nonsense", 7) == 7
    assert configuration.get("HeartbeatInterval", 7) == 300
    assert configuration.change("Nonsense", "1") == "NotSupported"
    with pytest.raises(KeyError):
        configuration["Nonsense"]


def test_keys_are_sorted_by_name_and_leave_out_what_may_not_be_read() -> None:
    configuration, _ = configured()
    names = [key.name for key in configuration.keys()]  # noqa: SIM118 - no dict
    assert names == sorted(key.name for key in DECLARED if key is not SECRET)


def test_a_key_declared_twice_stays_the_first_ones() -> None:
    configuration, reports = configured()
    configuration.declare(keys.integer("heartbeatInterval", 5))
    assert configuration["HeartbeatInterval"] == 300
    assert len(reports) == 1
    assert "heartbeatInterval" in reports[0]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HeartbeatInterval", "0", 0),
        ("HeartbeatInterval", "86400", 86400),
        ("HeartbeatInterval", "007", 7),
        ("LightIntensity", "-10", -10),
        ("LocalPreAuthorize", "true", True),
        ("LocalPreAuthorize", "TRUE", True),
        ("LocalPreAuthorize", "False", False),
        ("MeterValuesSampledData", "", ""),
        ("MeterValuesSampledData", "Voltage,Temperature", "Voltage,Temperature"),
        ("AuthorizationKey", "secret", "secret"),
    ],
)
def test_core_111_a_fitting_text_is_accepted(name: str, text: str, value: Any) -> None:
    store = MemoryStore()
    configuration, _ = configured(store)
    assert configuration.change(name, text) == "Accepted"
    assert configuration[name] == value
    assert type(configuration[name]) is type(value)
    after, reports = configured(store)
    assert after[name] == value
    assert reports == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HeartbeatInterval", "-1"),
        ("HeartbeatInterval", "86401"),
        ("HeartbeatInterval", ""),
        ("HeartbeatInterval", "-"),
        ("HeartbeatInterval", "+5"),
        ("HeartbeatInterval", "1.5"),
        ("HeartbeatInterval", " 5"),
        ("HeartbeatInterval", "5 "),
        ("HeartbeatInterval", "1_000"),
        ("HeartbeatInterval", "٣"),
        ("HeartbeatInterval", "0x10"),
        ("HeartbeatInterval", "9" * 500),
        ("LightIntensity", "-11"),
        ("LocalPreAuthorize", ""),
        ("LocalPreAuthorize", "1"),
        ("LocalPreAuthorize", "yes"),
        ("MeterValuesSampledData", "Voltage, Temperature"),
        ("Brittle", "anything"),
        ("NumberOfConnectors", "3"),
        ("NumberOfConnectors", "2"),
    ],
)
def test_core_112_frm_042_an_unfit_text_is_rejected_and_changes_nothing(
    name: str, text: str
) -> None:
    store = MemoryStore()
    configuration, _ = configured(store)
    before = configuration[name]
    assert configuration.change(name, text) == "Rejected"
    assert configuration[name] == before
    assert store.load(Configuration.FILE) is None


def test_a_check_that_fails_is_reported() -> None:
    configuration, reports = configured()
    configuration.change("Brittle", "text")
    assert len(reports) == 1
    assert "Brittle" in reports[0]


def test_a_change_that_needs_a_restart_applies_after_it() -> None:
    store = MemoryStore()
    configuration, _ = configured(store)
    assert configuration.change("ConnectionUrl", "ws://b") == "RebootRequired"
    assert configuration["ConnectionUrl"] == "ws://a"
    assert configuration.change("HeartbeatInterval", "10") == "Accepted"
    assert configuration["ConnectionUrl"] == "ws://a"
    after, _ = configured(store)
    assert after["ConnectionUrl"] == "ws://b"
    assert after["HeartbeatInterval"] == 10


def test_a_store_without_room_leaves_everything_as_it_was() -> None:
    store = FullStore()
    configuration, _ = configured(store)
    for _ in range(2):
        with pytest.raises(OSError, match="no space"):
            configuration.change("HeartbeatInterval", "10")
        assert configuration["HeartbeatInterval"] == 300
    assert configuration._changed == {}


@pytest.mark.parametrize("stored", [None, [], "text", 5, True, {}])
def test_a_stored_value_that_is_no_object_is_as_good_as_none(stored: Any) -> None:
    store = MemoryStore()
    store.save(Configuration.FILE, stored)
    configuration, _ = configured(store)
    assert configuration["HeartbeatInterval"] == 300


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("heartbeatinterval", "-1"),
        ("heartbeatinterval", "rubbish"),
        ("localpreauthorize", ""),
        ("brittle", "anything"),
        ("metervaluessampleddata", "a b"),
        ("numberofconnectors", "99"),
    ],
)
def test_stored_texts_that_no_longer_fit_are_reported_and_not_used(name: str, text: str) -> None:
    store = MemoryStore()
    store.save(Configuration.FILE, {name: text, "lightintensity": "7"})
    configuration, reports = configured(store)
    defaults, _ = configured()
    assert configuration[name] == defaults[name]
    assert configuration["LightIntensity"] == 7
    assert any("not used" in report for report in reports)


def test_stored_values_of_keys_unknown_today_are_kept_for_their_plugin() -> None:
    store = MemoryStore()
    store.save(Configuration.FILE, {"vendorkey": "5", "odd": [1], "heartbeatinterval": 7})
    configuration, reports = configured(store)
    assert configuration["HeartbeatInterval"] == 300
    assert len(reports) == 1
    assert "HeartbeatInterval" in reports[0]
    assert "VendorKey" not in configuration
    configuration.change("LightIntensity", "1")
    assert store.load(Configuration.FILE)["vendorkey"] == "5"
    later = Configuration(store, lambda sentence: None)
    later.declare(keys.integer("VendorKey", 1))
    later.restore()
    assert later["VendorKey"] == 5


def test_what_could_not_be_read_is_read_before_it_is_changed() -> None:
    class Failing(MemoryStore):
        fails = True

        def load(self, name: str) -> Any:
            if self.fails:
                raise StoreError("flash fails")
            return super().load(name)

    store = Failing()
    store.save(Configuration.FILE, {"lightintensity": "7"})
    configuration, reports = configured(store)
    assert configuration["LightIntensity"] == 50
    assert reports == ["configuration: the defaults hold: flash fails"]
    with pytest.raises(StoreError):
        configuration.change("HeartbeatInterval", "5")
    assert configuration["HeartbeatInterval"] == 300
    store.fails = False
    assert configuration.change("HeartbeatInterval", "5") == "Accepted"
    assert configuration["LightIntensity"] == 7
    assert store.load(Configuration.FILE) == {"LightIntensity": "7", "HeartbeatInterval": "5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", []), ("a", ["a"]), (" a , b ,", ["a", "b"]), (",,", []), ("a,a", ["a", "a"])],
)
def test_items_of_a_list(text: str, expected: list[str]) -> None:
    assert keys.items(text) == expected
