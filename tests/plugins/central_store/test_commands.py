"""``ocpp-kernel transactions``."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ocpp_kernel.cli.app import cli

from .conftest import NewSite, start_of, stop_of


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration names the database of the tests."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ocpp.toml").write_text('[central_system.central_store]\nfile = "central.db"\n')


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["transactions", *arguments])


@pytest.mark.usefixtures("configured")
def test_they_are_listed_while_the_central_system_runs(new_site: NewSite) -> None:
    link = new_site(core_profile={"first_transaction_id": 7}).boot()
    link.ask("StartTransaction", start_of())
    link.ask("StopTransaction", stop_of(7, reason="Remote"))
    link.ask("StartTransaction", start_of(connectorId=2, idTag="A,B", meterStart=5))
    told = run("--config", "ocpp.toml", "--csv")
    assert list(csv.DictReader(io.StringIO(told.stdout))) == [
        {
            "id": "7",
            "station": "CP1",
            "connector": "1",
            "idTag": "TAG1",
            "status": "Accepted",
            "started": "2026-01-01T00:00:00Z",
            "stopped": "2026-01-01T01:00:00Z",
            "meterStart": "1000",
            "meterStop": "3000",
            "Wh": "2000",
            "reason": "Remote",
        },
        {
            "id": "8",
            "station": "CP1",
            "connector": "2",
            "idTag": "A,B",
            "status": "Accepted",
            "started": "2026-01-01T00:00:00Z",
            "stopped": "",
            "meterStart": "5",
            "meterStop": "",
            "Wh": "",
            "reason": "",
        },
    ]
    shown = run("--config", "ocpp.toml").stdout.splitlines()
    (row,) = [line.split() for line in shown if "TAG1" in line]
    assert (row[:4], row[-2:]) == (["7", "CP1", "1", "TAG1"], ["2000", "Remote"])


@pytest.mark.usefixtures("configured")
def test_mistakes_are_told_in_a_sentence(path: Path) -> None:
    assert "no database is configured; give --config FILE" in run().stderr
    told = run("--config", "ocpp.toml")
    assert (told.exit_code, path.exists()) == (1, False)
    assert "Error: central.db is not there; a central system makes it" in told.stderr
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE tags (id_tag TEXT)")
    assert "central.db is the database of another program" in run("--config", "ocpp.toml").stderr
    path.unlink()
    path.touch()
    assert "central.db is of an older version" in run("--config", "ocpp.toml").stderr
