"""DataTransfer: CORE-134, CORE-135."""

from __future__ import annotations

from typing import Any

import pytest

from ocpp_kernel.errors import LocalError
from ocpp_kernel.hooks import DataTransferHandler


@pytest.fixture
def acme(bench: Any) -> Any:
    """A charge point that knows one vendor's messages."""

    def echo(message_id: Any, data: Any) -> tuple[str, Any]:
        return "Accepted", data

    def refuse(message_id: Any, data: Any) -> tuple[str, Any]:
        return "Rejected", None

    bench.other.vendors = [
        DataTransferHandler("com.acme", "Echo", echo),
        DataTransferHandler("com.acme", "No", refuse),
        DataTransferHandler("com.any", None, echo),
    ]
    return bench.boot()


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        ('{"vendorId":"org.other","messageId":"Echo"}', {"status": "UnknownVendorId"}),
        ('{"vendorId":"com.acme","messageId":"Else"}', {"status": "UnknownMessageId"}),
        ('{"vendorId":"com.acme"}', {"status": "UnknownMessageId"}),
        (
            '{"vendorId":"COM.ACME","messageId":"Echo","data":"{\\"a\\":1}"}',
            {"status": "Accepted", "data": '{"a":1}'},
        ),
        ('{"vendorId":"com.acme","messageId":"Echo"}', {"status": "Accepted"}),
        ('{"vendorId":"com.acme","messageId":"No","data":"x"}', {"status": "Rejected"}),
        ('{"vendorId":"com.any","data":"y"}', {"status": "Accepted", "data": "y"}),
        ('{"vendorId":"com.any","messageId":"M"}', {"status": "Accepted"}),
    ],
)
def test_core_134_core_135(acme: Any, request_: str, response: Any) -> None:
    """CORE-134, CORE-135: unknown vendors and messages by name, the rest as the vendor says."""
    assert acme.call("DataTransfer", request_) == response


def test_core_134_nobody_registered(booted: Any) -> None:
    """CORE-134: without any vendor."""
    assert booted.call("DataTransfer", '{"vendorId":"com.acme"}') == {"status": "UnknownVendorId"}


def test_core_135_long_data(acme: Any) -> None:
    """CORE-135: data has no limit."""
    text = "x" * 5000
    answer = acme.call("DataTransfer", f'{{"vendorId":"com.any","data":"{text}"}}')
    assert answer["data"] == text


def test_a_failing_vendor(acme: Any) -> None:
    """FRM-037: a handler that raises is an InternalError, one that refuses is what it says."""

    def fail(message_id: Any, data: Any) -> tuple[str, Any]:
        raise KeyError("bug")

    def refuse(message_id: Any, data: Any) -> tuple[str, Any]:
        raise LocalError("not now")

    for handle, code in ((fail, "InternalError"), (refuse, "GenericError")):
        acme.core._vendors = [DataTransferHandler("v", None, handle)]
        assert acme.call("DataTransfer", '{"vendorId":"v"}')[0] == code
