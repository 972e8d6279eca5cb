"""What profiles offer each other through ``shared``, and what the test kit gives."""

from typing import reveal_type

from ocpp_plugins.core_profile.central_system import CentralSystem
from ocpp_plugins.core_profile.charge_point import ChargePoint
from ocpp_plugins.core_profile.messages import GetConfiguration

from ocpp_kernel.seams import CentralCore
from ocpp_kernel.station import Station
from ocpp_kernel.testing import Bench


def look(station: Station) -> None:
    connector = station.shared["connectors"][1]
    reveal_type(connector)
    reveal_type(connector.status)
    reveal_type(connector.transaction)
    reveal_type(station.shared["parent_of"]("TAG"))
    reveal_type(station.shared["settle"])
    reveal_type(station.shared["reservation_for"](1, "TAG"))
    reveal_type(station.shared["anything else"])
    station.shared["mine"] = 1
    connector.withheld = True
    connector.status = "Available"  # wrong
    station.shared["connectors"].pop()  # wrong
    station.shared["parent_of"](1)  # wrong


def offered(core: CentralSystem, charge_point: ChargePoint, station: Station) -> None:
    seam: CentralCore = core
    reveal_type(seam.look_up)
    station.shared["connectors"] = charge_point.connectors
    connectors = station.shared["connectors"]
    connectors = charge_point.connectors
    reveal_type(connectors)


def play(bench: Bench) -> None:
    reveal_type(bench.call(GetConfiguration({})).get("configurationKey"))
    bench.hardware.plug("1")  # wrong
