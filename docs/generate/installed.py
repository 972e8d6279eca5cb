"""The plugins that are installed, as the reference shows them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from ocpp_kernel.config import Config
from ocpp_kernel.plugins import ROLE_CLASSES, Plugin, discover, load_plugin

PACKAGE = "ocpp_plugins"


class Installed(NamedTuple):
    """One plugin; a role it lacks is None."""

    name: str
    profile: str
    messages: ModuleType | None
    roles: dict[str, Plugin]


def installed() -> Iterator[Installed]:
    """The plugins of this distribution, the Core profile first."""
    found = [each for each in discover(Config()) if each.module.startswith(f"{PACKAGE}.")]
    for each in sorted(found, key=lambda plugin: (plugin.name != "core_profile", plugin.name)):
        roles = {role: load_plugin(each, role) for role in ROLE_CLASSES}
        profiles = [getattr(plugin.role, "profile", "") for plugin in roles.values() if plugin.role]
        yield Installed(each.name, profiles[0], roles["charge_point"].messages, roles)


def modules_below(package: ModuleType) -> Iterator[ModuleType]:
    """A module, and where it is a package all that is in it."""
    yield package
    for found in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{package.__name__}."):
        if not found.name.endswith(".__main__"):
            yield importlib.import_module(found.name)
