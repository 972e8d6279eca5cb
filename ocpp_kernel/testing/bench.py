"""Plugins as they are installed, in a charge point or in both roles, without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ocpp_kernel.build import build_central, build_station
from ocpp_kernel.config import Config, ConfigError, unknown
from ocpp_kernel.contracts import Action, Request
from ocpp_kernel.errors import OcppError
from ocpp_kernel.memory_store import MemoryStore
from ocpp_kernel.plugins import actions_of, discover, load
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store
from ocpp_kernel.testing import hardware
from ocpp_kernel.testing.central_double import Answer, CentralDouble
from ocpp_kernel.testing.clock import FakeClock
from ocpp_kernel.testing.hardware import FakeHardware
from ocpp_kernel.testing.pair import CentralPair, Nowhere, Pair

Req = TypeVar("Req")
Resp = TypeVar("Resp")
E = TypeVar("E")

#: Settings by plugin, as in ``[charge_point.acme]``.
Tables = Mapping[str, Mapping[str, Any]]


def configuration(
    *plugins: str,
    charge_point: Tables | None = None,
    central_system: Tables | None = None,
    folder: Path | None = None,
) -> Config:
    """A configuration that runs these plugins and no others, with these settings.

    A plugin is given by the name under which it is installed, or as a module or file, as in
    ``[plugins] load``. ``folder`` is where the configuration file would be. Raises ConfigError
    for a name that is not there.
    """
    names = [found.name for found in discover(Config())]
    config = Config(path=None if folder is None else folder / "ocpp.toml")
    config.profiles = {name: name in plugins for name in names}
    for plugin in plugins:
        if plugin in names:
            continue
        if not ("." in plugin or "/" in plugin or "\\" in plugin):
            raise ConfigError(unknown(config.file, f"plugin {plugin}", plugin, names))
        config.load.append(plugin)
    for role, tables in (("charge_point", charge_point), ("central_system", central_system)):
        config.settings[role] = {name: dict(table) for name, table in (tables or {}).items()}
    return config


class Log(list[tuple[str, str]]):
    """What was logged: (level, text)."""

    def __call__(self, level: str, text: str) -> None:
        """Takes a line."""
        self.append((level, text))

    def of(self, *levels: str) -> list[str]:
        """The texts of these levels."""
        return [text for level, text in self if level in levels]


class Events(list[Any]):
    """What every plugin of a host was told through ``ocpp_on_event``, in order."""

    def ocpp_on_event(self, event: Any) -> None:
        """Something happened."""
        self.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one type."""
        return [event for event in self if isinstance(event, kind)]


class Bench(Pair):
    """A charge point with the plugins named, fake hardware, and a central system by table.

        bench = Bench("core_profile", "acme")
        bench.connect()
        bench.hardware.plug()
        bench.hardware.present("TAG")
        assert_sent(bench.frames, "StartTransaction", {"idTag": "TAG"})

    ``settings`` are by plugin; those of the hardware are called ``hardware``. Raises
    AssertionError where a plugin cannot be used. For what :func:`configuration` raises see there.
    """

    def __init__(
        self,
        *plugins: str,
        settings: Tables | None = None,
        answers: Mapping[str, Answer] | None = None,
        store: Store | None = None,
        folder: Path | None = None,
    ) -> None:
        self.config = configuration(
            *plugins, hardware.__name__, charge_point=settings, folder=folder
        )
        self.log = Log()
        self.events = Events()
        self.store: Store = MemoryStore() if store is None else store
        clock = FakeClock()
        actions: list[Action[Any, Any]] = list(
            actions_of(load(self.config, "charge_point")).values()
        )
        #: Answers the charge point; see :attr:`CentralDouble.answers`.
        self.central = CentralDouble(actions, clock, answers)
        self._nowhere = Nowhere()
        self.hardware: FakeHardware
        self.station = self._build()
        super().__init__(self.station, self._nowhere, clock)
        self.station.start(clock.now)
        _refuse_errors(self.log)

    def connect(self) -> None:
        """Opens the connection, and carries what the two have to say at once."""
        self.right = self.central.connect()
        self.station.connected(self.clock.now)
        self.pump()

    def disconnect(self, reason: str = "connection lost") -> None:
        """Cuts the connection; frames on their way are gone."""
        self.right = self._nowhere
        self.central.disconnected(reason)
        self.station.disconnected(self.clock.now, reason)

    def restart(self, cause: str = "PowerUp") -> None:
        """The software starts anew with what was stored; hardware is as it was; not connected."""
        self.disconnect()
        before = self.hardware
        self.left = self.station = self._build()
        self.hardware.take_over(before)
        self.station.start(self.clock.now, cause)

    def call(self, request: Request[Req, Resp]) -> Resp:
        """Calls the charge point and returns its answer, or raises the error it ended with.

        Raises AssertionError where no answer comes without time passing.
        """
        outcome: list[tuple[Any, OcppError | None]] = []
        self.central.post(request, outcome)
        self.pump()
        if not outcome:
            raise AssertionError(f"{request[0]} was not answered at once")
        answer, error = outcome[0]
        if error is not None:
            raise error
        return answer  # type: ignore[no-any-return]  # as the action says

    def _build(self) -> Station:
        logged = len(self.log)
        station = build_station(self.config, self.store, self.log, self.events)
        _refuse_errors(self.log, logged)
        self.hardware = _hardware_of(station)
        self.hardware.settle = self.pump
        return station


class PluginPair(CentralPair):
    """A charge point with fake hardware and a central system, both with the plugins named.

    Connect them with :meth:`connect`. Raises AssertionError where a plugin cannot be used.
    """

    def __init__(
        self,
        *plugins: str,
        charge_point: Tables | None = None,
        central_system: Tables | None = None,
        folder: Path | None = None,
    ) -> None:
        self.config = configuration(
            *plugins,
            hardware.__name__,
            charge_point=charge_point,
            central_system=central_system,
            folder=folder,
        )
        #: Of the two roles together.
        self.log = Log()
        self.store: Store = MemoryStore()
        self.station_events = Events()
        self.central_events = Events()
        station = build_station(self.config, self.store, self.log, self.station_events)
        central = build_central(self.config, self.log, self.central_events)
        _refuse_errors(self.log)
        super().__init__(station, central)
        self.hardware = _hardware_of(station)
        self.hardware.settle = self.pump
        central.start()
        station.start(self.clock.now)
        _refuse_errors(self.log)


def _hardware_of(station: Station) -> FakeHardware:
    driver = station.hooks.driver()
    if not isinstance(driver, FakeHardware):
        raise AssertionError("the fake hardware is not the driver; leave other drivers out")
    return driver


def _refuse_errors(log: Log, since: int = 0) -> None:
    errors = [text for level, text in log[since:] if level == "error"]
    if errors:
        raise AssertionError("\n".join(["the plugins cannot be used:", *errors]))
