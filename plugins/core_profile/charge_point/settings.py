"""What an operator may set for the charge point's side of the Core profile. Portable."""

from __future__ import annotations

from typing import Annotated


class Settings:
    """``[charge_point.core_profile]``."""

    #: What BootNotification tells (section 6.3): chargePointVendor.
    vendor: Annotated[str, range(1, 21)] = "ocpp-kernel"
    #: chargePointModel.
    model: Annotated[str, range(1, 21)] = "charge point"
    #: chargePointSerialNumber; empty leaves it out, as with all that follow.
    serial_number: Annotated[str, range(26)] = ""
    #: chargeBoxSerialNumber, which older central systems ask for.
    box_serial_number: Annotated[str, range(26)] = ""
    #: firmwareVersion; a bundle takes ``version`` of ``[bundle]`` where it is empty.
    firmware_version: Annotated[str, range(51)] = ""
    #: Of the modem's SIM card.
    iccid: Annotated[str, range(21)] = ""
    #: Of the modem's SIM card.
    imsi: Annotated[str, range(21)] = ""
    #: meterType.
    meter_type: Annotated[str, range(26)] = ""
    #: meterSerialNumber.
    meter_serial_number: Annotated[str, range(26)] = ""
    #: Seconds until a BootNotification without an answer, or with interval 0, is repeated.
    boot_retry: Annotated[int, range(1, 2**31)] = 30
    #: Whether to charge although no central system ever accepted this charge point (CORE-018).
    charge_before_accepted: bool = False
    #: Most idTags the authorization cache holds; 0 for no cache.
    cache_size: Annotated[int, range(2**31)] = 50
    #: Waiting transaction messages above which meter values are thinned out.
    queue_limit: Annotated[int, range(2**31)] = 1000
    #: Seconds after which the progress of a running transaction is stored at the latest.
    progress_interval: Annotated[int, range(1, 2**31)] = 300
    #: Seconds between readings that clock-aligned values are averaged from.
    average_interval: Annotated[int, range(1, 2**31)] = 30
    #: Most meter values in a StopTransaction, the first and last included.
    stop_meter_values: Annotated[int, range(2, 2**31)] = 20
