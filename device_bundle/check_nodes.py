"""Checks of single nodes: constructs the compiler refuses, and those that mean something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from device_bundle import dialect
from device_bundle.check_context import Context, Refusal
from device_bundle.kinds import BYTEARRAY, DEQUE, DICT, TICKS
from device_bundle.trees import walk

#: Nodes that break a rule by being there.
_REFUSED: dict[type[ast.AST], str] = {
    ast.NamedExpr: "D101",
    ast.Match: "D102",
    ast.TryStar: "D103",
    ast.AsyncFunctionDef: "D104",
    ast.AsyncFor: "D104",
    ast.AsyncWith: "D104",
    ast.Await: "D104",
    ast.Global: "D417",
}
#: Builtin types that take types in brackets on CPython.
_GENERIC = ("list", "dict", "set", "tuple", "type")
#: Operators that are each tried in place of the other on CPython.
_MIRRORED = (("__lt__", "__gt__"), ("__le__", "__ge__"))


class NodeChecks:
    """`check` finds everything wrong with a node itself; the caller visits what is inside."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def check(self, node: ast.AST) -> Iterator[Refusal]:
        """One method a type of node, named after it, as `ast.NodeVisitor` has them."""
        code = _REFUSED.get(type(node))
        if code is not None:
            yield Refusal(node, code)
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            yield from method(node)

    def _comprehension(self, node: ast.comprehension) -> Iterator[Refusal]:
        if node.is_async:
            yield Refusal(node.iter, "D104")
        yield from self._iterated(node.iter)

    def _for(self, node: ast.For) -> Iterator[Refusal]:
        yield from self._iterated(node.iter)

    def _iterated(self, node: ast.expr) -> Iterator[Refusal]:
        if self._context.kind(node) == DEQUE:
            yield Refusal(node, "D315")

    def _dict(self, node: ast.Dict) -> Iterator[Refusal]:
        if None in node.keys:
            yield Refusal(node, "D105")

    def _starred(self, node: ast.Starred) -> Iterator[Refusal]:
        if isinstance(node.ctx, ast.Load):
            yield Refusal(node, "D106")

    def _functiondef(self, node: ast.FunctionDef) -> Iterator[Refusal]:
        for decorator in node.decorator_list:
            if not _is_dotted(decorator.func if isinstance(decorator, ast.Call) else decorator):
                yield Refusal(decorator, "D109")
        advice = dialect.IGNORED_METHODS.get(node.name)
        if advice is not None:
            yield Refusal(node, "D401", f"{node.name} is never called on a device", advice)
        yield from self._named(node, node.name)
        yield from self._lambda(node)

    def _lambda(self, node: ast.Lambda | ast.FunctionDef) -> Iterator[Refusal]:
        if node.args.posonlyargs:
            yield Refusal(node, "D110")

    def _classdef(self, node: ast.ClassDef) -> Iterator[Refusal]:
        if node.keywords:
            yield Refusal(node, "D402")
        for decorator in node.decorator_list:
            yield Refusal(decorator, "D403")
        yield from self._named(node, node.name)
        yield from self._bases(node)
        methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        for one, other in _MIRRORED:
            if (one in methods) != (other in methods):
                missing = other if one in methods else one
                yield Refusal(node, "D420", f"{node.name} has no {missing}")

    def _bases(self, node: ast.ClassDef) -> Iterator[Refusal]:
        """Several bases: a device looks through one after the other, each to its end."""
        lines = [self._context.ancestry(base) for base in node.bases]
        if sum(any(type(part) is str for part in line) for line in lines) > 1:
            yield Refusal(node, "D419")
        seen: set[int] = set()
        for line in lines:
            own = {id(part) for part in line if isinstance(part, ast.ClassDef)}
            before = line is not lines[-1] and any(_calls_super(part) for part in line)
            if own & seen or before:
                yield Refusal(node, "D418")
                return
            seen |= own

    def _arg(self, node: ast.arg) -> Iterator[Refusal]:
        yield from self._named(node, node.arg)

    def _name(self, node: ast.Name) -> Iterator[Refusal]:
        yield from self._named(node, node.id)

    def _named(self, node: ast.AST, name: str) -> Iterator[Refusal]:
        if not name.isascii():
            yield Refusal(node, "D415", f"the name {name} has letters beyond ASCII")

    def _attribute(self, node: ast.Attribute) -> Iterator[Refusal]:
        name = node.attr
        advice = dialect.MISSING_ATTRIBUTES.get(name)
        if advice is not None and name not in self._context.own and isinstance(node.ctx, ast.Load):
            yield Refusal(node, "D301", f".{name} does not exist on a device", advice)
        if name == "__name__" and not _is_class(node.value):
            yield Refusal(node, "D404")
        if name.startswith("__") and not name.endswith("__"):
            yield Refusal(node, "D406", f"{name} is not mangled on a device")
        yield from self._named(node, name)
        definition = self._context.definition(node.value)
        if definition is not None and isinstance(definition.node, ast.FunctionDef):
            yield Refusal(node, "D405")

    def _subscript(self, node: ast.Subscript) -> Iterator[Refusal]:
        kind = self._context.kind(node.value)
        if kind == DEQUE:
            yield Refusal(node, "D315")
        if isinstance(node.slice, ast.Slice):
            if node.slice.step is not None:
                yield Refusal(node, "D313")
            if kind == BYTEARRAY and isinstance(node.ctx, ast.Store):
                yield Refusal(node, "D314")
        if kind == BYTEARRAY and isinstance(node.ctx, ast.Del):
            yield Refusal(node, "D314")
        if not _is_plain(self._context.value(node.value)):
            yield Refusal(node, "D414")
        name = self._context.builtin(node.value)
        if name in _GENERIC:
            yield Refusal(node, "D205", f"{name}[...] at run time", f"write {name}")

    def _binop(self, node: ast.BinOp) -> Iterator[Refusal]:
        yield from self._operation(node, node.left, node.right)
        if isinstance(node.op, ast.Mod):
            yield from self._modulo(node)

    def _augassign(self, node: ast.AugAssign) -> Iterator[Refusal]:
        yield from self._operation(node, node.target, node.value)

    def _operation(
        self, node: ast.BinOp | ast.AugAssign, left: ast.expr, right: ast.expr
    ) -> Iterator[Refusal]:
        kinds = [self._context.kind(side) for side in (left, right)]
        if isinstance(node.op, ast.MatMult):
            yield Refusal(node, "D409")
        elif isinstance(node.op, ast.BitOr) and DICT in kinds:
            yield Refusal(node, "D408")
        elif isinstance(node.op, ast.Add | ast.Sub) and TICKS in kinds:
            yield Refusal(node, "D413")
        elif self._context.is_view(left) or self._context.is_view(right):
            yield Refusal(node, "D324")

    def _modulo(self, node: ast.BinOp) -> Iterator[Refusal]:
        template = self._context.value(node.left)
        if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
            return
        if "%a" in template.value:
            yield Refusal(node, "D317", "%a in a format", "use %r")
        named = "%(" in template.value
        if not named and not isinstance(
            node.right, ast.Tuple | ast.Dict | ast.Constant | ast.JoinedStr
        ):
            yield Refusal(node, "D318")

    def _compare(self, node: ast.Compare) -> Iterator[Refusal]:
        if self._context.is_view(node.left) and not isinstance(node.ops[0], ast.Is | ast.IsNot):
            yield Refusal(node, "D324")
        ordering = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        sides = [node.left, *node.comparators]
        equals = any(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in node.ops)
        if equals and any(self._context.is_method(side) for side in sides):
            yield Refusal(node, "D422")
        if ordering and any(self._context.kind(side) == TICKS for side in sides):
            yield Refusal(node, "D413")

    def _constant(self, node: ast.Constant) -> Iterator[Refusal]:
        if isinstance(node.value, complex):
            yield Refusal(node, "D111")
        if isinstance(node.value, str) and any("\ud800" <= one <= "\udfff" for one in node.value):
            yield Refusal(node, "D414", "half of a character", "write the whole of it")


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _is_class(node: ast.expr) -> bool:
    """`type(x)` or `x.__class__`: classes do have names."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


def _is_plain(node: ast.expr | None) -> bool:
    """Whether a text is ASCII, where that can be told; anything else may be."""
    text = node.value if isinstance(node, ast.Constant) else None
    return not isinstance(text, str) or text.isascii()


def _calls_super(node: ast.ClassDef | str) -> bool:
    """Whether a class hands on to the next one in line."""
    return not isinstance(node, str) and any(
        isinstance(part, ast.Name) and part.id == "super" for part in walk(node)
    )
