"""The bundled charge point under MicroPython: reserved, refused, over a power cut, used."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp_plugins.core_profile.messages import RemoteStartTransaction
from ocpp_plugins.reservation.messages import ReserveNow

REQUEST: Any = {
    "connectorId": 1,
    "expiryDate": "2100-01-01T00:00:00Z",
    "idTag": "MINE",
    "reservationId": 5,
}


@pytest.mark.slow
async def test_res_001_res_009_res_012_res_019_on_a_device(bundled: Any) -> None:
    """RES-001, RES-003, RES-009, RES-012, RES-019: kept from others, and over a cut of power."""
    async with bundled("reservation") as module:
        await module.status("Available")
        assert await module.call(ReserveNow(REQUEST)) == "Accepted"
        await module.status("Reserved")
        assert await module.call(ReserveNow({**REQUEST, "reservationId": 6})) == "Occupied"
        thief = RemoteStartTransaction({"connectorId": 1, "idTag": "THIEF"})
        assert await module.call(thief) == "Rejected"
        emulator = module.emulator
        emulator.send_line("plug 1")
        emulator.send_line("tag 1 THIEF")
        await asyncio.to_thread(emulator.wait_for, "***EF is refused: it is reserved")

        await asyncio.to_thread(emulator.kill)
        await asyncio.to_thread(emulator.start)
        await module.status("Reserved")
        assert await module.call(thief) == "Rejected"
        emulator.send_line("tag 1 mine")
        began = await module.until(lambda event: type(event).__name__ == "TransactionBegan")
        assert (began.transaction.id_tag, began.transaction.reservation_id) == ("mine", 5)
        await module.status("Charging")
        assert module.central.shared["reservation"].active("CP1") == []
        assert not [line for line in emulator.lines if "Traceback" in line or "error" in line]
