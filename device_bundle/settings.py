"""Writes the values of `ocpp.toml` into the plugins' Settings classes."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Any

from device_bundle.findings import BundleError
from device_bundle.program import Module, Symbol
from device_bundle.sources import Program
from device_bundle.toplevel import bound_names
from device_bundle.trees import walk
from ocpp_kernel.config import Config, ConfigError, plugin_settings
from ocpp_kernel.config_values import unset

#: Settings of plugins that, left empty, take a value of [bundle]: the firmware is the bundle.
_OF_BUNDLE = {"firmware_version": "version"}


def fold_plugin(program: Program, config: Config, plugin: str, symbol: Symbol | None) -> None:
    """Check the plugin's table against its Settings and make its values the class's own.

    The firmware version, left empty, is that of the bundle.

    Raises ConfigError for keys or values that do not fit, or lack.
    """
    if symbol is None:
        plugin_settings(config, "charge_point", plugin, _NoSettings)
        return
    declared = _made(*_class(program, symbol))
    settings: Any = plugin_settings(config, "charge_point", plugin, declared)
    missing = unset(settings, declared)
    if missing:
        raise ConfigError(
            f"{config.file}: charge_point.{plugin}.{missing[0]} has no default; give it there"
        )
    values = dict(vars(settings))
    for name, source in _OF_BUNDLE.items():
        if getattr(settings, name, None) == "":
            values[name] = getattr(config.bundle, source)
    fold(program, symbol, values)


def fold(program: Program, symbol: Symbol, values: Mapping[str, Any]) -> None:
    """Replace the defaults of a class's attributes by `values`, adding those it inherits."""
    _, node = _class(program, symbol)
    left = dict(values)
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        if part.target.id in left:
            part.value = _as_node(left.pop(part.target.id), part)
    for name, value in sorted(left.items()):
        assign = ast.Assign([ast.Name(name, ast.Store())], _as_node(value, node))
        node.body.append(ast.fix_missing_locations(ast.copy_location(assign, node)))


def _class(program: Program, symbol: Symbol) -> tuple[Module, ast.ClassDef]:
    definition = program.definition(symbol)
    if definition is None or not isinstance(definition.node, ast.ClassDef):
        raise BundleError(f"{symbol}: settings must be a class of the plugin's own")
    return definition.module, definition.node


class _NoSettings:
    """Stands for a plugin without settings; any key given is then an error."""


def _as_node(value: object, at: ast.AST) -> ast.expr:
    node = ast.parse(repr(value), mode="eval").body
    for part in walk(node):
        if isinstance(part, ast.expr):
            ast.copy_location(part, at)
    return node


def _made(module: Module, node: ast.ClassDef) -> type:
    """The Settings class itself, made without importing the role it belongs to.

    Its annotations may use `typing`, builtins and what else its own module defines by assignment
    or class.
    """
    tree = ast.parse(module.path.read_text(encoding="utf-8"))
    tree.body = [part for part in tree.body if _is_declaration(part)]
    wanted = _needed(tree, node.name)
    tree.body = [
        part
        for part in tree.body
        if isinstance(part, ast.ImportFrom) or wanted.intersection(bound_names(part))
    ]
    space: dict[str, Any] = {"__name__": f"settings of {module.name}"}
    try:
        exec(compile(tree, module.shown, "exec", dont_inherit=True), space)  # noqa: S102  # declarations only
    except (NameError, TypeError, ImportError) as error:
        raise BundleError(
            f"{module.shown}: settings may use plain types and literals only: {error}"
        ) from None
    made: type = space[node.name]
    return made


def _is_declaration(part: ast.stmt) -> bool:
    if isinstance(part, ast.ImportFrom):
        return part.module == "typing"
    return isinstance(part, ast.Assign | ast.AnnAssign | ast.ClassDef)


def _needed(tree: ast.Module, name: str) -> set[str]:
    """The class and what it names, however indirectly."""
    named = {
        bound: {node.id for node in walk(part) if isinstance(node, ast.Name)}
        for part in tree.body
        for bound in bound_names(part)
    }
    wanted, before = {name}, set[str]()
    while wanted != before:
        before = copy.copy(wanted)
        for bound in before:
            wanted |= named.get(bound, set()) & named.keys()
    return wanted
