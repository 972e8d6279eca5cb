"""From a configuration to a charge point or a central system, ready for a shell to drive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ocpp_kernel import schema
from ocpp_kernel.codec import MsgspecCodec
from ocpp_kernel.config import Config, plugin_settings
from ocpp_kernel.dispatch import fingerprint
from ocpp_kernel.plugins import PluginSet, actions_of, hooks_of, load, routes_of
from ocpp_kernel.station import Station
from ocpp_kernel.store import Store

if TYPE_CHECKING:
    from ocpp_kernel.central import Central

Log = Callable[[str, str], None]


def build_station(config: Config, store: Store, log: Log) -> Station:
    """A charge point with every enabled plugin installed; not started yet.

    Raises ConfigError or PluginError. Plugins that could not be loaded are logged as errors and
    left out.
    """
    loaded = load(config, "charge_point")
    station = Station(config.charge_point.identity, MsgspecCodec(), store, log)
    install(station, config, loaded)
    for problem in loaded.problems:
        log("error", problem)
    return station


def build_central(config: Config, log: Log) -> Central:
    """A central system with every enabled plugin installed; raises as :func:`build_station`."""
    from ocpp_kernel.central import Central  # keeps asyncio out of charge points

    loaded = load(config, "central_system")
    central = Central(MsgspecCodec(), log)
    install(central, config, loaded)
    for problem in loaded.problems:
        log("error", problem)
    return central


def install(host: Any, config: Config, loaded: PluginSet) -> None:
    """Makes every plugin's role object and connects its handlers and hooks to the host."""
    actions = actions_of(loaded)
    instances = {
        plugin.name: plugin.role(host, _settings(config, loaded.role, plugin.name, plugin.role))
        for plugin in loaded.plugins
        if plugin.role is not None
    }
    host.install(
        schema.contracts_of(list(actions.values())),
        routes_of(loaded.role, instances),
        hooks_of(loaded.role, instances, loaded.problems),
        tuple(sorted({p.role.profile for p in loaded.plugins if getattr(p.role, "profile", None)})),
        frozenset(fingerprint(name) for name in standard_actions(loaded) if name not in actions),
        schema.check,
        getattr(getattr(config, loaded.role), "lenient", False),
    )
    host.subprotocols = subprotocols(loaded)


def _settings(config: Config, role: str, name: str, cls: Any) -> Any:
    declared = getattr(cls, "settings", None)
    return plugin_settings(config, role, name, declared if declared is not None else _NoSettings)


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
    return tuple(
        plugin.messages.SUBPROTOCOL
        for plugin in loaded.plugins
        if hasattr(plugin.messages, "SUBPROTOCOL")
    )
