"""``ocpp-kernel plugins`` and ``actions``: what is there, what runs, and who handles what."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from ocpp_kernel.build import standard_actions
from ocpp_kernel.cli.console import output, table
from ocpp_kernel.cli.options import config_option, configuration
from ocpp_kernel.config import Config
from ocpp_kernel.contracts import BOTH, Action
from ocpp_kernel.errors import NotSupported, UnknownAction
from ocpp_kernel.plugins import Found, Plugin, PluginSet, actions_of, discover, load
from ocpp_kernel.role_faults import ROLE_CLASSES, handlers_in


@dataclass
class Loaded:
    """Every plugin, with what is loaded of it for both roles."""

    found: list[Found]
    sets: dict[str, PluginSet]

    @classmethod
    def of(cls, config: Config) -> Loaded:
        """Loads what the configuration enables; raises ConfigError."""
        return cls(discover(config), {role: load(config, role) for role in ROLE_CLASSES})

    def plugin(self, role: str, name: str) -> Plugin | None:
        """A plugin as loaded for a role."""
        return next((p for p in self.sets[role].plugins if p.name == name), None)

    def problems(self, name: str | None = None) -> list[str]:
        """What is wrong, each said once; of one plugin without its name in front."""
        texts = dict.fromkeys(
            text for each in self.sets.values() for text in (*each.problems, *each.warnings)
        )
        if name is None:
            return list(texts)
        mine = f"plugin {name}: "
        return [text.removeprefix(mine) for text in texts if text.startswith(mine)]


@click.command(short_help="List every plugin, where it is from and what it brings.")
@config_option
def plugins(config_path: Path | None) -> None:
    """List every plugin: where it comes from, whether it runs, and what it brings."""
    config = configuration(config_path)
    loaded = Loaded.of(config)
    made = table("", "plugin", "source", "enabled", "roles", "profile", "actions", "problems")
    for found in loaded.found:
        problems = Text("; ".join(loaded.problems(found.name)), style="red")
        made.add_row(*map(Text, _facts(config, loaded, found)), problems)
    output().print(made)


def _facts(config: Config, loaded: Loaded, found: Found) -> Iterator[str]:
    yield from (found.name, found.source)
    if not config.is_enabled(found.name):
        yield from ("no", "", "", "")  # Nothing of it is imported, so nothing more is known.
        return
    parts = {role: loaded.plugin(role, found.name) for role in ROLE_CLASSES}
    roles = [role for role, plugin in parts.items() if plugin is not None and plugin.role]
    profiles = {getattr(plugin.role, "profile", None) for plugin in parts.values() if plugin}
    names = {action.name for plugin in parts.values() if plugin for action in plugin.actions()}
    yield "yes"
    yield ", ".join(role.replace("_", " ") for role in roles)
    yield ", ".join(sorted(name for name in profiles if name))
    yield str(len(names)) if names else ""


@click.command(short_help="List every action and the lines that handle it.")
@config_option
def actions(config_path: Path | None) -> None:
    """List every action: whose contract it is, and which line handles it in each role.

    What is refused is listed with the error the caller gets.
    """
    loaded = Loaded.of(configuration(config_path))
    made = table("", "action", "contract", "at the charge point", "at the central system")
    known = {name: a for each in loaded.sets.values() for name, a in actions_of(each).items()}
    absent = {name for each in loaded.sets.values() for name in standard_actions(each)}
    handlers = {role: _handlers(each) for role, each in loaded.sets.items()}
    for name in sorted(absent | known.keys()):
        owner, cells = "no plugin", [_refused()] * len(ROLE_CLASSES)
        if name in known:
            owner = _owner(loaded, known[name])
            cells = [_answer(role, known[name], handlers[role]) for role in ROLE_CLASSES]
        made.add_row(*map(Text, (name, owner, *cells)))
    made.add_row(
        "any other", "", f"refused: {UnknownAction.code}", f"refused: {UnknownAction.code}"
    )
    output().print(made)


def _handlers(loaded: PluginSet) -> dict[str, str]:
    """Action -> where its handler is, as ``file:line``."""
    return {
        action.name: _place(getattr(plugin.role, attribute))
        for plugin in loaded.plugins
        if plugin.role is not None
        for attribute, action in handlers_in(plugin.role)
    }


def _answer(role: str, action: Action[Any, Any], handlers: dict[str, str]) -> str:
    if action.sent_by not in (BOTH, role):
        return handlers.get(action.name, _refused())
    if action.sent_by == BOTH:
        return f"sends; {handlers.get(action.name, _refused())}"
    return "sends"


def _refused() -> str:
    return f"refused: {NotSupported.code}"


def _owner(loaded: Loaded, action: Action[Any, Any]) -> str:
    owners = [
        plugin
        for each in loaded.sets.values()
        for plugin in each.plugins
        if action in plugin.actions()
    ]
    home = action.request.__module__
    own = [p for p in owners if p.messages is not None and home.startswith(p.messages.__name__)]
    return (own or owners)[0].name


def _place(handler: Any) -> str:
    function = inspect.unwrap(handler)
    path = Path(function.__code__.co_filename)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{function.__code__.co_firstlineno}"
