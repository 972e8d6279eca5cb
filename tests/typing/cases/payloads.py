"""Keys and enumerations of payloads, in handlers and in calls."""

from typing import reveal_type

from ocpp_plugins.core_profile.messages import (
    Authorize,
    AuthorizeRequest,
    AuthorizeResponse,
    ChangeConfiguration,
    Reset,
    ResetRequest,
    ResetResponse,
    StopTransactionRequest,
)

from ocpp_kernel.central import ConnectedStation
from ocpp_kernel.contracts import on


class ChargePoint:
    @on(Reset)
    def on_reset(self, request: ResetRequest) -> ResetResponse:
        reveal_type(request["type"])
        request["kind"]  # wrong
        if request["type"] == "Hard":
            return {"status": "Acepted"}  # wrong
        return {"status": "Accepted"}

    @on(Reset)  # wrong
    def on_reset_later(self, request: AuthorizeRequest) -> ResetResponse:
        return {"status": "Rejected"}


class CentralSystem:
    @on(Authorize)
    async def on_authorize(
        self, station: ConnectedStation, request: AuthorizeRequest
    ) -> AuthorizeResponse:
        reveal_type(request["idTag"])
        return {"idTagInfo": {"status": "ConcurrentTx"}}


async def call(station: ConnectedStation, stop: StopTransactionRequest) -> None:
    answer = await station.call(Reset({"type": "Soft"}))
    reveal_type(answer)
    reveal_type(answer["status"])
    changed = await station.call(ChangeConfiguration({"key": "A", "value": "1"}))
    reveal_type(changed["status"])
    reveal_type(stop.get("reason"))
    answer["state"]  # wrong
    await station.call(Reset({"type": "soft"}))  # wrong
    await station.call(Reset({"kind": "Soft"}))  # wrong
    await station.call(Reset({}))  # wrong
    await station.call(ChangeConfiguration({"key": "A", "value": 1}))  # wrong
