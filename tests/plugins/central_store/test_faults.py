"""A database that cannot be used, before the start and in the midst of work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ocpp_plugins.central_store import database, store, writer

from ocpp_kernel.cli.app import cli
from ocpp_kernel.store import StoreError

from .conftest import METER, Link, NewSite, Site, start_of, stop_of


def changed(path: Path, *statements: str) -> None:
    """Another program writes to the file."""
    with closing(sqlite3.connect(path)) as file, file:
        for statement in statements:
            file.execute(statement)


# Before the start.


def not_a_database(path: Path) -> None:
    path.write_text("a letter to a friend, long enough to be told from an empty file\n" * 20)


def of_another_program(path: Path) -> None:
    changed(path, "CREATE TABLE tags (id_tag TEXT)")


def newer(path: Path) -> None:
    once(path)
    changed(path, "PRAGMA user_version = 99")


def in_a_folder_that_is_not_there(path: Path) -> None:
    path.parent.rmdir()


def a_folder(path: Path) -> None:
    path.mkdir()


def torn(path: Path) -> None:
    once(path, stations=200)
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    path.write_bytes(content)


def a_document_is_torn(path: Path) -> None:
    once(path)
    changed(path, "UPDATE documents SET content = '{' WHERE book = 'core_profile.stations'")


def a_document_is_strange(path: Path) -> None:
    once(path)
    changed(path, "UPDATE documents SET content = '{}' WHERE book = 'core_profile.stations'")


def once(path: Path, stations: int = 1) -> None:
    """A central system ran over it."""
    site = Site(path)
    site.central.start()
    for number in range(stations):
        site.boot(f"CP{number}")
    site.central.stop()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (not_a_database, "file is not a database; name another file"),
        (of_another_program, "is the database of another program; name another file"),
        (newer, r"newer ocpp-kernel \(version 99 .*pip install --upgrade"),
        (in_a_folder_that_is_not_there, "unable to open .*; its folder must be there"),
        (a_folder, "unable to open .*; its folder must be there"),
        (torn, "malformed; put back a copy, or move it away"),
        (a_document_is_torn, r"core_profile.stations 'CP0' is damaged \(.*put back a copy"),
        (a_document_is_strange, "core_profile.stations 'CP0' cannot be used: .*'identity'"),
    ],
)
def test_nothing_starts(tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    path = folder / "central.db"
    make(path)
    site = Site(path)
    with pytest.raises(StoreError, match=told) as raised:
        site.central.start()
    assert "CentralStarted" not in [type(event).__name__ for event in site.events]
    assert str(path) in str(raised.value)
    # It let go of the file, which was not changed either.
    if make is of_another_program:
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_second_central_system_is_refused(path: Path, new_site: NewSite) -> None:
    new_site()
    with pytest.raises(StoreError, match=r"central\.db is in use by another central system; stop"):
        new_site()


def test_the_command_line_tells_it_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    not_a_database(tmp_path / "central.db")
    (tmp_path / "ocpp.toml").write_text(
        '[central_system]\nport = 0\n[central_system.central_store]\nfile = "central.db"\n'
    )
    result = CliRunner().invoke(cli, ["serve", "--config", "ocpp.toml"])
    assert result.exit_code == 1
    assert "Error: central.db: file is not a database; name another file" in result.stderr
    assert "Traceback" not in result.output
    # Whether it could be used is not for `check` to try: it might be in use.
    assert CliRunner().invoke(cli, ["check", "ocpp.toml"]).exit_code == 0


def test_tables_of_an_earlier_version_are_brought_up_to_date(
    path: Path, new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    number = site.boot().ask("StartTransaction", start_of())["transactionId"]
    site.central.stop()
    step = ("ALTER TABLE documents ADD COLUMN note TEXT", "UPDATE documents SET note = 'old'")
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, step))
    site = new_site()
    assert list(site.core.transactions) == [number]
    site.central.stop()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
        assert file.execute("SELECT count(*) FROM documents WHERE note = 'old'").fetchone()[0] > 0


def test_a_step_that_fails_changes_nothing(
    path: Path, new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    site.boot()
    site.central.stop()
    whole = database.MIGRATIONS
    step = ("DELETE FROM documents", "ALTER TABLE gone ADD COLUMN note TEXT")
    monkeypatch.setattr(database, "MIGRATIONS", (*whole, step))
    with pytest.raises(StoreError, match="no such table: gone"):
        new_site()
    monkeypatch.setattr(database, "MIGRATIONS", whole)
    assert list(new_site().core.stations) == ["CP1"]


# In the midst of work.


def test_what_cannot_be_stored_is_not_answered(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    number = link.ask("StartTransaction", start_of())["transactionId"]
    values = {"connectorId": 1, "transactionId": number, "meterValue": METER}
    status = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
    site.break_disk()
    refused = [
        link.ask("StartTransaction", start_of(connectorId=2)),
        link.ask("MeterValues", values),
        link.ask("StopTransaction", stop_of(number)),
        link.ask("StopTransaction", stop_of(-1)),
        link.ask("StatusNotification", status),
        link.ask("BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"}),
    ]
    assert {answer[2] for answer in refused} == {"InternalError"}
    assert "cannot store it" in refused[0][3]
    # What rests on nothing goes on.
    assert "currentTime" in link.ask("Heartbeat", {})
    assert link.ask("Authorize", {"idTag": "A"}) == {"idTagInfo": {"status": "Accepted"}}
    errors = [text for level, text in site.log if level == "error"]
    assert errors == ["central.db: disk I/O error; stations are told to try again until it works"]


def test_what_was_refused_is_neither_lost_nor_booked_twice(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent again or given up by the station: there is one transaction with one end."""
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.boot()
    site.break_disk()
    for _ in range(3):
        assert link.ask("StartTransaction", start_of())[2] == "InternalError"
    site.mend_disk()
    number = until_taken(link, "StartTransaction", start_of())["transactionId"]
    values = {"connectorId": 1, "transactionId": number, "meterValue": METER}
    site.break_disk()
    for _ in range(3):
        assert link.ask("MeterValues", values)[2] == "InternalError"
        assert link.ask("StopTransaction", stop_of(number))[2] == "InternalError"
    site.mend_disk()
    assert until_taken(link, "StopTransaction", stop_of(number)) == {}
    assert "takes what is to be stored again" in site.log[-1][1]
    site.crash()
    (known,) = new_site().core.transactions.values()
    assert (known.id, known.energy, list(known.meter_values)) == (number, 2000, METER)


