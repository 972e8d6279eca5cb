"""What the hooks take and give, as seen by whoever calls or implements them."""

from typing import Any, reveal_type

from ocpp_kernel.central import Central, VendorHandler
from ocpp_kernel.configuration import Key, boolean, integer
from ocpp_kernel.driver import Driver
from ocpp_kernel.hooks import DataTransferHandler, TagInfo
from ocpp_kernel.station import Station
from ocpp_kernel.testing import FakeHardware


def call(station: Station, central: Central) -> None:
    hooks = station.hooks
    reveal_type(hooks.register_configuration())
    reveal_type(hooks.register_triggers())
    reveal_type(hooks.register_data_transfer())
    reveal_type(hooks.driver())
    reveal_type(hooks.look_up_tag("TAG"))
    reveal_type(hooks.veto_start(1, "TAG"))
    reveal_type(hooks.charging_limit(1, 0))
    reveal_type(central.hooks.accept_station("CP001", b""))
    reveal_type(hooks.on_event)
    reveal_type(hooks.on_frame)


def wrong(station: Station, hardware: FakeHardware) -> None:
    driver: Driver = hardware
    driver.energise("1", True)  # wrong
    station.hooks.veto_start("TAG", 1)  # wrong
    station.hooks.look_up_tags("TAG")  # wrong
    TagInfo(20, "Accepted", None)  # wrong
    DataTransferHandler("com.acme", None, lambda data: ("Accepted", None))  # wrong
    keys: list[Key] = [integer("A", 1), boolean("B", 1)]  # wrong
    station.after("soon", lambda: None)  # wrong
    reveal_type(keys)


class HalfADriver:
    """Lacks most of what a driver has."""

    connectors = 1


def implement(central: Central) -> None:
    driver: Driver = HalfADriver()  # wrong
    reveal_type(driver)

    async def told(station: Any, message_id: str | None, data: str | None) -> tuple[str, None]:
        return "Accepted", None

    reveal_type(VendorHandler("com.acme", None, told))
    reveal_type(central.stations["CP001"])
