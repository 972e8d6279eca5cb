"""What is done while the mobile network, or the way through it, is gone. Portable.

A ladder of three measures: dial the data call anew, switch the radio off and on, restart the
module. Each comes after twice the time of the one before, up to a most, and a connection, or
any answer of the server, puts the foot of the ladder back on the ground. How far it was climbed
outlives the restarts it caused: without that, a module that finds no network for days would
restart at the same short distance all the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_kernel.store import StoreError

if TYPE_CHECKING:
    from typing import Protocol

    from device_bundle.runtime.settings import Settings
    from ocpp_kernel.station import Station

    class Modem(Protocol):
        """What the ladder needs of a `board.Board`."""

        def network_ready(self) -> bool: ...

        def network_trouble(self) -> str: ...

        def redial(self) -> bool: ...

        def restart_network(self) -> None: ...


# Name in the store of the number of measures taken before a restart of the module.
_FILE = "recovery"
_MEASURES = ("dialling anew", "restarting the radio", "restarting the module")
# Doublings after which the time between measures grows no more, whatever the settings say.
_DOUBLINGS = 12


class Network:
    """Tells whether there is a network, why not, and what has to be done about it."""

    def __init__(self, station: Station, modem: Modem, settings: Settings, now: int) -> None:
        self._station = station
        self._modem = modem
        self._settings = settings
        #: What was last said about the network; "" while it is there.
        self._trouble = ""
        #: Measures taken since the last connection.
        self._steps = 0
        #: Whether the store holds a number of steps.
        self._kept = False
        try:
            steps = station.store.load(_FILE)
            if type(steps) is int and steps > 0:
                self._steps = steps
                self._kept = True
        except StoreError as error:
            station.log("warning", f"steps of recovery cannot be read: {error}")
        self._due = 0
        self._wait(now)

    def is_ready(self) -> bool:
        """Whether connecting is worth a try; takes up to a second. A change is logged."""
        ready = self._modem.network_ready()
        trouble = "" if ready else self._modem.network_trouble() or "no data call"
        if trouble != self._trouble:
            self._trouble = trouble
            if ready:
                self._station.log("info", "the network is there")
            else:
                self._station.log("warning", f"no network: {trouble}")
        return ready

    def reached(self, now: int) -> None:
        """The server was heard just now: the network does its work."""
        self._steps = 0
        self._wait(now)
        if self._kept:
            try:
                self._station.store.delete(_FILE)
                self._kept = False
            except StoreError as error:
                self._station.log("warning", f"steps of recovery are still stored: {error}")

    def recover(self, now: int) -> bool:
        """Take the measure that is due, if one is; True where that is to restart the module.

        now: monotonic seconds.
        """
        if now < self._due or self._settings.recovery_after <= 0:
            return False
        step = self._steps % 3
        if step == 2 and not self._may_restart():
            step = 1
        self._steps += 1
        self._wait(now)
        self._station.log("warning", f"no connection for long, {_MEASURES[step]}")
        if step == 2:
            self._keep()
            return True
        # Firmware that cannot dial anew has the radio do it.
        if step == 1 or not self._modem.redial():
            self._modem.restart_network()
        return False

    def _wait(self, now: int) -> None:
        settings = self._settings
        span = settings.recovery_after << min(self._steps, _DOUBLINGS)
        self._due = now + min(span, max(settings.recovery_after, settings.recovery_maximum))

    def is_charging(self) -> bool:
        """Whether a transaction runs."""
        for connector in self._station.shared.get("connectors", ()):
            if connector.transaction is not None:
                return True
        return False

    def _may_restart(self) -> bool:
        settings = self._settings
        return settings.recovery_restart and (
            settings.recovery_while_charging or not self.is_charging()
        )

    def _keep(self) -> None:
        try:
            self._station.store.save(_FILE, self._steps)
            self._kept = True
        except StoreError as error:
            self._station.log("warning", f"steps of recovery were not stored: {error}")
