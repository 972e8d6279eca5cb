"""Takes away parameters that always get the same value, or that nothing reads.

Where every call of a function hands in the same literal, or the same class or function, what is
handed in can stand where the parameter is read: often a test is decided by that, or a class of
settings is no more than its values.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from device_bundle.attributes import count_defined
from device_bundle.callees import Callee, arguments_of
from device_bundle.constants import INTERNED
from device_bundle.dialect import FIRMWARE_ATTRIBUTES
from device_bundle.firmware import is_derived
from device_bundle.inline_body import CannotInline, Substitution, bound_inside
from device_bundle.program import Definition, Ref, refs, target
from device_bundle.sources import Program
from device_bundle.trees import walk


class _Use(NamedTuple):
    """One call, and what it hands in for each parameter."""

    call: ast.Call
    given: dict[str, ast.expr]


def fix_parameters(program: Program, definitions: Sequence[Definition], firmware: set[str]) -> int:
    """Rewrite the definitions in place; returns how many parameters were taken away.

    `firmware` are the attributes that firmware objects may have.
    """
    calls = _Calls(definitions)
    count = 0
    for key, callee in _callees(program, definitions, firmware).items():
        if not _is_plain(callee.node.args):
            continue
        for name in [arg.arg for arg in callee.node.args.args[callee.owner is not None :]]:
            uses = calls.uses(key, callee)
            value = _common(callee.node, name, uses) if uses else None
            if value is not None or (uses and _is_idle(callee.node, name, uses)):
                _take(callee, name, value, uses)
                count += 1
    return count


class _Calls:
    """Every call by what it calls: a function, a class, or the name of a method."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._named: Counter[object] = Counter()
        self._calls: defaultdict[object, list[ast.Call]] = defaultdict(list)
        for definition in definitions:
            for node in walk(definition.node):
                if isinstance(node, ast.Attribute):
                    self._named[node.attr] += 1
                elif isinstance(node, Ref):
                    self._named[node.symbol] += 1
                elif isinstance(node, ast.Call):
                    self._note(node)

    def _note(self, call: ast.Call) -> None:
        for key in _keys(call.func):
            self._calls[key].append(call)
        if isinstance(call.func, ast.Name) and call.func.id == "isinstance":
            for part in call.args[1:]:
                self._named.subtract(_keys(part))

    def uses(self, key: object, callee: Callee) -> list[_Use]:
        """What each call hands in; [] if the function may be called in other ways."""
        calls = self._calls[key]
        if len(calls) != self._named[key]:
            return []
        try:
            return [_Use(call, _given(callee, call)) for call in calls]
        except CannotInline:
            return []


def _keys(node: ast.AST) -> list[object]:
    if isinstance(node, ast.Attribute):
        return [node.attr]
    symbol = target(node)
    return [] if symbol is None else [symbol]


def _given(callee: Callee, call: ast.Call) -> dict[str, ast.expr]:
    """What each parameter gets; `__init__` gets an object that stands in no call."""
    if callee.node.name == "__init__":
        made = ast.Attribute(ast.Constant(None), "__init__", ast.Load())
        return arguments_of(callee, ast.Call(made, call.args, call.keywords))
    return arguments_of(callee, call)


def _callees(
    program: Program, definitions: Sequence[Definition], firmware: set[str]
) -> dict[object, Callee]:
    """Functions, methods of a name of their own, and `__init__` by the class."""
    nodes = [node for definition in definitions for node in walk(definition.node)]
    names = count_defined(nodes)
    bases = {
        target(base) for definition in definitions for base in getattr(definition.node, "bases", [])
    }
    found: dict[object, Callee] = {}
    for definition in definitions:
        node = definition.node
        if isinstance(node, ast.FunctionDef):
            found[definition.symbols[0]] = Callee(node, None)
        elif isinstance(node, ast.ClassDef) and not is_derived(node, program):
            for part in node.body:
                if not isinstance(part, ast.FunctionDef) or not part.args.args:
                    continue
                if part.name == "__init__":
                    if not node.bases and definition.symbols[0] not in bases:
                        found[definition.symbols[0]] = Callee(part, node)
                elif names[part.name] == 1 and _is_own(part.name, firmware):
                    found[part.name] = Callee(part, node)
    return found


def _is_own(name: str, firmware: set[str]) -> bool:
    return not name.startswith("__") and name not in firmware | FIRMWARE_ATTRIBUTES


def _is_plain(args: ast.arguments) -> bool:
    return not (args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs)


def _common(function: ast.FunctionDef, name: str, uses: Sequence[_Use]) -> ast.expr | None:
    """The literal or name every call hands in for a parameter that is only read, or None."""
    value = uses[0].given[name]
    if not all(_is_same(value, use.given[name]) for use in uses):
        return None
    if function.decorator_list or not _is_only_read(function, name):
        return None
    if isinstance(value, ast.Constant):
        text = value.value
        if isinstance(text, str | bytes) and len(text) > INTERNED and _reads(function, name) > 1:
            return None
    return value


def _is_same(one: ast.expr, other: ast.expr) -> bool:
    if isinstance(one, ast.Constant) and isinstance(other, ast.Constant):
        return type(one.value) is type(other.value) and one.value == other.value
    return target(one) is not None and target(one) == target(other)


def _reads(function: ast.FunctionDef, name: str) -> int:
    return sum(type(node) is ast.Name and node.id == name for node in walk(function))


def _is_only_read(function: ast.FunctionDef, name: str) -> bool:
    """Whether the name means the parameter, and its first value, throughout the function."""
    for node in walk(function):
        if isinstance(node, ast.Nonlocal) and name in node.names:
            return False
        if isinstance(node, ast.ExceptHandler | ast.FunctionDef) and node.name == name:
            return False
        if type(node) is ast.Name and node.id == name and not isinstance(node.ctx, ast.Load):
            return False
    return sum(isinstance(node, ast.arg) and node.arg == name for node in walk(function)) == 1


def _is_idle(function: ast.FunctionDef, name: str, uses: Sequence[_Use]) -> bool:
    """Whether nothing reads the parameter, and handing it in does nothing else."""
    if function.decorator_list or _reads(function, name) or not _is_only_read(function, name):
        return False
    return all(isinstance(use.given[name], ast.Constant | ast.Name) for use in uses)


def _take(callee: Callee, name: str, value: ast.expr | None, uses: Sequence[_Use]) -> None:
    function = callee.node
    args = function.args
    index = [arg.arg for arg in args.args].index(name)
    if value is not None:
        bound = frozenset(bound_inside([function])[0])
        function.body = [Substitution({}, {name: value}).visit(part) for part in function.body]
        for ref in refs(function):
            ref.taken = ref.taken | bound
    from_end = len(args.args) - index
    if from_end <= len(args.defaults):
        del args.defaults[-from_end]
    del args.args[index]
    for use in uses:
        place = index - (callee.owner is not None)
        if place < len(use.call.args):
            del use.call.args[place]
        use.call.keywords = [part for part in use.call.keywords if part.arg != name]
