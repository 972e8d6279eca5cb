"""What kind of thing a definition is: decides how it, and every use of it, is lowered."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from device_bundle.program import TYPING_MODULES, Definition, Symbol, target
from device_bundle.sources import Program

ACTION = Symbol("ocpp_kernel.contracts", "Action")
ON = Symbol("ocpp_kernel.contracts", "on")

Field = tuple[str, ast.expr | None]


@dataclass
class Shapes:
    """Symbols that a device knows in another form, or not at all."""

    #: Action objects: they shrink to their wire names.
    actions: dict[Symbol, str] = field(default_factory=dict)
    #: NamedTuple classes, with their fields and defaults.
    records: dict[Symbol, tuple[Field, ...]] = field(default_factory=dict)
    #: TypedDict classes: making one is making a dict.
    typed_dicts: set[Symbol] = field(default_factory=set)
    #: Protocols and other classes that exist for type checkers only.
    erased: set[Symbol] = field(default_factory=set)
    #: All classes, these and others.
    classes: set[Symbol] = field(default_factory=set)


def is_typing(symbol: Symbol | None) -> bool:
    """Whether the symbol comes from a module that exists for type checkers."""
    return symbol is not None and symbol.module in TYPING_MODULES


def names_typing(node: ast.expr, *names: str) -> bool:
    """Whether `node` is one of these names of a typing module, subscripted or not."""
    if isinstance(node, ast.Subscript):
        node = node.value
    symbol = target(node)
    return symbol is not None and is_typing(symbol) and symbol.name in names


def classify(program: Program) -> Shapes:
    """Look at every resolved definition; classes may follow their bases in any order."""
    shapes = Shapes()
    classes: list[tuple[Definition, ast.ClassDef]] = []
    for module in program.modules().values():
        for definition in module.definitions:
            if isinstance(definition.node, ast.ClassDef):
                classes.append((definition, definition.node))
                shapes.classes.update(definition.symbols)
            else:
                _classify_assignment(shapes, definition)
    found = True
    while found:
        found = False
        for definition, node in classes:
            found |= _classify_class(shapes, definition, node)
    return shapes


def _classify_assignment(shapes: Shapes, definition: Definition) -> None:
    node = definition.node
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call) and target(value.func) == ACTION and value.args:
        name = value.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            shapes.actions[definition.symbols[0]] = name.value


def _classify_class(shapes: Shapes, definition: Definition, node: ast.ClassDef) -> bool:
    """True when this class was recognised for the first time."""
    symbol = definition.symbols[0]
    if symbol in shapes.typed_dicts or symbol in shapes.records or symbol in shapes.erased:
        return False
    for base in node.bases:
        if names_typing(base, "TypedDict") or target(base) in shapes.typed_dicts:
            shapes.typed_dicts.add(symbol)
            return True
        if names_typing(base, "NamedTuple"):
            shapes.records[symbol] = _fields(node)
            return True
        if names_typing(base, "Protocol") and not any(_has_behaviour(part) for part in node.body):
            shapes.erased.add(symbol)
            return True
    return False


def _fields(node: ast.ClassDef) -> tuple[Field, ...]:
    return tuple(
        (part.target.id, part.value)
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    )


def _has_behaviour(part: ast.stmt) -> bool:
    """Whether a member of a Protocol is more than a declaration."""
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
        return not all(
            isinstance(line, ast.Pass)
            or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            for line in part.body
        )
    return isinstance(part, ast.Assign) or (
        isinstance(part, ast.AnnAssign) and part.value is not None
    )
