"""DataTransfer: which plugin answers for which vendor (CORE-134 to CORE-136)."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from ocpp_kernel.central import ConnectedStation, VendorAnswer, VendorHandler
from ocpp_kernel.errors import OcppError
from ocpp_kernel.hooks import DataTransferHandler
from ocpp_kernel.session import Deferred

from ..messages import DataTransferRequest, DataTransferResponse, DataTransferStatus


class Vendors:
    """The handlers plugins registered; vendors are compared without case (CORE-005)."""

    def __init__(self, handlers: Sequence[DataTransferHandler | VendorHandler]) -> None:
        self._handlers = handlers

    def answer(
        self, station: ConnectedStation, request: DataTransferRequest
    ) -> DataTransferResponse | Awaitable[DataTransferResponse | Deferred] | Deferred:
        """The vendor's answer, or which part of the request nobody knows."""
        vendor = request["vendorId"].lower()
        message = request.get("messageId")
        status: DataTransferStatus = "UnknownVendorId"
        for handler in self._handlers:
            if handler.vendor_id.lower() != vendor:
                continue
            if handler.message_id in (None, message):
                found = _ask(handler, station, message, request.get("data"))
                if isinstance(found, Deferred):
                    return _deferred(found)
                return _later(found) if isinstance(found, Awaitable) else _answer(*found)
            status = "UnknownMessageId"
        return {"status": status}


def _ask(
    handler: DataTransferHandler | VendorHandler,
    station: ConnectedStation,
    message: str | None,
    data: str | None,
) -> VendorAnswer:
    if isinstance(handler, VendorHandler):
        return handler.handle(station, message, data)
    return handler.handle(message, data)


async def _later(
    found: Awaitable[tuple[str, str | None] | Deferred],
) -> DataTransferResponse | Deferred:
    pair = await found
    return _deferred(pair) if isinstance(pair, Deferred) else _answer(*pair)


def _deferred(found: Deferred) -> Deferred:
    answer = Deferred()

    def resolve(pair: Any, error: OcppError | None) -> None:
        try:
            answer.resolve(None if error is not None else dict(_answer(*pair)), error)
        except TypeError:  # it must be answered all the same
            answer.resolve(None, OcppError(f"a vendor's handler answered {pair!r}"))

    found.then(resolve)
    return answer


def _answer(status: str, reply: str | None) -> DataTransferResponse:
    answer: DataTransferResponse = {"status": status}  # type: ignore[typeddict-item]  # the contract checks it on its way out
    if reply is not None:
        answer["data"] = reply
    return answer
