"""The central system's side of the Core profile.

core = central.shared["core_profile"]            # CentralSystem
core.stations["CP1"].connectors[1].status        # "Charging"
core.transactions[42].energy                     # Wh, once it has ended
core.accept = my_policy                          # who is Accepted, Pending or Rejected
core.look_up = my_tags                           # what is known of an idTag
"""

from .events import (
    ConnectorReported,
    MeterValuesReceived,
    StationBooted,
    TagChecked,
    TransactionBegan,
    TransactionEnded,
)
from .ledger import Ledger, StartFacts
from .records import Connector, StationRecord, Transaction
from .settings import Settings
from .system import CentralSystem, NotAccepted

__all__ = [
    "CentralSystem",
    "Connector",
    "ConnectorReported",
    "Ledger",
    "MeterValuesReceived",
    "NotAccepted",
    "Settings",
    "StartFacts",
    "StationBooted",
    "StationRecord",
    "TagChecked",
    "Transaction",
    "TransactionBegan",
    "TransactionEnded",
]
