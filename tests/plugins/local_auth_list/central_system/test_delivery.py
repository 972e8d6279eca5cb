"""Which updates are sent, and what becomes of those that are refused (3.5.2, 5.10, 5.15)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from ocpp_plugins.local_auth_list.central_system import (
    AuthList,
    InvalidList,
    ListNotSupported,
    ListRefused,
)
from ocpp_plugins.local_auth_list.messages import SendLocalList

from ocpp_kernel.errors import (
    Disconnected,
    LocalError,
    PropertyConstraintViolation,
    RemoteError,
)


def entries(*tags: str, status: str = "Accepted") -> list[Any]:
    return [{"idTag": tag, "idTagInfo": {"status": status}} for tag in tags]


def numbered(count: int, first: int = 0) -> list[Any]:
    return entries(*(f"T{number:05d}" for number in range(first, first + count)))


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_lal_002_lal_004_full_first_then_only_changes(bench: Any) -> None:
    """LAL-002, LAL-004."""
    station = bench.station().boot()
    assert await bench.lists.update("CP1", entries("A", "B", "C")) == 1
    assert station.updates() == [("Full", 1, 3)]
    assert await bench.lists.update("CP1", entries("A", "C", "D")) == 2
    assert station.calls[-1] == (
        "SendLocalList",
        {
            "listVersion": 2,
            "updateType": "Differential",
            "localAuthorizationList": [{"idTag": "B"}, *entries("D")],
        },
    )
    assert await bench.lists.change("CP1", [{"idTag": "a"}, *entries("D", status="Blocked")]) == 3
    assert station.entries == {"c": "Accepted", "d": "Blocked"}
    assert bench.delivered() == [("CP1", 1, 3), ("CP1", 2, 3), ("CP1", 3, 2)]


async def test_nothing_is_sent_where_nothing_changed(bench: Any) -> None:
    station = bench.station().boot()
    await bench.lists.update("CP1", entries("A"))
    station.updates()
    assert await bench.lists.update("CP1", entries("A")) == 1
    assert station.calls == []


async def test_lal_003_an_empty_list(bench: Any) -> None:
    """LAL-003: 0 is not what is sent (LAL-007), but what is told."""
    station = bench.station().boot()
    assert await bench.lists.update("CP1", []) == 0
    assert station.updates() == []
    await bench.lists.update("CP1", entries("A"))
    assert await bench.lists.update("CP1", []) == 0
    assert station.updates() == [("Full", 1, 1), ("Differential", 2, 1)]
    assert await bench.lists.version(bench.central.stations["CP1"]) == 0
    assert await bench.lists.update("CP1", entries("B")) == 3
    assert station.updates() == [("Full", 3, 1)]


async def test_lal_002_a_list_of_unknown_content_is_replaced(bench: Any) -> None:
    """LAL-002, LAL-006: by a full list of a higher version."""
    station = bench.station().boot()
    station.version, station.entries = 41, {"x": "Accepted"}
    assert await bench.lists.update("CP1", entries("A")) == 42
    assert station.updates() == [("Full", 42, 1)]
    assert station.entries == {"a": "Accepted"}


async def test_a_list_of_unknown_content_is_emptied_in_full(bench: Any) -> None:
    station = bench.station().boot()
    station.version, station.entries = 41, {"x": "Accepted"}
    await bench.lists.update("CP1", [])
    assert station.calls[-1] == ("SendLocalList", {"listVersion": 42, "updateType": "Full"})


@pytest.mark.parametrize("reported", [0, -2, 2**31 - 1, 2**31 - 2])
async def test_lal_007_versions_are_never_0_or_negative(bench: Any, reported: int) -> None:
    """LAL-007, LAL-001: whatever the station told; nor more than 32 bits."""
    station = bench.station().boot()
    station.version = reported
    for number in range(4):
        await bench.lists.update("CP1", numbered(number + 1))
    versions = [version for _, version, _ in station.updates()]
    assert len(versions) == 4
    assert all(0 < version < 2**31 for version in versions)


@pytest.mark.parametrize("version", [0, -1])
async def test_lal_007_nor_does_an_application_send_them(bench: Any, version: int) -> None:
    station = bench.station().boot()
    request = SendLocalList({"listVersion": version, "updateType": "Full"})
    with pytest.raises(PropertyConstraintViolation, match=f"listVersion {version} must be above 0"):
        await bench.central.stations["CP1"].call(request)
    assert station.updates() == []


@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
async def test_lal_013_a_refused_differential_is_followed_by_all_of_it(
    bench: Any, status: str
) -> None:
    """LAL-013: with a version above the one the station has now."""
    station = bench.station().boot()
    await bench.lists.update("CP1", entries("A", "B"))
    station.updates()
    station.refusals = [status]
    station.version = 70
    assert await bench.lists.update("CP1", entries("A", "C")) == 71
    assert station.updates() == [("Differential", 2, 2), ("Full", 71, 2)]
    assert station.entries == {"a": "Accepted", "c": "Accepted"}


@pytest.mark.parametrize("before", [0, 1])
async def test_lal_013_a_refused_full_list_is_an_error(bench: Any, before: int) -> None:
    """LAL-013: no endless attempts; the next update starts with a full one."""
    station = bench.station().boot()
    await bench.lists.update("CP1", numbered(before))
    station.updates()
    station.refusals = ["Failed", "Failed"]
    with pytest.raises(ListRefused, match="CP1 answers Failed to a full list"):
        await bench.lists.update("CP1", entries("A"))
    assert len(station.updates()) == 1 + before
    station.refusals = []
    await bench.lists.synchronise("CP1")
    assert [kind for kind, _, _ in station.updates()] == ["Full"]
    assert station.entries == {"a": "Accepted"}


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
@pytest.mark.parametrize("told", [True, False])
async def test_lal_009_long_lists_are_cut_to_what_a_message_may_hold(
    make_bench: Any, limit: int, told: bool
) -> None:
    """LAL-009: by what the station tells, or by the setting where it tells nothing."""
    bench = make_bench(max_update=limit if not told else 2)
    station = bench.station().boot()
    if told:
        station.keys = {"SendLocalListMaxLength": str(limit), "LocalAuthListMaxLength": "7"}
    await bench.lists.update("CP1", numbered(7))
    parts = -(-7 // limit)
    sizes = [min(limit, 7 - limit * part) for part in range(parts)]
    kinds = ["Full"] + ["Differential"] * (parts - 1)
    expected = [(kinds[n], n + 1, sizes[n]) for n in range(parts)]
    assert station.updates() == expected
    assert len(station.entries) == 7
    # All others: removals first, since there is no room for more than 7.
    await bench.lists.update("CP1", numbered(7, first=10))
    assert sorted(station.entries) == [f"t{number:05d}" for number in range(10, 17)]


async def test_lal_009_more_than_the_station_holds_is_refused_before_it_is_sent(
    bench: Any,
) -> None:
    """LAL-009: also later, without asking the station again."""
    station = bench.station().boot()
    station.keys = {"LocalAuthListMaxLength": "5", "SendLocalListMaxLength": "50"}
    message = "CP1 holds 5 idTags at most (LocalAuthListMaxLength), but the list has 6"
    with pytest.raises(InvalidList, match=re.escape(message)):
        await bench.lists.update("CP1", numbered(6))
    assert station.updates() == []
    await bench.lists.update("CP1", numbered(5))
    station.updates()
    with pytest.raises(InvalidList, match="holds 5 idTags"):
        await bench.lists.change("CP1", entries("X"))
    assert station.calls == []
    assert len(bench.lists.of("CP1").wanted) == 5


async def test_lal_008_faulty_lists_are_refused_before_anything_is_sent(bench: Any) -> None:
    """LAL-008."""
    station = bench.station().boot()
    with pytest.raises(InvalidList, match="twice"):
        await bench.lists.update("CP1", entries("A", "a"))
    with pytest.raises(InvalidList, match="no idTagInfo"):
        await bench.lists.update("CP1", [{"idTag": "A"}])
    assert station.calls == []
    assert bench.lists.of("CP1").wanted is None


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("GetLocalListVersion", {"listVersion": -1}),
        ("GetLocalListVersion", ["NotImplemented"]),
        ("GetLocalListVersion", ["NotSupported"]),
        ("SendLocalList", {"status": "NotSupported"}),
        ("SendLocalList", ["NotSupported"]),
    ],
)
async def test_lal_001_lal_011_stations_without_lists(bench: Any, action: str, answer: Any) -> None:
    """LAL-001, LAL-011: one error for all the ways to say so."""
    station = bench.station().boot()
    station.answers[action] = answer
    with pytest.raises(ListNotSupported, match="CP1"):
        await bench.lists.update("CP1", entries("A"))


async def test_other_errors_are_passed_on(bench: Any) -> None:
    station = bench.station().boot()
    station.answers["SendLocalList"] = ["InternalError"]
    with pytest.raises(RemoteError, match="InternalError"):
        await bench.lists.update("CP1", entries("A"))
    station.answers["SendLocalList"] = station._take
    assert await bench.lists.synchronise("CP1") == 1


async def test_a_station_that_does_not_tell_its_limits(bench: Any) -> None:
    station = bench.station().boot()
    station.answers["GetConfiguration"] = ["NotSupported"]
    await bench.lists.update("CP1", numbered(500))
    assert station.updates() == [("Full", 1, 500)]


async def test_limits_that_make_no_sense_are_not_limits(bench: Any) -> None:
    station = bench.station().boot()
    station.keys = {"LocalAuthListMaxLength": "0", "SendLocalListMaxLength": "many"}
    station.answers["SendLocalList"] = {"status": "Accepted"}
    await bench.lists.update("CP1", numbered(3))
    assert station.updates() == [("Full", 1, 3)]


# Connections come and go.


async def test_a_list_for_a_station_that_is_away_waits_for_it(bench: Any) -> None:
    with pytest.raises(Disconnected, match="CP1 is not connected; its list is sent once it is"):
        await bench.lists.update("CP1", entries("A"))
    station = bench.station().boot()
    assert [action for action, _ in station.calls] == []
    await settled()
    assert station.updates() == [("Full", 1, 1)]
    station.disconnect()
    bench.lists.want("CP1", entries("A", "B"))
    station.connect()
    await settled()
    assert station.updates() == [("Differential", 2, 1)]
    station.disconnect()
    station.connect()
    await settled()
    assert station.calls == []


async def test_a_list_is_sent_after_the_answer_to_the_boot(bench: Any) -> None:
    bench.lists.want("CP1", entries("A"))
    station = bench.station()
    order: list[str] = []
    read = station._read

    def watched(text: str) -> None:
        order.append(text[1])
        read(text)

    station._read = watched
    station.boot()
    await settled()
    assert order == ["3", "2", "2", "2"]
    assert station.entries == {"a": "Accepted"}


async def test_a_station_that_lost_its_list_gets_it_when_it_boots(bench: Any) -> None:
    """A boot is when a wiped flash shows."""
    station = bench.station().boot()
    await bench.lists.update("CP1", entries("A", "B"))
    station.disconnect()
    station.version, station.entries = 0, {}
    station.updates()
    station.boot()
    await settled()
    assert station.updates() == [("Full", 1, 2)]


async def test_a_station_that_kept_its_list_is_only_asked(bench: Any) -> None:
    station = bench.station().boot()
    await bench.lists.update("CP1", entries("A", "B"))
    station.disconnect()
    station.calls.clear()
    station.boot()
    await settled()
    assert station.calls[0][0] == "GetLocalListVersion"
    assert station.updates() == []


async def test_a_rejected_station_gets_nothing(bench: Any) -> None:
    bench.central.shared["core_profile"].accept = lambda station, boot: "Rejected"
    bench.lists.want("CP1", entries("A"))
    station = bench.station().boot()
    await settled()
    assert station.calls == []
    with pytest.raises(LocalError, match="Rejected"):
        await bench.lists.synchronise("CP1")


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_answer_that_never_came_is_made_up_for(bench: Any, arrived: bool) -> None:
    """Whether the update arrived shows in the version; nothing is sent twice, nothing is lost."""
    station = bench.station().boot()
    await bench.lists.update("CP1", entries("A", "B"))
    station.updates()

    def silent(request: Any) -> None:
        if arrived:
            station._take(request)

    station.answers["SendLocalList"] = silent
    waiting = asyncio.create_task(bench.lists.update("CP1", entries("A", "C")))
    await settled()
    station.disconnect()
    with pytest.raises(Disconnected):
        await waiting
    station.updates()
    station.answers["SendLocalList"] = station._take
    station.connect()
    await settled()
    assert station.updates() == ([] if arrived else [("Differential", 2, 2)])
    assert station.entries == {"a": "Accepted", "c": "Accepted"}
    await bench.lists.update("CP1", entries("C"))
    assert station.updates() == [("Differential", 3, 1)]


async def test_a_delivery_that_is_cancelled_leaves_no_doubt_behind(bench: Any) -> None:
    station = bench.station().boot()
    station.answers["SendLocalList"] = None
    waiting = asyncio.create_task(bench.lists.update("CP1", entries("A")))
    await settled()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not bench.lists.of("CP1").verified


async def test_what_could_not_be_delivered_by_itself_is_logged(bench: Any) -> None:
    bench.lists.want("CP1", entries("A"))
    station = bench.station()
    station.refusals = ["Failed"]
    station.boot()
    await settled()
    assert [text for level, text in bench.log if level == "warning"] == [
        "CP1: its local list is not delivered: ListRefused: CP1 answers Failed to a full list, too"
    ]


async def test_two_updates_at_once_follow_each_other(bench: Any) -> None:
    station = bench.station().boot()
    station.keys = {"SendLocalListMaxLength": "2"}
    await asyncio.gather(
        bench.lists.update("CP1", numbered(9)), bench.lists.update("CP1", numbered(4, first=7))
    )
    assert sorted(station.entries) == ["t00007", "t00008", "t00009", "t00010"]


async def test_stations_may_share_one_list(bench: Any) -> None:
    shared = AuthList(numbered(50))
    stations = [bench.station(f"CP{number}").boot() for number in range(3)]
    for station in stations:
        await bench.lists.update(station.identity, shared)
        assert bench.lists.of(station.identity).held is shared
        assert station.updates() == [("Full", 1, 50)]


async def test_the_list_of_the_settings_is_for_every_station(make_bench: Any) -> None:
    bench = make_bench(tags={"TAG1": "Accepted", "TAG2": "Blocked"})
    first, second = bench.station("CP1").boot(), bench.station("CP2").boot()
    await settled()
    for station in (first, second):
        assert station.entries == {"tag1": "Accepted", "tag2": "Blocked"}
    await bench.lists.change("CP2", [{"idTag": "TAG1"}])
    assert (len(first.entries), len(second.entries)) == (2, 1)


async def test_without_a_list_nothing_is_asked(bench: Any) -> None:
    station = bench.station().boot()
    await settled()
    assert station.calls == []
