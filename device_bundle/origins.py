"""Where in the source a node comes from, however far the optimiser has moved it since.

Passes hand on a node's location: line and column. Columns serve nothing here, so they carry the
number of the file instead, far above any real column: nodes that a pass makes of a text of its own
are told from those of a file.
"""

from __future__ import annotations

import ast

_FIRST = 1_000_000


def mark(tree: ast.AST, number: int) -> None:
    """Note on every node of `tree` that it comes from file `number`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.col_offset = _FIRST + number


def origin(node: ast.stmt | ast.expr) -> tuple[int, int] | None:
    """Number of the file and line that `node` comes from; None for what a pass made up."""
    number = node.col_offset - _FIRST
    return (number, node.lineno) if number >= 0 else None
