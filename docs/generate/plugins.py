"""What each plugin of this distribution brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generate.installed import Installed, installed
from generate.markdown import code, documentation, table
from generate.messages import own_actions
from ocpp_kernel.role_faults import is_hook


def text() -> str:
    """A section for each plugin."""
    return "\n".join(_section(plugin) for plugin in installed())


def _section(plugin: Installed) -> str:
    actions = _listed(action.name for action in own_actions(plugin))
    profile = f"Feature profile {plugin.profile}." if plugin.profile else "No feature profile."
    brings = f"Messages: {actions}.\n\n" if actions else ""
    roles = table(["role", "what it does", "requires", "hooks it implements"], _roles(plugin))
    return f"## {plugin.name}\n\n{profile}\n\n{brings}{roles}"


def _roles(plugin: Installed) -> Iterator[list[str]]:
    for role, loaded in plugin.roles.items():
        if loaded.role is not None:
            requires = _listed(getattr(loaded.role, "requires", ()))
            hooks = _listed(name for name in dir(loaded.role) if is_hook(name))
            yield [
                role.replace("_", " "),
                documentation(loaded.role).partition("\n\n")[0],
                requires,
                hooks,
            ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))