def until_taken(link: Link, action: str, payload: Any) -> Any:
    """The answer once it is none of failure: the station tries again and again."""
    while isinstance(answer := link.ask(action, payload), list):
        assert answer[2] == "InternalError"
    return answer


def test_what_was_refused_before_a_crash_was_never_there(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    site.break_disk()
    assert link.ask("StartTransaction", start_of())[2] == "InternalError"
    site.crash()
    assert "1 changes are not kept" not in site.log
    assert any("changes are not kept" in text for _, text in site.log)
    site = new_site()
    assert site.core.transactions == {}
    assert site.connect().ask("StartTransaction", start_of())["transactionId"] > 0


def test_a_full_disk(new_site: NewSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.boot()
    file = site.database._file
    pages = file.execute("PRAGMA page_count").fetchone()[0]
    file.execute(f"PRAGMA max_page_count = {pages}")
    meter = 0
    while isinstance(link.ask("StartTransaction", start_of(meterStart=meter)), dict):
        meter += 1
    assert site.log[-1][1].startswith(f"{site.central.store.path}: database or disk is full; make")  # type: ignore[union-attr]  # the plugin's own
    file.execute("PRAGMA max_page_count = 1000000")
    until_taken(link, "StartTransaction", start_of(meterStart=meter))
    site.crash()
    assert len(new_site().core.transactions) == meter + 1


def test_a_file_another_program_writes_to(
    path: Path, new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.boot()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert link.ask("StartTransaction", start_of())[2] == "InternalError"
        other.execute("ROLLBACK")
    assert "is locked; another program is writing to it" in site.log[-1][1]
    until_taken(link, "StartTransaction", start_of())
    assert len(site.core.transactions) == 1


def test_a_file_that_may_only_be_read(new_site: NewSite) -> None:
    site = new_site()
    link = site.boot()
    site.database._file.execute("PRAGMA query_only = 1")
    assert link.ask("StartTransaction", start_of())[2] == "InternalError"
    assert "readonly database; this user must be allowed to write" in site.log[-1][1]


def test_a_file_that_may_only_be_read_from_the_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite is told to treat it so: tests may run as a user whom nothing is forbidden."""
    once(path)

    def read_only(name: Path, patience: float) -> sqlite3.Connection:
        mode = "ro" if name == path else "rwc"
        return sqlite3.connect(
            f"file:{name}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )

    monkeypatch.setattr(database, "_connected", read_only)
    with pytest.raises(StoreError, match="this user must be allowed to write"):
        Site(path).central.start()


def test_what_waits_is_bounded(new_site: NewSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_WAITING", 50)
    site = new_site()
    link = site.boot()
    site.break_disk()
    for meter in range(100):
        link.ask("StartTransaction", start_of(meterStart=meter))
    answer = link.ask("StartTransaction", start_of(meterStart=101))
    assert answer[2:4] == ["InternalError", "too much waits to be stored already"]


def test_what_was_refused_for_want_of_room_is_stored_when_it_is_sent_again(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before anything of it is remembered: else it would be answered, and not stored."""
    monkeypatch.setattr(store, "MAX_WAITING", 20)
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.boot()
    number = link.ask("StartTransaction", start_of())["transactionId"]
    values = {"connectorId": 1, "transactionId": number, "meterValue": METER}
    site.break_disk()
    for connector in range(30):
        report = {"connectorId": connector, "status": "Available", "errorCode": "NoError"}
        link.ask("StatusNotification", report)
    calls = [
        ("StartTransaction", start_of(connectorId=2)),
        ("MeterValues", values),
        ("StopTransaction", stop_of(number)),
        ("StopTransaction", stop_of(-1)),
    ]
    for call in calls:
        assert link.ask(*call)[3] == "too much waits to be stored already"
    site.mend_disk()
    for call in calls:
        until_taken(link, *call)
    told = [len(site.told(kind)) for kind in ("TransactionBegan", "TransactionEnded")]
    assert told == [2, 1]
    site.crash()
    core = new_site().core
    first, second = core.transactions.values()
    assert (first.energy, list(first.meter_values), second.running) == (2000, METER, True)
    assert len(core.ledger.unmatched) == 1


@pytest.mark.parametrize("key", ["\ud800", ("CP1", 1), None, b"CP1"])
def test_a_key_no_database_takes_is_refused_where_it_is_put(new_site: NewSite, key: Any) -> None:
    """It would keep everything that comes after it from being stored."""
    site = new_site()
    kept = site.central.store
    assert kept is not None
    for change in (
        lambda: kept.put("acme", key, 1),
        lambda: kept.append("acme", key, 1, 5),
        lambda: kept.remove("acme", key),
    ):
        with pytest.raises((TypeError, ValueError)):
            change()
    site.boot()


def test_no_fault_of_the_database_ends_its_thread(
    new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody would wait for ever."""
    monkeypatch.setattr(writer, "RETRY", 0.01)
    site = new_site()
    link = site.boot()

    def fail(changes: Any) -> None:
        raise MemoryError

    site.database.write = fail
    assert link.ask("StartTransaction", start_of())[2] == "InternalError"
    site.mend_disk()
    until_taken(link, "StartTransaction", start_of())


def test_a_start_that_failed_midway_is_not_tried_again(path: Path) -> None:
    """What runs would be taken over twice, and forgotten while it runs."""
    once(path)
    site = Site(path)
    site.break_disk()
    with pytest.raises(StoreError, match="disk I/O error"):
        site.central.start()
    site.mend_disk()
    with pytest.raises(StoreError, match="make a new central system"):
        site.central.start()
    again = Site(path)
    again.central.start()
    again.central.stop()
