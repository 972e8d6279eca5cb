"""What the enabled plugins offer a charge point, read from source and from their messages.

Role modules are read, never imported: they may need a device's own modules. Message modules hold
declarations only and are imported for their contracts.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from device_bundle.findings import BundleError, Finding, Findings
from device_bundle.program import Definition, Symbol, target
from device_bundle.shapes import ON, Shapes
from device_bundle.sources import Program
from ocpp_kernel import CONTRACT
from ocpp_kernel.config import unknown
from ocpp_kernel.hookspecs import DEPRECATED, SINGLE_OWNER, SPECIFICATIONS
from ocpp_kernel.role_faults import contract_fault, unmet

ROLE = "charge_point"
CLASS = "ChargePoint"
_PREFIX = "ocpp_"


_Method = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Role:
    """One plugin's charge point class: its handlers and hooks by method name."""

    plugin: str
    symbol: Symbol
    routes: dict[str, str] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    settings: Symbol | None = None
    profile: str = ""
    requires: tuple[str, ...] = ()
    contract: Any = CONTRACT


def read_role(program: Program, shapes: Shapes, plugin: str, symbol: Symbol) -> Role:
    """Everything a role class and its bases declare; wrong hooks become findings."""
    role = Role(plugin, symbol)
    seen: set[str] = set()
    for owner, part in _members(program, symbol):
        if isinstance(part, _Method) and part.name not in seen:
            seen.add(part.name)
            _read_method(program.findings, shapes, role, owner, part)
        elif isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
            _read_attribute(role, owner, part, seen)
    definition = program.definition(symbol)
    if definition is not None and "__init__" not in seen:
        problem = f"{CLASS} must be made with (station, settings)"
        line = definition.node.lineno
        program.findings.add(definition.module.shown, line, problem, "add __init__")
    return role


def refuse_conflicts(roles: Sequence[Role]) -> None:
    """Raises BundleError for handlers or single hooks two plugins claim, and for unmet needs."""
    reasons = []
    owners: dict[str, str] = {}
    names = {role.plugin for role in roles}.union(*(role.hooks for role in roles))
    for role in roles:
        claims = [f"action {action}" for action in role.routes]
        claims += [f"hook {hook}" for hook in role.hooks if hook in SINGLE_OWNER]
        for claim in claims:
            other = owners.setdefault(claim, role.plugin)
            if other != role.plugin:
                reasons.append(
                    f"{claim} is handled by plugins {other} and {role.plugin}; "
                    "switch one of them off in [profiles]"
                )
        fault = contract_fault(role.contract)
        if fault:
            reasons.append(f"plugin {role.plugin}: {fault}")
        missing = sorted(set(role.requires).difference(names))
        if missing:
            reasons.append(f"plugin {role.plugin}: {unmet(missing)}")
    if reasons:
        raise BundleError(*reasons)


def _members(program: Program, symbol: Symbol) -> Iterator[tuple[Definition, ast.stmt]]:
    """The class's own members, then those of its bases."""
    definition = program.definition(symbol)
    if definition is None or not isinstance(definition.node, ast.ClassDef):
        return
    for part in definition.node.body:
        yield definition, part
    for base in definition.node.bases:
        base_symbol = target(base.value if isinstance(base, ast.Subscript) else base)
        if base_symbol is not None:
            yield from _members(program, base_symbol)


def _read_method(
    findings: Findings, shapes: Shapes, role: Role, owner: Definition, method: _Method
) -> None:
    faults: list[str] = []
    for decorator in method.decorator_list:
        if isinstance(decorator, ast.Call) and target(decorator.func) == ON:
            action = shapes.actions.get(target(decorator.args[0]) or Symbol("", ""))
            faults.append(_read_handler(role, method, action))
    if method.name.startswith(_PREFIX):
        role.hooks.append(method.name)
        faults.append(_hook_fault(owner.module.shown, method))
    if method.name == "__init__" and len(_arguments(method)) != 2:
        faults.append(f"{CLASS} must be made with (station, settings)")
    for fault in filter(None, faults):
        findings.add(owner.module.shown, method.lineno, fault)


def _read_handler(role: Role, method: _Method, action: str | None) -> str:
    """Note a route; what is wrong with it, or ""."""
    if action is None:
        return "@on takes an Action of the plugin's messages module"
    if isinstance(method, ast.AsyncFunctionDef):
        return f"{method.name} must not be async: return a Deferred"
    if len(_arguments(method)) != 1:
        return f"{method.name} must take (request), not ({', '.join(_arguments(method))})"
    if role.routes.setdefault(action, method.name) != method.name:
        return f"{action} is handled by {role.routes[action]} and {method.name}; keep one of them"
    return ""


def _hook_fault(shown: str, method: _Method) -> str:
    specification = SPECIFICATIONS[ROLE]
    declared = getattr(specification, method.name, None)
    if method.name in DEPRECATED:
        return DEPRECATED[method.name].remedy(method.name)
    if declared is None:
        known = [name for name in dir(specification) if name.startswith(_PREFIX)]
        return unknown(shown, f"hook {method.name}", method.name, known).partition(": ")[2]
    if isinstance(method, ast.AsyncFunctionDef):
        return f"{method.name} must not be async: hooks answer at once"
    wanted, given = list(inspect.signature(declared).parameters)[1:], _arguments(method)
    if given != wanted:
        return f"{method.name} must take ({', '.join(wanted)}), not ({', '.join(given)})"
    return ""


def _arguments(method: _Method) -> list[str]:
    """The names of a method's arguments after `self`."""
    return [arg.arg for arg in method.args.args][1:]


def _read_attribute(
    role: Role, owner: Definition, part: ast.Assign | ast.AnnAssign, seen: set[str]
) -> None:
    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
    name = targets[0].id if isinstance(targets[0], ast.Name) else ""
    if name in seen:
        return
    seen.add(name)
    if name == "settings":
        role.settings = target(part.value)
    elif name == "profile":
        role.profile = str(_literal(owner, part))
    elif name == "requires":
        role.requires = tuple(_literal(owner, part))
    elif name == "contract":
        role.contract = _literal(owner, part)


def _literal(owner: Definition, part: ast.Assign | ast.AnnAssign) -> Any:
    try:
        return ast.literal_eval(part.value or ast.Constant(None))
    except ValueError:
        problem = f"{ast.unparse(part)}: this has to be a literal"
        raise BundleError(Finding(owner.module.shown, part.lineno, problem)) from None
