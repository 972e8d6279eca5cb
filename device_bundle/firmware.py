"""Where a program meets the firmware: what comes from there must keep its names and methods."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeGuard

from device_bundle.lower_typing import NAMEDTUPLE
from device_bundle.program import Definition, refs
from device_bundle.sources import Program
from device_bundle.trees import walk

#: The project's own packages, whose code is known: it passes no firmware objects from module to
#: module, and sorts by keys that differ.
OWN = ("ocpp_kernel.", "ocpp_plugins.", "device_bundle.")


def firmware_names(program: Program, definitions: Sequence[Definition]) -> set[str]:
    """Every attribute that may be one of a firmware object.

    Those are the attributes named in modules that import the firmware's (of plugins from
    elsewhere: in the whole package), and the members of classes derived from the firmware's.
    """
    modules: set[str] = set()
    packages: set[str] = set()
    names: set[str] = set()
    for definition in definitions:
        node = definition.node
        if comes_from_firmware(program, node):
            modules.add(definition.module.name)
            if not definition.module.name.startswith(OWN):
                packages.add(definition.module.package)
        if is_derived(node, program):
            names.update(part.name for part in node.body if isinstance(part, ast.FunctionDef))
    for definition in definitions:
        if definition.module.name in modules or definition.module.package in packages:
            nodes = walk(definition.node)
            names.update(node.attr for node in nodes if isinstance(node, ast.Attribute))
    return names


def is_derived(node: ast.stmt, program: Program) -> TypeGuard[ast.ClassDef]:
    """Whether a class has a base from the firmware, whose code may call any of its methods."""
    return isinstance(node, ast.ClassDef) and any(
        comes_from_firmware(program, base) for base in node.bases
    )


def comes_from_firmware(program: Program, node: ast.AST) -> bool:
    """Whether anything in `node` names a module of the firmware."""
    if any(isinstance(part, ast.Import | ast.ImportFrom) for part in walk(node)):
        return True
    outside = (ref.symbol for ref in refs(node) if program.definition(ref.symbol) is None)
    return any(symbol != NAMEDTUPLE for symbol in outside)
