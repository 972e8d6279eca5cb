"""The table of status changes: ST-A to ST-I, CORE-089, CORE-090, CORE-101."""

from __future__ import annotations

import pytest
from ocpp_plugins.core_profile.charge_point.connector import (
    STATUSES,
    Connector,
    ForbiddenChangeError,
    is_allowed,
)

#: Row letter and columns, as the specification's table lists them (4.9; E3.19, E3.20, E4.9).
TABLE = """
A2 A3 A4 A5 A7 A8 A9  B1 B3 B4 B5 B6 B9  C1 C4 C5 C6 C8 C9  D1 D3 D5 D6 D8 D9
E1 E3 E4 E6 E8 E9  F1 F2 F8 F9  G1 G2 G8 G9  H1 H2 H3 H4 H5 H9  I1 I2 I3 I4 I5 I6 I7 I8
"""
CODES = TABLE.split()
ALL = [f"{letter}{column}" for letter in "ABCDEFGHI" for column in range(1, 10)]


def at(code: str) -> tuple[str, str]:
    return STATUSES["ABCDEFGHI".index(code[0])], STATUSES[int(code[1]) - 1]


def make(state: str) -> tuple[Connector, list[tuple[str, str]]]:
    changes: list[tuple[str, str]] = []
    connector = Connector(1, lambda changed, old: changes.append((old, changed.status)))
    connector.state = state
    return connector, changes


def test_st_table_has_53_codes() -> None:
    """CORE-090: the allowed changes are exactly those of the specification."""
    assert len(CODES) == 53
    assert [code for code in ALL if is_allowed(*at(code))] == CODES


@pytest.mark.parametrize("code", [code for code in CODES if "9" not in code and "I" not in code])
def test_core_090_allowed_change(code: str) -> None:
    """ST-A to ST-H: an allowed change happens and is told."""
    old, new = at(code)
    connector, changes = make(old)
    connector.move(new)
    assert connector.status == new
    assert changes == [(old, new)]


@pytest.mark.parametrize("code", [code for code in ALL if code not in CODES and code[0] != "I"])
def test_core_090_forbidden_change(code: str) -> None:
    """ST-A to ST-H: a change that is not in the table cannot be made."""
    old, new = at(code)
    connector, changes = make(old)
    with pytest.raises(ForbiddenChangeError):
        connector.move(new)
    assert connector.status == old
    assert changes == []


@pytest.mark.parametrize("state", STATUSES[:8])
def test_core_101_fault_and_back(state: str) -> None:
    """x9 and I1 to I8: a fault hides the status, which shows again after it."""
    connector, changes = make(state)
    connector.fail("GroundFailure", "leak")
    assert (connector.status, connector.error_code) == ("Faulted", "GroundFailure")
    connector.recover()
    assert (connector.status, connector.error_code) == (state, "NoError")
    assert changes == [(state, "Faulted"), ("Faulted", state)]


def test_core_101_what_happens_below_a_fault_shows_after_it() -> None:
    """I6: the status after a fault is what it became meanwhile."""
    connector, changes = make("Charging")
    connector.fail("GroundFailure", "")
    connector.move("Finishing")
    assert changes == [("Charging", "Faulted")]
    with pytest.raises(ForbiddenChangeError):
        connector.move("Faulted")
    connector.recover()
    assert changes[1:] == [("Faulted", "Finishing")]


@pytest.mark.parametrize("status", [*STATUSES[1:7], "Faulted"])
def test_core_089_connector_0_has_few_statuses(status: str) -> None:
    """CORE-089: the charge point as a whole is only Available, Unavailable or Faulted."""
    connector = Connector(0, lambda changed, old: None)
    with pytest.raises(ForbiddenChangeError):
        connector.move(status)


def test_a_warning_leaves_the_status() -> None:
    """CORE-093: an error code may go with any status."""
    connector, _ = make("Available")
    connector.warn("WeakSignal", "-110 dBm")
    assert (connector.status, connector.error_code, connector.info) == (
        "Available",
        "WeakSignal",
        "-110 dBm",
    )
    connector.fail("GroundFailure", "")
    connector.warn("WeakSignal", "")
    assert connector.error_code == "GroundFailure"


def test_reserving() -> None:
    """A7, G1, G8: only a free connector can be reserved; it is released to where it belongs."""
    connector, changes = make("Available")
    assert connector.reserve()
    assert not connector.reserve()
    connector.release()
    connector.release()
    assert changes == [("Available", "Reserved"), ("Reserved", "Available")]
    connector.reserve()
    connector.operative = False
    connector.release()
    assert connector.status == "Unavailable"
    assert not connector.reserve()
    assert connector.idle_status == "Unavailable"


def test_reserved_all_along() -> None:
    """RES-019: at a start a connector may be Reserved with a cable in; Preparing is never told."""
    connector, changes = make("Preparing")
    assert not connector.reserve()
    assert connector.reserve(True)
    assert changes == [("Available", "Reserved")]
    for state in ("Unavailable", "Charging"):
        assert not make(state)[0].reserve(True)
    busy, _ = make("Preparing")
    busy.id_tag = "TAG1"
    assert not busy.reserve(True)
