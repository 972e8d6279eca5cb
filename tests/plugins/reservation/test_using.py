"""Who may start where: RES-006, RES-009 to RES-013, RES-017, RES-018, CORE-129."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.hooks import TagInfo


def test_res_009_others_are_refused(bench: Any) -> None:
    """RES-009: a tag presented there starts nothing and changes nothing."""
    bench.reserve()
    bench.plug()
    bench.seen()
    bench.tag("THIEF")
    bench.advance(120)
    assert bench.seen("StartTransaction", "StatusNotification") == []
    assert bench.status(1) == "Reserved"
    assert any("***EF is refused: it is reserved" in text for _, text in bench.log)


def test_res_009_core_129_a_remote_start_does_not_override(bench: Any) -> None:
    """RES-009, CORE-129: Rejected for another tag, with and without a cable."""
    bench.reserve()
    assert bench.remote_start("THIEF") == "Rejected"
    bench.plug()
    assert bench.remote_start("THIEF") == "Rejected"
    bench.advance(5)
    assert bench.starts() == []
    assert bench.status(1) == "Reserved"


def test_res_009_a_remote_start_of_anywhere_goes_elsewhere(bench: Any) -> None:
    """RES-009, CORE-128: to a connector that is free."""
    bench.reserve(1)
    bench.plug(1)
    bench.plug(2)
    assert bench.remote_start("THIEF", None) == "Accepted"
    assert bench.starts() == [(2, "THIEF", None)]
    assert bench.remote_start("THIEF2", None) == "Rejected"


def test_res_009_reserved_while_somebody_was_being_authorized_by_remote(bench: Any) -> None:
    """RES-003, RES-009: a remote start that was accepted came first."""
    bench.configure("AuthorizeRemoteTxRequests", "true")
    bench.answers["Authorize"] = None
    assert bench.remote_start("FIRST") == "Accepted"
    assert bench.reserve() == "Occupied"
    bench.answer('{"idTagInfo":{"status":"Accepted"}}')
    assert bench.status(1) == "Preparing"


def test_res_009_a_tag_at_a_shared_reader_goes_elsewhere(bench: Any) -> None:
    """RES-009: a car at the reserved connector does not attract others' tags."""
    bench.reserve(1)
    bench.plug(1)
    bench.plug(2)
    bench.tag("THIEF", 0)
    assert bench.starts() == [(2, "THIEF", None)]


def test_res_012_a_tag_at_a_shared_reader_goes_to_its_connector(bench: Any) -> None:
    """RES-012: although another one is free, or has a car."""
    bench.reserve(2)
    bench.plug(1)
    bench.tag("MINE", 0)
    bench.plug(2)
    assert bench.starts() == [(2, "MINE", 1)]


def test_res_009_nothing_is_left_at_a_shared_reader(bench: Any) -> None:
    """RES-009: no Authorize is wasted on who cannot start anywhere."""
    bench.charge(2)
    bench.reserve(1)
    bench.plug(1)
    bench.seen()
    bench.tag("THIEF", 0)
    assert bench.seen() == []


def test_res_010_parent_by_authorize(bench: Any) -> None:
    """RES-010: the parent that Authorize tells decides."""
    bench.parents = {"FRIEND": "FLEET", "THIEF": "GANG"}
    bench.reserve(parent="fleet")
    bench.plug()
    bench.tag("THIEF")
    assert bench.starts() == []
    bench.tag("FRIEND")
    assert [action for action, _ in bench.seen("Authorize", "StartTransaction")] == [
        "Authorize",
        "StartTransaction",
    ]


def test_res_010_parent_from_list_or_cache(bench: Any) -> None:
    """RES-010: without Authorize where the tag is known here."""
    bench.configure("LocalPreAuthorize", "true")
    bench.other.tags["FRIEND"] = TagInfo(20, "Accepted", "FLEET", None)
    bench.other.tags["LONER"] = TagInfo(20, "Accepted", None, None)
    bench.reserve(parent="FLEET")
    bench.plug()
    bench.tag("LONER")
    assert bench.starts() == []
    bench.tag("FRIEND")
    assert bench.seen("Authorize", "StartTransaction")[0][1]["reservationId"] == 1


def test_res_010_parent_while_offline(bench: Any) -> None:
    """RES-010: what the cache knows does without a connection."""
    bench.parents = {"FRIEND": "FLEET"}
    bench.tag("FRIEND", 2)
    bench.tag("FRIEND", 2)
    bench.reserve(parent="FLEET")
    bench.disconnect()
    bench.plug()
    bench.tag("FRIEND")
    assert bench.status(1) == "Charging"


