"""The authorization cache: CORE-030 to CORE-036."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp_plugins.core_profile.charge_point.cache import Cache

from ocpp_kernel.hooks import TagInfo
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.store import StoreError


class Failing(MemoryStore):
    """Storage that fails on demand."""

    failing = False

    def append(self, name: str, record: Any) -> None:
        if self.failing:
            raise StoreError("broken")
        super().append(name, record)

    def delete(self, name: str) -> None:
        if self.failing:
            raise StoreError("broken")
        super().delete(name)


def make(limit: int = 3) -> Cache:
    return Cache(MemoryStore(), limit, lambda sentence: None)


def tags(cache: Cache) -> list[str]:
    return [f"T{number}" for number in range(10) if cache.find(f"t{number}") is not None]


def test_core_005_case_does_not_count() -> None:
    """CORE-005: an idTag is found in any case."""
    cache = make()
    cache.update("aBc", "Accepted", "Fam", 5, 0)
    assert cache.find("AbC") == TagInfo(10, "Accepted", "Fam", 5)
    assert cache.find("abd") is None


def test_core_033_full_drops_not_valid_entries_first() -> None:
    """CORE-033: an invalid or expired entry goes before any valid one."""
    cache = make()
    cache.update("T1", "Accepted", None, None, 0)
    cache.update("T2", "Blocked", None, None, 0)
    cache.update("T3", "Accepted", None, 100, 0)
    cache.update("T4", "Accepted", None, None, 0)
    assert tags(cache) == ["T1", "T3", "T4"]
    cache.update("T5", "Accepted", None, None, 100)
    assert tags(cache) == ["T1", "T4", "T5"]


def test_core_033_then_the_oldest_valid_one() -> None:
    """CORE-033: among valid ones the oldest goes; an update makes an entry new."""
    cache = make()
    for number in (1, 2, 3):
        cache.update(f"T{number}", "Accepted", None, None, 0)
    cache.update("T1", "Accepted", "FAM", None, 0)
    cache.update("T4", "Accepted", None, None, 0)
    assert tags(cache) == ["T1", "T3", "T4"]


def test_core_034_survives_and_stays_small() -> None:
    """CORE-034: what was known is known after a restart; the file does not grow for ever."""
    store = MemoryStore()
    cache = Cache(store, 3, lambda sentence: None)
    for number in range(100):
        cache.update(f"T{number % 7}", "Accepted", str(number), None, 0)
    again = Cache(store, 3, lambda sentence: None)
    again.restore()
    assert tags(again) == tags(cache) == ["T0", "T1", "T6"]
    assert len(list(store.records("cache"))) <= 23


def test_an_unchanged_entry_is_not_written_again() -> None:
    """Flash wears: the same answer again writes nothing."""
    store = MemoryStore()
    cache = Cache(store, 3, lambda sentence: None)
    for _ in range(5):
        cache.update("T1", "Accepted", None, None, 0)
    assert len(list(store.records("cache"))) == 1


def test_damaged_records_are_passed_over() -> None:
    """CORE-034: what is no entry is none."""
    store = MemoryStore()
    store.append("cache", "nonsense")
    store.append("cache", ["t1", "Accepted", None, None])
    cache = Cache(store, 3, lambda sentence: None)
    cache.restore()
    assert tags(cache) == ["T1"]


def test_failing_storage_is_reported_and_survived() -> None:
    """Without storage the cache works until the next restart."""
    store = Failing()
    reports: list[str] = []
    cache = Cache(store, 3, reports.append)
    store.failing = True
    cache.update("T1", "Accepted", None, None, 0)
    assert tags(cache) == ["T1"]
    assert len(reports) == 1


def test_core_031_learns_from_authorize_start_and_stop(booted: Any) -> None:
    """CORE-031: every IdTagInfo counts, valid or not."""
    cache = booted.core.cache
    booted.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "A"}}
    booted.answers["StartTransaction"] = None
    booted.charge()
    assert cache.find("TAG1") == TagInfo(10, "Accepted", "A", None)
    booted.answer('{"idTagInfo":{"status":"Accepted","parentIdTag":"S"},"transactionId":3}')
    assert cache.find("TAG1") == TagInfo(10, "Accepted", "S", None)
    booted.answers["StopTransaction"] = {"idTagInfo": {"status": "Blocked"}}
    booted.tag()
    assert cache.find("TAG1") == TagInfo(10, "Blocked", None, None)


def test_core_031_listed_tags_never_enter_the_cache(booted: Any) -> None:
    """CORE-031: a local list has the say for its tags."""
    booted.other.tags["TAG1"] = TagInfo(20, "Accepted", None, None)
    booted.charge()
    assert booted.core.cache.find("TAG1") is None


def test_core_030_switched_off(booted: Any) -> None:
    """CORE-030: AuthorizationCacheEnabled false stops its use."""
    booted.configure("LocalPreAuthorize", "true")
    booted.charge()
    booted.tag()
    booted.unplug()
    booted.configure("AuthorizationCacheEnabled", "false")
    booted.charge(2)
    booted.configure("AuthorizationCacheEnabled", "true")
    booted.disconnect()
    booted.plug()
    booted.tag()
    assert booted.status(1) == "Charging"


def test_core_030_off_means_not_asked(booted: Any) -> None:
    """CORE-030: nor is it looked into while off."""
    booted.charge()
    booted.tag()
    booted.configure("AuthorizationCacheEnabled", "false")
    assert booted.station.hooks.look_up_tag("TAG1") is None


def test_core_032_expires(booted: Any) -> None:
    """CORE-032: past its expiryDate an entry is Expired; it is asked about again online."""
    booted.configure("LocalPreAuthorize", "true")
    booted.answers["Authorize"] = {
        "idTagInfo": {"status": "Accepted", "expiryDate": "2026-01-01T00:01:00Z"}
    }
    booted.answers["StartTransaction"] = None
    booted.charge()
    assert booted.core.authorizer.known("TAG1").status == "Accepted"
    booted.advance(60)
    assert booted.core.authorizer.known("TAG1").status == "Expired"


def test_core_034_offline_after_a_restart(booted: Any) -> None:
    """CORE-034, CORE-037: a cached tag may charge after a power cut without a connection."""
    booted.charge()
    booted.tag()
    booted.restart()
    booted.plug()
    booted.tag()
    assert booted.core.connectors[1].transaction is not None


def test_core_036_clear_cache(booted: Any) -> None:
    """CORE-036: emptied, also on flash."""
    booted.charge()
    assert booted.call("ClearCache", "{}") == {"status": "Accepted"}
    assert booted.core.cache.find("TAG1") is None
    booted.restart()
    assert booted.core.cache.find("TAG1") is None


def test_core_036_rejected_where_there_is_none(bench: Any) -> None:
    """CORE-036, CORE-030: without a cache ClearCache is Rejected and the key is not listed."""
    bench.settings.cache_size = 0
    bench.boot()
    assert bench.call("ClearCache", "{}") == {"status": "Rejected"}
    assert bench.call("GetConfiguration", '{"key":["AuthorizationCacheEnabled"]}') == {
        "configurationKey": [],
        "unknownKey": ["AuthorizationCacheEnabled"],
    }


@pytest.mark.parametrize("action", ["ClearCache"])
def test_core_036_rejected_where_storage_fails(make_bench: Any, action: str) -> None:
    """CORE-036: what could not be emptied is not called emptied."""
    store = Failing()
    bench = make_bench(store=store).boot()
    store.failing = True
    assert bench.call(action, "{}") == {"status": "Rejected"}
