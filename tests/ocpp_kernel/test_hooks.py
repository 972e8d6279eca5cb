"""How the answers of several plugins become one, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

from ocpp_kernel.configuration import Key, boolean, integer
from ocpp_kernel.hooks import DataTransferHandler, Hooks, TagInfo


def fail(*arguments: Any) -> Any:
    raise RuntimeError("broken plugin")


def answering(value: Any) -> Callable[..., Any]:
    return lambda *arguments: value


def hooks(name: str, *implementations: Callable[..., Any]) -> tuple[Hooks, list[str]]:
    reports: list[str] = []
    return Hooks({name: implementations}, reports.append), reports


def test_without_implementations_every_hook_has_its_neutral_answer() -> None:
    none = Hooks({})
    assert none.register_configuration() == []
    assert none.register_triggers() == {}
    assert none.register_data_transfer() == []
    assert none.driver() is None
    assert none.look_up_tag("TAG") is None
    assert none.veto_start(1, "TAG") == ""
    assert none.charging_limit(1, 0) is None
    assert none.accept_station("CP001", None) == ""
    none.on_event(object())
    none.on_frame("CP001", "in", "[]")


def test_register_configuration_collects_and_leaves_out_a_broken_plugin() -> None:
    first, second = integer("First", 1), boolean("Second", True)
    found, reports = hooks(
        "ocpp_register_configuration",
        answering([first]),
        fail,
        answering(None),
        answering([second]),
    )
    keys: list[Key] = found.register_configuration()
    assert keys == [first, second]
    assert len(reports) == 2
    assert all("ocpp_register_configuration" in report for report in reports)


def test_register_data_transfer_collects_and_leaves_out_a_broken_plugin() -> None:
    handler = DataTransferHandler("com.example", None, answering(("Accepted", None)))
    found, reports = hooks("ocpp_register_data_transfer", fail, answering([handler]), answering(5))
    assert found.register_data_transfer() == [handler]
    assert len(reports) == 2


def test_register_triggers_merges_and_leaves_out_a_broken_plugin() -> None:
    one, two = answering("Accepted"), answering("Rejected")
    found, reports = hooks(
        "ocpp_register_triggers",
        answering({"One": one}),
        fail,
        answering(5),
        answering({"Two": two}),
    )
    assert found.register_triggers() == {"One": one, "Two": two}
    assert len(reports) == 2


def test_driver_is_that_of_its_one_owner() -> None:
    driver = object()
    found, _ = hooks("ocpp_driver", answering(driver))
    assert found.driver() is driver


def test_look_up_tag_takes_the_highest_rank_in_any_order() -> None:
    cache = TagInfo(10, "Accepted", None, None)
    listed = TagInfo(20, "Blocked", "PARENT", 5)
    for order in permutations([answering(cache), answering(None), answering(listed)]):
        found, reports = hooks("ocpp_look_up_tag", *order)
        assert found.look_up_tag("TAG") == listed
        assert reports == []


def test_look_up_tag_knows_nothing_while_a_source_fails() -> None:
    cache = TagInfo(10, "Accepted", None, None)
    for order in permutations([answering(cache), fail, answering(None)]):
        found, reports = hooks("ocpp_look_up_tag", *order)
        assert found.look_up_tag("TAG") is None
        assert len(reports) == 1


def test_look_up_tag_hands_over_the_tag() -> None:
    seen: list[str] = []
    found, _ = hooks("ocpp_look_up_tag", seen.append)
    assert found.look_up_tag("TAG") is None
    assert seen == ["TAG"]


def test_veto_start_any_objection_counts() -> None:
    for order in permutations([answering(""), answering("reserved"), answering(None)]):
        found, _ = hooks("ocpp_veto_start", *order)
        assert found.veto_start(1, "TAG") == "reserved"
    found, _ = hooks("ocpp_veto_start", answering(""), answering(None))
    assert found.veto_start(1, "TAG") == ""


def test_veto_start_a_plugin_that_fails_objects() -> None:
    found, reports = hooks("ocpp_veto_start", answering(""), fail)
    assert found.veto_start(1, "TAG") != ""
    assert len(reports) == 1


def test_charging_limit_the_lowest_counts_in_any_order() -> None:
    for order in permutations([answering(16000), answering(None), answering(6000)]):
        found, _ = hooks("ocpp_charging_limit", *order)
        assert found.charging_limit(1, 0) == 6000
    found, _ = hooks("ocpp_charging_limit", answering(0), answering(6000))
    assert found.charging_limit(1, 0) == 0


def test_charging_limit_a_plugin_that_fails_allows_nothing() -> None:
    for order in permutations([answering(16000), fail, answering(None)]):
        found, reports = hooks("ocpp_charging_limit", *order)
        assert found.charging_limit(1, 0) == 0
        assert len(reports) == 1


def test_accept_station_any_refusal_counts_and_a_failing_plugin_refuses() -> None:
    for order in permutations([answering(""), answering("wrong password"), answering(None)]):
        found, _ = hooks("ocpp_accept_station", *order)
        assert found.accept_station("CP001", b"x") == "wrong password"
    found, reports = hooks("ocpp_accept_station", fail)
    assert found.accept_station("CP001", None) != ""
    assert len(reports) == 1


def test_on_event_and_on_frame_tell_everybody_whoever_fails() -> None:
    seen: list[Any] = []
    reports: list[str] = []
    listeners = (seen.append, fail, seen.append)
    found = Hooks({"ocpp_on_event": listeners}, reports.append)
    found.on_event("event")
    assert seen == ["event", "event"]
    assert len(reports) == 1
    frames: list[tuple[str, ...]] = []

    def listen(identity: str, direction: str, text: str) -> None:
        frames.append((identity, direction, text))

    found = Hooks({"ocpp_on_frame": (fail, listen)}, reports.append)
    found.on_frame("CP001", "out", "[]")
    assert frames == [("CP001", "out", "[]")]
    assert len(reports) == 2


def test_a_failing_plugin_needs_nobody_to_report_to() -> None:
    Hooks({"ocpp_on_event": (fail,)}).on_event("event")
    assert Hooks({"ocpp_veto_start": (fail,)}).veto_start(1, "TAG") != ""
