"""Runs every lowering pass over the program, each definition keeping its own findings."""

from __future__ import annotations

import ast

from device_bundle.constants import propagate
from device_bundle.lower_fstrings import FStrings
from device_bundle.lower_grammar import Grammar
from device_bundle.lower_typing import Typing
from device_bundle.shapes import Shapes
from device_bundle.sources import Program
from device_bundle.trees import walk


def lower(program: Program, shapes: Shapes) -> None:
    """Rewrite all definitions in place into what a device understands, or note why not."""
    definitions = [part for module in program.modules().values() for part in module.definitions]
    for definition in definitions:
        shown, findings = definition.module.shown, definition.findings
        definition.node = Typing(definition.module, shapes, findings).visit(definition.node)
        definition.node = FStrings(shown, findings).visit(definition.node)
        definition.node = Grammar(definition.node).visit(definition.node)
        _fill_empty_bodies(definition.node)
    propagate(definitions)


def _fill_empty_bodies(node: ast.AST) -> None:
    """A block whose statements were all dropped needs a `pass`."""
    for part in walk(node):
        if isinstance(part, ast.stmt | ast.ExceptHandler) and getattr(part, "body", None) == []:
            vars(part)["body"] = [ast.copy_location(ast.Pass(), part)]
