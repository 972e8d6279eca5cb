"""Every subset of the optional profiles: loads, boots, claims what it is, and refuses the rest."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.central import Central
from ocpp_kernel.config import Config, parse_config
from ocpp_kernel.contracts import Action
from ocpp_kernel.events import Command
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.station import Station
from ocpp_kernel.testing import CentralPair

ALWAYS = ("core_profile", "simulated_ev")

#: A valid request of each action, and what is answered where its profile is on and nothing else
#: has happened.
REQUESTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "SendLocalList": (
        {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [{"idTag": "A", "idTagInfo": {"status": "Accepted"}}],
        },
        {"status": "Accepted"},
    ),
    "GetLocalListVersion": ({}, {"listVersion": 1}),
    "TriggerMessage": ({"requestedMessage": "Heartbeat"}, {"status": "Accepted"}),
    "ReserveNow": (
        {
            "connectorId": 1,
            "expiryDate": "2030-01-01T00:00:00Z",
            "idTag": "A",
            "reservationId": 1,
        },
        {"status": "Accepted"},
    ),
    "CancelReservation": ({"reservationId": 1}, {"status": "Accepted"}),
    "SetChargingProfile": (
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
                },
            },
        },
        {"status": "Accepted"},
    ),
    "ClearChargingProfile": ({"id": 1}, {"status": "Accepted"}),
    "GetCompositeSchedule": ({"connectorId": 9, "duration": 60}, {"status": "Rejected"}),
}
#: The configuration keys that come with a profile; section 9 requires those of the first three.
KEYS = {
    "local_auth_list": (
        "LocalAuthListEnabled",
        "LocalAuthListMaxLength",
        "SendLocalListMaxLength",
    ),
    "smart_charging": (
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "MaxChargingProfilesInstalled",
    ),
    "reservation": ("ReserveConnectorZeroSupported",),
    "remote_trigger": (),
}


def configured(subset: frozenset[str], claims: dict[str, str]) -> Config:
    profiles = {name: name in subset for name in claims}
    profiles.update(dict.fromkeys(ALWAYS, True), firmware_mgmt=False)
    return parse_config({"profiles": profiles, "charge_point": {"identity": "CP1"}})


def complaint(level: str, text: str) -> None:
    """Nothing here is to complain."""
    assert level not in ("warning", "error"), text


@pytest.fixture
def pair(subset: frozenset[str], claims: dict[str, str]) -> CentralPair:
    """Both roles with those profiles, connected and booted."""
    config = configured(subset, claims)
    station = build_station(config, MemoryStore(), complaint)
    return joined(station, build_central(config, complaint))


def joined(station: Station, central: Central) -> CentralPair:
    """Both, booted. Answers to what a test asks are for the test, not for the central system."""
    made = CentralPair(station, central)
    made.lose = lambda sender, text: sender == "left" and text[1:10] in ('3,"asked"', '4,"asked"')
    station.start(0)
    made.connect()
    return made


def ask(pair: CentralPair, action: str, payload: Any) -> Any:
    """The charge point's answer: a payload, or an error's code."""
    before = len(pair.frames)
    pair.station.receive(json.dumps([2, "asked", action, payload]), pair.clock.now)
    pair.pump()
    answers = [seen.message for seen in pair.frames[before:] if seen.message[1] == "asked"]
    assert len(answers) == 1
    return answers[0][2]


def keys(pair: CentralPair) -> dict[str, str]:
    found = ask(pair, "GetConfiguration", {})["configurationKey"]
    return {entry["key"]: entry["value"] for entry in found}


def test_each_subset_boots_and_claims_exactly_itself(
    pair: CentralPair, subset: frozenset[str], claims: dict[str, str]
) -> None:
    """CORE-114: SupportedFeatureProfiles is what is loaded, no more and no less."""
    assert pair.actions("left")[0] == "BootNotification"
    assert {"StatusNotification"} == set(pair.actions("left")[1:])
    claimed = keys(pair)["SupportedFeatureProfiles"].split(",")
    assert sorted(claimed) == sorted(["Core", *(claims[name] for name in subset)])
    assert pair.central.profiles == pair.station.profiles


def test_each_subset_answers_its_actions_and_no_others(
    pair: CentralPair, subset: frozenset[str], claims: dict[str, str]
) -> None:
    """FRM-029, LAL-011: NotSupported where a profile is absent, in both directions."""
    for name in claims:
        messages = importlib.import_module(f"ocpp_plugins.{name}.messages")
        actions = [value for value in vars(messages).values() if isinstance(value, Action)]
        assert actions
        for action in sorted(actions, key=lambda one: list(REQUESTS).index(one.name)):
            request, answer = REQUESTS[action.name]
            expected = answer if name in subset else "NotSupported"
            assert ask(pair, action.name, request) == expected, action.name


def test_each_subset_has_the_keys_of_its_profiles_only(
    pair: CentralPair, subset: frozenset[str]
) -> None:
    """CFG-37, CORE-113: the keys of absent profiles are unknown."""
    known = keys(pair)
    for name, names in KEYS.items():
        for key in names:
            assert (key in known) == (name in subset), key
            change = ask(pair, "ChangeConfiguration", {"key": key, "value": "x"})
            expected = "Rejected" if name in subset else "NotSupported"
            assert change == {"status": expected}, key


def test_each_subset_charges(pair: CentralPair) -> None:
    """With any profiles or none: plug, tag, energy, tag; nothing of it is refused or repeated."""
    for line, seconds in (("plug 1", 5), ("tag 1 TAG1", 120), ("tag 1 TAG1", 5), ("unplug 1", 5)):
        pair.station.emit(Command(line))
        pair.advance(seconds)
    sent = pair.actions("left")
    assert (sent.count("StartTransaction"), sent.count("StopTransaction")) == (1, 1)
    (transaction,) = pair.central.shared["core_profile"].transactions.values()
    assert transaction.energy > 0


def test_each_subset_is_there_again_after_a_power_cut(
    pair: CentralPair, subset: frozenset[str], claims: dict[str, str]
) -> None:
    """What the profiles of a subset stored disturbs none of the others."""
    for action in ("SendLocalList", "ReserveNow", "SetChargingProfile"):
        ask(pair, action, REQUESTS[action][0])
    config = configured(subset, claims)
    pair.restart(build_station(config, pair.station.store, complaint))
    pair.connect()
    if "local_auth_list" in subset:
        assert ask(pair, "GetLocalListVersion", {}) == {"listVersion": 1}
    if "reservation" in subset:
        assert ask(pair, "CancelReservation", {"reservationId": 1}) == {"status": "Accepted"}
    if "smart_charging" in subset:
        assert ask(pair, "ClearChargingProfile", {"id": 1}) == {"status": "Accepted"}


def test_a_profile_that_is_switched_off_later_leaves_the_others_their_state(
    claims: dict[str, str],
) -> None:
    """What a profile stored waits for it: switched on again, it is there."""
    store, everything = MemoryStore(), frozenset(claims)

    def running(subset: frozenset[str]) -> CentralPair:
        config = configured(subset, claims)
        station = build_station(config, store, complaint)
        return joined(station, build_central(config, complaint))

    ask(running(everything), "SendLocalList", REQUESTS["SendLocalList"][0])
    without = running(everything - {"local_auth_list"})
    assert ask(without, "GetLocalListVersion", {}) == "NotSupported"
    assert ask(running(everything), "GetLocalListVersion", {}) == {"listVersion": 1}
