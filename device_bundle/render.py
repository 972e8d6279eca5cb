"""Writes pieces as source text: imports, definitions, everything made short."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import python_minifier

from device_bundle.link import rename
from device_bundle.pack import Piece
from device_bundle.program import Symbol, refs


def render(pieces: Sequence[Piece], names: dict[Symbol, str], prefix: str) -> dict[str, str]:
    """Text of every piece by module name; `prefix` stands before the names of other pieces."""
    home = {
        symbol: piece.name
        for piece in pieces
        for definition in piece.definitions
        for symbol in definition.symbols
    }
    return {piece.name: _module(piece, names, home, prefix) for piece in pieces}


def _module(piece: Piece, names: dict[Symbol, str], home: dict[Symbol, str], prefix: str) -> str:
    used = {ref.symbol for part in piece.definitions for ref in refs(part.node)}
    body: list[ast.stmt] = []
    for symbol in sorted(used, key=lambda symbol: (home.get(symbol, ""), symbol)):
        where = home.get(symbol)
        if where == piece.name:
            continue
        if where is not None:
            body.append(_from(f"{prefix}{where}", names[symbol], names[symbol]))
        elif symbol.name:
            body.append(_from(symbol.module, symbol.name, names[symbol]))
        else:
            body.append(ast.Import([_alias(symbol.module, names[symbol])]))
    body.extend(rename(definition, names) for definition in piece.definitions)
    tree = ast.fix_missing_locations(ast.Module(body, []))
    return shorten(ast.unparse(tree))


def _from(module: str, name: str, bound: str) -> ast.stmt:
    return ast.ImportFrom(module, [_alias(name, bound)], 0)


def _alias(name: str, bound: str) -> ast.alias:
    return ast.alias(name, None if bound == name else bound)


def shorten(source: str) -> str:
    """The same program in fewer bytes.

    Names are left alone here: attributes and globals are the bundler's business, and renamed
    parameters would cost a device an assignment each.
    """
    text: str = python_minifier.minify(
        source,
        combine_imports=True,
        hoist_literals=False,
        rename_locals=False,
        rename_globals=False,
        convert_posargs_to_args=False,
        remove_asserts=False,
        remove_debug=False,
        prefer_single_line=False,
    )
    return text if text.endswith("\n") else text + "\n"
