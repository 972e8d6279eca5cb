"""Lowers grammar that came after the one devices compile, where the older one can say the same.

Dicts and calls, too, whose parts would be evaluated in another order.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from device_bundle.quiet import is_pure
from device_bundle.trees import walk

_MAKERS = ("list", "tuple", "dict")


class Grammar(ast.NodeTransformer):
    """Rewrites one definition: positional-only parameters, stars inside lists, tuples and calls."""

    def __init__(self, definition: ast.AST) -> None:
        # Where a parameter or variable is called like these builtins, those are out of reach.
        self._shadowed = any(_bound_name(node) in _MAKERS for node in walk(definition))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        _merge_positional(node.args)
        return self.generic_visit(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        _merge_positional(node.args)
        return self.generic_visit(node)

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        return self._joined(node, node.elts, "list") if isinstance(node.ctx, ast.Load) else node

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return self._joined(node, node.elts, "tuple") if isinstance(node.ctx, ast.Load) else node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """A device evaluates each value before its key."""
        self.generic_visit(node)
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key]
        if self._shadowed or len(pairs) != len(node.keys):
            return node
        if not any(_meet(key, value) for key, value in pairs):
            return node
        tuples: list[ast.expr] = [_display([*pair], "tuple") for pair in pairs]
        return _made_dict(node, _display(tuples, "list"))

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        if self._shadowed or not _meet(node.key, node.value):
            return node
        pair = _display([node.key, node.value], "tuple")
        return _made_dict(node, ast.ListComp(pair, node.generators))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """What is between the brackets stays: a star there is none of a tuple's."""
        node.value = self._visited(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`f(*a, b)` is `f(*(tuple(a) + (b,)))`; one star, at the end, is understood."""
        self.generic_visit(node)
        if any(isinstance(part, ast.Starred) for part in node.args[:-1]):
            whole = self._joined(node, node.args, "tuple")
            if whole is not node:
                node.args = [ast.copy_location(ast.Starred(whole, ast.Load()), node)]
        if star_and_keywords_meet(node) and all(keyword.arg for keyword in node.keywords):
            # What * stands for is evaluated after keywords, but before what ** stands for.
            keys: list[ast.expr | None] = [ast.Constant(keyword.arg) for keyword in node.keywords]
            given = ast.Dict(keys, [keyword.value for keyword in node.keywords])
            node.keywords = [ast.keyword(None, given)]
            ast.fix_missing_locations(node)
        return node

    def _visited(self, node: ast.expr) -> ast.expr:
        visited = self.visit(node)
        assert isinstance(visited, ast.expr)  # noqa: S101  # expressions become expressions
        return visited

    def _joined(self, node: ast.expr, parts: Sequence[ast.expr], kind: str) -> ast.expr:
        """`[a, *b, c]` as `[a] + list(b) + [c]`, in the same order of evaluation."""
        if self._shadowed or not any(isinstance(part, ast.Starred) for part in parts):
            return node
        pieces: list[ast.expr] = []
        plain: list[ast.expr] = []
        for part in parts:
            if isinstance(part, ast.Starred):
                pieces += [_display(plain, kind)] if plain else []
                pieces.append(ast.Call(ast.Name(kind, ast.Load()), [part.value], []))
                plain = []
            else:
                plain.append(part)
        pieces += [_display(plain, kind)] if plain else []
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = ast.BinOp(whole, ast.Add(), piece)
        return ast.fix_missing_locations(ast.copy_location(whole, node))


def star_and_keywords_meet(node: ast.Call) -> bool:
    """Whether it can matter that a device evaluates keywords before what a star stands for."""
    given = [keyword.value for keyword in node.keywords if keyword.arg]
    stars = [part.value for part in node.args if isinstance(part, ast.Starred)]
    return any(_meet(star, value) for star in stars for value in given)


def _meet(one: ast.expr, other: ast.expr) -> bool:
    """Whether it can matter which of the two is evaluated first."""
    plain = ast.Constant | ast.Name | ast.Lambda
    if isinstance(one, plain) or isinstance(other, plain):
        return False
    return not (is_pure(one) and is_pure(other))


def _made_dict(node: ast.expr, pairs: ast.expr) -> ast.expr:
    made = ast.Call(ast.Name("dict", ast.Load()), [pairs], [])
    return ast.fix_missing_locations(ast.copy_location(made, node))


def _bound_name(node: ast.AST) -> str:
    if isinstance(node, ast.arg):
        return node.arg
    return node.id if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) else ""


def _display(parts: list[ast.expr], kind: str) -> ast.expr:
    if kind == "list":
        return ast.List(parts, ast.Load())
    return ast.Tuple(parts, ast.Load())


def _merge_positional(args: ast.arguments) -> None:
    """Callers pass them by position as before; beside ** a key could have the same name."""
    if args.kwarg is None:
        args.posonlyargs, args.args = [], [*args.posonlyargs, *args.args]
