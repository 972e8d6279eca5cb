"""Where in the source a node comes from, however far the optimiser has moved it since.

Passes hand on a node's location: line and column. The column carries the number of the file as
well, far above any real column: nodes that a pass makes of a text of its own are told from those
of a file.
"""

from __future__ import annotations

import ast

_FILE = 10_000


def mark(tree: ast.AST, number: int) -> None:
    """Note on every node of `tree` that it comes from file `number`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.col_offset += (number + 1) * _FILE


def column(node: ast.AST) -> int:
    """The column `node` has in its file, from 1; 0 for what has none."""
    at: int = getattr(node, "col_offset", -1)
    return at % _FILE + 1 if at >= 0 else 0


def origin(node: ast.stmt | ast.expr) -> tuple[int, int] | None:
    """Number of the file and line that `node` comes from; None for what a pass made up."""
    number = node.col_offset // _FILE - 1
    return (number, node.lineno) if number >= 0 else None
