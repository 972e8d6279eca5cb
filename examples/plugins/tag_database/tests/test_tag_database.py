"""The plugin as it is installed, with a station in memory and its command line."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ocpp_kernel.cli.app import cli
from ocpp_kernel.testing import PluginPair, answers_to, assert_not_sent, assert_sent
from ocpp_plugins.core_profile.messages import Authorize

from tag_database.store import Tag, TagStore, TagStoreError

NOON = 1_767_268_800  # 2026-01-01T12:00:00Z; the pair's time begins at midnight


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = TagStore(tmp_path / "tags.sqlite")
    store.prepare()
    store.put(Tag("GOOD", parent="FLEET"))
    store.put(Tag("THIEF", status="Blocked"))
    store.put(Tag("TODAY", expiry=NOON))
    store.put(Tag("GUEST", offline=True))
    return store.path


def play(path: Path, scene: Callable[[PluginPair], Awaitable[None]], *more: str) -> PluginPair:
    """Both roles with this database; the scene runs with an event loop."""
    pair = PluginPair(
        "core_profile",
        "tag_database",
        *more,
        central_system={
            "core_profile": {"concurrent_transactions": False},
            "tag_database": {"file": str(path)},
        },
    )

    async def run() -> None:
        pair.connect()
        await scene(pair)

    asyncio.run(run())
    return pair


async def authorize(pair: PluginPair, id_tag: str) -> Any:
    answers: list[Any] = []
    pair.station.call(Authorize({"idTag": id_tag}), lambda answer, error: answers.append(answer))
    await pair.until(lambda: bool(answers))
    return answers[0]["idTagInfo"]


def started(pair: PluginPair) -> list[Any]:
    return answers_to(pair.frames, "StartTransaction")


@pytest.mark.parametrize(
    ("id_tag", "info"),
    [
        ("GOOD", {"status": "Accepted", "parentIdTag": "FLEET"}),
        ("good", {"status": "Accepted", "parentIdTag": "FLEET"}),
        ("THIEF", {"status": "Blocked"}),
        ("TODAY", {"status": "Accepted", "expiryDate": "2026-01-01T12:00:00Z"}),
        ("NOBODY", {"status": "Invalid"}),
    ],
)
def test_what_the_database_says_is_answered(path: Path, id_tag: str, info: Any) -> None:
    async def scene(pair: PluginPair) -> None:
        assert await authorize(pair, id_tag) == info

    play(path, scene)


def test_core_032_a_tag_expires_while_the_central_system_runs(path: Path) -> None:
    async def scene(pair: PluginPair) -> None:
        assert (await authorize(pair, "TODAY"))["status"] == "Accepted"
        pair.clock.now += 12 * 3600
        assert (await authorize(pair, "TODAY"))["status"] == "Expired"

    play(path, scene)


def test_what_an_operator_changes_counts_at_once(path: Path) -> None:
    async def scene(pair: PluginPair) -> None:
        assert (await authorize(pair, "GOOD"))["status"] == "Accepted"
        TagStore(path).put(Tag("GOOD", status="Blocked"))
        assert (await authorize(pair, "GOOD"))["status"] == "Blocked"

    play(path, scene)


def test_a_tag_that_charges_elsewhere_is_told_concurrent_tx(path: Path) -> None:
    async def scene(pair: PluginPair) -> None:
        for connector in (1, 2):
            pair.hardware.plug(connector)
            pair.hardware.present("GOOD", connector)
            await pair.until(lambda n=connector: len(started(pair)) == n)  # type: ignore[misc]  # of now

    pair = play(path, scene)
    assert [answer["idTagInfo"]["status"] for answer in started(pair)] == [
        "Accepted",
        "ConcurrentTx",
    ]


def test_a_database_that_fails_refuses_no_start(path: Path) -> None:
    """A StartTransaction is answered whatever happens; what was found last still holds."""

    async def scene(pair: PluginPair) -> None:
        assert (await authorize(pair, "GOOD"))["status"] == "Accepted"
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE tags")
        connection.close()
        assert (await authorize(pair, "GOOD"))["status"] == "Accepted"
        assert (await authorize(pair, "GUEST"))["status"] == "Invalid"
        pair.hardware.plug()
        pair.hardware.present("GOOD")
        await pair.until(lambda: len(started(pair)) == 1)

    pair = play(path, scene)
    assert "no such table: tags" in pair.log.of("error")[0]
    assert not [seen for seen in pair.frames if seen.message[0] == 4]


def test_tags_marked_offline_become_the_local_list(path: Path) -> None:
    async def scene(pair: PluginPair) -> None:
        await pair.until(lambda: "SendLocalList" in pair.actions("right"))
        pair.disconnect()
        pair.hardware.plug()
        pair.hardware.present("GUEST")
        pair.connect()
        await pair.until(lambda: "StartTransaction" in pair.actions("left"))

    pair = play(path, scene, "local_auth_list")
    sent = assert_sent(pair.frames, "SendLocalList", sender="right")
    assert sent["localAuthorizationList"] == [
        {"idTag": "GUEST", "idTagInfo": {"status": "Accepted"}}
    ]
    assert_not_sent(pair.frames, "Authorize")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tags.sqlite"
    path.write_text("nothing of the kind, and long enough to be told from an empty file" * 20)
    with pytest.raises(TagStoreError, match=r"tags\.sqlite: file is not a database"):
        TagStore(path).prepare()


# The command line.


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tags(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["tags", *arguments])


def test_an_operator_keeps_tags(here: Path) -> None:
    assert tags("add", "GUEST").output == "GUEST Accepted\n"
    expires = "2030-01-01T00:00:00Z"
    tags("add", "guest", "--parent", "FLEET", "--expires", expires, "--offline")
    tags("add", "STOLEN", "--status", "Blocked")
    assert tags("list").output.splitlines() == [
        f"guest Accepted of FLEET until {expires} offline",
        "STOLEN Blocked",
    ]
    assert tags("remove", "GUEST").exit_code == 0
    assert tags("list").output == "STOLEN Blocked\n"


def test_the_configuration_names_the_database(here: Path) -> None:
    (here / "ocpp.toml").write_text('[central_system.tag_database]\nfile = "mine.sqlite"\n')
    assert tags("--config", "ocpp.toml", "add", "A").exit_code == 0
    assert TagStore(here / "mine.sqlite").find("a") == Tag("A")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "x" * 21], "is no idTag: 1 to 20 printable ASCII characters"),
        (["add", "A", "--expires", "soon"], "is no date-time such as 2026-12-31T23:00:00Z"),
        (["add", "A", "--status", "Invalid"], "is not one of 'Accepted', 'Blocked'"),
        (["remove", "A"], "A is not in tags.sqlite"),
        (["--config", "gone.toml", "list"], "gone.toml: cannot be read"),
    ],
)
def test_mistakes_are_told_in_a_sentence(here: Path, arguments: list[str], told: str) -> None:
    result = tags(*arguments)
    assert result.exit_code != 0
    assert told in result.output
    assert "Traceback" not in result.output
