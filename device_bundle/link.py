"""Gives every name of the bundle a spelling of its own, so that modules can be merged."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping

from device_bundle.dialect import BUILTINS
from device_bundle.later import file_of
from device_bundle.program import Definition, LaterRef, Ref, Symbol, cloned, refs
from device_bundle.spellings import short_names
from device_bundle.trees import Transformer, walk

#: Emitted modules are imported as usr.NAME: a device starts in "/" and looks nowhere else.
PREFIX = "usr."


def name_symbols(
    definitions: Iterable[Definition],
    outside: Iterable[Symbol],
    short: Container[Symbol] = (),
    places: Mapping[Symbol, Collection[str]] | None = None,
) -> dict[Symbol, str]:
    """A spelling per symbol: its own where free, else with a number behind it.

    Those in `short` get short ones, the most used the shortest. A spelling differs from the
    builtins, from every local name visible where the symbol is used, and from every other of the
    modules it is seen in; `places` lists those, without it the program is taken for one module.
    Deterministic: depends on the order of `definitions` alone.
    """
    known = list(definitions)
    barred: defaultdict[Symbol, set[str]] = defaultdict(set)
    uses: Counter[Symbol] = Counter()
    for definition in known:
        for ref in refs(definition.node):
            barred[ref.symbol].update(ref.taken)
            uses[ref.symbol] += 1
    symbols = [symbol for definition in known for symbol in definition.symbols]
    symbols.sort(key=lambda symbol: -uses[symbol] if symbol in short else 1)
    names: dict[Symbol, str] = {}
    used: defaultdict[str, set[str]] = defaultdict(set)
    for symbol in [*sorted(outside), *symbols]:
        modules = [""] if places is None else places[symbol]
        taken = barred[symbol].union(BUILTINS, *(used[module] for module in modules))
        if symbol in short:
            names[symbol] = next(short_names(taken))
        else:
            names[symbol] = _free_name(_own_name(symbol), taken)
        for module in modules:
            used[module].add(names[symbol])
    return names


def spelled(definition: Definition, names: Mapping[Symbol, str]) -> ast.stmt:
    """A copy of the definition's statement with every reference spelled as in `names`."""
    node = cloned(definition.node)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        node.name = names[definition.symbols[0]]
    elif isinstance(node, ast.Try):
        _rename_guard(definition, node, names)
    renamed: ast.stmt = _Rename(names).visit(node)
    return ast.fix_missing_locations(renamed)


class _Rename(Transformer):
    def __init__(self, names: Mapping[Symbol, str]) -> None:
        self._names = names

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        value, place = node.value, node.targets[0]
        if not isinstance(value, LaterRef) or not isinstance(place, ast.Name):
            return self.generic_visit(node)
        alias = ast.alias(self._names[value.symbol], place.id)
        file = PREFIX + file_of(value.symbol)
        return ast.copy_location(ast.ImportFrom(file, [alias], 0), node)

    def visit_Ref(self, node: Ref) -> ast.expr:
        return ast.copy_location(ast.Name(self._names[node.symbol], node.ctx), node)


def _rename_guard(definition: Definition, node: ast.Try, names: Mapping[Symbol, str]) -> None:
    """`try: import a ...` binds by its imports' own names."""
    for part in walk(node):
        if isinstance(part, ast.alias):
            bound = part.asname or part.name.partition(".")[0]
            final = names[Symbol(definition.module.name, bound)]
            part.asname = final if final != part.name else None


def _own_name(symbol: Symbol) -> str:
    return symbol.name or symbol.module.rpartition(".")[2]


def _free_name(wanted: str, used: set[str]) -> str:
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}_{number}", number + 1
    return name
