"""Writes the program as source text: imports and definitions, in as few bytes as possible."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

import python_minifier

from device_bundle.link import spelled
from device_bundle.pack import Piece
from device_bundle.program import Definition, Symbol, needs


def render_definitions(
    definitions: Iterable[Definition], names: Mapping[Symbol, str], *, lines: bool = False
) -> None:
    """Set the final text of every definition; with `lines` every statement has its own line."""
    write = _spread if lines else shorten
    for definition in definitions:
        definition.text = write(ast.unparse(spelled(definition, names)))


def render(pieces: Sequence[Piece], names: Mapping[Symbol, str], prefix: str) -> dict[str, str]:
    """Text of every piece by module name; `prefix` stands before the names of other pieces."""
    home = {
        symbol: piece.name
        for piece in pieces
        for definition in piece.definitions
        for symbol in definition.symbols
    }
    return {piece.name: _module(piece, names, home, prefix) for piece in pieces}


def _module(
    piece: Piece, names: Mapping[Symbol, str], home: Mapping[Symbol, str], prefix: str
) -> str:
    """Imports, then what is in it.

    Modules that import others themselves come first. A device compiles a module before those it
    imports, with the whole of its syntax tree on the heap, and puts the code above that: in this
    order the last trees are those of the first pieces, and leave the least gap below the code.
    """
    taken: dict[str, list[str]] = {}
    lines = []
    used = {ref.symbol for part in piece.definitions for ref in needs(part.node)}
    for symbol in sorted(used):
        name, where = names[symbol], home.get(symbol)
        if where == piece.name:
            continue
        if where is not None:
            taken.setdefault(prefix + where, []).append(name)
        elif symbol.name:
            taken.setdefault(symbol.module, []).append(_renamed(symbol.name, name))
        else:
            lines.append(f"import {_renamed(symbol.module, name)}")
    places = {prefix + name: place for place, name in enumerate(home.values())}
    order = sorted(taken, key=lambda module: (-places.get(module, -1), module))
    lines += [f"from {module} import {','.join(taken[module])}" for module in order]
    return "\n".join(lines) + "\n" * bool(lines) + "".join(d.text for d in piece.definitions)


def _renamed(name: str, bound: str) -> str:
    return name if name == bound else f"{name} as {bound}"


def _spread(source: str) -> str:
    """What `ast.unparse` made, whose strings never span lines, with an indentation of one."""
    lines = [(line.lstrip(" "), line) for line in source.split("\n")]
    kept = [" " * ((len(whole) - len(line)) // 4) + line for line, whole in lines if line]
    return "\n".join(kept) + "\n"


def shorten(source: str) -> str:
    """The same code in fewer bytes.

    Names are left alone here: attributes and globals are the bundler's business, and parameters
    renamed this way would cost a device an assignment each.
    """
    text: str = python_minifier.minify(
        source,
        hoist_literals=False,
        rename_locals=False,
        rename_globals=False,
        convert_posargs_to_args=False,
        remove_literal_statements=True,
        remove_asserts=False,
        remove_debug=False,
        # What the passes before have done, or the check has refused:
        remove_object_base=False,
        remove_dead_branches=False,
    )
    return text if text.endswith("\n") else text + "\n"