def test_res_010_the_parent_is_remembered_until_the_cable_comes(bench: Any) -> None:
    """RES-010, RES-012: also without a cache, and with others being authorized meanwhile."""
    bench.configure("AuthorizationCacheEnabled", "false")
    bench.parents = {"FRIEND": "FLEET"}
    bench.reserve(parent="FLEET")
    bench.tag("FRIEND")
    assert bench.status(1) == "Preparing"
    bench.tag("SOMEBODY", 2)
    bench.plug(1)
    assert bench.starts() == [(1, "FRIEND", 1)]


def test_res_010_remote_start_of_an_unknown_tag(bench: Any) -> None:
    """RES-010: its parent is asked for first; only then the remote start is answered."""
    bench.parents = {"FRIEND": "FLEET"}
    bench.reserve(parent="FLEET")
    bench.plug()
    bench.seen()
    assert bench.remote_start("THIEF") == "Rejected"
    assert bench.remote_start("FRIEND") == "Accepted"
    assert [action for action, _ in bench.seen("Authorize", "StartTransaction")] == [
        "Authorize",
        "Authorize",
        "StartTransaction",
    ]


def test_res_010_remote_start_of_an_unknown_tag_anywhere(bench: Any) -> None:
    """RES-010: asked for only where nothing else is free."""
    bench.parents = {"FRIEND": "FLEET"}
    bench.reserve(1, parent="FLEET")
    bench.seen()
    assert bench.remote_start("STRANGER", None) == "Accepted"
    assert bench.seen("Authorize") == []
    assert bench.remote_start("FRIEND", None) == "Accepted"
    bench.plug(1)
    assert bench.starts() == [(1, "FRIEND", 1)]


def test_res_010_remote_start_while_the_connection_goes(bench: Any) -> None:
    """RES-010: nothing starts that was not answered."""
    bench.configure("AllowOfflineTxForUnknownId", "true")
    bench.answers["Authorize"] = None
    bench.reserve(parent="FLEET")
    bench.plug()
    bench.call("RemoteStartTransaction", '{"connectorId":1,"idTag":"FRIEND"}')
    bench.disconnect()
    bench.connect()
    bench.advance(5)
    assert bench.starts() == []
    assert bench.status(1) == "Reserved"


def test_res_010_a_member_of_the_group_at_a_shared_reader(bench: Any) -> None:
    """RES-010: asked for where nothing else is free."""
    bench.parents = {"FRIEND": "FLEET"}
    bench.charge(2)
    bench.reserve(1, parent="FLEET")
    bench.plug(1)
    bench.tag("THIEF", 0)
    assert bench.starts() == []
    bench.tag("FRIEND", 0)
    assert bench.starts() == [(1, "FRIEND", 1)]


@pytest.mark.parametrize("id_tag", ["FRIEND", "FLEET"])
def test_res_011_without_a_parent_only_its_tag(bench: Any, id_tag: str) -> None:
    """RES-011: a common parent is of no use; CORE-028: nor is the parent itself as a tag."""
    bench.parents = {"MINE": "FLEET", "FRIEND": "FLEET"}
    bench.reserve()
    bench.plug()
    bench.tag(id_tag)
    assert bench.starts() == []


def test_core_028_the_parent_is_no_tag(bench: Any) -> None:
    """CORE-028: parents compare with parents only."""
    bench.reserve(parent="FLEET")
    bench.plug()
    bench.tag("FLEET")
    assert bench.starts() == []


def test_res_012_st_g2_used(bench: Any) -> None:
    """RES-012, RES-018, ST-G2: Authorize, Preparing, StartTransaction with the reservationId."""
    bench.reserve(number=42)
    bench.seen()
    bench.tag("mine")
    assert bench.seen() == [
        ("Authorize", {"idTag": "mine"}),
        (
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Preparing",
                "timestamp": bench.time(),
            },
        ),
    ]
    bench.plug()
    assert bench.seen("StartTransaction") == [
        (
            "StartTransaction",
            {
                "connectorId": 1,
                "idTag": "mine",
                "meterStart": 0,
                "reservationId": 42,
                "timestamp": bench.time(),
            },
        )
    ]
    assert bench.cancel(42) == "Rejected"
    bench.tag("mine")
    bench.unplug()
    assert bench.status(1) == "Available"
    bench.charge(1, "ANYBODY")


def test_res_012_by_remote_start(bench: Any) -> None:
    """RES-012: of the reserved tag, wherever it may be."""
    bench.reserve(2)
    bench.plug(1)
    assert bench.remote_start("MINE", None) == "Accepted"
    bench.plug(2)
    assert bench.starts() == [(2, "MINE", 1)]


def test_res_012_reserved_again_when_nobody_plugs_in(bench: Any) -> None:
    """RES-012, CORE-099: no transaction began, so the reservation goes on (B1, A7)."""
    bench.reserve()
    bench.tag("MINE")
    bench.seen()
    bench.advance(60)
    assert bench.statuses() == [(1, "Available"), (1, "Reserved")]
    assert bench.remote_start("THIEF") == "Rejected"


