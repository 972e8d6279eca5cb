"""From a configuration to a charge point or a central system, ready for a shell to drive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import Config, ConfigError, plugin_settings
from ocpp_kernel.config_values import unset
from ocpp_kernel.contracts import CHARGE_POINT, Action
from ocpp_kernel.dispatch import fingerprint
from ocpp_kernel.errors import NotSupported
from ocpp_kernel.failures import Locating, Log, described
from ocpp_kernel.plugins import (
    PluginSet,
    actions_of,
    load,
    modules_of,
    refuse_missing,
    refuse_unmet,
)
from ocpp_kernel.role_faults import PluginError
from ocpp_kernel.roles import hooks_of, routes_of
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store

if TYPE_CHECKING:
    from ocpp_kernel.central import Central, ConnectedStation

#: The name under which whoever builds a host listens to its hooks.
WATCHER = "(watcher)"


def build_station(config: Config, store: Store, log: Log, watcher: Any = None) -> Station:
    """A charge point with every enabled plugin installed; not started yet.

    ``watcher`` is an object with hooks, such as ``ocpp_on_frame``, of the caller's own. Raises
    ConfigError, or PluginError where plugins contradict each other, or one of ``[plugins] require``
    cannot be used. Any other that cannot be used is logged as an error and left out.
    """
    loaded = load(config, "charge_point")
    log = Locating(log, modules_of(loaded))
    station = Station(config.charge_point.identity, MsgspecCodec(), store, log)
    install(station, config, loaded, watcher)
    _tell(loaded, log)
    return station


def build_central(config: Config, log: Log, watcher: Any = None) -> Central:
    """A central system with every enabled plugin installed; raises as :func:`build_station`."""
    from ocpp_kernel.central import Central  # noqa: PLC0415 - keeps asyncio out of charge points

    loaded = load(config, "central_system")
    log = Locating(log, modules_of(loaded))
    central = Central(MsgspecCodec(), log)
    install(central, config, loaded, watcher)
    central.outgoing_gates.insert(0, partial(_refuse_backwards, actions_of(loaded)))
    _tell(loaded, log)
    return central


def _refuse_backwards(
    actions: dict[str, Action[Any, Any]], station: ConnectedStation, action: str, request: Any
) -> None:
    if actions[action].sent_by == CHARGE_POINT:
        raise NotSupported(f"{action} is sent by stations, never to them")


def _tell(loaded: PluginSet, log: Log) -> None:
    for problem in loaded.problems:
        log("error", problem)
    for warning in loaded.warnings:
        log("warning", warning)


def install(host: Any, config: Config, loaded: PluginSet, watcher: Any = None) -> None:
    """Makes every plugin's role object and connects its handlers and hooks to the host."""
    instances = _instances(host, config, loaded)
    actions = actions_of(loaded)
    watchers = {} if watcher is None else {WATCHER: watcher}
    routes = routes_of(loaded.role, instances)
    if isinstance(host.log, Locating):
        host.log.routes = routes
    host.install(
        schema.contracts_of(list(actions.values())),
        routes,
        hooks_of(loaded.role, {**instances, **watchers}, loaded.problems, host.log),
        tuple(sorted({p.role.profile for p in loaded.plugins if getattr(p.role, "profile", None)})),
        frozenset(fingerprint(name) for name in standard_actions(loaded) if name not in actions),
        schema.check,
        getattr(getattr(config, loaded.role), "lenient", False),
    )
    host.subprotocols = subprotocols(loaded)
    if loaded.problems and not host.subprotocols:
        nothing = f"{config.file}: no plugin is left that speaks OCPP"
        raise PluginError("\n".join([nothing, *loaded.problems]))


def _instances(host: Any, config: Config, loaded: PluginSet) -> dict[str, Any]:
    """The role objects by plugin; one that cannot be made leaves its plugin out."""
    instances: dict[str, Any] = {}
    for plugin in list(loaded.plugins):
        if plugin.role is None:
            continue
        declared = getattr(plugin.role, "settings", None) or _NoSettings
        settings = plugin_settings(config, loaded.role, plugin.name, declared)
        missing = unset(settings, declared)
        if missing:
            where = f"[{loaded.role}.{plugin.name}]"
            loaded.leave_out(
                plugin, f"{missing[0]} has no default; give it in {config.file}: {where}"
            )
            continue
        try:
            instances[plugin.name] = plugin.role(host, settings)
        except ConfigError:
            raise
        # It may even leave, as a script does; that must not end the others.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may fail in any way
            loaded.leave_out(plugin, f"fails when made: {described(error)}")
    refuse_unmet(loaded)
    refuse_missing(config, loaded)
    running = sorted(loaded.plugins, key=lambda plugin: not plugin.found.own)
    return {p.name: instances[p.name] for p in running if p.name in instances}


class _NoSettings:
    """Stands in for a plugin that declares no settings; any key given is then an error."""


def standard_actions(loaded: PluginSet) -> list[str]:
    """The names of all actions of the protocol, as the plugin that brings the protocol tells."""
    return [
        name
        for plugin in loaded.plugins
        for name in getattr(plugin.messages, "STANDARD_ACTIONS", ())
    ]


def subprotocols(loaded: PluginSet) -> tuple[str, ...]:
    """The WebSocket subprotocols the plugins speak, in order of preference (FRM-004)."""
    spoken = (getattr(plugin.messages, "SUBPROTOCOL", None) for plugin in loaded.plugins)
    return tuple(name for name in spoken if name is not None)
