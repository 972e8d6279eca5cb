"""Files fetched and sent by FTP, against a small server on this computer."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocpp_kernel.transports.transfer_job import Job
from ocpp_kernel.transports.transfers import Transfers

_SPEC = importlib.util.spec_from_file_location(
    "transfers_ftp_server", Path(__file__).with_name("ftp_server.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_ftp = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ftp)

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[Any]:
    folder = tmp_path / "ftp"
    folder.mkdir()
    (folder / "fw.bin").write_bytes(CONTENT)
    made = _ftp.FtpServer(folder)
    yield made
    made.close()


async def ended(job: Job) -> Job:
    """Waits for its end; the event loop goes on meanwhile."""
    await asyncio.to_thread(job.join)
    return job


async def test_fw_010_ftp_without_user_and_password(
    ftp: Any, transfers: Transfers, files: Path
) -> None:
    job = await ended(transfers.fetch(f"ftp://127.0.0.1:{ftp.port}/fw.bin", "firmware"))
    assert job.fault == ""
    assert (files / "firmware").read_bytes() == CONTENT
    assert "USER anonymous" in ftp.commands


async def test_ftp_goes_on_where_it_broke_off(ftp: Any, transfers: Transfers, files: Path) -> None:
    url = f"ftp://me:p%40ss@127.0.0.1:{ftp.port}/fw.bin"
    ftp.cut_after = 100_000
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "it ended after 100000 of 512000 bytes"
    assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert "REST 100000" in ftp.commands
    assert "PASS p@ss" in ftp.commands
    assert (files / "firmware").read_bytes() == CONTENT


async def test_ftp_of_another_version_begins_anew(
    ftp: Any, transfers: Transfers, files: Path
) -> None:
    url = f"ftp://127.0.0.1:{ftp.port}/fw.bin"
    ftp.cut_after = 100_000
    await ended(transfers.fetch(url, "firmware"))
    (ftp.folder / "fw.bin").write_bytes(CONTENT[::-1])
    assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert (files / "firmware").read_bytes() == CONTENT[::-1]


async def test_ftp_without_a_date_is_still_complete_or_refused(
    ftp: Any, transfers: Transfers, files: Path
) -> None:
    """Servers without MDTM still tell the size."""
    ftp.has_dates = False
    url = f"ftp://127.0.0.1:{ftp.port}/fw.bin"
    ftp.cut_after = 100_000
    job = await ended(transfers.fetch(url, "firmware"))
    assert job.fault == "it ended after 100000 of 512000 bytes"
    assert (await ended(transfers.fetch(url, "firmware"))).fault == ""
    assert not any(command.startswith("REST") for command in ftp.commands)
    assert (files / "firmware").read_bytes() == CONTENT


async def test_ftp_upload(ftp: Any, transfers: Transfers) -> None:
    (ftp.folder / "logs").mkdir()
    url = f"ftp://127.0.0.1:{ftp.port}/logs/a.log"
    job = transfers.send(url, "PUT", 6)
    job.feed(b"abc")
    job.feed(b"def")
    await ended(job)
    assert job.fault == ""
    assert (ftp.folder / "logs" / "a.log").read_bytes() == b"abcdef"


@pytest.mark.parametrize("path", ["none", "a%0d%0aDELE%20fw.bin"])
async def test_ftp_faults(ftp: Any, transfers: Transfers, path: str) -> None:
    job = await ended(transfers.fetch(f"ftp://127.0.0.1:{ftp.port}/{path}", "firmware"))
    assert job.fault
    assert not any(command.startswith("DELE") for command in ftp.commands)


async def test_ftp_upload_into_a_folder_that_is_missing(ftp: Any, transfers: Transfers) -> None:
    url = f"ftp://127.0.0.1:{ftp.port}/none/a.log"
    job = transfers.send(url, "PUT", 1)
    job.feed(b"x")
    assert "550" in (await ended(job)).fault


async def test_ftps_of_a_server_without_tls_is_no_ftp(ftp: Any, transfers: Transfers) -> None:
    job = await ended(transfers.fetch(f"ftps://127.0.0.1:{ftp.port}/fw.bin", "firmware"))
    assert job.fault
    assert not any(command.startswith(("USER", "RETR")) for command in ftp.commands)
