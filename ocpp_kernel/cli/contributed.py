"""Commands that plugins contribute: click commands in a module ``commands`` of a plugin's folder.

The command line itself knows no plugin. Only for a command that is not one of its own, and for the
list of all, are plugins looked at; one that fails is named and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from ocpp_kernel.cli.console import note
from ocpp_kernel.config import Config
from ocpp_kernel.plugins import Found, PluginError, discover, load_part

#: The module of a plugin's folder that holds its commands.
PART = "commands"


class ContributingGroup(click.Group):
    """A group whose commands are its own, and those of the plugins that are installed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *contributed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        return own if own is not None else contributed().get(cmd_name)


def contributed() -> dict[str, click.Command]:
    """The commands of all installed plugins, by name; of two alike the first plugin's counts."""
    commands: dict[str, click.Command] = {}
    owners: dict[str, str] = {}
    for found in discover(Config()):
        for name, command in _commands_of(found):
            if name in commands:
                note("warning", f"plugins {owners[name]} and {found.name} both bring {name}")
            else:
                commands[name], owners[name] = command, found.name
    return commands


def _commands_of(found: Found) -> Iterator[tuple[str, click.Command]]:
    try:
        module = load_part(found, PART)
    except PluginError as error:
        note("warning", str(error))
        return
    values = [] if module is None else list(vars(module).values())
    commands = [value for value in values if isinstance(value, click.Command)]
    inner = [sub for value in commands if isinstance(value, click.Group) for sub in _within(value)]
    for command in commands:
        if command.name is not None and command not in inner:
            yield command.name, command


def _within(group: click.Group) -> Iterator[click.Command]:
    """The commands of a group, which are reached through it only."""
    yield from group.commands.values()
