"""Plugins never import each other, so some types exist in several; these tests keep them alike."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import inspect
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, is_typeddict

import pytest
from ocpp_plugins.core_profile.messages import STANDARD_ACTIONS, SUBPROTOCOL

from ocpp_kernel import schema
from ocpp_kernel.contracts import Action

FOLDERS = (
    "core_profile",
    "smart_charging",
    "reservation",
    "firmware_mgmt",
    "local_auth_list",
    "remote_trigger",
)
MODULES = {name: importlib.import_module(f"ocpp_plugins.{name}.messages") for name in FOLDERS}


def by_name() -> dict[str, dict[str, Any]]:
    """Every type of the message modules, by name and by the plugin it is in."""
    found: dict[str, dict[str, Any]] = {}
    for plugin, module in MODULES.items():
        for name, value in vars(module).items():
            if is_typeddict(value) or get_origin(value) is not None:
                found.setdefault(name, {})[plugin] = value
    return found


def shape(value: Any) -> Any:
    if is_typeddict(value):
        return schema.compact(value), value.__doc__
    if get_origin(value) is Literal:
        return set(get_args(value))
    return get_args(value)


TYPES = by_name()
SHARED = sorted(name for name, copies in TYPES.items() if len(copies) > 1)


def test_the_types_that_several_profiles_need_are_these() -> None:
    # Those every message module imports from the kernel's vocabulary are not copies.
    vocabulary = {name for name in SHARED if name.startswith("CiString") or name == "DateTime"}
    assert set(SHARED) - vocabulary - {"Decimal1"} == {
        "AuthorizationStatus",
        "ChargingProfile",
        "ChargingProfileKindType",
        "ChargingProfilePurposeType",
        "ChargingRateUnitType",
        "ChargingSchedule",
        "ChargingSchedulePeriod",
        "IdTagInfo",
        "IdToken",
        "RecurrencyKindType",
    }


@pytest.mark.parametrize("name", SHARED)
def test_copies_of_a_type_agree(name: str) -> None:
    copies = list(TYPES[name].values())
    assert all(shape(copy) == shape(copies[0]) for copy in copies)


def test_no_action_is_written_twice() -> None:
    names = [
        value.name
        for module in MODULES.values()
        for value in vars(module).values()
        if isinstance(value, Action)
    ]
    assert len(names) == len(set(names)) == 28


def test_frm_029_standard_actions_are_all_of_ocpp_1_6_and_its_security_extension() -> None:
    path = Path(__file__).parent.parent / "data" / "messages.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        actions = {row["action"] for row in csv.DictReader(lines, delimiter="\t")}
    security = {
        "CertificateSigned",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "GetLog",
        "InstallCertificate",
        "LogStatusNotification",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
        "SignedUpdateFirmware",
    }
    assert len(STANDARD_ACTIONS) == len(set(STANDARD_ACTIONS)) == 39
    assert set(STANDARD_ACTIONS) == actions | security


def test_frm_004_the_subprotocol_is_that_of_version_1_6() -> None:
    assert SUBPROTOCOL == "ocpp1.6"


def test_what_core_messages_offer_is_what_they_define() -> None:
    core = MODULES["core_profile"]
    defined = {
        name
        for name, value in vars(core).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "Final"
    }
    assert set(core.__all__) == defined


def test_the_plugins_refuse_another_import_name() -> None:
    path = importlib.import_module("ocpp_plugins").__file__
    assert path is not None
    spec = importlib.util.spec_from_file_location("plugins", path)
    assert spec is not None and spec.loader is not None
    with pytest.raises(ImportError, match="write 'import ocpp_plugins"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
