"""Puts short functions and properties that only compute something where they are used.

All uses are replaced or none, and only where that takes less room than the function itself.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from device_bundle.attributes import count_defined
from device_bundle.callees import Callee, arguments_of, is_movable
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.firmware import is_derived
from device_bundle.inline_body import CannotInline, Substitution, bound_inside, rebound_names
from device_bundle.later import RESIDENT, zones
from device_bundle.program import Definition, Ref, cloned, refs, target
from device_bundle.sources import Program
from device_bundle.trees import Transformer, walk

#: What a function costs besides the code in it, the least code a node makes, and a call's code.
_FUNCTION_BYTES = 60
_NODE_BYTES = 2
_CALL_BYTES = 9
_BINDERS = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Short(NamedTuple):
    """A function that consists of returning a value; `key` is what its uses are known by."""

    key: object
    callee: Callee
    value: ast.expr
    is_property: bool


class _Use(NamedTuple):
    """An expression in function `inside` that is to be replaced."""

    node: ast.expr
    inside: ast.FunctionDef
    owner: ast.ClassDef | None
    is_call: bool
    #: Which file it is in: see `later`.
    zone: str


def inline_short(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many functions were done away with."""
    apart = zones(definitions)
    shorts = {short.key: short for short in _shorts(program, definitions)}
    uses: defaultdict[object, list[_Use]] = defaultdict(list)
    named: Counter[object] = Counter()
    for definition in definitions:
        named.update(_key(node) for node in walk(definition.node))
        for use in _uses(definition.node, apart.get(id(definition.node), RESIDENT)):
            uses[_key(use.node.func if isinstance(use.node, ast.Call) else use.node)].append(use)
    done: dict[int, ast.expr] = {}
    chosen: set[object] = set()
    for key, short in shorts.items():
        found = [use for use in uses[key] if use.is_call is not short.is_property]
        if len(found) != named[key] or not found or not _pays(short, len(found)):
            continue
        home = apart.get(id(short.callee.owner or short.callee.node), RESIDENT)
        if any(home not in (RESIDENT, use.zone) for use in found):
            continue
        if _touches(short.value, {*chosen, key}, shorts):
            continue
        made = [_replacement(short, use, firmware) for use in found]
        if all(made):
            chosen.add(key)
            done |= {id(use.node): new for use, new in zip(found, made, strict=True) if new}
    replacer = _Replacer(done)
    for definition in definitions:
        replacer.generic_visit(definition.node)
    return len(chosen)


def _shorts(program: Program, definitions: Sequence[Definition]) -> Iterator[_Short]:
    nodes = [node for definition in definitions for node in walk(definition.node)]
    names = count_defined(nodes)
    for definition in definitions:
        node = definition.node
        if isinstance(node, ast.FunctionDef):
            value = _returned(node)
            if value is not None and is_movable(node):
                yield _Short(definition.symbols[0], Callee(node, None), value, False)
        elif isinstance(node, ast.ClassDef) and not is_derived(node, program):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and names[part.name] == 1:
                    yield from _short_method(node, part)


def _short_method(owner: ast.ClassDef, part: ast.FunctionDef) -> Iterator[_Short]:
    value = _returned(part)
    if value is None or part.name.startswith("__") or part.name in FIRMWARE_ATTRIBUTES:
        return
    decorators = part.decorator_list
    is_property = (
        len(decorators) == 1
        and isinstance(decorators[0], ast.Name)
        and decorators[0].id == "property"
    )
    if (is_property or is_movable(part)) and part.args.args:
        yield _Short(part.name, Callee(part, owner), value, is_property)


def _returned(node: ast.FunctionDef) -> ast.expr | None:
    """What the function returns, if that is all it does."""
    last = node.body[0] if len(node.body) == 1 else None
    value = last.value if isinstance(last, ast.Return) else None
    if value is None or any(isinstance(part, _BINDERS) for part in walk(value)):
        return None
    return value


def _key(node: ast.AST) -> object:
    """What a use of a method, property or function is known by."""
    return node.attr if isinstance(node, ast.Attribute) else target(node)


def _uses(node: ast.stmt, zone: str) -> Iterator[_Use]:
    functions = [node] if isinstance(node, ast.FunctionDef) else getattr(node, "body", [])
    owner = node if isinstance(node, ast.ClassDef) else None
    for function in functions:
        if not isinstance(function, ast.FunctionDef):
            continue
        called = set()
        for statement in function.body:
            for part in walk(statement):
                if isinstance(part, ast.Call):
                    called.add(id(part.func))
                    yield _Use(part, function, owner, True, zone)
                elif isinstance(part, ast.Attribute) and id(part) not in called:
                    yield _Use(part, function, owner, False, zone)


def _pays(short: _Short, uses: int) -> bool:
    size = sum(
        _NODE_BYTES
        for node in walk(short.value)
        if not isinstance(node, ast.expr_context | ast.operator | ast.cmpop | ast.boolop)
    )
    return uses * (size - _CALL_BYTES) < _FUNCTION_BYTES


def _touches(value: ast.expr, chosen: set[object], shorts: dict[object, _Short]) -> bool:
    """Whether it uses something that is being replaced itself: left for another round."""
    return any(_key(node) in chosen for node in walk(value) if _key(node) in shorts)


def _replacement(short: _Short, use: _Use, firmware: set[str]) -> ast.expr | None:
    callee = short.callee
    if callee.node is use.inside:
        return None
    named = use.node.func if isinstance(use.node, ast.Call) else use.node
    receiver = named.value if isinstance(named, ast.Attribute) else None
    try:
        values = _given(callee, use.node, receiver)
    except CannotInline:
        return None
    own = use.owner is callee.owner and isinstance(receiver, ast.Name)
    if receiver is not None and not own and short.key in firmware:
        return None
    if not _fits(short.value, values, use.inside):
        return None
    made: ast.expr = Substitution({}, values).visit(cloned(short.value))
    taken = frozenset(bound_inside([use.inside])[0])
    for ref in refs(made):
        ref.taken = ref.taken | taken
    return ast.copy_location(made, use.node)


def _given(callee: Callee, node: ast.expr, receiver: ast.expr | None) -> dict[str, ast.expr]:
    """What each parameter stands for."""
    if isinstance(node, ast.Call):
        return arguments_of(callee, node)
    if receiver is None or not isinstance(getattr(node, "ctx", None), ast.Load):
        raise CannotInline
    return {callee.node.args.args[0].arg: receiver}


def _fits(value: ast.expr, values: dict[str, ast.expr], inside: ast.FunctionDef) -> bool:
    """Whether evaluating arguments later, or more than once, makes no difference there."""
    counts = Counter(node.id for node in walk(value) if type(node) is ast.Name)
    if (set(counts) - set(values)) & bound_inside([inside])[0]:
        return False
    has_calls = any(isinstance(node, ast.Call) for node in walk(value))
    rebound = rebound_names(inside) if has_calls else set()
    for name, given in values.items():
        if isinstance(given, ast.Name) and given.id in rebound:
            return False
        if isinstance(given, ast.Constant | ast.Name | Ref):
            continue
        if not _is_path(given) or counts[name] != 1 or (has_calls and name != next(iter(values))):
            return False
    return True


def _is_path(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return _is_path(node.value)
    return isinstance(node, ast.Name)


class _Replacer(Transformer):
    def __init__(self, done: dict[int, ast.expr]) -> None:
        self._done = done

    def visit(self, node: ast.AST) -> ast.AST:
        new = self._done.get(id(node))
        if new is not None:
            return new
        visited: ast.AST = super().visit(node)
        return visited
