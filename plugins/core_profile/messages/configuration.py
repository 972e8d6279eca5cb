"""Configuration, authorization cache and vendors' data (OCPP 1.6 sections 4.3, 5.3, 5.4, 5.8)."""

# No postponed annotations in message modules: NotRequired must be seen when a class is made.
from typing import Literal, NotRequired, TypedDict

from ocpp_kernel.contracts import (
    BOTH,
    CENTRAL_SYSTEM,
    Action,
    CiString50,
    CiString255,
    CiString500,
)

#: Whether the authorization cache was emptied (7.20).
ClearCacheStatus = Literal["Accepted", "Rejected"]

#: Set, value refused, set but effective after a reboot, or no such key (7.22).
ConfigurationStatus = Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]

#: How the receiver got on with vendors' data (7.23, DIS-12).
DataTransferStatus = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]


class ChangeConfigurationRequest(TypedDict):
    """Sets a configuration key; values are text, whatever their kind (5.3, 6.9, 9)."""

    key: CiString50
    value: CiString500


class ChangeConfigurationResponse(TypedDict):
    """Whether the key has the value now (6.10)."""

    status: ConfigurationStatus


class GetConfigurationRequest(TypedDict):
    """Asks for these keys, for all where ``key`` is absent or empty (5.8, 6.23)."""

    key: NotRequired[list[CiString50]]


class KeyValue(TypedDict):
    """A configuration key; ``value`` is absent where none is set (7.29)."""

    key: CiString50
    readonly: bool
    value: NotRequired[CiString500]


class GetConfigurationResponse(TypedDict):
    """The keys asked for, and those of them that do not exist here (6.24)."""

    configurationKey: NotRequired[list[KeyValue]]
    unknownKey: NotRequired[list[CiString50]]


class ClearCacheRequest(TypedDict):
    """Empties the authorization cache; no fields (5.4, 6.11)."""


class ClearCacheResponse(TypedDict):
    """Whether it is empty now (6.12)."""

    status: ClearCacheStatus


class DataTransferRequest(TypedDict):
    """What a vendor's two sides have agreed upon; ``data`` is text of any length (4.3, 6.15)."""

    vendorId: CiString255
    messageId: NotRequired[CiString50]
    data: NotRequired[str]


class DataTransferResponse(TypedDict):
    """The answer to it (6.16)."""

    status: DataTransferStatus
    data: NotRequired[str]


ChangeConfiguration = Action(
    "ChangeConfiguration",
    ChangeConfigurationRequest,
    ChangeConfigurationResponse,
    sent_by=CENTRAL_SYSTEM,
)
GetConfiguration = Action(
    "GetConfiguration", GetConfigurationRequest, GetConfigurationResponse, sent_by=CENTRAL_SYSTEM
)
ClearCache = Action("ClearCache", ClearCacheRequest, ClearCacheResponse, sent_by=CENTRAL_SYSTEM)
DataTransfer = Action("DataTransfer", DataTransferRequest, DataTransferResponse, sent_by=BOTH)