def test_res_012_the_id_survives_power_loss(bench: Any) -> None:
    """RES-012: the StartTransaction that is sent after the cut still has it."""
    bench.configure("LocalPreAuthorize", "true")
    bench.other.tags["MINE"] = TagInfo(20, "Accepted", None, None)
    bench.reserve()
    bench.disconnect()
    bench.charge(1, "MINE")
    bench.restart()
    bench.connect()
    assert bench.starts() == [(1, "MINE", 1)]
    assert bench.cancel() == "Rejected"


def test_res_013_used_elsewhere(bench: Any) -> None:
    """RES-013: the reservation stays, and is not named."""
    bench.reserve(1)
    bench.plug(2)
    bench.tag("MINE", 2)
    assert bench.starts() == [(2, "MINE", None)]
    assert bench.status(1) == "Reserved"
    assert bench.cancel() == "Accepted"


@pytest.mark.parametrize("connector", [1, 2])
def test_res_013_any_connector_will_do_for_connector_0(bench: Any, connector: int) -> None:
    """RES-013: the reservation ends with a transaction of its tag anywhere."""
    bench.reserve(0)
    bench.plug(connector)
    bench.tag("MINE", connector)
    assert bench.starts() == [(connector, "MINE", 1)]
    assert bench.cancel() == "Rejected"


def test_res_006_the_last_connector_is_kept(bench: Any) -> None:
    """RES-006: others get all but one, by tag, by remote start, or at a shared reader."""
    bench.reserve(0)
    bench.plug(1)
    bench.tag("FIRST")
    assert bench.starts() == [(1, "FIRST", None)]
    bench.plug(2)
    bench.tag("SECOND", 2)
    bench.tag("SECOND", 0)
    assert bench.remote_start("SECOND", 2) == "Rejected"
    assert bench.remote_start("SECOND", None) == "Rejected"
    assert bench.starts() == []
    bench.tag("MINE", 2)
    assert bench.starts() == [(2, "MINE", 1)]


def test_res_006_once_its_tag_is_there_others_get_the_rest(bench: Any) -> None:
    """RES-006: a tag that waits for its cable needs no second connector."""
    bench.reserve(0)
    bench.tag("MINE", 1)
    bench.plug(2)
    bench.tag("OTHER", 2)
    assert bench.starts() == [(2, "OTHER", None)]
    bench.plug(1)
    assert bench.starts() == [(1, "MINE", 1)]


def test_res_006_two_of_one_tag_keep_two(make_bench: Any) -> None:
    """RES-006: each reservation keeps a connector of its own."""
    bench = make_bench(3)
    bench.boot()
    bench.reserve(0, number=1)
    bench.reserve(0, number=2)
    bench.tag("MINE", 1)
    bench.plug(2)
    bench.tag("OTHER", 2)
    bench.plug(3)
    bench.tag("THIEF", 3)
    assert bench.starts() == [(2, "OTHER", None)]


def test_res_006_a_group_on_connector_0(bench: Any) -> None:
    """RES-006, RES-010: members of the group count as its tag."""
    bench.parents = {"FRIEND": "FLEET"}
    bench.charge(1)
    bench.reserve(0, parent="FLEET")
    bench.plug(2)
    assert bench.remote_start("THIEF", 2) == "Rejected"
    assert bench.remote_start("FRIEND", 2) == "Accepted"
    assert bench.starts() == [(2, "FRIEND", 1)]


def test_res_006_a_reserved_connector_is_none_of_the_rest(make_bench: Any) -> None:
    """RES-006: of three, one is reserved, one is to be left, so only one is for others."""
    bench = make_bench(3)
    bench.boot()
    bench.reserve(1, number=1, id_tag="A")
    bench.reserve(0, number=2, id_tag="B")
    bench.charge(2, "OTHER")
    bench.plug(3)
    bench.tag("THIEF", 3)
    bench.tag("A", 3)
    assert bench.starts() == []
    bench.tag("B", 3)
    assert bench.starts() == [(3, "B", 2)]


def test_res_017_plugging_in_changes_nothing(bench: Any) -> None:
    """RES-017: Reserved, also after the cable leaves."""
    bench.reserve()
    bench.seen()
    bench.plug()
    bench.advance(120)
    bench.unplug()
    assert bench.statuses() == []
    assert bench.status(1) == "Reserved"


def test_res_018_authorized_before_it_starts(bench: Any) -> None:
    """RES-018: a reservation is no authorization."""
    bench.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    bench.reserve()
    bench.plug()
    bench.tag("MINE")
    assert bench.starts() == []
    assert bench.status(1) == "Reserved"


def test_res_003_a_cable_without_a_tag(bench: Any) -> None:
    """RES-003: a connector with a cable in cannot be reserved away from who has it."""
    bench.plug(1)
    assert bench.reserve(1) == "Occupied"
    bench.tag("ANYBODY", 1)
    assert bench.starts() == [(1, "ANYBODY", None)]
