"""DataTransfer: which plugin answers for which vendor (CORE-134 to CORE-136)."""

from __future__ import annotations

from ocpp_kernel.hooks import DataTransferHandler

from ..messages import DataTransferRequest, DataTransferResponse, DataTransferStatus


class Vendors:
    """The handlers plugins registered; vendors are compared without case (CORE-005)."""

    def __init__(self, handlers: list[DataTransferHandler]) -> None:
        self._handlers = handlers

    def answer(self, request: DataTransferRequest) -> DataTransferResponse:
        """The vendor's answer, or which part of the request nobody knows."""
        vendor = request["vendorId"].lower()
        message = request.get("messageId")
        status: DataTransferStatus = "UnknownVendorId"
        for handler in self._handlers:
            if handler.vendor_id.lower() != vendor:
                continue
            if handler.message_id in (None, message):
                return _answer(handler, message, request.get("data"))
            status = "UnknownMessageId"
        return {"status": status}


def _answer(
    handler: DataTransferHandler, message: str | None, data: str | None
) -> DataTransferResponse:
    status, reply = handler.handle(message, data)
    answer: DataTransferResponse = {"status": status}  # type: ignore[typeddict-item]  # the contract checks it on its way out
    if reply is not None:
        answer["data"] = reply
    return answer
