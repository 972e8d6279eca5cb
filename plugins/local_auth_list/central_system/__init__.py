"""The central system's side of the Local Auth List Management profile.

lists = central.shared["local_auth_list"]                # CentralSystem
members = AuthList([{"idTag": "TAG1", "idTagInfo": {"status": "Accepted"}}])
await lists.update("CP1", members)                       # sends what CP1 does not hold yet
await lists.change("CP1", [{"idTag": "TAG1"}])           # without idTagInfo: removed
lists.want("CP2", members)                               # sent once CP2 has registered
"""

from .auth_list import AuthList, InvalidList
from .delivery import ListNotSupported, ListRefused, StationList
from .system import CentralSystem, ListDelivered, Settings

__all__ = [
    "AuthList",
    "CentralSystem",
    "InvalidList",
    "ListDelivered",
    "ListNotSupported",
    "ListRefused",
    "Settings",
    "StationList",
]
