"""DataTransfer of a vendor whose plugin has to know which station asks (CORE-134, CORE-135)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import DataTransfer

from ocpp_kernel.testing import PluginPair, answers_to

PLUGIN = """
import asyncio
from ocpp_kernel.central import VendorHandler
from ocpp_kernel.hooks import DataTransferHandler

class CentralSystem:
    def __init__(self, central, settings):
        pass

    def ocpp_register_data_transfer(self):
        return [
            VendorHandler("com.acme", "Now", self.now),
            VendorHandler("com.acme", "Later", self.later),
            VendorHandler("com.acme", "Broken", self.broken),
            DataTransferHandler("com.acme", "Plain", self.plain),
        ]

    def now(self, station, message_id, data):
        return "Accepted", f"{station.identity} {message_id} {data}"

    async def later(self, station, message_id, data):
        await asyncio.sleep(0)
        return "Accepted", station.identity

    async def broken(self, station, message_id, data):
        raise ValueError("oops")

    def plain(self, message_id, data):
        return "Rejected", None
"""


@pytest.fixture
def pair(tmp_path: Path) -> PluginPair:
    (tmp_path / "acme.py").write_text(PLUGIN, encoding="utf-8")
    return PluginPair("core_profile", "./acme.py", folder=tmp_path)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("Now", {"status": "Accepted", "data": "CP001 Now x"}),
        ("Later", {"status": "Accepted", "data": "CP001"}),
        ("Plain", {"status": "Rejected"}),
        ("Other", {"status": "UnknownMessageId"}),
        ("Broken", "InternalError"),
    ],
)
async def test_core_134_core_135_handlers_are_told_the_station(
    pair: PluginPair, message: str, answer: Any
) -> None:
    pair.connect()
    request = DataTransfer({"vendorId": "COM.acme", "messageId": message, "data": "x"})
    pair.station.call(request, lambda answer, error: None)
    await pair.until(lambda: bool(answers_to(pair.frames, "DataTransfer")))
    assert answers_to(pair.frames, "DataTransfer") == [answer]
    if message == "Broken":
        assert "plugin acme: ValueError: oops" in pair.log.of("warning")[-1]
